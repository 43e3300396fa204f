"""Units in protocols and lab files: where both are known they must agree, and what is not known is let pass."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.analysis import methods
from zosimos.analysis.methods import Method
from zosimos.campaign.definition import yaml
from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.validation import validated
from zosimos.labs.colour.options import FOLDER
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.protocol.amount import Amount, InUnit
from zosimos.workcell.protocol.check import check
from zosimos.workcell.protocol.model import Protocol
from zosimos.workcell.protocol.needs import drawn
from zosimos.workcell.protocol.units import check_units

INPUTS = {"a": "mL", "b": "mL", "large": "L", "hot": "degC", "rate": "mL/min", "t": "min", "n": "", "d": "drops"}
PLACES = ["water", "waste", "fill", "drain"]
ANY, VOLUME = InUnit("", "number"), InUnit("mL", "volume", least=0)
YIELD = Method(("weight", "recipe"), ("yield_", "note"), lambda _: {}, takes={"weight": "mg"}, units={"yield_": "g"})


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "plugin", lambda *_: YIELD)


def protocol(*steps: Mapping[str, Any], inputs: Mapping[str, str] = INPUTS) -> Protocol:
    roles = {"pump": "dispenses", "balance": "weighs"}
    data = {"name": "units", "roles": roles, "inputs": dict(inputs), "steps": [{"weigh": {"as": "mass"}}, *steps]}
    made = validated(Protocol, data, "protocol")
    check(made, list(inputs), PLACES, [])
    return made


def dispensing(volume: object) -> Protocol:
    return protocol({"dispense": {"from": "water", "to": "fill", "volume": volume}})


@pytest.mark.parametrize(
    "volume",
    [1, "a", "a + b", "a - 0.5", "2 * a", "mass / 0.998", "rate * t", "abs(a - b)", "max(a, 0.1, b)", "n", "n * a", "d",
     "d * a", "a + d", "a * b / a", "sqrt(a)", "a ** 2 / b", "large * 1000", "mass * 1.0 - a", "-(-a)", "1 + 2"],
)  # fmt: skip
def test_a_volume_in_millilitres_or_of_unknown_unit_is_let_pass(volume: object) -> None:
    check_units(dispensing(volume), {}, [])


NAMES = {"a": "mL", "b": "mL", "t": "min", "rate": "mL/min"}


def trees(leaf: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        leaf,
        lambda part: st.one_of(
            st.builds("({} {} {})".format, part, st.sampled_from("+-*/%"), part),
            st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), part, part),
            st.builds("{}({})".format, st.sampled_from(["abs", "sqrt", "-", "exp"]), part),
        ),
        max_leaves=6,
    )


@pytest.mark.slow
@given(trees(st.sampled_from([*NAMES, "n", "0.5", "2"])))
@settings(max_examples=300)
def test_any_formula_is_let_pass_or_refused_in_words(text: str) -> None:
    refused = None
    try:
        check_units(dispensing(text), {}, [])
    except SpecError as error:
        refused = error
    assert refused is None or (str(refused.field).endswith("steps.1.dispense.volume") and refused.hint)


@pytest.mark.slow
@given(trees(st.sampled_from(list(NAMES))).filter(lambda text: "sqrt" not in text and "exp" not in text))
@settings(max_examples=300)
def test_a_formula_of_known_units_that_passes_means_the_same_in_whatever_units_it_is_worked_out(text: str) -> None:
    try:
        check_units(dispensing(text), {}, [])
    except SpecError:
        return
    values = {"a": 0.7, "b": 0.3, "t": 2.0, "rate": 0.05}
    scaled = {"a": 1.4, "b": 0.6, "t": 6.0, "rate": 0.1 / 3.0}  # half a mL and a third of a minute as units
    first, second = Amount(text, ANY).formula.value(values), Amount(text, ANY).formula.value(scaled)
    if math.isfinite(first) and "%" not in text:  # a remainder jumps where rounding decides
        assert second == pytest.approx(2.0 * first, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("volume", "words"),
    [
        ("hot", "the volume hot is in degC, and would be taken in mL"),
        ("large", "the volume large is in L, and would be taken in mL"),
        ("a + large", "a is in mL and large in L"),
        ("a - hot", "a is in mL and hot in degC"),
        ("mass", "the volume mass is in g, and would be taken in mL"),
        ("a * b", "is in (mL)*(mL), and would be taken in mL"),
        ("rate", "is in mL/min, and would be taken in mL"),
        ("rate * t + t", "rate * t is in (mL/min)*(min) and t in min"),
        ("min(a, mass)", "a is in mL and mass in g"),
        ("0.5 + t", "the volume 0.5 + t is in min"),
    ],
)
def test_a_volume_in_another_unit_is_refused_with_both_units_and_the_fix(volume: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        check_units(dispensing(volume), {}, [])
    assert words in caught.value.message
    assert caught.value.field == "steps.1.dispense.volume"
    assert caught.value.hint


def test_the_unit_of_what_is_poured_beyond_a_rinse_is_checked_too() -> None:
    ends = {"from": "water", "to": "fill", "drain": "drain", "waste": "waste"}
    with pytest.raises(SpecError, match="in degC") as caught:
        check_units(protocol({"rinse": {**ends, "volume": 1, "extra": "hot"}}), {}, [])
    assert caught.value.field == "steps.1.rinse.extra"


def test_a_condition_compares_what_is_in_one_unit() -> None:
    check_units(protocol({"confirm": {"that": "abs(mass - 0.998 * a) <= 0.01", "else": "no"}}), {}, [])
    for wrong in ("mass > a", "a < b < t", "a > 0 and not (mass <= a)"):
        with pytest.raises(SpecError, match="cannot be added or compared") as caught:
            check_units(protocol({"confirm": {"that": wrong, "else": "no"}}), {}, [])
        assert caught.value.field == "steps.1.confirm.that"


@pytest.mark.parametrize(("given", "fits"), [("mL", True), ("cm^3", True), ("L", False), ("g", False), ("", False)])
def test_an_input_is_taken_in_the_unit_in_which_it_is_given(given: str, fits: bool) -> None:
    made = dispensing("a")
    if fits:
        check_units(made, {"a": given}, [])
        return
    with pytest.raises(SpecError, match="the protocol takes a in mL, and it is given in") as caught:
        check_units(made, {"a": given}, [])
    assert caught.value.field == "protocol.inputs.a"


# --- methods


def computing(weight: str = "d") -> Protocol:
    return protocol({"compute": {"method": "yield", "using": {"weight": weight, "recipe": "n"}}})


@pytest.mark.usefixtures("plugged")
def test_an_objective_in_another_unit_than_its_method_gives_is_refused() -> None:
    check_units(computing(), {}, [Objective("yield_", "max", "g")])
    for unit, shown in (("mg", "mg"), ("", "no unit"), ("mL", "mL")):
        with pytest.raises(SpecError) as caught:
            check_units(computing(), {}, [Objective("yield_", "max", unit)])
        error = caught.value
        assert error.message == f"the objective 'yield_' is in {shown}, and the method yield gives it in g"
        assert (error.field, error.allowed, error.hint) == ("objectives.yield_.unit", "g", "write unit: g")


@pytest.mark.usefixtures("plugged")
def test_an_output_without_a_unit_on_record_fits_any_objective() -> None:
    check_units(computing(), {}, [Objective("note", "max", "g")])


@pytest.mark.usefixtures("plugged")
def test_a_method_is_given_numbers_in_the_unit_that_it_takes() -> None:
    with pytest.raises(SpecError, match="yield takes weight in mg, and mass is in g") as caught:
        check_units(computing("mass"), {}, [])
    assert caught.value.field == "steps.1.compute.using.weight"


@pytest.mark.usefixtures("plugged")
def test_what_a_method_gives_carries_its_unit_on() -> None:
    compute = {"compute": {"method": "yield", "using": {"weight": "d", "recipe": "n"}}}
    dispense = {"dispense": {"from": "water", "to": "fill", "volume": "yield_"}}
    with pytest.raises(SpecError, match="the volume yield_ is in g"):
        check_units(protocol(compute, dispense), {}, [])


def test_a_method_that_says_the_unit_of_a_stranger_is_refused() -> None:
    with pytest.raises(SpecError, match="which is none of its names"):
        Method(("a",), ("b",), lambda _: {}, units={"a": "g"})


# --- quantities as text


@pytest.mark.parametrize(
    ("text", "volume"), [("600 uL", 0.6), ("0.6mL", 0.6), ("1e-3 L", 1.0), ("2e3", 2000.0), (0.25, 0.25), ("0.5", 0.5)]
)
def test_a_volume_may_be_written_with_its_unit(text: object, volume: float) -> None:
    assert Amount(text, VOLUME).value({}) == pytest.approx(volume)  # type: ignore[arg-type]  # text or a number
    assert drawn(dispensing(text), {}, ["water"])["water"] == pytest.approx(volume)


@pytest.mark.parametrize("text", ["5 g", "3 degC", "1 parsnip", "2 mLL"])
def test_a_volume_in_a_unit_of_something_else_is_refused_where_it_stands(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        dispensing(text)
    assert caught.value.field == "protocol.steps.1.dispense.volume"


def lab_with(limits: Mapping[str, Any]) -> LabFile:
    data = yaml.parse(yaml.read_text(FOLDER / "lab.yaml"), "lab.yaml")
    data["devices"]["sensor-1"]["limits"] = limits
    return validated(LabFile, data, "lab file")


def test_limits_may_be_written_with_their_units() -> None:
    lab = lab_with({"light": {"min": "100 uA", "max": "0.02 A"}, "expose": {"min": 1, "max": "0.5 s"}})
    limits = lab.limits().devices["sensor-1"]
    assert (limits["light"].least, limits["light"].most) == (0.1, 20.0)
    assert (limits["expose"].least, limits["expose"].most) == (1.0, 500.0)


@pytest.mark.parametrize(
    ("verb", "hint"),
    [("lihgt", "did you mean 'light'? or install"), ("stir", "correct the name, or install the package")],
)
def test_a_limit_of_a_verb_that_nobody_declares_is_refused_where_it_stands(verb: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        lab_with({"light": {"min": 0, "max": 20}, verb: {"min": 0, "max": 20}})
    error = caught.value
    assert error.field == f"lab file.devices.sensor-1.limits.{verb}"
    assert error.message == f"no capability declares the verb {verb!r}"
    assert error.value == verb
    assert error.allowed == "aspirate, deliver, expose, halt, home, light, tare, turret"
    assert error.hint.startswith(hint)


@pytest.mark.parametrize("limits", [["light"], "light", {5: {}}, {"light": "much"}])
def test_limits_that_are_none_are_refused(limits: Any) -> None:
    with pytest.raises(SpecError, match="limits"):
        lab_with(limits)


@pytest.mark.parametrize("most", ["20 V", "20 mL", "bright"])
def test_a_limit_in_another_unit_is_refused_where_it_stands(most: str) -> None:
    with pytest.raises(SpecError) as caught:
        lab_with({"light": {"min": 0, "max": most}})
    assert caught.value.field == "lab file.devices.sensor-1.limits.light.max"

"""Parameter types of other packages: found, made, judged, and named with their package where they are broken."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parameter_package import TYPES, Angle, Grade, Powers, install, made

import zosimos as zo
from zosimos.core.conformance import Check
from zosimos.core.errors import SpecError
from zosimos.core.parameter import levels_of, range_of, value_at
from zosimos.core.parameter_types import contradiction, make_parameter, type_names
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer
from zosimos.core.testing import check_parameter, parameter_checks

DESCRIBED = {"a": {"k": 1, "m": 2}, "b": {"k": 3, "m": 2}, "c": {"k": 1, "m": 4}}
PARAMETERS = {
    "continuous": Continuous("x", -5, 10, "degC"),
    "log": Continuous("x", 1e-3, 10, log=True),
    "stepped": Continuous("x", 0, 1, step=0.25),
    "stepped short of its end": Continuous("x", 0, 1, step=0.3),
    "integer": Integer("n", -3, 9),
    "discrete": Discrete("d", (1, 5, 2.5)),
    "names": Categorical("c", ("a", "b", "c")),
    "described": Categorical("c", ("a", "b", "c"), DESCRIBED),
    "angle": made(Angle, unit="deg"),
    "grade": made(Grade, grades=("coarse", "medium", "fine")),
    "powers": made(Powers),
}
CHECKS = {f"{kind}: {check}": check for kind, one in PARAMETERS.items() for check in parameter_checks(one)}


@pytest.mark.parametrize("name", CHECKS)
def test_a_parameter_type_keeps_the_contract(name: str) -> None:
    CHECKS[name]()


SPANS = st.tuples(st.floats(-1e6, 1e6), st.floats(1e-2, 1e6))
RANGES = SPANS.map(lambda span: Continuous("x", span[0], span[0] + span[1]))
LOGS = st.tuples(st.floats(1e-6, 1e3), st.floats(1.5, 1e6)).map(lambda s: Continuous("x", s[0], s[0] * s[1], log=True))
STEPPED = st.tuples(SPANS, st.floats(0.01, 1.0)).map(
    lambda s: Continuous("x", s[0][0], s[0][0] + s[0][1], step=0.999 * s[1] * s[0][1])
)
WHOLES = st.tuples(st.integers(-(10**6), 10**6), st.integers(1, 10**4)).map(lambda s: Integer("n", s[0], s[0] + s[1]))
LEVELS = st.lists(st.integers(-1000, 1000).map(lambda n: n / 8), min_size=2, max_size=6, unique=True)
TEXTS = st.lists(st.text(min_size=1, max_size=5), min_size=2, max_size=6, unique=True)
ANY = st.one_of(
    RANGES,
    LOGS,
    STEPPED,
    WHOLES,
    LEVELS.map(lambda levels: Discrete("d", tuple(levels))),
    TEXTS.map(lambda texts: Categorical("c", tuple(texts))),
    st.floats(0.1, 1e6).map(lambda period: made(Angle, period=period)),
    TEXTS.map(lambda texts: made(Grade, grades=texts)),
    st.integers(1, 20).map(lambda most: made(Powers, most=most)),
)


@pytest.mark.slow
@given(ANY)
def test_every_parameter_of_a_type_keeps_the_contract(parameter: zo.Parameter) -> None:
    if parameter.kind != "text" or "no such value" not in levels_of(parameter):
        check_parameter(parameter)


@pytest.mark.slow
@given(ANY, st.floats(0, 1))
def test_a_value_is_the_one_that_columns_draw_and_place(parameter: zo.Parameter, u: float) -> None:
    value = value_at(parameter, u)
    assert parameter.problem(value) is None
    assert isinstance(value, str if parameter.kind == "text" else int if parameter.kind == "whole" else float)


def test_a_range_is_asked_of_numbers_only() -> None:
    assert range_of(PARAMETERS["powers"]) == (1.0, 64.0)
    with pytest.raises(ValueError, match="c has texts"):
        range_of(PARAMETERS["names"])


# what a broken type does, and the check that finds it


class Shifted(Angle):
    """Draws outside its range."""

    def drawn(self, points):
        return super().drawn(points) + 0.5 * self.period


class Lopsided(Grade):
    """Gives the first value two shares."""

    def drawn(self, points):
        return self._values(points**2 * self.count)


class Flat(Angle):
    """Has no second column that tells a direction from its mirror image."""

    def encoded(self, column):
        found = super().encoded(column)
        found[:, 1] = 0.5
        return found


class Grabbing(Angle):
    """Changes what it is given."""

    def encoded(self, column):
        column *= 1.0000001
        return super().encoded(column)


class Deaf(Powers):
    """Is wrong about what it is asked in columns."""

    def allows(self, column):
        return column > 0


class Linear(Powers):
    """Says that its scale is linear, and is not."""

    scale = "linear"


class Silent(Angle):
    """Takes anything for a value."""

    def problem(self, value):
        return None


class Wide(Powers):
    """Says that it has two columns, and has one."""

    width = 2


class Fragile(Grade):
    """Does not encode what is no value any more."""

    def encoded(self, column):
        return super().encoded([self.grades[self.grades.index(text)] for text in column])


GRADES = {"grades": ("coarse", "medium", "fine")}


@pytest.mark.parametrize(
    ("parameter", "check"),
    [
        (made(Shifted), "every value that it draws is valid"),
        (made(Lopsided, **GRADES), "each value has its share of the coordinates, in order"),
        (made(Flat), "different values have different model columns"),
        (made(Grabbing), "the same question has the same answer, and what it is given stays as it was"),
        (made(Deaf), "it judges columns as it judges values"),
        (made(Linear), "its scale is what its model columns follow"),
        (made(Silent), "it refuses what is no value, in words"),
        (made(Wide), "it answers what a parameter is asked"),
        (made(Fragile, **GRADES), "what is no value has finite model columns too"),
    ],
    ids=lambda part: type(part).__name__ if not isinstance(part, str) else "",
)
def test_the_kit_finds_a_broken_type(parameter: zo.Parameter, check: str) -> None:
    found = dict(parameter_checks(parameter))
    with pytest.raises((AssertionError, ValueError)):
        found[check]()


def test_each_check_of_the_kit_has_a_name_of_its_own() -> None:
    checks = parameter_checks(PARAMETERS["angle"])
    assert all(isinstance(check, Check) for check in checks)
    assert len({str(check) for check in checks}) == len(checks)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"kind": "colour"}, "whose kind is 'colour', none of number, whole, text"),
        ({"scale": "square"}, "whose scale is 'square'"),
        ({"columns": "wide"}, "whose columns is 'wide'"),
        ({"role": "chief"}, "whose role is 'chief'"),
        ({"count": -1}, "whose count is -1, no whole number of 0 or more"),
        ({"count": 2.5}, "whose count is 2.5"),
        ({"width": 0}, "whose width is 0, no whole number of 1 or more"),
        ({"kind": "text"}, "whose values are of the kind text and cannot be counted"),
        ({"kind": "whole"}, "whose values are of the kind whole and cannot be counted"),
        ({"kind": "text", "count": 3, "scale": "log"}, "whose values are texts on a log scale"),
        ({"kind": "text", "count": 3}, "whose values are of the kind text and which draws 0.0"),
        ({"bounds": None}, "whose bounds are None"),
        ({"bounds": (2.0, 1.0)}, r"whose bounds are \(2.0, 1.0\)"),
        ({"scale": "linear"}, "whose linear scale goes with one numeric column, not with 2"),
        ({"scale": "log", "width": 1, "columns": "numeric"}, "whose scale is logarithmic though its values begin at 0"),
    ],
)
def test_facts_that_contradict_each_other_are_said_in_words(facts: dict[str, object], said: str) -> None:
    odd = type("Odd", (Angle,), facts)
    made_odd = odd("it") if "role" not in facts else replace(odd("it"), role=facts["role"])
    with pytest.raises(AssertionError, match=said):
        parameter_checks(made_odd)[0]()


def test_what_is_no_parameter_at_all_is_said_to_lack_the_rest() -> None:
    assert contradiction("angle").startswith("which lacks allowed, allows, bounds")

    class Raising(Angle):
        @property
        def bounds(self):
            raise ZeroDivisionError("oh")

    assert contradiction(Raising("it")) == "which fails with ZeroDivisionError: oh"


# found by name


def test_types_of_a_package_are_found_by_name_without_importing_it(tmp_path, monkeypatch) -> None:
    install(tmp_path, monkeypatch, {"shape": "their_shapes:Shape"}, their_shapes="raise RuntimeError('imported')")
    assert "shape" in type_names()
    assert "their_shapes" not in sys.modules


def test_a_type_is_made_from_the_fields_of_the_file(tmp_path, monkeypatch) -> None:
    install(tmp_path, monkeypatch, TYPES)
    assert make_parameter("angle", "phase", "deg", "control", {"period": 180}) == Angle("phase", "deg", "control", 180)
    assert make_parameter("powers", "n", "", "context", {}).role == "context"


@pytest.mark.parametrize(
    ("type_name", "fields", "field", "said"),
    [
        ("angel", {}, "space.phase.type", "there is no parameter type 'angel'"),
        ("angle", {"perod": 180}, "space.phase.perod", "unknown field 'space.phase.perod' of the type angle"),
        ("angle", {"name": "x"}, "space.phase.name", "unknown field"),
        ("angle", {"period": -1}, "space.phase.period", "the period is no length"),
        ("grade", {}, "space.phase.grades", "field 'space.phase.grades' is missing"),
    ],
)
def test_wrong_fields_are_refused_by_name(tmp_path, monkeypatch, type_name, fields, field, said) -> None:
    install(tmp_path, monkeypatch, TYPES)
    with pytest.raises(SpecError) as caught:
        make_parameter(type_name, "phase", "deg", "control", fields)
    assert caught.value.field == field
    assert said in caught.value.message
    assert caught.value.allowed or caught.value.hint


BROKEN = """
import numpy as np
from parameter_package import Angle

class Lacking:
    def __init__(self, name, unit, role): self.name, self.unit, self.role = name, unit, role

class Raising(Angle):
    def drawn(self, points): raise RuntimeError("no")

class Failing:
    def __init__(self, name, unit, role): raise KeyError("lamp")

class Nameless:
    def __init__(self): pass

class Odd(Angle):
    kind = "colour"

class Stubborn(Angle):
    def __post_init__(self): object.__setattr__(self, "unit", "rad")

class Listing(Angle):
    def drawn(self, points): return list(super().drawn(points))

class Holey(Angle):
    def drawn(self, points): return np.where(points > 0.6, np.nan, super().drawn(points))

class Flat(Angle):
    def encoded(self, column): return super().encoded(column).tolist()

def nothing(name, unit, role): return None

number = 3
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("their_imports:Angle", "cannot be loaded: RuntimeError: no libangle"),
        ("their_types:Absent", "cannot be loaded: AttributeError"),
        ("no_such_module:Angle", "cannot be loaded: ModuleNotFoundError"),
        ("their_types:number", "is a int, which makes nothing"),
        ("their_types:Nameless", "takes no name and no unit and no role"),
        ("their_types:Failing", "cannot be made: KeyError: 'lamp'"),
        ("their_types:nothing", "makes a NoneType, which lacks allowed"),
        ("their_types:Lacking", "makes a Lacking, which lacks allowed"),
        ("their_types:Odd", "makes a Odd, whose kind is 'colour', none of number, whole, text"),
        ("their_types:Raising", "makes a Raising, which fails with RuntimeError: no"),
        ("their_types:Listing", "makes a Listing, which draws a list, not an array"),
        ("their_types:Holey", "makes a Holey, whose values are numbers and which draws nan"),
        ("their_types:Flat", "makes a Flat, whose model columns are a list, not an array"),
        ("their_types:Stubborn", "was given the unit 'deg' and has 'rad'"),
    ],
)
def test_a_broken_type_is_named_with_its_package_and_the_others_work(tmp_path, monkeypatch, target, said) -> None:
    modules = {"their_types": BROKEN, "their_imports": "raise RuntimeError('no libangle')"}
    install(tmp_path, monkeypatch, {**TYPES, "broken": target}, **modules)
    monkeypatch.delitem(sys.modules, "their_types", raising=False)
    with pytest.raises(SpecError) as caught:
        make_parameter("broken", "phase", "deg", "control", {})
    assert "'broken' of the package their-parameters" in caught.value.message
    assert said in caught.value.message
    assert caught.value.field == "space.phase.type"
    assert "check_parameter" in caught.value.hint
    assert make_parameter("angle", "phase", "deg", "control", {}).allowed == "0 to below 360 deg"

"""Capabilities and verbs: what is installed can be used, what is broken is named, and the envelope stays closed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.instruments.hotplate import Hotplate, HotplateSimulator
from tests.instruments.test_conformance import KINDS

from zosimos.core.errors import EnvelopeError, SpecError
from zosimos.core.units import check_unit
from zosimos.instruments.capabilities.dispenses import DELIVER, DISPENSES, HALT
from zosimos.instruments.capabilities.measures_spectrum import LIGHT
from zosimos.instruments.capability import Act, Capability, capabilities, capability
from zosimos.instruments.conformance.kit import Kit
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.envelope import Envelope
from zosimos.instruments.envelope.limits import Budget, Counted, Limit, Limits
from zosimos.instruments.envelope.verbs import GROUP, Safe, Verb, declarations, declared, verb
from zosimos.instruments.testing import check_instrument, instrument_checks

Install = Callable[[str, str, Mapping[str, Mapping[str, str]]], None]

DOCS = Path(__file__).resolve().parents[2] / "docs" / "plugins.md"
OURS = ("dispenses", "measures-spectrum", "weighs")
HEAD = """
from typing import Protocol, runtime_checkable
from zosimos.instruments.capability import Act, Capability, Safe, Verb
from zosimos.instruments.capabilities.dispenses import DISPENSES
from zosimos.instruments.envelope.verbs import Declaration

@runtime_checkable
class Heats(Protocol):
    async def temperature(self): ...

def acts(driver):
    return {}
"""


def heats() -> str:
    """The capability of the documentation, word for word."""
    blocks = re.findall(r"^```python\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if "HEATS = zo.Capability" in block)
    return found


@pytest.fixture
def hot(install: Install) -> None:
    install("zosimos-hot", heats(), {GROUP: {"heats": "HEATS"}})


def plate() -> HotplateSimulator:
    return HotplateSimulator("plate")


# --- what is installed


def test_our_capabilities_are_found_by_name_and_none_is_broken() -> None:
    assert tuple(capabilities()) == OURS
    assert declarations().broken == ()
    assert capability("dispenses") is DISPENSES


def test_each_verb_of_ours_is_in_a_unit_that_exists() -> None:
    assert [check_unit(one.unit) for one in declared().values()]


@pytest.mark.parametrize("name", OURS)
def test_each_capability_has_readings_and_effects_and_all_its_verbs_leave_in_its_kit(name: str) -> None:
    seen: dict[str, set[str]] = {}
    for make_driver, make_simulator in KINDS.values():

        async def act(driver: Any, _: Any, envelope: Any) -> None:
            if not isinstance(driver, capability(name).protocol):
                return
            await driver.connect()
            assert capability(name).readings(driver)
            assert capability(name).effects(driver)
            for one in (*kit.effects(driver).values(), *kit.readings(driver).values()):  # noqa: B023 - run at once
                await one.call(driver)
            await driver.safe_state()
            seen.setdefault(name, set()).update(effect.verb for effect, _ in envelope.permitted)

        kit = Kit(make_driver, make_simulator)
        kit.run(act)
    assert seen[name] == {one.name for one in capability(name).verbs}


def test_a_pump_that_lost_its_place_is_homed_to_be_ready_and_another_is_left_alone() -> None:
    async def act(pump: Any, _: Any, envelope: Any) -> tuple[bool, bool]:
        await pump.connect()
        assert DISPENSES.ready is not None
        return await DISPENSES.ready(pump), await DISPENSES.ready(pump)

    assert Kit(*KINDS["cavro, oem"]).run(act)[0] == (True, False)


# --- one more


@pytest.mark.usefixtures("hot")
def test_a_capability_of_another_package_is_there_once_it_is_installed() -> None:
    assert tuple(capabilities()) == (*OURS, "heats")
    assert declared()["heat"] == Verb("heat", "degC")
    assert verb("heater-off").safe == Safe()
    assert Effect.from_json({"device": "plate", "verb": "heat", "channel": "", "amount": 60.0}).unit == "degC"
    assert str(Effect("plate", "heat", amount=60.0)) == "plate: heat 60 degC"


@pytest.mark.usefixtures("hot")
def test_a_driver_is_checked_by_the_acts_of_a_capability_of_another_package() -> None:
    check_instrument(Hotplate, plate)


@pytest.mark.slow
@pytest.mark.usefixtures("hot")
@pytest.mark.parametrize(
    ("broken", "check", "words"),
    [
        ("heats-as-off", "verbs", "heat must leave as plate: heat 40 degC, but left as plate: heater-off"),
        ("heats-less", "verbs", "after heat the device must stand at 40.0, but stands at 39"),
        ("stays-on", "safe-state", "the heater is on, at 40 degC"),
    ],
)
def test_a_hotplate_that_cheats_is_found_out(broken: str, check: str, words: str) -> None:
    class Cheat(Hotplate):
        async def set_temperature(self, celsius: float) -> None:
            if broken == "heats-as-off":
                await self._obeyed(Effect(self.name, "heater-off"), f"OUT_SP_1 {celsius:g}".encode())
            elif broken == "heats-less":
                await self._obeyed(Effect(self.name, "heat", amount=celsius), f"OUT_SP_1 {celsius - 1:g}".encode())
            else:
                await super().set_temperature(celsius)

        async def safe_state(self) -> None:
            if broken != "stays-on":
                await super().safe_state()

    with pytest.raises(AssertionError) as caught:
        dict(instrument_checks(Cheat, plate))[check]()
    assert words in str(caught.value)


@pytest.mark.usefixtures("hot")
def test_its_verbs_need_a_grant_but_for_what_is_safe() -> None:
    envelope = Envelope(Limits({"plate": {"heat": Limit(least=20.0, most=80.0)}}))
    envelope.permit(Effect("plate", "heat", amount=60.0), b"x")
    for device, amount in (("plate", 80.1), ("plate", None), ("other", 60.0)):
        with pytest.raises(EnvelopeError):
            envelope.permit(Effect(device, "heat", amount=amount), b"x")
    Envelope(Limits()).permit(Effect("other", "heater-off"), b"x")


@pytest.mark.usefixtures("hot")
def test_verbs_of_different_units_share_no_budget_whoever_brings_them() -> None:
    counted = (Counted("pump", DELIVER, frozenset()), Counted("plate", "heat", frozenset()))
    with pytest.raises(SpecError, match="has no sum"):
        Budget("all", counted, 1.0)


# --- the envelope stays closed


def test_a_verb_that_nobody_declares_is_refused_even_where_it_is_granted() -> None:
    envelope = Envelope(Limits({"plate": {"heat": Limit(least=0.0, most=80.0), "heater-off": Limit()}}))
    for effect in (Effect("plate", "heat", amount=60.0), Effect("plate", "heater-off")):
        with pytest.raises(EnvelopeError, match="no capability declares heat"):
            envelope.permit(effect, b"x")
    with pytest.raises(SpecError, match="no capability declares the verb 'heat'"):
        Effect.from_json({"device": "plate", "verb": "heat", "channel": "", "amount": 60.0})


def test_what_a_driver_says_of_its_effect_makes_it_no_safer() -> None:
    class Harmless(Effect):
        is_safe = True  # type: ignore[assignment]  # that is the point

    class Nothing(float):
        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 0

    with pytest.raises(EnvelopeError, match="that is no effect"):
        Envelope(Limits()).permit(Harmless("lamp", LIGHT, amount=20.0), b"x")
    with pytest.raises(EnvelopeError, match="lamp may not light"):
        Envelope(Limits()).permit(Effect("lamp", LIGHT, amount=Nothing(20.0)), b"x")


def test_an_amount_that_was_worked_out_is_a_plain_number() -> None:
    effect = Effect("lamp", LIGHT, amount=np.float64(0.0))
    assert type(effect.amount) is float
    Envelope(Limits()).permit(effect, b"off")


@given(st.text(max_size=50))
def test_a_verbs_name_is_a_lower_case_word_or_refused(name: str) -> None:
    fits = re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) is not None and len(name) <= 40
    if fits:
        assert Verb(name).name == name
        return
    with pytest.raises(SpecError, match="no verb's name"):
        Verb(name)


@given(
    st.sampled_from(["aspirate", "light", "tare", "halt"]), st.text(max_size=5), st.none() | st.floats(allow_nan=False)
)
def test_an_effect_survives_json(name: str, channel: str, amount: float | None) -> None:
    effect = Effect("one", name, channel, amount)
    assert Effect.from_json(effect.as_json()) == effect


@pytest.mark.parametrize(
    "make",
    [
        lambda: Safe(float("nan")),
        lambda: Safe("0"),  # type: ignore[arg-type]  # that is the point
        lambda: Verb("heat", 5),  # type: ignore[arg-type]  # that is the point
        lambda: Verb("heat", safe=0.0),  # type: ignore[arg-type]  # that is the point
        lambda: Capability("Heats", Hotplate, (), lambda _: {}, lambda _: {}),
        lambda: Capability("heats", Hotplate, [Verb("heat")], lambda _: {}, lambda _: {}),  # type: ignore[arg-type]  # that is the point
        lambda: Capability("heats", Hotplate, (Verb("heat"), Verb("heat", "degC")), lambda _: {}, lambda _: {}),
        lambda: Capability("heats", Hotplate, (), lambda _: {}, {}),  # type: ignore[arg-type]  # that is the point
        lambda: Capability("heats", Hotplate, (), lambda _: {}, lambda _: {}, 1),  # type: ignore[arg-type]  # that is the point
        lambda: Capability("heats", "Heats", (), lambda _: {}, lambda _: {}),  # type: ignore[arg-type]  # that is the point
        lambda: Capability("heats", object, (), lambda _: {}, lambda _: {}),
    ],
)
def test_what_is_not_well_declared_is_refused_when_it_is_made(make: Callable[[], object]) -> None:
    with pytest.raises(SpecError):
        make()


# --- what is broken

BROKEN = {
    "fails on import": ("1 / 0", "ZeroDivisionError: division by zero"),
    "ends the program on import": ("raise SystemExit(3)", "SystemExit: 3"),
    "is not there": ("", "AttributeError: module 'zosimos_odd' has no attribute 'ODD'"),
    "is something else": ("ODD = 'heats'", "is a str, which is no capability"),
    "only declares": ("ODD = Declaration('odd', Heats, ())", "it has no conformance acts"),
    "calls itself otherwise": ("ODD = Capability('even', Heats, (), acts, acts)", "it calls itself 'even'"),
    "changes a unit": (
        "ODD = Capability('odd', Heats, (Verb('deliver', 'L'),), acts, acts)",
        "it declares the verb 'deliver' otherwise than 'dispenses' does",
    ),
    "makes a verb safe": (
        "ODD = Capability('odd', Heats, (Verb('deliver', 'mL', Safe()),), acts, acts)",
        "it declares the verb 'deliver' otherwise than 'dispenses' does",
    ),
    "has a unit of no kind": (
        "ODD = Capability('odd', Heats, (Verb('warm', 'degrees of warmth'),), acts, acts)",
        "its verb 'warm' is in 'degrees of warmth', which is no unit",
    ),
    "takes a name of the record's": (
        "ODD = Capability('odd', Heats, (Verb('cleaned'),), acts, acts)",
        "the record of an experiment calls something else 'cleaned'",
    ),
    "draws in another unit than stocks are counted in": (
        "ODD = Capability('odd', Heats, (Verb('suck', 'uL', draws=True),), acts, acts)",
        "draws liquid in 'uL', and stocks and budgets count it in mL",
    ),
    "asks for nothing": (
        "@runtime_checkable\nclass Any(Protocol): ...\nODD = Capability('odd', Any, (), acts, acts)",
        "its protocol asks for nothing, so that every device would have it",
    ),
    "cannot be checked": (
        "class Any(Protocol):\n    def x(self): ...\nODD = Capability('odd', Any, (), acts, acts)",
        "decorate it with @runtime_checkable",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_capability_is_named_with_its_package_and_the_rest_works(install: Install, kind: str) -> None:
    before = dict(declared())
    code, why = BROKEN[kind]
    install("zosimos-odd", HEAD + code, {GROUP: {"odd": "ODD"}})
    install("zosimos-hot", heats(), {GROUP: {"heats": "HEATS"}})
    with pytest.raises(SpecError) as caught:
        capability("odd", "protocol.roles.plate")
    assert "zosimos-odd" in caught.value.message
    assert why in caught.value.message
    assert caught.value.field == "protocol.roles.plate"
    assert dict(declared()) == {**before, "heat": Verb("heat", "degC"), "heater-off": Verb("heater-off", safe=Safe())}
    with pytest.raises(EnvelopeError):
        Envelope(Limits()).check(Effect("pump", DELIVER, "5", 0.1))
    with pytest.raises(SpecError) as unknown:
        verb("warm")
    assert "zosimos-odd" in unknown.value.hint


def test_our_names_cannot_be_taken(install: Install) -> None:
    code = HEAD + "ODD = Capability('dispenses', Heats, (), acts, acts)"
    install("a-package", code, {GROUP: {"dispenses": "ODD"}})
    install("zz-package", code, {GROUP: {"dispenses": "ODD"}})
    assert capability("dispenses") is DISPENSES
    assert {(one.name, one.package) for one in declarations().broken} == {
        ("dispenses", "a-package"),
        ("dispenses", "zz-package"),
    }
    assert {one.why for one in declarations().broken} == {"zosimos has a capability of that name"}


def test_of_two_packages_with_one_name_the_first_has_it(install: Install) -> None:
    for package, name in (("b-package", "warm"), ("a-package", "heat")):
        code = HEAD + f"ODD = Capability('odd', Heats, (Verb('{name}', 'degC'),), acts, acts)"
        install(package, code, {GROUP: {"odd": "ODD"}})
    assert "heat" in declared()
    assert "warm" not in declared()
    assert [one.package for one in declarations().broken] == ["b-package"]


def test_two_capabilities_may_share_a_verb_that_they_declare_alike(install: Install) -> None:
    code = HEAD + "ODD = Capability('odd', Heats, (Verb('halt', safe=Safe()), Verb('heat', 'degC')), acts, acts)"
    install("zosimos-odd", code, {GROUP: {"odd": "ODD"}})
    assert declarations().broken == ()
    assert declared()[HALT].safe == Safe()


def test_acts_of_one_name_are_all_tried(install: Install) -> None:
    reads = "lambda _: {'temperature': Act(lambda one: one.temperature())}"
    code = HEAD + f"ODD = Capability('odd', Heats, (), {reads}, acts)"
    install("zosimos-odd", code, {GROUP: {"odd": "ODD"}})
    install("zosimos-hot", heats(), {GROUP: {"heats": "HEATS"}})

    async def act(driver: Any, _: Any, __: Any) -> list[str]:
        return list(kit.readings(driver))

    kit = Kit(Hotplate, plate)
    assert kit.run(act)[0] == ["temperature", "odd: temperature"]


# --- names of before


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("Dispenses", "capabilities.dispenses"),
        ("PlungerState", "capabilities.dispenses"),
        ("Weighs", "capabilities.weighs"),
        ("Weight", "capabilities.weighs"),
        ("MeasuresSpectrum", "capabilities.measures_spectrum"),
        ("Spectrum", "capabilities.measures_spectrum"),
        ("Identity", "identity"),
    ],
)
def test_a_name_that_stood_with_the_capabilities_is_found_and_warns(name: str, home: str) -> None:
    from importlib import import_module

    from zosimos.instruments import capabilities as former

    with pytest.warns(DeprecationWarning, match=rf"{home}\.{name} now"):
        assert getattr(former, name) is getattr(import_module(f"zosimos.instruments.{home}"), name)


def test_the_former_table_and_the_former_verbs_are_found_and_warn() -> None:
    from zosimos.instruments import capabilities as former
    from zosimos.instruments.envelope import effect

    with pytest.warns(DeprecationWarning, match="capabilities"):
        assert former.CAPABILITIES["dispenses"] is DISPENSES.protocol
    with pytest.warns(DeprecationWarning, match=r"verbs\.Verb now"):
        assert effect.Verb is Verb
    with pytest.warns(DeprecationWarning, match=r"verbs\.Safe now"):
        assert effect.Safe is Safe
    for name in declared():
        with pytest.warns(DeprecationWarning, match=f"Verb.{name.upper()}"):
            assert getattr(Verb, name.upper()) == name
    for place in (former, effect, Verb):
        with pytest.raises(AttributeError):
            _ = place.Nothing  # type: ignore[attr-defined]  # that is the point


def test_an_act_may_be_made_of_a_call_alone() -> None:
    assert Act(lambda one: one.weigh()).effect is None

"""Protocols: data that is checked before anything moves, and reads back as itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.campaign.definition import yaml
from zosimos.core.errors import SpecError
from zosimos.core.parameters import Continuous
from zosimos.core.space import SearchSpace
from zosimos.core.validation import validated
from zosimos.labs.colour.options import FOLDER
from zosimos.workcell.liquids.strokes import strokes
from zosimos.workcell.protocol.check import check
from zosimos.workcell.protocol.model import Protocol
from zosimos.workcell.protocol.needs import largest

VALUES = ["red", "yellow", "blue", "volume", "target"]
PLACES = ["water", "red", "yellow", "blue", "waste", "fill", "drain"]


def data() -> dict[str, Any]:
    path = FOLDER / "protocol.yaml"
    found = yaml.parse(yaml.read_text(path), str(path))
    assert isinstance(found, dict)
    return found


def protocol(**changes: Any) -> Protocol:
    return validated(Protocol, {**data(), **changes}, "protocol")


def checked(made: Protocol) -> None:
    check(made, VALUES, PLACES, ["references"])


def test_the_colour_protocol_holds_and_reads_back_as_itself() -> None:
    made = protocol()
    checked(made)
    again = validated(Protocol, made.plain())
    assert again == made
    assert again.hash == made.hash
    assert yaml.parse(yaml.dump(made.plain())) == made.plain()


def test_the_hash_is_of_what_is_said_not_of_how_it_is_laid_out() -> None:
    shuffled = dict(reversed(data().items()))
    assert validated(Protocol, shuffled).hash == protocol().hash
    assert protocol(name="another").hash != protocol().hash


@pytest.mark.parametrize(
    ("steps", "field", "words"),
    [
        ([{"dispense": {"from": "gold", "to": "fill", "volume": 1}}], "steps.0.dispense", "no place 'gold'"),
        ([{"dispense": {"from": "red", "to": "fill", "volume": "gold"}}], "steps.0.dispense.volume", "called 'gold'"),
        ([{"dispense": {"with": "balance", "from": "red", "to": "fill", "volume": 1}}], "steps.0.dispense", "no role"),
        ([{"tare": "pump"}], "steps.0.tare", "no role that weighs"),
        ([{"confirm": {"that": "mass > 1", "else": "no"}}], "steps.0.confirm.that", "called 'mass' by now"),
        ([{"compute": {"method": "alchemy", "using": {}}}], "steps.0.compute.method", "no method 'alchemy'"),
        (
            [{"compute": {"method": "colour-difference", "using": {"reading": "channels"}}}],
            "steps.0.compute.using.reading",
            "nothing is called 'channels'",
        ),
    ],
)
def test_a_protocol_that_cannot_be_carried_out_names_the_step(steps: list[Any], field: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        checked(protocol(steps=steps, cleanup=[]))
    assert caught.value.field == field
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ([{"dispense": {"from": "red", "to": "fill"}}], "protocol.steps.0.dispense.volume"),
        ([{"heat": {"to": 80}}], "protocol.steps.0.heat"),
        ([{"wait": "3 mL"}], "protocol.steps.0.wait"),
        ([{"wait": 3, "tare": "balance"}], "protocol.steps.0"),
        ([{"light": {"current": "10 V"}}], "protocol.steps.0.light.current"),
        ([{"tare": "balance"}, {"weigh": {"as": "mass", "unit": "g"}}], "protocol.steps.1.weigh.unit"),
        ([{"rinse": {"from": "water"}}], "protocol.steps.0.rinse.to"),
        ([{7: {"to": 80}}], "protocol.steps.0.7"),
        ([{}], "protocol.steps.0"),
        (["tare"], "protocol.steps.0"),
        ([], "protocol.steps"),
    ],
)
def test_a_malformed_step_is_named(steps: list[Any], field: str) -> None:
    with pytest.raises(SpecError) as caught:
        protocol(steps=steps)
    assert caught.value.field == field


def test_preparing_a_lab_must_be_repeatable() -> None:
    with pytest.raises(SpecError, match="only steps that can be repeated prepare a lab"):
        checked(protocol(prepare=[{"dispense": {"from": "water", "to": "fill", "volume": 1}}]))


def test_formulas_are_arithmetic_and_nothing_else() -> None:
    for text in ("__import__('os')", "red.real", "[1][0]", "lambda: 1", "red if blue else 1"):
        with pytest.raises(SpecError, match="formula refused"):
            checked(protocol(steps=[{"dispense": {"from": "red", "to": "fill", "volume": text}}], cleanup=[]))


def test_needs_are_those_of_the_corners() -> None:
    space = SearchSpace(tuple(Continuous(dye, 0.0, 0.5, unit="mL") for dye in ("red", "yellow", "blue")))
    found = largest(protocol(), space, {"volume": 1.5}, ["water", "red"])
    assert max(need["water"] for need in found) == pytest.approx(2.1)
    assert max(need["red"] for need in found) == pytest.approx(0.5)
    assert all("blue" not in need for need in found)


@given(st.floats(0, 30), st.sampled_from([0.25, 1.0, 2.5]), st.sampled_from([3000, 6000, 24000]))
def test_strokes_sum_up_to_the_volume_in_whole_steps(volume: float, syringe: float, steps: int) -> None:
    resolution = syringe / steps
    found = strokes(volume, syringe, resolution)
    assert sum(found) == pytest.approx(volume, abs=0.51 * resolution + 1e-6)
    for piece in found:
        assert 0 < piece <= syringe + 1e-9
        assert piece / resolution == pytest.approx(round(piece / resolution), abs=1e-3)
    if found:
        assert max(found) - min(found) <= resolution + 1e-8

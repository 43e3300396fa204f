"""Substances in a lab file: which of them a recipe brings together, and what the laboratory's own rules say of it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.labs.test_workcell import LAB, campaign, files, swapped

from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.safety.findings import Report
from zosimos.campaign.setup import Setup, assemble
from zosimos.core.errors import SpecError

WATER, CONCENTRATE, WASTE = "water: { port: 1,", "concentrate: { port: 2,", "waste: { port: 6,"


def lab_file(*, water: str = "water", concentrate: str = "methylene blue", more: str = "", real: bool = True) -> str:
    text = swapped(LAB, WATER, f"{WATER} species: {water},")
    text = swapped(text, CONCENTRATE, f"{CONCENTRATE} species: {concentrate},")
    if real:
        text = text.replace("link: in-process", "link: real")
        text = swapped(swapped(text, "sim://dilution/pump", "/dev/ttyUSB7"), "sim://dilution/sensor", "/dev/ttyUSB8")
    return text + more


def made(lab: str, **changes: Any) -> Setup:
    return assemble(parse_spec(campaign(**changes)), files(lab))


def report(lab: str, **changes: Any) -> Report:
    setup = made(lab, **changes)
    return setup.safety(setup.spec)


def test_an_ordinary_laboratory_needs_nobody() -> None:
    found = report(lab_file())
    assert found.declared
    assert not found.needs


def test_what_a_recipe_brings_together_in_its_cell_is_refused() -> None:
    with pytest.raises(SpecError, match="sodium hydride and water can meet in bench: hydrogen and fire") as caught:
        made(lab_file(concentrate="NaH"))
    assert caught.value.field == "places.concentrate.species"


def test_what_the_waste_holds_already_counts() -> None:
    text = swapped(lab_file(concentrate="bleach"), WASTE, f"{WASTE} species: [ammonia, water],")
    with pytest.raises(SpecError, match="chloramines"):
        made(text)


def test_what_no_step_brings_together_is_not() -> None:
    text = lab_file(concentrate="dilute HCl") + ""
    text = swapped(text, "places: #", "places:\n  cabinet: { port: 3, stock: 1 mL, species: ammonia, unit: mL } #")
    assert not any(one.kind == "pair" for one in report(text).findings)


def test_a_substance_that_is_not_known_needs_a_yes_unless_the_lab_file_knows_it() -> None:
    assert [one.kind for one in report(lab_file(concentrate="house dye 7")).needs] == ["unknown"]
    own = "\nchemistry:\n  species:\n    house dye 7: { classes: [organic salt] }\n"
    assert not report(lab_file(concentrate="house dye 7", more=own)).needs


def test_a_lab_file_cannot_lift_the_refusal_of_a_controlled_substance() -> None:
    own = "\nchemistry:\n  species:\n    house dye 7: { also: [tabun] }\n"
    with pytest.raises(SpecError, match="chemical weapons"):
        made(lab_file(concentrate="house dye 7", more=own))


def test_limits_of_a_lab_file_are_compared_with_what_the_recipe_draws() -> None:
    for limit, fits in (("1 mL", True), ("500 uL", False)):
        text = lab_file(more=f"\nchemistry:\n  limits: {{ methylene blue: {limit} }}\n")
        if fits:
            assert not report(text).needs
            continue
        with pytest.raises(SpecError, match="up to 1 mL in an experiment, and no more than 500 uL"):
            made(text)


def test_a_campaign_in_it_states_substances_too() -> None:
    space = {"concentrate": {"min": 0, "max": 1, "unit": "mL", "species": "hydrochloric acid"}}
    with pytest.raises(SpecError, match="hydrogen cyanide"):
        made(lab_file(water="[water, KCN]"), space=space)


def test_a_simulated_laboratory_is_only_told() -> None:
    found = report(lab_file(concentrate="NaH", real=False))
    assert found.simulated
    assert not found.refused
    assert any("would be refused: sodium hydride and water" in line for line in found.lines())


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ("\nchemistry:\n  species:\n    x1: { cas: 1-2-3 }\n", "lab file.chemistry.species.x1.cas"),
        ("\nchemistry: { nevver: [acid] }\n", "lab file.chemistry.nevver"),
    ],
)
def test_a_lab_file_whose_chemistry_makes_no_sense_is_refused_by_field(more: str, field: str) -> None:
    with pytest.raises(SpecError) as caught:
        made(lab_file(more=more))
    assert caught.value.field == field


def test_a_lab_file_that_names_a_class_there_is_not_is_refused() -> None:
    with pytest.raises(SpecError, match="'acids' is neither a class nor a substance"):
        made(lab_file(more="\nchemistry: { never: [acids] }\n"))

"""Actions: the shipped ones keep their contract, a package's own are on a par, and broken ones are named."""

from __future__ import annotations

from typing import Any

import pytest

import zosimos as zo
from zosimos.campaign.definition import yaml
from zosimos.labs.colour.options import FOLDER
from zosimos.workcell.actions.registry import names

ROLES = {"pump": "dispenses", "balance": "weighs", "sensor": "measures-spectrum"}
INPUTS = {"red": "mL", "current": "mA", "pause": "s"}
VALUES = {"red": 0.3, "current": 8.0, "pause": 12.0}
LIT = ({"light": {"current": "current"}}, {"move": {"to": 0}})
FILLED = ({"tare": "balance"}, {"dispense": {"from": "water", "to": "fill", "volume": "1.2 mL"}})
USING = {"reading": "seen", "calibration": "known", "target": "goal"}
ENDS = {"from": "water", "to": "fill", "drain": "drain", "waste": "waste"}

STEPS: dict[str, tuple[dict[str, Any], tuple[dict[str, Any], ...]]] = {
    "ask": ({"ask": {"text": "put a cell in"}}, ()),
    "calibrate": ({"calibrate": {"standards": "references", "method": "colour-calibration", "as": "known"}}, LIT),
    "compute": (
        {"compute": {"method": "colour-difference", "using": USING}},
        (
            *LIT,
            {"calibrate": {"standards": "references", "method": "colour-calibration", "as": "known"}},
            *FILLED,
            {"read": {"as": "seen"}},
        ),
    ),
    "confirm": ({"confirm": {"that": "mass > 0.1", "else": "nothing arrived"}}, (*FILLED, {"weigh": {"as": "mass"}})),
    "dispense": ({"dispense": {"from": "red", "to": "fill", "volume": "5 * red"}}, ({"tare": "balance"},)),
    "light": ({"light": {"current": "current"}}, ()),
    "move": ({"move": {"to": 3}}, ()),
    "read": ({"read": {"as": "seen", "times": 2}}, LIT),
    "rinse": ({"rinse": {**ENDS, "volume": 0.4, "times": 2}}, ()),
    "tare": ({"tare": "balance"}, ()),
    "wait": ({"wait": {"for": "pause"}}, ()),
    "weigh": ({"weigh": {"as": "mass"}}, FILLED),
}  # fmt: skip


def checks_of(kind: str) -> list[zo.testing.Check]:
    step, before = STEPS[kind]
    lab = yaml.parse(yaml.read_text(FOLDER / "lab.yaml"), "lab.yaml")
    inputs = {**INPUTS, "goal": "sRGB"}
    values = {**VALUES, "goal": [40, 120, 80]}
    return zo.testing.action_checks(step, lab=lab, roles=ROLES, inputs=inputs, values=values, before=before)


CHECKS = {f"{kind}: {check.name}": check for kind in STEPS for check in checks_of(kind)}


def test_every_shipped_action_is_tried() -> None:
    assert sorted(STEPS) == list(names())


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKS)
def test_a_shipped_action_conforms(name: str) -> None:
    CHECKS[name]()


def test_a_lab_file_with_a_world_needs_no_rig_of_its_own() -> None:
    lab = yaml.parse(yaml.read_text(FOLDER / "lab.yaml"), "lab.yaml")
    zo.testing.check_action({"light": {"current": 5}}, lab=lab, roles={"sensor": "measures-spectrum"})

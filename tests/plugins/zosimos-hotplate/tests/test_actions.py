"""What the actions say of themselves is what they do, and what a recipe gets wrong is refused in words."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

import zosimos as zo

LAB: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "examples/heat_treatment/lab.yaml").read_text(encoding="utf-8")
)
ROLES = {"plate": "heats", "pump": "dispenses", "balance": "weighs"}
FILLED = ({"dispense": {"from": "water", "to": "fill", "volume": "2 mL"}},)
HEAT = {"to": "warm", "for": "2 min", "ramp": 12, "within": "0.5 K", "limit": "30 min", "every": "5 s"}
STEPS: dict[str, dict[str, Any]] = {
    "heat": {"heat": {**HEAT, "as": "mean", "readings": "heating"}},
    "heat and stay": {"heat": {**HEAT, "then": "hold"}},
    "heat again": {"heat": {**HEAT, "as": "mean"}},
    "cool": {"cool": {"to": 45, "readings": "cooling"}},
}
BEFORE: dict[str, tuple[dict[str, Any], ...]] = {
    "heat": FILLED,
    "heat and stay": (),
    "heat again": (),
    "cool": (*FILLED, {"heat": {"to": "60 degC", "then": "hold"}}),
}
TRIPPING = copy.deepcopy(LAB)
TRIPPING["devices"]["plate"]["simulator"]["trips"] = "150 s"
LABS = {"heat again": TRIPPING}
CHECKS = {
    f"{name}: {check.name}": check
    for name, step in STEPS.items()
    for check in zo.testing.action_checks(
        step, lab=LABS.get(name, LAB), roles=ROLES, inputs={"warm": "degC"}, values={"warm": 52.0}, before=BEFORE[name]
    )
}


@pytest.mark.parametrize("name", CHECKS)
def test_an_action_conforms(name: str) -> None:
    CHECKS[name]()

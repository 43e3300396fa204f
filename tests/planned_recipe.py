"""A goal for the dilution laboratory, and what a good model answers: a campaign and a recipe in typed steps."""

from __future__ import annotations

import copy
from typing import Any

GOAL = (
    "fill 2 mL of water and concentrate, 0.1 to 1 mL of concentrate, read channel F4, and reach an absorbance of 0.6 "
    "in 4 experiments; wait 30 s before reading"
)
STEPS: list[dict[str, Any]] = [
    {"part": "prepare", "do": {"light": {"with": "sensor", "current": "10 mA"}}},
    {"part": "steps", "do": {"dispense": {"from": "water", "to": "fill", "volume": "total - dye"}}},
    {"part": "steps", "do": {"read": {"with": "sensor", "as": "blank", "times": 4}}},
    {"part": "steps", "do": {"dispense": {"from": "concentrate", "to": "fill", "volume": "dye"}}},
    {"part": "steps", "do": {"wait": "30 s"}},
    {"part": "steps", "do": {"read": {"with": "sensor", "as": "sample", "times": 4}}},
    {
        "part": "steps",
        "do": {
            "compute": {"method": "absorbance", "using": {"reading": "sample", "blank": "blank", "channel": "channel"}}
        },
    },
    {"part": "cleanup", "do": {"dispense": {"from": "drain", "to": "waste", "volume": "total + 0.3"}}},
    {
        "part": "cleanup",
        "do": {"rinse": {"from": "water", "to": "fill", "drain": "drain", "waste": "waste", "volume": "1 mL"}},
    },
]
GOOD: dict[str, Any] = {
    "spec": {
        "space": {"dye": {"min": 0.1, "max": 1, "unit": "mL"}},
        "objectives": {"absorbance": {"goal": "target", "target": 0.6}},
        "lab": {"constants": {"total": "2 mL", "channel": "F4"}},
        "budget": {"experiments": 4},
    },
    "assumptions": ["the cell is rinsed once"],
    "recipe": {"inputs": {"dye": "mL", "total": "mL", "channel": ""}, "steps": STEPS},
}


def changed(path: str, value: Any, goal: dict[str, Any] | None = None) -> dict[str, Any]:
    """The good answer with another value at a dotted path; None takes it out."""
    answer = copy.deepcopy(goal or GOOD)
    *parents, last = path.split(".")
    at: Any = answer
    for name in parents:
        at = at[int(name)] if isinstance(at, list) else at[name]
    if isinstance(at, list):
        at[int(last)] = value
    elif value is None:
        del at[last]
    else:
        at[last] = value
    return answer

"""Inputs of a recipe have their values from the goal, or from limits that are named; nobody makes them up."""

from __future__ import annotations

from typing import Any

import pytest

from zosimos.agent.planning.ground import Input, Number
from zosimos.agent.planning.said import chosen, inputs_said, targets_said
from zosimos.core.errors import PlanError

LIMITED = {"dye": Input("mL", 0.001, 1.0, "as the limits of pump say")}


def space(**part: Any) -> dict[str, Any]:
    return {"space": {"dye": {"unit": "mL", **part}}}


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("dye 0.2 to 0.5 mL", {"min": 0.2, "max": 0.5}),
        ("dye 200 to 500 uL", {"min": 0.2, "max": 0.5}),
        ("dye 0.2 or 0.5 mL", {"levels": [0.2, 0.5]}),
    ],
)
def test_what_the_goal_says_is_taken_in_any_unit(words: str, part: dict[str, Any]) -> None:
    assert inputs_said(words, space(**part), LIMITED) == []


def test_what_a_limit_says_is_named() -> None:
    assert inputs_said("dye up to 0.5 mL", space(min=0.001, max=0.5), LIMITED) == [
        "space.dye.min: 0.001 mL, as the limits of pump say"
    ]
    assert inputs_said("dye up to 0.5 mL", space(min=0, max=0.5), LIMITED) == [
        "space.dye.min: 0 mL, as the goal says no least value"
    ]


@pytest.mark.parametrize(
    ("words", "data"),
    [
        ("dye up to 0.5 mL", space(min=0.001, max=0.7)),
        ("dye up to 0.5 L", space(min=0.001, max=0.5)),
        ("dye up to 0.5 s", space(min=0.001, max=0.5)),
        ("some dye", {"lab": {"constants": {"dye": "0.3 mL"}}}),
        ("some dye", {"lab": {"constants": {"dye": [1, 2]}}}),
        ("dye of 1 mL", space(levels=[1, 2])),
    ],
)
def test_what_nobody_said_is_refused(words: str, data: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match="does not say dye in mL") as caught:
        inputs_said(words, data, LIMITED)
    assert "say it in the goal" in (caught.value.hint or "")


def test_a_value_to_be_reached_is_said() -> None:
    targets_said("reach 0.6", {"objectives": {"a": {"goal": "target", "target": 0.6}, "b": {"goal": "max"}}})
    with pytest.raises(PlanError, match="which a is to be reached"):
        targets_said("reach 0.5", {"objectives": {"a": {"goal": "target", "target": 0.6}}})


def test_numbers_of_a_recipe_that_nobody_said_are_named_with_their_step() -> None:
    numbers = [Number(30.0, "s", "steps.1 wait", "30 s"), Number(30.0, "mL", "steps.2 dispense volume", "30 mL")]
    assert chosen("wait 0.5 min", numbers) == ["steps.2 dispense volume: 30 mL, chosen without being asked for"]

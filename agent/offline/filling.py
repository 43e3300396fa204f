"""Filling in a recipe: what words say of its inputs and quantities, what limits say besides, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from zosimos.agent.offline.by_recipe import aims, fillings, varied
from zosimos.agent.planning.ground import Input
from zosimos.agent.planning.said import example


class Goal(Protocol):
    """A goal while it is read: its text with what was read blanked out, and what was found."""

    text: str
    found: dict[str, Any]

    def take(self, path: str, value: Any, start: int, end: int) -> None:
        """Take a value that stands at a place."""
        ...

    def blank(self, start: int, end: int) -> None:
        """Blank out what stands at a place."""
        ...


def fill(goal: Goal, recipe: Mapping[str, Any]) -> None:
    """Take what words say of a recipe's quantities and inputs, and what its limits say of inputs that are left open.

    Args:
        goal: the goal; objectives, the space and constants are added to what was found.
        recipe: its ``inputs`` (each with its unit, and least and most where limits say them), ``quantities`` and
            ``places``.
    """
    inputs: Mapping[str, Mapping[str, Any]] = recipe["inputs"]
    for part in list(aims(goal.text, recipe["quantities"])):
        goal.take(part.path, part.value, part.start, part.end)
    for part in list(fillings(goal.text, inputs, (*recipe["quantities"], *recipe["places"]))):
        for path, value in _leaves(part.path, part.value).items():
            goal.take(path, value, part.start, part.end)
    for name, start, end in list(varied(goal.text, inputs)):
        if f"lab.constants.{name}" not in goal.found:  # said to vary and said to stay: the words are left to be named
            goal.blank(start, end)
    for name, taken in inputs_of(recipe).items():
        _from_limits(goal, name, taken)
        if taken.unit and any(path.startswith(f"space.{name}.") for path in goal.found):
            goal.found.setdefault(f"space.{name}.unit", taken.unit)


def lacking(goal: Goal, recipe: Mapping[str, Any]) -> str:
    """Return what a recipe cannot do without and neither words nor limits say; empty where nothing is missing."""
    if not any(path.startswith("objectives.") for path in goal.found):
        known = ", ".join(recipe["quantities"]) or "nothing"
        return (
            f"the goal does not say what is wanted; the recipe gives {known}: write it like: maximise NAME, or reach a "
            "NAME of 0.5"
        )
    says = []
    for name, part in inputs_of(recipe).items():
        sides = [side for side in ("min", "max") if f"space.{name}.{side}" in goal.found]
        whole = f"lab.constants.{name}" in goal.found or f"space.{name}.choices" in goal.found or len(sides) == 2
        if not whole:
            unit = f" in {part.unit}" if part.unit else ""
            says.append(f"{name}{unit}: write it like {example(name, part)}")
    return f"the goal does not say {'; nor '.join(says)}" if says else ""


def inputs_of(recipe: Mapping[str, Any]) -> dict[str, Input]:
    """Return what a recipe takes."""
    return {name: Input(**part) for name, part in recipe["inputs"].items()}


def _from_limits(goal: Goal, name: str, part: Input) -> None:
    """Take from the laboratory's limits what words leave open of a range."""
    known = [path for path in goal.found if path == f"lab.constants.{name}" or path == f"space.{name}.choices"]
    if known or not part.limited:
        return
    for side, value in (("min", part.least), ("max", part.most)):
        goal.found.setdefault(f"space.{name}.{side}", value)


def _leaves(path: str, value: Any) -> dict[str, Any]:
    """Return a value by its paths, the fields of a parameter one by one, so that limits can add to them."""
    return {f"{path}.{name}": item for name, item in value.items()} if isinstance(value, dict) else {path: value}

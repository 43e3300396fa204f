"""Objectives: what a campaign wants of a measured quantity."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from zosimos.core.errors import SpecError

Goal: TypeAlias = Literal["max", "min", "target"]


@dataclass(frozen=True)
class Objective:
    """A measured quantity to maximise, minimise or bring to a target value, in a unit.

    ``threshold`` is how good an outcome must be at least to count among several objectives (None: any counts).

    Raises:
        SpecError: a target is missing where the goal is one, or given where it is not; a number is not finite.
    """

    name: str
    goal: Goal
    unit: str = ""
    target: float | None = None
    threshold: float | None = None

    def __post_init__(self) -> None:
        if (self.goal == "target") != (self.target is not None):
            raise SpecError(
                f"objective {self.name!r}: goal {self.goal} and target {self.target} do not fit",
                field=f"objectives.{self.name}.target",
                value=self.target,
                allowed="a number with goal: target, nothing with max or min",
            )
        for what, number in (("target", self.target), ("threshold", self.threshold)):
            if number is not None and not math.isfinite(number):
                raise SpecError(
                    f"objective {self.name!r}: the {what} is not a finite number",
                    field=f"objectives.{self.name}.{what}",
                    value=number,
                )

    def utility(self, value: float) -> float:
        """Return a number that grows as the goal is approached: the value, its negative, or minus the distance."""
        if self.goal == "max":
            return value
        if self.goal == "min":
            return -value
        return -abs(value - (self.target or 0.0))

    def counts(self, value: float) -> bool:
        """Say whether an outcome is as good as the threshold, where there is one."""
        return self.threshold is None or self.utility(value) >= self.utility(self.threshold)


def dominates(a: Sequence[float], b: Sequence[float]) -> bool:
    """Say whether utilities ``a`` are at least as good as ``b`` everywhere and better somewhere (Pareto)."""
    return all(x >= y for x, y in zip(a, b, strict=True)) and any(x > y for x, y in zip(a, b, strict=True))


def pareto(objectives: Sequence[Objective], outcomes: Sequence[Mapping[str, float]]) -> list[int]:
    """Return the indices of the outcomes that no other outcome dominates, the best first by summed normal scores.

    With one objective this is the list of the best, ties included. Scores are utilities scaled to [0, 1] over all
    outcomes, summed; ties keep their order. Where some outcomes meet every threshold, the others do not count.
    """
    if not outcomes:
        return []
    good = [i for i, row in enumerate(outcomes) if all(o.counts(row[o.name]) for o in objectives)]
    if 0 < len(good) < len(outcomes):
        return [good[place] for place in pareto(objectives, [outcomes[i] for i in good])]
    utilities = [[objective.utility(row[objective.name]) for objective in objectives] for row in outcomes]
    front = [i for i, u in enumerate(utilities) if not any(dominates(other, u) for other in utilities)]
    lows = [min(column) for column in zip(*utilities, strict=True)]
    spans = [(max(column) - min(column)) or 1.0 for column in zip(*utilities, strict=True)]

    def score(i: int) -> float:
        return math.fsum((u - low) / span for u, low, span in zip(utilities[i], lows, spans, strict=True))

    return sorted(front, key=lambda i: -score(i))

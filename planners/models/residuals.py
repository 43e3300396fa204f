"""Residuals: how far earlier predictions of a campaign were off, and what that says of later ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from zosimos.core.records import Observation
from zosimos.planners.observed import Observed
from zosimos.surrogates.calibration.recalibrate import KEPT, Recalibrator


@dataclass(frozen=True)
class Scored:
    """What past predictions taught, and whose residuals its scores are, in the scores' order.

    Args:
        known: what they taught.
        places: the places of the observations, counted from 0.
        experiments: their experiments.
    """

    known: Recalibrator
    places: tuple[int, ...]
    experiments: tuple[str, ...]


def recalibrated(observations: Sequence[Observation], quantity: str) -> Recalibrator:
    """Return what past predictions of a quantity and their outcomes teach about its intervals."""
    return scored(observations, quantity).known


def scored(observations: Sequence[Observation], quantity: str) -> Scored:
    """Return the same, and which observations the last scores belong to: those that still count."""
    seen = Observed.over(observations).fold(("residuals", quantity), lambda: _Residuals(quantity), exact=True)
    known = Recalibrator.after([(residual, rows) for residual, rows, _, _ in seen.last], max(seen.rows, 1))
    last = list(seen.last)[len(seen.last) - len(known.scores) :]
    return Scored(known, tuple(place for _, _, place, _ in last), tuple(name for _, _, _, name in last))


class _Residuals:
    """The residuals that still count, each with the rows that the model had learned from, its place and experiment."""

    def __init__(self, quantity: str) -> None:
        self._quantity = quantity
        self.rows = 0
        self.last: deque[tuple[float, int, int, str]] = deque(maxlen=KEPT)

    def take(self, place: int, seen: Observation) -> None:
        measured = seen.measurements.get(self._quantity)
        if seen.failed or measured is None or not measured.trains:
            return
        self.rows += 1
        said = seen.predictions.get(self._quantity)
        if said is not None and said.total > 0.0:
            residual = (measured.value - said.mean) / said.total
            self.last.append((residual, max(self.rows - 1, 1), place, seen.experiment))

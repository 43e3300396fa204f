"""Residuals: how far earlier predictions of a campaign were off, and what that says of later ones."""

from __future__ import annotations

from collections.abc import Sequence

from zosimos.core.records import Observation
from zosimos.surrogates.calibration.recalibrate import Recalibrator


def recalibrated(observations: Sequence[Observation], quantity: str) -> Recalibrator:
    """Return what past predictions of a quantity and their outcomes teach about its intervals."""
    return scored(observations, quantity)[0]


def scored(observations: Sequence[Observation], quantity: str) -> tuple[Recalibrator, tuple[str, ...]]:
    """Return the same, and the experiments whose residuals its scores are, in the scores' order."""
    rows, residuals, experiments = 0, list[tuple[float, int]](), list[str]()
    for seen in observations:
        measured = seen.measurements.get(quantity)
        if seen.failed or measured is None or not measured.trains:
            continue
        rows += 1
        said = seen.predictions.get(quantity)
        if said is not None and said.total > 0.0:
            residuals.append(((measured.value - said.mean) / said.total, max(rows - 1, 1)))
            experiments.append(seen.experiment)
    known = Recalibrator.after(residuals, max(rows, 1))
    return known, tuple(experiments[len(experiments) - len(known.scores) :])

"""Foretold: how well a quantity was predicted one step ahead, beside the simplest prediction there is.

Each prediction was recorded before its result was known. The simplest one is the mean of all results before it, which
needs no model: a planner whose predictions are no better has learned nothing of where to look.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from zosimos.campaign.record.state import State
from zosimos.core.objective import Objective
from zosimos.surrogates.calibration.coverage import Coverage, calibration
from zosimos.surrogates.calibration.ranks import spearman

ENOUGH = 10
"""Predictions below which shares and errors say little."""


@dataclass(frozen=True)
class Foretold:
    """Predictions of a quantity and what came, one step ahead.

    Args:
        quantity: its name.
        unit: its unit.
        predictions: how many there are.
        error: their root mean square error.
        of_mean: that of predicting each by the mean of all results before it; None: no result came before the first.
        order: Spearman's rank correlation of predictions and results; None where one does not vary.
        coverage: of the intervals of 50, 80 and 95 % that were stated; none where a prediction said it was certain.
    """

    quantity: str
    unit: str
    predictions: int
    error: float
    of_mean: float | None
    order: float | None
    coverage: tuple[Coverage, ...]

    @property
    def ratio(self) -> float | None:
        """The error over that of the mean of all results before (1: no better); None where that was never off."""
        return self.error / self.of_mean if self.of_mean else None

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "quantity": self.quantity,
            "unit": self.unit,
            "predictions": self.predictions,
            "error": self.error,
            "error_of_mean": self.of_mean,
            "ratio": self.ratio,
            "rank_correlation": self.order,
            "coverage": [item.as_json() for item in self.coverage],
        }


def foretold(state: State, quantity: Objective) -> Foretold | None:
    """Return how well a quantity was predicted before it was measured; None where it never was."""
    told, values, spreads, naive = [], [], [], []
    total, count = 0.0, 0
    for seen in state.counting():
        found = seen.measurements.get(quantity.name)
        if seen.failed or found is None or not found.trains:
            continue
        said = seen.predictions.get(quantity.name)
        if said is not None:
            told.append(said.mean)
            values.append(found.value)
            spreads.append(math.hypot(said.spread, found.uncertainty or 0.0) if said.noise is None else said.spread)
            naive.append(total / count if count else math.nan)
        total, count = total + found.value, count + 1
    if not told:
        return None
    mean, value, simple = np.array(told), np.array(values), np.array(naive)
    known = np.isfinite(simple)
    of_mean = float(np.sqrt(np.mean((simple - value)[known] ** 2))) if known.any() else None
    sure = min(spreads) > 0
    return Foretold(
        quantity.name,
        quantity.unit,
        len(told),
        float(np.sqrt(np.mean((mean - value) ** 2))),
        of_mean,
        spearman(mean, value),
        calibration(mean, spreads, value).coverage if sure else (),
    )

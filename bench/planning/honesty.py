"""Honesty: how many measured values the intervals of one-step-ahead predictions held, as told and recalibrated.

Only rows that a planner chose by its model count. Recalibration sees nothing but earlier rows of the same run. Scores
are in units of the set's own standard deviation, so that sets count alike.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from planning.replay import Run
from planning.tables import Pool
from zosimos.surrogates.calibration.coverage import LEVELS
from zosimos.surrogates.calibration.distributions import normal_quantile
from zosimos.surrogates.calibration.recalibrate import Recalibrator
from zosimos.surrogates.calibration.scores import crps_normal, negative_log_likelihood

_NORMAL = {level: float(normal_quantile(0.5 + level / 2)) for level in LEVELS}


@dataclass
class Told:
    """Interval hits by level, and scores, of a stream of predictions."""

    hits: dict[float, list[bool]] = field(default_factory=lambda: {level: [] for level in LEVELS})
    nll: list[float] = field(default_factory=list)
    crps: list[float] = field(default_factory=list)

    def add(self, mean: float, sd: float, value: float, multipliers: Mapping[float, tuple[float, float]]) -> None:
        """Count what the intervals of one prediction held; ``multipliers`` are their ends in standard deviations."""
        for level, (low, high) in multipliers.items():
            self.hits[level].append(mean + low * sd <= value <= mean + high * sd)

    def score(self, nll: float, mean: float, sd: float, value: float) -> None:
        """Keep a negative log-likelihood, and the score of a normal predictive."""
        self.nll.append(nll)
        self.crps.append(float(crps_normal([mean], [sd], [value])[0]))

    def figures(self) -> dict[str, Any]:
        """Return coverage by level in percent, and the mean scores."""
        coverage = {f"{level:.0%}": round(100 * statistics.fmean(x), 1) for level, x in self.hits.items()}
        scores = {name: round(statistics.fmean(x), 4) for name, x in (("nll", self.nll), ("crps", self.crps))}
        return {"coverage": coverage, **scores}


def honesty(pools: Mapping[str, Pool], runs: Mapping[str, Mapping[str, Sequence[Run]]]) -> dict[str, Any]:
    """Return, by planner that tells its whole standard deviation, coverage and scores before and after; over sets.

    ``worst_gap_after`` is the largest distance, in points, of a level's coverage over all sets from its name, and
    ``worst_set_gap_after`` that of any single set.
    """
    found: dict[str, Any] = {}
    for planner in dict.fromkeys(p for row in runs.values() for p in row):
        before, after, gaps = Told(), Told(), []
        for name, row in runs.items():
            mine = Told()
            for run in row[planner]:
                _replay(pools[name], run, before, after, mine)
            if mine.nll:
                gaps.append(_gap(mine))
        if after.nll:
            found[planner] = {
                "predictions": len(after.nll),
                "before": before.figures(),
                "after": after.figures(),
                "worst_gap_before": _gap(before),
                "worst_gap_after": _gap(after),
                "worst_set_gap_after": max(gaps),
            }
    return found


def _replay(pool: Pool, run: Run, before: Told, after: Told, mine: Told) -> None:
    unit = float(np.std(pool.outcomes))
    started = len(run.rows) - len(run.beliefs)
    known = Recalibrator(rows=max(1, started))
    for place, (belief, value) in enumerate(zip(run.beliefs, run.outcomes[started:], strict=True), started):
        if belief is None or belief[2] is None:
            continue
        mean, sd, y = belief[0] / unit, belief[2] / unit, value / unit
        before.add(mean, sd, y, {level: (-z, z) for level, z in _NORMAL.items()})
        before.score(float(negative_log_likelihood([mean], [sd], [y])[0]), mean, sd, y)
        z = (y - mean) / sd
        multipliers = {level: known.multipliers(level) for level in LEVELS}
        for told in (after, mine):
            told.add(mean, sd, y, multipliers)
            told.score(math.log(sd) - known.log_density(z), mean + known.shift * sd, known.scale * sd, y)
        known = known.update(z, place + 1)


def _gap(told: Told) -> float:
    return round(max(abs(100 * statistics.fmean(hits) - 100 * level) for level, hits in told.hits.items()), 1)

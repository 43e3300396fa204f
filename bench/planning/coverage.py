"""How many measured values the intervals of predictions held, and what the predictions are worth by proper scores.

A prediction is looked at in three ways. ``told``: a normal distribution with the model's own standard deviation, noise
included. ``scaled``: the same times the factor that earlier residuals of the run ask for, as a campaign shows it.
``recalibrated``: the intervals of the recalibrator, which learns each level by itself. The factor and the intervals see
nothing but results that were known when the prediction was made.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from zosimos.surrogates.calibration.coverage import LEVELS
from zosimos.surrogates.calibration.distributions import normal_quantile
from zosimos.surrogates.calibration.recalibrate import Recalibrator
from zosimos.surrogates.calibration.scores import crps_normal, negative_log_likelihood

LATE = 15  # results from which on predictions are also looked at by themselves
WAYS = ("told", "scaled", "recalibrated")
Ends = Mapping[float, tuple[float, float]]  # level -> where an interval starts and ends
_NORMAL = {level: float(normal_quantile(0.5 + level / 2)) for level in LEVELS}


@dataclass(frozen=True)
class Said:
    """A prediction of one measurement, and what came of it.

    Args:
        mean: predicted.
        sd: its standard deviation, noise included.
        value: what was measured.
        results: how many were known when it was made: those of one batch have the same.
        place: in its batch, counted from 0.
    """

    mean: float
    sd: float
    value: float
    results: int
    place: int = 0


@dataclass
class Tally:
    """Interval hits by level, and scores, of a stream of predictions."""

    hits: dict[float, list[bool]] = field(default_factory=lambda: {level: [] for level in LEVELS})
    nll: list[float] = field(default_factory=list)
    crps: list[float] = field(default_factory=list)

    def add(self, said: Said, ends: Ends, nll: float, normal: tuple[float, float]) -> None:
        """Count one prediction.

        Args:
            said: the prediction.
            ends: of its intervals by level, in standard deviations from the mean.
            nll: its negative log-likelihood.
            normal: mean and standard deviation of the normal distribution whose CRPS counts.
        """
        for level, (low, high) in ends.items():
            self.hits[level].append(said.mean + low * said.sd <= said.value <= said.mean + high * said.sd)
        self.nll.append(nll)
        self.crps.append(float(crps_normal([normal[0]], [normal[1]], [said.value])[0]))

    def figures(self) -> dict[str, Any]:
        """Return coverage by level in percent, the mean scores, and the largest distance of a level from its name."""
        shares = {level: 100 * statistics.fmean(hits) for level, hits in self.hits.items()}
        return {
            "coverage": {f"{level:.0%}": round(share, 1) for level, share in shares.items()},
            "gap": round(max(abs(share - 100 * level) for level, share in shares.items()), 1),
            "nll": round(statistics.fmean(self.nll), 4),
            "crps": round(statistics.fmean(self.crps), 4),
        }


@dataclass
class Tallies:
    """A tally for each way to look at predictions."""

    by_way: dict[str, Tally] = field(default_factory=lambda: {way: Tally() for way in WAYS})

    def add(self, said: Said, known: Recalibrator) -> None:
        """Count a prediction, with what earlier results taught."""
        z = (said.value - said.mean) / said.sd
        scale = known.scale
        for way, factor in (("told", 1.0), ("scaled", scale)):
            sd = factor * said.sd
            nll = float(negative_log_likelihood([said.mean], [sd], [said.value])[0])
            ends = {level: (-factor * q, factor * q) for level, q in _NORMAL.items()}
            self.by_way[way].add(said, ends, nll, (said.mean, sd))
        ends = {level: known.multipliers(level) for level in LEVELS}
        nll = math.log(said.sd) - known.log_density(z)
        self.by_way["recalibrated"].add(said, ends, nll, (said.mean + known.shift * said.sd, scale * said.sd))

    def figures(self) -> dict[str, Any]:
        """Return how many predictions there are, and the figures of each way; empty if there are none."""
        count = len(self.by_way["told"].nll)
        return {"n": count} | {way: tally.figures() for way, tally in self.by_way.items()} if count else {}


def with_known(run: Sequence[Said]) -> Iterator[tuple[Said, Recalibrator]]:
    """Give each prediction of a run with what the residuals of earlier batches taught."""
    known = Recalibrator(rows=1)
    for results, batch in groupby(run, key=lambda said: said.results):
        known = replace(known, rows=max(1, results))
        together = list(batch)
        for said in together:
            yield said, known
        for said in together:
            known = known.update((said.value - said.mean) / said.sd, known.rows)


def tallies(
    runs: Iterable[Sequence[Said]], groups: Callable[[Said], Iterable[str]] = lambda said: ()
) -> dict[str, Tallies]:
    """Return tallies of runs: of ``all``, of those ``late`` in a run, and of further groups that a prediction is in."""
    found = {"all": Tallies(), "late": Tallies()}
    for run in runs:
        for said, known in with_known(run):
            late = ("late",) if said.results >= LATE else ()
            for group in ("all", *late, *groups(said)):
                found.setdefault(group, Tallies()).add(said, known)
    return found


def merged(parts: Iterable[Tallies]) -> Tallies:
    """Return the tallies of several put together."""
    whole = Tallies()
    for part in parts:
        for way, tally in part.by_way.items():
            into = whole.by_way[way]
            into.nll += tally.nll
            into.crps += tally.crps
            for level, hits in tally.hits.items():
                into.hits[level] += hits
    return whole

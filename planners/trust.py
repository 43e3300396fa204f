"""Trust: how much an author's advice counts, judged by what came of it. Pure arithmetic on observations.

Theory. Whoever advises a row may say what they expect there; the surrogate's prediction of the same row is kept beside
it. Once the row is measured, the outcome ``y`` is more likely under one of the two. The author's weight ``w`` is the
share that explains all outcomes best when each is taken to come from the author's forecast with probability ``w`` and
from the surrogate's otherwise, the linear pool

    p(y_1 .. y_n | w) = product of  w p_author(y_i) + (1 - w) p_surrogate(y_i)

(Geweke and Amisano 2011, "Optimal prediction pools", J. Econometrics 164, 130: the weight with the best log score of
the pool). Its expectation is taken under a Beta prior whose mean is :data:`UNKNOWN`: an author without a record has a
small fixed share. So an author who is right in six calls of ten gets about that weight, whatever the other four were,
one who is sure of what does not happen loses it (the log score punishes false certainty), and one who only repeats
what the surrogate says stays where they were. An author whose predictions rank outcomes upside down loses as much of
the weight as the rank correlation is below 0, to nothing at -1.

What a weight buys is bounded: see :func:`tolerance` and :func:`allowance`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zosimos.core.objective import Objective
from zosimos.core.records import Observation, Prediction
from zosimos.surrogates.calibration.ranks import midranks

UNKNOWN = 0.2
"""Weight of an author without a record."""

INTERVAL = 1.2816
"""Standard deviations: 80 % of a normal distribution lies within."""

_STRENGTH = 4.0  # outcomes that this prior is worth
_NODES = (np.arange(200) + 0.5) / 200.0
_FEWEST = 4  # outcomes before their ranks can be upside down
_FIRST = 1.0  # of expected gain, in logarithms: what an unknown author's word may cost
_MOST = 4.0  # ... and anybody's
_FARTHEST = 1e100  # standard deviations: any number can be said, and its square must be one too
_LEAST_DENSITY = 1e-12  # per surrogate's: one outcome cannot end a reputation beyond the pool's own 1 - w


@dataclass(frozen=True)
class TrustRecord:
    """What came of one author's predictions.

    Args:
        author: whose.
        scored: number of outcomes that were predicted.
        log_score: mean log density of the outcomes under the author's forecasts, less that under the surrogate's
            (nats; above 0 the author knew more).
        inside: share of the outcomes inside the author's 80 % intervals.
        rank: Spearman's correlation of predicted and found utilities; 0 while there are fewer than four.
        weight: from 0 to 1.
    """

    author: str
    scored: int = 0
    log_score: float = 0.0
    inside: float = 0.0
    rank: float = 0.0
    weight: float = UNKNOWN

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return dict(self.__dict__)


def trust_in(author: str, observations: Sequence[Observation], objectives: Sequence[Objective]) -> TrustRecord:
    """Return an author's record after these observations.

    A result counts where it trains, and both the author and the surrogate had predicted it. The first ``expected``
    objective of each observation is the one scored: outcomes of one experiment are not independent.
    """
    calls = [found for seen in observations if seen.author == author and (found := _call(seen, objectives))]
    if not calls:
        return TrustRecord(author)
    own = np.array([_log_density(call.value, call.expected, call.noise) for call in calls])
    other = np.array([_log_density(call.value, call.predicted, call.noise) for call in calls])
    ratio = np.maximum(np.exp(np.minimum(own - other, 50.0)), _LEAST_DENSITY)
    logs = np.log(_NODES[:, None] * ratio + (1.0 - _NODES[:, None])).sum(axis=1)
    logs += (_STRENGTH * UNKNOWN - 1.0) * np.log(_NODES) + (_STRENGTH * (1.0 - UNKNOWN) - 1.0) * np.log1p(-_NODES)
    odds = np.exp(logs - logs.max())
    rank = _rank(calls)
    return TrustRecord(
        author,
        len(calls),
        float(np.mean(own - other)),
        float(np.mean([call.inside for call in calls])),
        rank,
        float(odds @ _NODES / odds.sum()) * (1.0 + min(0.0, rank)),
    )


def tolerance(weight: float) -> float:
    """Return how much of the expected gain an author's word may cost, as a logarithm.

    The surrogate's veto: advice is followed only where the surrogate expects at least ``exp(-tolerance)`` of the gain
    that it expects of the best row it knows. For an unknown author that is 37 %; with no weight left it is all of it.

    >>> tolerance(0.0), tolerance(UNKNOWN), tolerance(0.9)
    (0.0, 1.0, 4.0)
    """
    return min(_MOST, _FIRST * weight / UNKNOWN)


def allowance(weight: float, since: int) -> int:
    """Return how many experiments an author may have spent after ``since`` experiments since the first advice.

    One at once, so that there can be a record, then the share that the weight is.

    >>> [allowance(UNKNOWN, n) for n in (0, 4, 5, 10)], allowance(0.0, 50)
    ([1, 1, 2, 3], 1)
    """
    return 1 + math.floor(weight * since + 1e-9)


@dataclass(frozen=True)
class _Call:
    value: float
    noise: float
    expected: Prediction
    predicted: Prediction
    merit: tuple[float, float]  # expected and found utility

    @property
    def inside(self) -> bool:
        return abs(self.value - self.expected.mean) <= INTERVAL * math.hypot(self.expected.total, self.noise)


def _call(seen: Observation, objectives: Sequence[Objective]) -> _Call | None:
    for objective in objectives:
        found, expected = seen.measurements.get(objective.name), seen.expected.get(objective.name)
        predicted = seen.predictions.get(objective.name)
        if found is not None and found.trains and expected is not None and predicted is not None:
            merit = objective.utility(expected.mean), objective.utility(found.value)
            return _Call(found.value, found.uncertainty or 0.0, expected, predicted, merit)
    return None


def _log_density(value: float, prediction: Prediction, noise: float) -> float:
    """Return the log density of an outcome; the noise the surrogate names and that of the measurement are the same."""
    sd = prediction.scale * math.hypot(prediction.sd, max(noise, prediction.noise or 0.0))
    sd = min(max(sd, 1e-300), 1e300)
    away = min(abs(value - prediction.mean) / sd, _FARTHEST)
    return -0.5 * away**2 - math.log(sd)


def _rank(calls: Sequence[_Call]) -> float:
    said, found = (midranks([call.merit[i] for call in calls]) for i in (0, 1))
    if len(calls) < _FEWEST or np.ptp(said) == 0 or np.ptp(found) == 0:
        return 0.0
    return float(np.corrcoef(said, found)[0, 1])

"""Drift and outliers: what a stream of standardised residuals says about the laboratory and the model.

Four kinds of alarm, each looked for with what the field uses:

- ``outlier``: further than 3.5 robust standard deviations from the median (median absolute deviation: Iglewicz and
  Hoaglin 1993), and further than Student's t allows given the others (generalised extreme studentised deviate, which is
  the likelihood ratio of a shifted point: Rosner 1983, Technometrics 25, 165; several outliers do not hide each other);
- ``drift``: the mean left 0 (two-sided cumulative sum: Page 1954, Biometrika 41, 100);
- ``trend``: a slow rise or fall (Mann 1945, Kendall 1975);
- ``noise``: the spread changed (largest likelihood ratio over all change points, of Laplace scales).

Limits are set by simulation: of 50 standard normal residuals, looked at after every step, 3 % see an alarm of any kind
(8 % if they have the tails of a t distribution with 5 degrees of freedom). Outliers are left out of the other tests.
The model is seldom calibrated, so drift is measured in units of the scatter between one residual and the next.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zosimos.surrogates.calibration.checks import finite_column
from zosimos.surrogates.calibration.distributions import normal_quantile, two_sided
from zosimos.surrogates.calibration.ranks import mann_kendall

Kind: TypeAlias = Literal["outlier", "drift", "trend", "noise"]

_MAD = float(normal_quantile(0.75))  # the median absolute deviation of a standard normal
_MEAN_DEVIATION = math.sqrt(2 / math.pi)  # its mean absolute deviation
_FEWEST = {"outlier": 5, "drift": 5, "trend": 10, "noise": 14}  # residuals from which a kind is looked for
_ROBUST = 3.5  # robust standard deviations
_CHANCE = 1e-5  # that any of the residuals looks like an outlier
_SLACK = 0.5  # half the shift, in standard deviations, that the cumulative sum finds fastest
_SUM = 9.0
_CLIP = 3.0  # standard deviations: what one residual may add to the sum
_TREND = 3.3
_SEGMENT = 6  # residuals on either side of a change of noise
_RATIO = 5.5
_PRIOR = 8.0  # differences of a standard normal that hold the scatter


@dataclass(frozen=True)
class Alarm:
    """Something is wrong with the predictions or the measurements.

    Args:
        kind: ``outlier``, ``drift``, ``trend`` or ``noise``.
        since: index of the outlier, or of the first residual after the change.
        strength: the statistic over its limit: 1 or more.
        words: what was seen, for a person.
    """

    kind: Kind
    since: int
    strength: float
    words: str

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self)


def watch(residuals: ArrayLike) -> tuple[Alarm, ...]:
    """Return what is wrong with one-step-ahead residuals so far (the latest last): outliers by index, then changes.

    Args:
        residuals: ``n`` of (measured - predicted mean) / predicted standard deviation, noise included. Of a campaign
            that starts with few rows, give the normal scores that a
            :class:`~zosimos.surrogates.calibration.recalibrate.Recalibrator` keeps: early residuals are wild.

    Raises:
        ValueError: they are not a finite vector.
    """
    z = finite_column(residuals, "residuals")
    strange = outliers(z)
    kept = np.delete(np.arange(len(z)), [alarm.since for alarm in strange])
    clean = z[kept]
    drift = _drift(clean, kept)
    level = np.where(kept >= drift.since, np.median(clean[kept >= drift.since]), 0.0) if drift else 0.0
    found = (drift, _trend(clean), _noise(clean - level, kept))
    return (*strange, *(alarm for alarm in found if alarm is not None))


def outliers(values: ArrayLike) -> tuple[Alarm, ...]:
    """Return an alarm for each outlier among ``n`` values that should be alike; none below five values.

    Raises:
        ValueError: they are not a finite vector.
    """
    x = finite_column(values, "values")
    if len(x) < _FEWEST["outlier"]:
        return ()
    robust = _robust_z(x)
    left, order, last = list(range(len(x))), [], 0
    for _ in range((len(x) - 1) // 2):
        furthest = max(left, key=lambda index: abs(robust[index]))
        if abs(robust[furthest]) <= _ROBUST:
            break
        left.remove(furthest)
        order.append(furthest)
        if len(left) * _chance(x[furthest], x[left]) < _CHANCE:
            last = len(order)
    return tuple(_outlier(index, float(robust[index])) for index in sorted(order[:last]))


def _outlier(index: int, z: float) -> Alarm:
    words = f"residual {index} lies {abs(z):.3g} robust standard deviations {'above' if z > 0 else 'below'} the others"
    return Alarm("outlier", index, abs(z) / _ROBUST, words)


def _robust_z(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return distances from the median in robust standard deviations."""
    off = x - np.median(x)
    spread = float(np.median(np.abs(off))) / _MAD
    if not spread > 0:  # more than half are equal: the mean deviation still says something
        spread = float(np.mean(np.abs(off))) / _MEAN_DEVIATION
    return np.asarray(off / spread if spread > 0 else np.zeros_like(off))


def _chance(value: float, others: NDArray[np.float64]) -> float:
    """Return the probability that a value as far out as this comes from where the others come from."""
    n = len(others)
    spread = float(others.std(ddof=1)) * math.sqrt(1 + 1 / n)
    if spread > 0:
        return two_sided((value - float(others.mean())) / spread, n - 1)
    return 0.0 if value != others[0] else 1.0


def _scatter(z: NDArray[np.float64]) -> float:
    """Return the standard deviation as one residual differs from the next, which a change of the mean leaves alone."""
    steps = np.abs(np.diff(z)) / math.sqrt(2)
    robust = float(np.median(steps)) / _MAD
    return math.sqrt((_PRIOR + len(steps) * robust**2) / (_PRIOR + len(steps)))


def _drift(z: NDArray[np.float64], places: NDArray[np.int64]) -> Alarm | None:
    if len(z) < _FEWEST["drift"]:
        return None
    units = np.clip(z / _scatter(z), -_CLIP, _CLIP)
    alarms = [_cumulative(sign * units, places, sign) for sign in (1.0, -1.0)]
    return max((item for item in alarms if item is not None), key=lambda item: item.strength, default=None)


def _cumulative(units: NDArray[np.float64], places: NDArray[np.int64], sign: float) -> Alarm | None:
    """Return the alarm if the sum of what lies above the slack is over its limit now."""
    total, start = 0.0, 0
    for index, unit in enumerate(units):
        if total == 0:
            start = index
        total = max(0.0, total + float(unit) - _SLACK)
    if total <= _SUM:
        return None
    mean = sign * float(units[start:].mean())
    words = f"since residual {places[start]} values lie {abs(mean):.2g} standard deviations "
    return Alarm("drift", int(places[start]), total / _SUM, words + f"{'above' if sign > 0 else 'below'} predictions")


def _trend(z: NDArray[np.float64]) -> Alarm | None:
    statistic = mann_kendall(z) if len(z) >= _FEWEST["trend"] else 0.0
    if abs(statistic) <= _TREND:
        return None
    rows, columns = np.triu_indices(len(z), 1)
    slope = float(np.median((z[columns] - z[rows]) / (columns - rows)))  # Sen 1968
    words = f"residuals {'rise' if slope > 0 else 'fall'} by {abs(slope):.2g} standard deviations a step"
    return Alarm("trend", 0, abs(statistic) / _TREND, words)


def _noise(z: NDArray[np.float64], places: NDArray[np.int64]) -> Alarm | None:
    n = len(z)
    if n < _FEWEST["noise"]:
        return None
    sizes = np.abs(z)
    least = 1e-3 * float(sizes.mean()) or 1e-12
    splits = np.arange(_SEGMENT, n - _SEGMENT + 1)
    before = np.maximum(np.cumsum(sizes)[splits - 1] / splits, least)
    after = np.maximum((sizes.sum() - np.cumsum(sizes)[splits - 1]) / (n - splits), least)
    whole = max(float(sizes.mean()), least)
    ratios = n * math.log(whole) - splits * np.log(before) - (n - splits) * np.log(after)
    best = int(ratios.argmax())
    if ratios[best] <= _RATIO:
        return None
    factor = float(after[best] / before[best])
    words = f"since residual {places[splits[best]]} the spread is {factor:.2g} times what it was"
    return Alarm("noise", int(places[splits[best]]), float(ratios[best]) / _RATIO, words)


def of_kind(alarms: Sequence[Alarm], *kinds: Kind) -> tuple[Alarm, ...]:
    """Return the alarms of some kinds."""
    return tuple(alarm for alarm in alarms if alarm.kind in kinds)

"""Coverage: do 80 % intervals hold 80 % of the values, and how wide are they?

Calibration and sharpness belong together (Gneiting et al. 2007, J. R. Stat. Soc. B 69, 243): intervals may be as narrow
as they can while they hold what they say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zosimos.surrogates.calibration.checks import finite_column, predictions
from zosimos.surrogates.calibration.distributions import normal_cdf, normal_quantile
from zosimos.surrogates.calibration.ranks import spearman
from zosimos.surrogates.calibration.scores import crps_normal, negative_log_likelihood

LEVELS = (0.5, 0.8, 0.95)

_CONFIDENCE = 0.95
_BINS = 10  # of the PIT histogram

Bounds = Mapping[float, tuple[ArrayLike, ArrayLike]]


@dataclass(frozen=True)
class Coverage:
    """How many values the central intervals of a level held.

    Args:
        level: the share that they should hold.
        hits: how many they held.
        n: how many there were.
        low: lower end of the 95 % Wilson interval of the true share.
        high: its upper end.
        width: mean width of the intervals over the outcomes' standard deviation; None where they do not vary.
    """

    level: float
    hits: int
    n: int
    low: float
    high: float
    width: float | None

    @property
    def share(self) -> float:
        """The share that they held."""
        return self.hits / self.n

    @property
    def verdict(self) -> str:
        """``fits``, or ``too narrow`` or ``too wide`` where the level lies outside the Wilson interval."""
        if self.low > self.level:
            return "too wide"
        return "too narrow" if self.high < self.level else "fits"

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self) | {"share": self.share, "verdict": self.verdict}


@dataclass(frozen=True)
class Calibration:
    """How well a stream of predictions knew how wrong it was; standardised residuals are (measured - mean) / sd.

    Args:
        n: predictions.
        coverage: of the central intervals of each level.
        nll: mean negative log-likelihood under normal predictives (nats).
        crps: mean continuous ranked probability score under normal predictives (the outcome's unit).
        z_mean: mean of the standardised residuals (0 if unbiased).
        z_sd: their root mean square (1 if calibrated).
        z_median: their median.
        z_spread: their median size over that of a standard normal (1 if calibrated), which outliers hardly move.
        pit: how many values fell into each tenth of their normal predictives (even if calibrated).
        error_correlation: Spearman's, of absolute errors with standard deviations; None where one does not vary.
    """

    n: int
    coverage: tuple[Coverage, ...]
    nll: float
    crps: float
    z_mean: float
    z_sd: float
    z_median: float
    z_spread: float
    pit: tuple[int, ...]
    error_correlation: float | None

    @property
    def honest(self) -> bool:
        """Whether every level fits."""
        return all(item.verdict == "fits" for item in self.coverage)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self) | {
            "coverage": [item.as_json() for item in self.coverage],
            "pit": list(self.pit),
            "honest": self.honest,
        }


def calibration(
    mean: ArrayLike, sd: ArrayLike, value: ArrayLike, *, bounds: Bounds | None = None, spread: float | None = None
) -> Calibration:
    """Check ``n`` predictions against what was measured.

    Args:
        mean: predicted means.
        sd: predicted standard deviations, noise included.
        value: measured values.
        bounds: by level the low and high ends of the intervals that were given (``n`` each), where they were not the
            normal ones; those of :class:`~zosimos.surrogates.calibration.recalibrate.Recalibrator`, for instance.
        spread: the outcomes' standard deviation, for the widths (default: of ``value``).

    Raises:
        ValueError: as :func:`~zosimos.surrogates.calibration.checks.predictions`, or bounds do not fit.
    """
    means, sds, values = predictions(mean, sd, value)
    z = (values - means) / sds
    scale = float(values.std()) if spread is None else spread
    given = {level: _normal_bounds(means, sds, level) for level in LEVELS} if bounds is None else bounds
    return Calibration(
        n=len(z),
        coverage=tuple(_coverage(level, *ends, values, scale) for level, ends in sorted(given.items())),
        nll=float(negative_log_likelihood(means, sds, values).mean()),
        crps=float(crps_normal(means, sds, values).mean()),
        z_mean=float(z.mean()),
        z_sd=float(np.sqrt(np.mean(z * z))),
        z_median=float(np.median(z)),
        z_spread=float(np.median(np.abs(z)) / normal_quantile(0.75)),
        pit=tuple(int(count) for count in np.histogram(pit(means, sds, values), bins=_BINS, range=(0, 1))[0]),
        error_correlation=spearman(np.abs(values - means), sds),
    )


def pit(mean: ArrayLike, sd: ArrayLike, value: ArrayLike) -> NDArray[np.float64]:
    """Return probability integral transforms: the share of each normal predictive below its value (shape ``n``).

    Raises:
        ValueError: as :func:`~zosimos.surrogates.calibration.checks.predictions`.
    """
    means, sds, values = predictions(mean, sd, value)
    return normal_cdf((values - means) / sds)


def wilson(hits: int, n: int, confidence: float = _CONFIDENCE) -> tuple[float, float]:
    """Return the interval of the true share behind ``hits`` of ``n`` (Wilson 1927, JASA 22, 209).

    >>> low, high = wilson(8, 10)
    >>> round(low, 3), round(high, 3)
    (0.49, 0.943)

    Raises:
        ValueError: ``n`` is below 1, or there are more hits than that.
    """
    if n < 1 or not 0 <= hits <= n:
        raise ValueError(f"0 to n hits of 1 or more needed, not {hits} of {n}")
    z = float(normal_quantile(0.5 + confidence / 2))
    share, slack = hits / n, z * z / n
    centre = (share + slack / 2) / (1 + slack)
    half = z * math.sqrt(share * (1 - share) / n + slack / (4 * n)) / (1 + slack)
    return (centre - half if hits else 0.0), (centre + half if hits < n else 1.0)


def _normal_bounds(mean: NDArray[np.float64], sd: NDArray[np.float64], level: float) -> tuple[ArrayLike, ArrayLike]:
    half = float(normal_quantile(0.5 + level / 2)) * sd
    return mean - half, mean + half


def _coverage(level: float, low: ArrayLike, high: ArrayLike, values: NDArray[np.float64], spread: float) -> Coverage:
    lows, highs = finite_column(low, "low", len(values)), finite_column(high, "high", len(values))
    hits = int(np.count_nonzero((values >= lows) & (values <= highs)))
    width = float((highs - lows).mean() / spread) if spread > 0 else None
    return Coverage(level, hits, len(values), *wilson(hits, len(values)), width)

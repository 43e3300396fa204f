"""Limits: results of which only a limit is known, as Gaussians that say as much of the outcome as they do.

``<0.5`` says that the measured value lies below 0.5: where ``f`` is the outcome and noise is normal with variance
``v``, that is likely by ``Phi((0.5 - f) / sqrt(v))`` (Tobin 1958, "Estimation of Relationships for Limited Dependent
Variables", Econometrica 26). Expectation propagation takes the place of each such factor by a Gaussian that, together
with what everything else says of the row, has the same mean and variance (Minka 2001; Groot and Lucas 2012, "Gaussian
Process Regression with Censored Data Using Expectation Propagation", PGM). So a process learns from limits as from
outcomes that are more or less uncertain, and one that says nothing new has no say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from zosimos.surrogates.committee.covariance import Array

ROUNDS = 12
"""How often the Gaussians are worked out again at most."""

SETTLED = 0.01
"""Of the outcomes' spread: they are worked out no more once what is expected moves by less."""

DAMPING = 0.7
"""How far to go each time: limits of rows close together tell of each other."""

_SILENT = 1e-6  # of the precision of what else is known: a limit that tells less has no say
_HALF_LOG_2PI = 0.5 * np.log(2.0 * np.pi)


@dataclass(frozen=True)
class Limits:
    """Results of which only a limit is known.

    Args:
        X: ``l x d`` model columns.
        values: ``l`` limits.
        sides: ``l`` numbers: -1 where the true value lies below the limit, 1 where it lies above.
        rivals: ``l``, which rows may be the best.
    """

    X: Array
    values: Array
    sides: NDArray[np.int64]
    rivals: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.values)

    def less(self, origin: float) -> Limits:
        """Return the limits with another origin."""
        return replace(self, values=self.values - origin)

    def among(self, some: NDArray[np.bool_], columns: NDArray[np.int64]) -> Limits | None:
        """Return some of the limits, of some columns; None: there are none."""
        if not some.any():
            return None
        return Limits(self.X[some][:, columns], self.values[some], self.sides[some], self.rivals[some])

    def log_chances(self, mean: Array, variance: Array) -> Array:
        """Return how likely it is, by means and variances (noise included), that results keep to the limits, ``l``."""
        return np.asarray(log_ndtr(self.sides * (mean - self.values) / np.sqrt(variance)))

    def moments(self, mean: Array, variance: Array, noise: float) -> tuple[Array, Array]:
        """Return the means and variances of outcomes once their limits are known, each ``l``.

        Source: Rasmussen and Williams 2006, eqs. 3.58 and 3.59.

        Args:
            mean: ``l``, before they are.
            variance: ``l``, noise left out.
            noise: the variance of one measurement.
        """
        total = variance + noise
        z = self.sides * (mean - self.values) / np.sqrt(total)
        ratio = np.exp(-0.5 * z**2 - _HALF_LOG_2PI - log_ndtr(z))
        moved = mean + self.sides * variance * ratio / np.sqrt(total)
        return moved, np.maximum(variance - variance**2 * ratio * (z + ratio) / total, 1e-12 * variance)


@dataclass(frozen=True)
class Estimated:
    """What a model makes of limits, for others that take nothing but values.

    Args:
        limits: of which.
        mean: ``l`` outcomes.
        variance: ``l``, noise included.
    """

    limits: Limits
    mean: Array
    variance: Array


@dataclass(frozen=True)
class Sites:
    """Gaussians in the place of limits, in the units of the limits.

    Args:
        limits: whose place they take.
        precision: ``l`` inverse variances; 0: it says nothing.
        shift: ``l`` means times precisions.
        expected: ``l`` means of the outcomes by everything that is known of them.
    """

    limits: Limits
    precision: Array
    shift: Array
    expected: Array

    @property
    def mean(self) -> Array:
        """The mean of each, or where it says nothing what is expected there, ``l``."""
        heard = self.precision > 0.0
        return np.where(heard, self.shift / np.where(heard, self.precision, 1.0), self.expected)

    def renewed(self, mean: Array, variance: Array, noise: float, damping: float) -> Sites:
        """Return the Gaussians that go with other beliefs about the rows.

        Args:
            mean: ``l``, by everything but the limit of the row.
            variance: ``l``, noise left out.
            noise: the variance of one measurement.
            damping: how far to go from these to those, 1 for all the way.
        """
        expected, left = self.limits.moments(mean, variance, noise)
        precision = np.maximum(1.0 / left - 1.0 / variance, 0.0)
        precision = np.where(precision < _SILENT / variance, 0.0, precision)
        shift = np.where(precision > 0.0, expected / left - mean / variance, 0.0)
        kept = 1.0 - damping
        return Sites(
            self.limits, kept * self.precision + damping * precision, kept * self.shift + damping * shift, expected
        )

    @classmethod
    def silent(cls, limits: Limits) -> Sites:
        """Return Gaussians that say nothing yet."""
        return cls(limits, np.zeros(len(limits)), np.zeros(len(limits)), np.zeros(len(limits)))

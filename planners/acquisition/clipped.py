"""Clipped: what is believed of an outcome that cannot lie beyond limits, such as a yield between 0 and 100 %.

A Gaussian process knows no limits: what it believes beyond one is taken to lie at the limit, as censoring from above
and below does (Tobin 1958, Econometrica 26; moments as in Johnson, Kotz and Balakrishnan 1994, "Continuous Univariate
Distributions", section 10.1).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from zosimos.core.objective import Objective

Array = NDArray[np.float64]

_LEAST = 1e-6  # of a standard deviation: what is left of one far beyond a limit
_ROOT_2PI = math.sqrt(2.0 * math.pi)


def clipped(mean: Array, sd: Array, objective: Objective) -> tuple[Array, Array]:
    """Return means and standard deviations with what lies beyond an objective's limits taken to lie at them.

    Args:
        mean: of Gaussians, any shape.
        sd: of the same shape, above 0.
        objective: which may have limits; without any, nothing changes.

    >>> mean, sd = clipped(np.array([50.0, 99.0]), np.array([5.0, 5.0]), Objective("yield", "max", most=100.0))
    >>> mean.round(2).tolist(), sd.round(2).tolist()
    ([50.0, 97.47], [5.0, 3.25])
    """
    if not objective.limited:
        return mean, sd
    low, low_square, below = _beyond(mean, sd, objective.least, -1.0)
    high, high_square, above = _beyond(mean, sd, objective.most, 1.0)
    first = low + high + _density(below) - _density(above)
    second = low_square + high_square + ndtr(above) - ndtr(below)
    second += _times(below, _density(below)) - _times(above, _density(above))
    found = mean + sd * first
    if objective.least is not None:
        found = np.maximum(found, objective.least)
    if objective.most is not None:
        found = np.minimum(found, objective.most)
    return found, sd * np.sqrt(np.maximum(second - first**2, _LEAST**2))


def _beyond(mean: Array, sd: Array, limit: float | None, side: float) -> tuple[Array, Array, Array]:
    """Return what lies beyond a limit adds to the first and second moments, and where the limit lies, in sds."""
    if limit is None:
        return np.zeros_like(mean), np.zeros_like(mean), np.full_like(mean, side * math.inf)
    z = (limit - mean) / sd
    share = ndtr(-side * z)
    return z * share, z**2 * share, z


def _density(z: Array) -> Array:
    return np.asarray(np.exp(-0.5 * z**2) / _ROOT_2PI)


def _times(z: Array, density: Array) -> Array:
    """Return a product that is 0 where there is no limit."""
    return np.where(np.isinf(z), 0.0, z) * density

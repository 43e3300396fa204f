"""Clipped: what is believed of an outcome that cannot lie beyond limits, such as a yield between 0 and 100 %.

A Gaussian process knows no limits: what it believes beyond one is taken to lie at the limit, as censoring from above
and below does (Tobin 1958, Econometrica 26; moments as in Johnson, Kotz and Balakrishnan 1994, "Continuous Univariate
Distributions", section 10.1).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from zosimos.core.objective import Objective
from zosimos.surrogates.committee.warped import WarpedMixture
from zosimos.surrogates.outcome import Drawn, Mixture

Array = NDArray[np.float64]

_LEAST = 1e-6  # of a standard deviation: what is left of one far beyond a limit
_ROOT_2PI = math.sqrt(2.0 * math.pi)


def kept(values: Array, objective: Objective) -> Array:
    """Return values with those beyond an objective's limits moved to them, any shape.

    >>> kept(np.array([-3.0, 50.0, 104.0]), Objective("yield", "max", "%", least=0.0, most=100.0)).tolist()
    [0.0, 50.0, 100.0]
    """
    return np.clip(values, objective.least, objective.most) if objective.limited else values


def believed(belief: Mixture, objective: Objective) -> tuple[Array, Array]:
    """Return the mean and the standard deviation of a belief with nothing beyond an objective's limits, both ``m``.

    Draws are moved to the limits each, parts of a mixture with warped ones are clipped each; else see :func:`clipped`.
    """
    if objective.limited and isinstance(belief, Drawn):
        found = kept(belief.means, objective)
        return found.mean(axis=0), found.std(axis=0)
    if objective.limited and isinstance(belief, WarpedMixture):
        means, sds = clipped(belief.means, np.sqrt(belief.variances), objective)
        for place, latent in enumerate(belief.latents):
            if latent is not None:  # it knows its limits
                means[place], sds[place] = kept(belief.means[place], objective), np.sqrt(belief.variances[place])
        cut = replace(belief, means=means, variances=sds**2)
        return cut.mean, np.sqrt(cut.variance)
    return clipped(belief.mean, np.sqrt(belief.variance), objective)


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
    return clipped_between(mean, sd, objective.least, objective.most) if objective.limited else (mean, sd)


def clipped_between(mean: Array, sd: Array, least: float | None, most: float | None) -> tuple[Array, Array]:
    """Return the same for two limits, each of which may be missing."""
    low, low_square, below = _beyond(mean, sd, least, -1.0)
    high, high_square, above = _beyond(mean, sd, most, 1.0)
    first = low + high + _density(below) - _density(above)
    second = low_square + high_square + ndtr(above) - ndtr(below)
    second += _times(below, _density(below)) - _times(above, _density(above))
    found = mean + sd * first
    found = np.clip(found, least, most) if least is not None or most is not None else found
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

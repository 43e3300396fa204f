"""Proper scores: what a predictive distribution costs once the value is known; the lower the better.

Both reward honesty: the expected score is best when the distribution said is the distribution believed (Gneiting and
Raftery 2007, "Strictly Proper Scoring Rules, Prediction, and Estimation", JASA 102, 359).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zosimos.surrogates.calibration.checks import finite_column, finite_table, predictions
from zosimos.surrogates.calibration.distributions import normal_cdf, normal_density


def negative_log_likelihood(mean: ArrayLike, sd: ArrayLike, value: ArrayLike) -> NDArray[np.float64]:
    """Return minus the log density of each value under its normal predictive (nats; shape ``n``).

    Raises:
        ValueError: as :func:`~zosimos.surrogates.calibration.checks.predictions`.
    """
    means, sds, values = predictions(mean, sd, value)
    return np.asarray(0.5 * ((values - means) / sds) ** 2 + np.log(sds) + 0.5 * math.log(2 * math.pi))


def crps_normal(mean: ArrayLike, sd: ArrayLike, value: ArrayLike) -> NDArray[np.float64]:
    """Return the continuous ranked probability score of normal predictives (the outcome's unit; shape ``n``).

    Gneiting and Raftery 2007, equation 21, with the sign turned.

    Raises:
        ValueError: as :func:`~zosimos.surrogates.calibration.checks.predictions`.
    """
    means, sds, values = predictions(mean, sd, value)
    z = (values - means) / sds
    return np.asarray(sds * (z * (2 * normal_cdf(z) - 1) + 2 * normal_density(z) - 1 / math.sqrt(math.pi)))


def crps_mixture(weights: ArrayLike, means: ArrayLike, sds: ArrayLike, value: ArrayLike) -> NDArray[np.float64]:
    """Return the score of mixtures of ``k`` normals at ``n`` values (the outcome's unit; shape ``n``).

    Grimit et al. 2006, "The continuous ranked probability score for circular variables and its application to
    mesoscale forecast ensemble verification", Q. J. R. Meteorol. Soc. 132, 2925.

    Args:
        weights: ``k`` of 0 or more; they are scaled to sum to 1.
        means: ``k x n``.
        sds: ``k x n``, above 0.
        value: ``n`` measured values.

    Raises:
        ValueError: the shapes do not fit, or a number is not finite or below what is allowed.
    """
    shares = mixture_weights(weights)
    values = finite_column(value, "value")
    centres = finite_table(means, "means", len(values))
    widths = finite_table(sds, "sds", len(values))
    if centres.shape != widths.shape or len(centres) != len(shares) or not (widths > 0).all():
        raise ValueError(f"{len(shares)} means and sds above 0 needed for each value")
    to_value = np.einsum("k,kn->n", shares, _mean_distance(values - centres, widths))
    among = _mean_distance(centres[:, None] - centres, np.sqrt(widths[:, None] ** 2 + widths**2))
    return np.asarray(to_value - 0.5 * np.einsum("j,k,jkn->n", shares, shares, among))


def crps_quantiles(levels: ArrayLike, quantiles: ArrayLike, value: ArrayLike) -> NDArray[np.float64]:
    """Return the score of predictives known by quantiles, whatever their shape (the outcome's unit; shape ``n``).

    Twice the mean quantile loss over the levels: with ``m`` evenly spread levels (k - 1/2)/m it tends to the score as
    m grows (Laio and Tamea 2007, Hydrol. Earth Syst. Sci. 11, 1267).

    Args:
        levels: ``m`` probabilities inside 0 to 1.
        quantiles: ``n x m``.
        value: ``n`` measured values.

    Raises:
        ValueError: the shapes do not fit, a number is not finite, or a level is not inside 0 to 1.
    """
    shares = finite_column(levels, "levels")
    if not len(shares) or not ((shares > 0) & (shares < 1)).all():
        raise ValueError("levels must be inside 0 to 1")
    values = finite_column(value, "value")
    off = values[:, None] - finite_table(quantiles, "quantiles", len(shares))
    return np.asarray(2 * np.mean(np.where(off >= 0, shares, shares - 1) * off, axis=1))


def mixture_weights(weights: ArrayLike) -> NDArray[np.float64]:
    """Return weights scaled to sum to 1.

    Raises:
        ValueError: one is negative or not finite, or all are 0.
    """
    shares = finite_column(weights, "weights")
    if not (shares >= 0).all() or not shares.sum() > 0:
        raise ValueError("weights must be 0 or more, and not all 0")
    return np.asarray(shares / shares.sum())


def _mean_distance(distance: NDArray[np.float64], sd: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return E|X| of normals with these means and standard deviations."""
    z = distance / sd
    return np.asarray(distance * (2 * normal_cdf(z) - 1) + 2 * sd * normal_density(z))

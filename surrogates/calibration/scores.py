"""Proper scores: what a predictive distribution costs once the value is known; the lower the better.

Both reward honesty: the expected score is best when the distribution said is the distribution believed (Gneiting and
Raftery 2007, "Strictly Proper Scoring Rules, Prediction, and Estimation", JASA 102, 359).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zosimos.surrogates.calibration.checks import predictions
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

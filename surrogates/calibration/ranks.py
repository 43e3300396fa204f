"""Rank statistics: correlation and trend that a single wild value cannot make."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zosimos.surrogates.calibration.checks import finite_column


def midranks(values: ArrayLike) -> NDArray[np.float64]:
    """Return the rank of each value from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(np.asarray(values, dtype=float), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse])


def spearman(a: ArrayLike, b: ArrayLike) -> float | None:
    """Return Spearman's rank correlation (-1 to 1), or None below three pairs or where a side does not vary.

    Raises:
        ValueError: the two are not finite vectors of one length.
    """
    first = finite_column(a, "first")
    x, y = midranks(first), midranks(finite_column(b, "second", len(first)))
    if len(x) < 3 or not x.std() > 0 or not y.std() > 0:
        return None
    return float(np.clip(np.mean((x - x.mean()) * (y - y.mean())) / (x.std() * y.std()), -1, 1))


def mann_kendall(values: ArrayLike) -> float:
    """Return the Mann-Kendall statistic of a trend, standard normal where there is none; ties are allowed for.

    Mann 1945, Econometrica 13, 245; Kendall 1975, "Rank Correlation Methods". 0 below three values or if all are equal.
    """
    column = finite_column(values, "values")
    n = len(column)
    signs = np.sign(column[None, :] - column[:, None])
    total = float(np.triu(signs, 1).sum())
    ties = np.unique(column, return_counts=True)[1]
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    if n < 3 or variance <= 0:
        return 0.0
    return (total - math.copysign(1, total) if total else 0.0) / math.sqrt(variance)

"""Place and time: whether results changed in time, or only because the search looked elsewhere.

A search moves to better regions, and its model is wrong in new ones: predictions are off in a row though no instrument
is. So a change of residuals is only a suspicion. What tells is how well all results are explained by where they were
measured, with and without a term in time: twice the difference of the log likelihoods of two Gaussian processes over
place (Matérn 5/2, a length of each column, hyper-parameters fitted for each: Rasmussen and Williams 2006, chapter 2.7).
Straight lines in the columns may explain results as freely as one in time: a scan from low to high is no drift.
A Gaussian process that is the same everywhere misses a peak, and the search comes nearer to that all the time. The
distance to where it looks now may therefore explain the results too: whichever leaves time less to explain counts.
Rows that were measured again say most, and all that is needed of them is in that comparison.

The limit is set by simulation, see :data:`FIRM`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from zosimos.core.values import Values, is_number

Array = NDArray[np.float64]

FIRM = 14.0
"""Evidence from which time is needed to explain results.

Of 102 simulated campaigns without drift (Branin, Hartmann-3, Ackley-4 with noise of a tenth of the spread, three
measured tables; 50 experiments) 11 had residuals that looked like a drift, and none had as much evidence of it.
"""
ALONE = 25.0
"""Evidence that is firm where residuals raised no suspicion; in the same campaigns it was 21.1 at most."""
_WINDOW = 100  # of the last results: the effort grows with the cube
_FEWEST = 8
_MANY = 12  # columns from which on all share one length
_WIDE = 100.0  # the largest over the smallest number from which on a positive column is compared by logarithms
_NEAR = 0.15  # of the ranges: where nearness begins to count twice
_RECENT = 4  # the last quarter of the results says where the search looks now
_RESULTS = 4  # for each straight line
_FACTORS = (4.0, 16.0, 64.0)  # of the variance of noise
_STARTS = ((0.0, -2.0), (-1.5, -4.0))  # logarithms of the lengths and of the share of noise
_LENGTH, _LENGTH_VARIANCE = math.sqrt(2) - 1.0, 3.0  # prior of the logarithm of a length in one dimension
_NOISE, _NOISE_VARIANCE = -3.0, 9.0
_BOUNDS = ((-5.0, 5.0), (-14.0, 6.0))
_TINY = 1e-8
_ROUNDS = 60
_ROOT5 = math.sqrt(5.0)
_BAD = 1e10


def drift_evidence(rows: Sequence[Values], values: Sequence[float], since: int) -> float:
    """Return how much better ``n`` results are explained with a drift in time or a step, beside where they were made.

    Args:
        rows: where each result was measured, in the order of the measurements.
        values: the results.
        since: place of the first after a step.

    Returns:
        Twice a difference of log likelihoods, 0 or more: :data:`FIRM` is firm. 0 with few results.
    """
    fits = _Fits.over(rows, values)
    if fits is None:
        return 0.0
    n, since = fits.n, since - max(0, len(values) - _WINDOW)
    terms = [np.linspace(-1.0, 1.0, n)] + ([(np.arange(n) >= since).astype(float)] if 0 < since < n else [])
    lines = fits.lines
    ways = (lines, np.hstack([lines, fits.nearness(max(_FEWEST // 2, n // _RECENT))]))
    gains = [fits.gains(place, terms) for place in ways]
    return float(max(0.0, *(min(gain) for gain in zip(*gains, strict=True))))


def noise_evidence(rows: Sequence[Values], values: Sequence[float], since: int) -> float:
    """Return how much better ``n`` results are explained with more noise from one of them on; as above."""
    fits, since = _Fits.over(rows, values), since - max(0, len(values) - _WINDOW)
    if fits is None or not 0 < since < fits.n:
        return 0.0
    n = fits.n
    one, late = np.ones((n, 1)), np.arange(n) >= since
    plain, at = fits.best(one, _STARTS)
    noisier = [fits.best(one, (at, *_STARTS), np.where(late, factor, 1.0))[0] for factor in _FACTORS]
    return max(0.0, 2 * (max(noisier) - plain))


class _Fits:
    """Gaussian processes over the columns ``blocks`` of rows, fitted to values ``y`` of mean 0 and spread 1."""

    def __init__(self, blocks: Sequence[Array], y: Array) -> None:
        merged = [np.hstack(blocks)] if len(blocks) > _MANY else list(blocks)
        self._blocks = merged
        self._squares = [((block[:, None, :] - block[None]) ** 2).sum(axis=2) for block in merged]
        self._y = y
        self._length = _LENGTH + 0.5 * math.log(max(len(merged), 1))

    @classmethod
    def over(cls, rows: Sequence[Values], values: Sequence[float]) -> Self | None:
        """Return them for the last results; None where there are few, or all are the same."""
        y = np.asarray(values[-_WINDOW:], dtype=float)
        y = y / max(float(np.abs(y).max(initial=0.0)), 1e-300)
        spread = float(y.std()) if len(y) >= _FEWEST else 0.0
        return cls(_columns(rows[-_WINDOW:]), (y - y.mean()) / spread) if spread > 0 else None

    @property
    def n(self) -> int:
        """Number of results."""
        return len(self._y)

    @property
    def lines(self) -> Array:
        """Return a column of ones and, if there are few for so many results, the columns of the rows."""
        every = np.hstack([np.ones((self.n, 1)), *self._blocks])
        return every if every.shape[1] <= self.n // _RESULTS else every[:, :1]

    def nearness(self, last: int) -> Array:
        """Return the distances of all rows from the mean of the last so many, and those that are near, ``n x 2``."""
        if not self._blocks:
            return np.zeros((len(self._y), 2))
        every = np.hstack(self._blocks)
        away = np.sqrt(((every - every[-last:].mean(axis=0)) ** 2).mean(axis=1))
        return np.column_stack([away, np.minimum(away, _NEAR)])

    def gains(self, place: Array, terms: Sequence[Array]) -> list[float]:
        """Return what each further column adds to twice the log likelihood with the columns ``place``."""
        plain, _ = self.best(place, _STARTS)
        with_time = [self.best(np.column_stack([place, term]), _STARTS) for term in terms]
        plain = max(plain, *(self.best(place, (at,))[0] for _, at in with_time))  # from where time was let in, too
        return [2 * (found - plain) for found, _ in with_time]

    def best(
        self, columns: Array, starts: Sequence[tuple[float | Array, float]], noise: Array | None = None
    ) -> tuple[float, tuple[Array, float]]:
        """Return the highest log likelihood, and where: logarithms of the lengths and of the share of noise."""
        from scipy.optimize import minimize  # most results raise no suspicion

        d = len(self._squares)
        weights = np.ones(len(self._y)) if noise is None else noise
        bounds = [_BOUNDS[0]] * d + [_BOUNDS[1]]
        found = [
            minimize(
                self._loss,
                np.append(np.full(d, lengths), share),
                args=(columns, weights),
                jac=True,
                method="L-BFGS-B",
                bounds=bounds,
                options={"maxiter": _ROUNDS},
            )
            for lengths, share in starts
        ]
        best = min(found, key=lambda one: float(one.fun))
        return -float(best.fun), (best.x[:d], float(best.x[d]))

    def _loss(self, point: Array, columns: Array, weights: Array) -> tuple[float, Array]:
        """Return minus the log likelihood (the scale and the coefficients at their best) and prior, and its slope."""
        d, n = len(self._squares), len(self._y)
        shrunk = [square * math.exp(-2 * length) for square, length in zip(self._squares, point[:d], strict=True)]
        away = np.sqrt(sum(shrunk, np.zeros((n, n))) + 1e-12)
        fall = np.exp(-_ROOT5 * away)
        share = math.exp(point[d])
        covariance = (1 + _ROOT5 * away + 5 / 3 * away**2) * fall + np.diag(share * weights + _TINY)
        try:
            root = np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            return _BAD, np.zeros(d + 1)
        half = np.linalg.solve(root, np.eye(n))
        inverse = half.T @ half
        normal = columns.T @ inverse @ columns
        normal += _TINY * np.trace(normal) * np.eye(len(normal))
        rest = self._y - columns @ np.linalg.solve(normal, columns.T @ inverse @ self._y)
        pull = inverse @ rest
        scale = max(float(rest @ pull) / n, 1e-300)
        loss = 0.5 * n * math.log(scale) + float(np.log(np.diag(root)).sum())
        slope = inverse - np.outer(pull, pull) / scale
        steep = slope * (5 / 3 * (1 + _ROOT5 * away) * fall)
        slopes = np.array([0.5 * float((steep * part).sum()) for part in shrunk])
        own = 0.5 * share * float((np.diag(slope) * weights).sum())
        off, noisy = point[:d] - self._length, point[d] - _NOISE
        loss += 0.5 * float(off @ off) / _LENGTH_VARIANCE + 0.5 * noisy**2 / _NOISE_VARIANCE
        return loss, np.append(slopes + off / _LENGTH_VARIANCE, own + noisy / _NOISE_VARIANCE)


def _columns(rows: Sequence[Values]) -> list[Array]:
    """Return what tells ``n`` rows apart: a column from 0 to 1 for each number, a block for each name, if they vary."""
    found = []
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row.get(name) for row in rows]
        numbers = [float(value) for value in values if isinstance(value, int | float) and is_number(value)]
        if len(numbers) == len(values):
            column = np.array(numbers)
            if column.min() > 0 and column.max() > _WIDE * column.min():
                column = np.log(column)
            if np.ptp(column) > 0:
                found.append(((column - column.min()) / np.ptp(column))[:, None])
            continue
        names = sorted({str(value) for value in values})
        if len(names) > 1:
            found.append(np.array([[str(value) == one for one in names] for value in values]) / math.sqrt(2))
    return found

"""Ordinary least squares, careful about columns that say the same.

A column that the ones before it make up is left out and named with what it is made of: that is what is aliased. The
rest is solved by a QR decomposition of scaled columns (Golub and Van Loan 2013, Matrix Computations, 5.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

_SAME = 1e-8  # of a column's length: what is left of one that others make up
_SMALLEST = 1e-6  # of a coefficient by which a column is made up
_ROUNDING = 1e-14  # of the outcomes' size: what a computer leaves of nothing


@dataclass(frozen=True)
class LeastSquares:
    """A fit of ``n`` outcomes to the columns of ``X`` (``n x p``) that can be told apart.

    Args:
        X: the columns that were kept.
        y: outcomes.
        kept: their places among those given.
        made_of: of those left out, by place: the places of kept ones with their factors.
    """

    X: Array
    y: Array
    kept: tuple[int, ...]
    made_of: dict[int, dict[int, float]]

    @cached_property
    def _scale(self) -> Array:
        return np.asarray(np.maximum(np.linalg.norm(self.X, axis=0), 1e-300))

    @cached_property
    def spread(self) -> Array:
        """``(X'X)^-1``, ``p x p``."""
        _, upper = np.linalg.qr(self.X / self._scale)
        inverse = np.linalg.inv(upper)
        return np.asarray(inverse @ inverse.T / np.outer(self._scale, self._scale))

    @cached_property
    def coefficients(self) -> Array:
        """The estimates, ``p``; nothing where rounding alone gives as much."""
        q, upper = np.linalg.qr(self.X / self._scale)
        found = np.linalg.solve(upper, q.T @ self.y)
        return np.asarray(np.where(found**2 > self._nothing, found, 0.0) / self._scale)

    @property
    def residuals(self) -> Array:
        """What is left of the outcomes."""
        return np.asarray(self.y - self.X @ self.coefficients)

    @property
    def left(self) -> int:
        """Degrees of freedom of the residuals."""
        return len(self.y) - len(self.kept)

    @cached_property
    def squares(self) -> float:
        """The residual sum of squares; nothing where as many columns as rows leave only rounding."""
        return self.beyond_rounding(float(self.residuals @ self.residuals)) if self.left else 0.0

    @cached_property
    def total(self) -> float:
        """The sum of squares about the mean."""
        return self.beyond_rounding(float(((self.y - self.y.mean()) ** 2).sum()))

    @cached_property
    def _nothing(self) -> float:
        return len(self.y) * (_ROUNDING * float(np.abs(self.y).max())) ** 2

    def beyond_rounding(self, squares: float) -> float:
        """Return a sum of squares of outcomes' parts; 0 where it is what rounding leaves."""
        return squares if squares > self._nothing else 0.0

    @cached_property
    def pressed(self) -> float | None:
        """Sum of squares of predictions of each row from all others; None where a row alone fixes a coefficient."""
        q, _ = np.linalg.qr(self.X / self._scale)
        room = 1.0 - (q**2).sum(axis=1)
        if self.left < 1 or room.min() < 1e-9:
            return None
        return float(((self.residuals / room) ** 2).sum())


def least_squares(X: Array, y: Array) -> LeastSquares:
    """Return the fit of outcomes ``y`` (``n``) to the columns of ``X`` (``n x p``), in their order."""
    kept, made_of = independent(X)
    return LeastSquares(X[:, kept], y, tuple(kept), made_of)


def independent(X: Array) -> tuple[list[int], dict[int, dict[int, float]]]:
    """Return which columns none before makes up, and what the others are made of."""
    basis = np.empty((len(X), 0))
    kept: list[int] = []
    made_of: dict[int, dict[int, float]] = {}
    for place in range(X.shape[1]):
        column = X[:, place]
        size = float(np.linalg.norm(column))
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)  # once more, against rounding
        if size > 0 and np.linalg.norm(rest) > _SAME * size and len(kept) < len(X):
            basis = np.hstack([basis, (rest / np.linalg.norm(rest))[:, None]])
            kept.append(place)
            continue
        made_of[place] = _parts(X[:, kept], column, kept)
    return kept, made_of


def _parts(X: Array, column: Array, places: Sequence[int]) -> dict[int, float]:
    if not X.shape[1]:
        return {}
    found, *_ = np.linalg.lstsq(X, column, rcond=None)
    return {place: float(part) for place, part in zip(places, found, strict=True) if abs(part) > _SMALLEST}

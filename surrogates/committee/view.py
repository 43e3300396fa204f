"""A view: how a model sees the columns of a row, and which columns share one length scale.

The squared distance of two rows is a sum over groups, each divided by its own squared length scale. A numeric column is
a group by itself. The columns of one categorical parameter are one group: with names only, any two different choices
are equally far apart (a Hamming distance, as in Ru et al. 2020, "Bayesian Optimisation over Multiple Continuous and
Categorical Inputs", arXiv 1906.08878); with descriptors, choices are as far apart as their descriptors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from zosimos.surrogates.committee.covariance import Array


@dataclass(frozen=True)
class View:
    """A scale for ``n x d`` model columns (None: as they are) and groups of columns with one length scale each.

    Args:
        name: as weights and cards show it.
        groups: column indices by group; together every column once.
        scale: maps columns to columns.
        angles: groups that hold unit vectors: the correlation of two is the cosine of the angle between them, without a
            length scale. Members that add up effects know them.
    """

    name: str
    groups: tuple[tuple[int, ...], ...]
    scale: Callable[[Array], Array] | None = None
    angles: tuple[int, ...] = ()

    @classmethod
    def plain(cls, width: int) -> View:
        """Return the view of ``width`` numeric columns as they are."""
        return cls("range", tuple((index,) for index in range(width)))

    def distances(self, A: Array) -> Array:
        """Return squared distances by group among rows already :meth:`seen`, shape ``g x a x a``."""
        out = np.empty((len(self.groups), len(A), len(A)))
        for place, columns in enumerate(self.groups):
            block = A[:, columns]
            out[place] = squared(block, block) * share(columns)
        return out

    def scaled(self, A: Array, lengths: Array) -> Array:
        """Return rows already :meth:`seen`, scaled so that plain squared distances are those of all groups together.

        Args:
            A: ``a x d`` rows.
            lengths: the length scale of each group.
        """
        factors = np.empty(A.shape[1])
        for columns, length in zip(self.groups, lengths, strict=True):
            factors[list(columns)] = math.sqrt(share(columns)) / length
        return A * factors

    def seen(self, X: Array) -> Array:
        """Return ``n x d`` columns as this view sees them."""
        return X if self.scale is None else self.scale(X)


def squared(A: Array, B: Array) -> Array:
    """Return squared Euclidean distances of ``a x d`` and ``b x d`` rows, shape ``a x b``."""
    out = A @ B.T
    out *= -2.0
    out += np.einsum("ij,ij->i", A, A)[:, None]
    out += np.einsum("ij,ij->i", B, B)
    return np.maximum(out, 0.0, out=out)


def share(columns: Sequence[int]) -> float:
    """Return what a group's squared distance is multiplied by: two one-hot rows are then 1 apart, not 2."""
    return 1.0 if len(columns) == 1 else 0.5


def blocks(widths: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return one group for each of consecutive blocks of columns, given their widths.

    >>> blocks([1, 3])
    ((0,), (1, 2, 3))
    """
    ends = np.cumsum(widths)
    return tuple(tuple(range(int(end) - width, int(end))) for end, width in zip(ends, widths, strict=True))

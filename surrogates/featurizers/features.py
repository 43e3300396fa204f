"""What featurizers share: columns that tell things apart, standardised, and fewer of them where there are many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST = 10  # columns kept of a larger table
SHARE = 0.95  # of the variance to keep, where so few columns can
_CONSTANT = 1e-9  # of the largest magnitude in a column: a spread below this is rounding


@dataclass(frozen=True)
class Features:
    """Numbers about ``n`` things.

    Args:
        names: of the ``k`` columns.
        matrix: ``n x k``, each column with mean 0 and standard deviation 1 (times its block's weight).
    """

    names: tuple[str, ...]
    matrix: Array

    @classmethod
    def standardised(cls, names: Sequence[str], raw: Array) -> Self:
        """Return ``n x k`` raw numbers as features: constant columns dropped, the others standardised."""
        table = np.nan_to_num(np.asarray(raw, dtype=float), nan=0.0, posinf=1e9, neginf=-1e9).reshape(-1, len(names))
        spread = table.std(axis=0)
        kept = spread > _CONSTANT * np.maximum(np.abs(table).max(axis=0, initial=0.0), _CONSTANT)
        matrix = (table[:, kept] - table[:, kept].mean(axis=0)) / spread[kept]
        return cls(tuple(name for name, keep in zip(names, kept, strict=True) if keep), matrix)

    def beside(self, other: Features) -> Features:
        """Return both tables' columns, the other's weighted so that both have the same total variance."""
        if not other.names:
            return self
        weight = np.sqrt(max(1, len(self.names)) / len(other.names))
        return Features((*self.names, *other.names), np.hstack([self.matrix, weight * other.matrix]))

    def reduced(self, *, whole: int = MOST) -> Features:
        """Return the scores of the fewest principal components with ``SHARE`` of the variance, ``MOST`` at most.

        A table of at most ``whole`` columns stays as it is. Each component points to where its largest loading is
        positive, so that the same table has the same scores everywhere (Jolliffe 2002, Principal Component Analysis).
        """
        if len(self.names) <= whole:
            return self
        left, sizes, right = np.linalg.svd(self.matrix - self.matrix.mean(axis=0), full_matrices=False)
        shares = np.cumsum(sizes**2) / np.sum(sizes**2)
        count = min(MOST, int(np.searchsorted(shares, SHARE - 1e-12)) + 1)
        largest = np.abs(right[:count]).argmax(axis=1)
        sign = np.sign(right[np.arange(count), largest])
        scores = np.round(left[:, :count] * sizes[:count] * sign, 9)  # beyond that, libraries differ
        return Features(tuple(f"component {k}" for k in range(1, count + 1)), scores)

    def told_apart(self) -> Features:
        """Return the features with one more column where some things have the same numbers: their turn among these.

        Without it a model would take things for the same whose descriptors do not differ, such as mirror images.
        """
        _, groups = np.unique(np.round(self.matrix, 9), axis=0, return_inverse=True)
        turns = np.zeros(len(groups))
        seen: dict[int, int] = {}
        for place, group in enumerate(np.reshape(groups, -1).tolist()):
            turns[place] = seen.get(group, 0)
            seen[group] = seen.get(group, 0) + 1
        if not turns.any():
            return self
        return Features((*self.names, "variant"), np.column_stack([self.matrix, turns / turns.std()]))

"""The scale of a pool: each numeric parameter by its place in the distribution of the candidates.

A table of candidates is rarely spread evenly: whoever made it went where it mattered. Measured by the declared range, a
dense cluster of good recipes shrinks to a point, and a few far-off rows fill the space and draw every early choice.
Measured by the share of the pool that lies below, the cluster gets room to be told apart and the far-off rows lose
their pull. This is the probability integral transform with mid-ranks for ties, linear between the pool's values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from zosimos.core.columns import Numbers
from zosimos.core.space import SearchSpace

Array = NDArray[np.float64]

_ENOUGH = 65_536  # rows; of a larger pool every second row, or every third, and so on


@dataclass(frozen=True)
class PoolScale:
    """For each model column, the pool's values in order and the share of the pool up to the middle of each.

    None for columns that keep their own scale: those of texts, of parameters that have a scale of their own and of
    conditions of the day, and all of them without a pool.
    The decision when models use it is in :class:`~zosimos.planners.protocol.ProposalContext`.
    """

    steps: tuple[tuple[Array, Array] | None, ...]

    @classmethod
    def of(cls, space: SearchSpace) -> Self:
        """Return the scale of a space's allowed candidates."""
        pool = space.candidates
        few = pool if len(pool) <= _ENOUGH else pool.take(np.arange(0, len(pool), -(-len(pool) // _ENOUGH)))
        steps: list[tuple[Array, Array] | None] = []
        for parameter in space.parameters:
            column = few.columns.get(parameter.name)
            if isinstance(column, Numbers) and len(few) and parameter.scale != "own":
                steps.append(_shares(parameter.encoded(column.values)[:, 0]))
            else:  # texts, own scales, and conditions of the day, which are the same for all candidates
                steps += [None] * parameter.width
        return cls(tuple(steps))

    def __call__(self, columns: Array) -> Array:
        """Return ``n x d`` model columns on the pool's scale; values beyond the pool count as its ends."""
        scaled = columns.copy()
        for index, step in enumerate(self.steps):
            if step is not None:
                scaled[:, index] = np.interp(columns[:, index], *step)
        return scaled


def _shares(column: Array) -> tuple[Array, Array]:
    values, counts = np.unique(column, return_counts=True)
    return values, (np.cumsum(counts) - 0.5 * counts) / counts.sum()

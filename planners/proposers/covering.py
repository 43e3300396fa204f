"""Covering: rows that leave the least of the space unseen, for as long as no outcome says where to look.

The next row is the one that brings the rows of the space nearest to what was tried, on average (the greedy start of
partitioning around medoids: Kaufman and Rousseeuw 1990, Finding Groups in Data, chapter 2). Unlike the farthest row it
is no corner: in many dimensions there are too many of these.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.parameters import Values
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.sampling import fresh, listed, sobol_rows
from zosimos.planners.protocol import ProposalContext

Array = NDArray[np.float64]

_FREE = 2048  # rows to choose from
_SEEN = 1024  # rows that are to be near


def covering_rows(n: int, context: ProposalContext) -> list[Values]:
    """Return up to ``n`` new allowed rows, each of which covers the most of what is far from all that was tried."""
    space, rng = context.space, np.random.default_rng(context.seed)
    rows: Sequence[Values] | None = context.free
    if rows is None:
        rows = fresh(sobol_rows(space, context.seed), context.taken, _FREE)
    if len(rows) > _FREE:
        rows = [rows[int(place)] for place in np.sort(rng.choice(len(rows), _FREE, replace=False))]
    if not len(rows):
        return []
    features, all_rows = space.features(rows), _of_space(space, context.seed, rng)
    tried = [*(seen.values for seen in context.observations), *context.pending]
    near = np.full(len(all_rows), np.inf)
    for row in tried:
        near = np.minimum(near, _distances(space.features([space.pinned(row)]), all_rows)[0])
    ways = _distances(features, all_rows)
    chosen: list[int] = []
    while len(chosen) < min(n, len(rows)):
        left = np.minimum(ways, near).sum(axis=1)
        left[chosen] = np.inf
        chosen.append(int(left.argmin()))
        near = np.minimum(near, ways[chosen[-1]])
    return [rows[place] for place in chosen]


def _of_space(space: SearchSpace, seed: int, rng: np.random.Generator) -> Array:
    """Return the features of rows that stand for all that are allowed, tried ones included."""
    rows = listed(space)
    if rows is None:
        return space.features(fresh(sobol_rows(space, seed), frozenset(), _SEEN))
    if len(rows) <= _SEEN:
        return space.features(rows)
    return space.features(rows.take(np.sort(rng.choice(len(rows), _SEEN, replace=False))))


def _distances(rows: Array, others: Array) -> Array:
    """Return Euclidean distances, ``n x m``."""
    squares = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2.0 * rows @ others.T
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))

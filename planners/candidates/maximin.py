"""Maximin starts: each row as far as can be from all others, so that no corner of what is allowed is left unseen.

Greedy farthest-point selection (Gonzalez 1985, doi 10.1016/0304-3975(85)90224-5): its smallest distance is at least
half of the best possible. It goes over all rows of a pool up to a limit, over an even part of a larger one, and over a
spread of allowed rows where they cannot be listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.parameters import Values
from zosimos.core.pool import Pool
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.candidates.sampling import fresh, listed, sobol_rows

Array = NDArray[np.float64]

_MOST = 131_072  # rows looked at; of a larger pool a part drawn with the seed
_CHUNK = 16_384  # rows whose features are worked out together
_SPREAD = 2048  # allowed rows, where they cannot be listed


def maximin_rows(
    space: SearchSpace, n: int, seed: int, tried: Sequence[Values] = (), avoid: Sequence[Values] = ()
) -> list[Values]:
    """Return ``n`` new allowed rows, each the farthest from those before it; fewer if fewer are left.

    Distances are Euclidean in model columns, in which each declared range is 1. With nothing tried yet the first row is
    the one nearest to the middle of all rows.

    Args:
        space: what is allowed.
        n: how many rows.
        seed: of the spread, or of the part of a large pool.
        tried: rows to keep away from; not returned again.
        avoid: rows not to return, without keeping away from them.
    """
    rows = _rows(space, seed)
    if not rows or n < 1:
        return []
    taken = {row_key(space.pinned(row)) for row in (*tried, *avoid)}
    features = _Features(space, rows)
    left = np.ones(len(rows), dtype=bool)
    if taken:
        for place in _places(rows, (*tried, *avoid), taken):
            left[place] = False
    distance = np.full(len(rows), np.inf)
    for row in tried:
        distance = np.minimum(distance, features.to(space.features([space.pinned(row)])[0]))
    chosen: list[int] = []
    while left.any() and len(chosen) < n:
        if np.isinf(distance).all():
            place = int(np.where(left, features.to(features.middle), np.inf).argmin())
        else:
            place = int(np.where(left, distance, -np.inf).argmax())
        left[place] = False
        chosen.append(place)
        distance = np.minimum(distance, features.to(space.features([rows[place]])[0]))
    return [rows[place] for place in chosen]


def _rows(space: SearchSpace, seed: int) -> Sequence[Values]:
    """Return the rows to choose from."""
    rows = listed(space)
    if rows is None:
        return fresh(sobol_rows(space, seed), frozenset(), _SPREAD)
    if len(rows) <= _MOST:
        return rows
    return rows.take(np.sort(np.random.default_rng(seed).choice(len(rows), _MOST, replace=False)))


def _places(rows: Sequence[Values], known: Sequence[Values], taken: set[str]) -> list[int]:
    if isinstance(rows, Pool):
        return [place for place in (rows.find(row) for row in known) if place is not None]
    return [place for place, row in enumerate(rows) if row_key(row) in taken]


class _Features:
    """Model columns of rows, worked out a chunk at a time, so that a large pool of wide rows fits into memory."""

    def __init__(self, space: SearchSpace, rows: Sequence[Values]) -> None:
        self._space = space
        self._rows = rows
        self._kept = space.features(rows) if len(rows) <= _CHUNK else None

    def _chunks(self) -> Iterator[Array]:
        if self._kept is not None:
            yield self._kept
            return
        for start in range(0, len(self._rows), _CHUNK):
            yield self._space.features(self._rows[start : start + _CHUNK])

    @property
    def middle(self) -> Array:
        """The mean of all rows."""
        return np.asarray(sum(chunk.sum(axis=0) for chunk in self._chunks()) / len(self._rows))

    def to(self, point: Array) -> Array:
        """Return every row's squared distance to a point."""
        return np.concatenate([((chunk - point) ** 2).sum(axis=1) for chunk in self._chunks()])

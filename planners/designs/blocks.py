"""Blocks: runs shared out over days or batches so that the differences between these say least about the terms.

Centre points are dealt out evenly. The other runs are swapped between blocks of equal size until the sums of the
model's columns in each block are as near as they can be to their shares (Cook and Nachtsheim 1989, Technometrics 31,
339): where an orthogonal arrangement exists it has the value 0. Main effects count most.
"""

from __future__ import annotations

import itertools
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]

_STARTS = 30
_WORK = 2e8
_SMALL = 1e-9


def in_blocks(
    columns: Array, centres: NDArray[np.bool_], blocks: int, rng: np.random.Generator, groups: Places | None = None
) -> Places:
    """Return the block, from 0, of each of ``n`` runs.

    Args:
        columns: what is to stay clear of the blocks, ``n x p``, weighted by how much that matters.
        centres: which runs are centre points.
        blocks: how many there are.
        rng: for the starts.
        groups: of runs that are first tried together, ``n``: those of a Box-Behnken design share their zeros.
    """
    found = np.zeros(len(columns), dtype=np.int64)
    found[centres] = np.arange(int(centres.sum()))[::-1] % blocks
    others = np.flatnonzero(~centres)
    X = columns - columns.mean(axis=0)
    centre_sums = np.array([X[centres & (found == block)].sum(axis=0) for block in range(blocks)])
    best, least = _searched(X[others], centre_sums, rng)
    _, of, sizes = np.unique(groups[others] if groups is not None else [0], return_inverse=True, return_counts=True)
    if least > _SMALL and len(sizes) >= blocks and len(set(sizes.tolist())) == 1:
        sums = np.array([X[others][of == group].sum(axis=0) for group in range(len(sizes))])
        dealt, value = _searched(sums, centre_sums, rng)
        best = dealt[of] if value < least - _SMALL else best
    found[others] = best
    return found


def _searched(X: Array, more: Array, rng: np.random.Generator) -> tuple[Places, float]:
    """Return the best arrangement of rows in blocks with these sums in them already, and how much it disturbs."""
    even = np.arange(len(X)) % len(more)
    best, least = even, np.inf
    for _ in range(int(np.clip(_WORK / max(1, len(X) ** 3), 4, _STARTS))):
        dealt = _swapped(X, rng.permutation(even), more)
        value = _disturbance(X, dealt, more)
        if value < least - _SMALL:
            best, least = dealt, value
        if least <= _SMALL:
            break
    return best, least


def _disturbance(X: Array, dealt: Places, more: Array) -> float:
    sums = np.array([X[dealt == block].sum(axis=0) for block in range(len(more))]) + more
    return float((sums**2).sum())


def _swapped(X: Array, dealt: Places, more: Array) -> Places:
    """Swap the best pair of runs between two blocks until no swap helps."""
    dealt = dealt.copy()
    for _ in range(10 * len(X)):
        helped = False
        for a, b in itertools.combinations(range(len(more)), 2):
            in_a, in_b = np.flatnonzero(dealt == a), np.flatnonzero(dealt == b)
            apart = X[in_a].sum(axis=0) + more[a] - X[in_b].sum(axis=0) - more[b]
            moved = X[in_b][None, :, :] - X[in_a][:, None, :]
            gain = -2.0 * moved @ apart - 2.0 * (moved**2).sum(axis=2)
            one, two = divmod(int(gain.argmax()), len(in_b))
            if gain[one, two] > _SMALL:
                dealt[in_a[one]], dealt[in_b[two]] = b, a
                helped = True
        if not helped:
            break
    return dealt

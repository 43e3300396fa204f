"""The corners of a region that is bounded by planes: where as many of its limits meet as there are free directions.

All combinations of limits are solved at once and those points are kept that keep all others. For mixtures this gives
the extreme vertices of McLean and Anderson (1966, Technometrics 8, 447); two corners that share all but one of their
limits are the ends of an edge.
"""

from __future__ import annotations

import itertools
import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError

Array: TypeAlias = NDArray[np.float64]

_MOST = 400_000  # combinations of limits that are tried
_AT_ONCE = 20_000
_NEAR = 1e-9
_DIRECTIONS = 150


def vertices(A: Array, b: Array, E: Array, e: Array) -> tuple[Array, list[tuple[int, int]]]:
    """Return the corners of ``A x <= b``, ``E x = e`` (``n x q``), in a settled order, and the pairs that are edges.

    Raises:
        SpecError: there are too many limits to look at all.
    """
    free = A.shape[1] - len(E)
    if too_many(A, E):
        raise SpecError(
            "a region with so many limits has too many corners to find them all",
            field="design",
            value=f"{A.shape[1]} parameters, {len(A)} limits",
            hint="use a d-optimal design, which needs some of the corners only, or fewer parameters",
        )
    found: list[Array] = []
    groups = itertools.combinations(range(len(A)), free)
    while chunk := list(itertools.islice(groups, _AT_ONCE)):
        places = np.array(chunk, dtype=int).reshape(len(chunk), free)
        left = np.concatenate([np.broadcast_to(E, (len(chunk), *E.shape)), A[places]], axis=1)
        right = np.concatenate([np.broadcast_to(e, (len(chunk), len(e))), b[places]], axis=1)
        good = np.abs(np.linalg.det(left)) > _NEAR
        points = np.linalg.solve(left[good], right[good][:, :, None])[:, :, 0]
        inside = (points @ A.T <= b + 1e-7).all(axis=1)
        found.append(np.asarray(np.round(points[inside], 12) + 0.0, dtype=np.float64))
    corners = np.unique(np.vstack(found), axis=0)[::-1] if found else np.empty((0, A.shape[1]))
    return corners, _edges(corners, A, b, free)


def too_many(A: Array, E: Array) -> bool:
    """Say whether there are too many combinations of limits to try them all."""
    return math.comb(len(A), A.shape[1] - len(E)) > _MOST


def some_vertices(A: Array, b: Array, E: Array, e: Array) -> Array:
    """Return corners that are extreme in directions drawn at random: different ones, in the order they are found."""
    from scipy.optimize import linprog

    rng = np.random.default_rng(0)
    found: dict[bytes, Array] = {}
    for _ in range(_DIRECTIONS):
        way = rng.standard_normal(A.shape[1])
        answer = linprog(way, A, b, E if len(E) else None, e if len(E) else None, bounds=(None, None))
        if answer.success:
            point = np.round(answer.x, 9) + 0.0
            found.setdefault(point.tobytes(), point)
    return np.array(list(found.values())).reshape(-1, A.shape[1])


def _edges(corners: Array, A: Array, b: Array, free: int) -> list[tuple[int, int]]:
    """Return the pairs of corners on a common line of limits."""
    active = np.abs(corners @ A.T - b) < 1e-7
    pairs = []
    for one, two in itertools.combinations(range(len(corners)), 2):
        shared = np.flatnonzero(active[one] & active[two])
        others = active[:, shared].all(axis=1).sum() if len(shared) >= free - 1 else 0
        if free == 1 or others == 2:
            pairs.append((one, two))
    return pairs

"""Mixture designs (Scheffé 1958 and 1963; Cornell 2002, Experiments with Mixtures), in shares that sum to one."""

from __future__ import annotations

import itertools
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]


def simplex_lattice(q: int, m: int) -> Array:
    """Return all blends of ``q`` parts with shares of 0, 1/m, ..., 1: the {q, m} lattice.

    >>> simplex_lattice(3, 1)
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """
    bars = itertools.combinations(range(q + m - 1), q - 1)
    counts = [np.diff([-1, *bar, q + m - 1]) - 1 for bar in bars]
    return np.array(counts[::-1], dtype=float) / m


def simplex_centroid(q: int, most: int) -> Array:
    """Return the pure parts and the even blends of two, three, ... parts, up to ``most`` and of all of them."""
    sizes = [size for size in range(1, q + 1) if size <= most or size == q]
    rows = []
    for size in sizes:
        for group in itertools.combinations(range(q), size):
            row = np.zeros(q)
            row[list(group)] = 1.0 / size
            rows.append(row)
    return np.array(rows)

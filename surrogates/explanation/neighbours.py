"""Neighbours: the experiments nearest to a row, which is what a model's belief there mostly rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zosimos.surrogates.explanation.design import Array, Design, distances


@dataclass(frozen=True)
class Neighbour:
    """A row of a design: its index and its distance, 0 (the same) to 1 (the other end of every range)."""

    index: int
    distance: float


def nearest(design: Design, row: Array, count: int = 3) -> tuple[Neighbour, ...]:
    """Return the rows nearest to ``d`` raw values, the nearest first; ties keep their order (Gower's distance).

    Raises:
        ValueError: the row does not fit the design.
    """
    if np.shape(row) != (len(design.columns),):
        raise ValueError(f"a row of {len(design.columns)} values is needed, not {np.shape(row)}")
    away = distances(design, np.asarray(row, dtype=float))
    return tuple(Neighbour(int(i), float(away[i])) for i in np.argsort(away, kind="stable")[:count])

"""Fedorov's exchange: the rows of a list of candidates from which a model is estimated best.

Each turn exchanges the pair of a chosen row and a candidate that improves the design most, by rank-two updates, until
none does; of many starts, drawn at random and then around the best so far, the best counts (Fedorov 1972, Theory of
Optimal Experiments; Cook and Nachtsheim 1980, Technometrics 22, 315). D: the determinant of ``X'X``. I: the mean
variance of predictions over the candidates.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]

_RIDGE = 1e-7  # beside columns of length 1: a start may hold too few different rows
_WORK = 3e9  # multiplications in all
_FEWEST, _MOST = 4, 400  # starts
_REDRAWN = 5  # rows, at most, that a later start draws
_GAIN = 1e-7


def exchange(X: Array, n: int, rng: np.random.Generator, *, fixed: Array, criterion: str = "D") -> Places:
    """Return the places of ``n`` rows of the candidates ``X`` (``N x p``), with ``fixed`` rows (``m x p``) besides.

    Raises:
        SpecError: the candidates do not determine the model at all.
    """
    white, fixed = _whitened(X, fixed)
    starts = int(np.clip(_WORK / (white.size * n * n), _FEWEST, _MOST))
    best, highest = np.zeros(n, dtype=np.int64), -np.inf
    for turn in range(starts + starts // 2):
        first = rng.integers(len(white), size=n)
        if turn >= starts:  # the last third begins from the best so far, with a few rows drawn again
            kept = rng.permutation(n) >= min(n, 1 + turn % _REDRAWN)
            first[kept] = best[kept]
        chosen = _improved(white, first, fixed, "D")
        if criterion == "I":
            chosen = _improved(white, chosen, fixed, "I")
        value = _value(white[chosen], fixed, criterion)
        if value > highest + _GAIN:
            best, highest = chosen, value
    return np.sort(best)


def efficiency(X: Array) -> float:
    """Return the D-efficiency of ``n`` rows in per cent: 100 where columns of -1 and +1 are orthogonal."""
    sign, size = np.linalg.slogdet(X.T @ X / len(X))
    return 100.0 * float(np.exp(size / X.shape[1])) if sign > 0 else 0.0


def _whitened(X: Array, fixed: Array) -> tuple[Array, Array]:
    """Return the candidates in a basis in which the model's columns are orthogonal over all of them."""
    scale = np.linalg.norm(X, axis=0)
    _, sizes, turn = np.linalg.svd(X / np.where(scale > 0, scale, 1.0), full_matrices=False)
    if len(X) < X.shape[1] or scale.min() == 0 or sizes.min() < 1e-8 * sizes.max():
        raise SpecError(
            "the allowed experiments cannot tell the terms of the model apart",
            field="model",
            value=f"{X.shape[1]} coefficients",
            hint="choose a smaller model, loosen a constraint, or give a parameter more levels",
        )
    to_white = turn.T / sizes * np.sqrt(len(X))
    return (X / scale) @ to_white, (fixed / scale) @ to_white


def _inverse(rows: Array, fixed: Array) -> Array:
    information = rows.T @ rows + fixed.T @ fixed + _RIDGE * np.eye(rows.shape[1])
    return np.asarray(np.linalg.inv(information))


def _value(rows: Array, fixed: Array, criterion: str) -> float:
    """Return what is to be large; the candidates' moments are the identity in their white basis."""
    if criterion == "I":
        return -float(np.log(np.trace(_inverse(rows, fixed))))
    return -float(np.linalg.slogdet(_inverse(rows, fixed))[1])


def _improved(X: Array, chosen: Places, fixed: Array, criterion: str) -> Places:
    chosen = chosen.copy()
    for _ in range(20 * len(chosen)):
        V = _inverse(X[chosen], fixed)
        gain = _gains(X, X[chosen], V, criterion)
        place = int(gain.argmax())
        new, old = divmod(place, len(chosen))
        if gain[new, old] <= _GAIN:
            break
        chosen[old] = new
    return chosen


def _gains(X: Array, rows: Array, V: Array, criterion: str) -> Array:
    """Return by how much each exchange (``N x n``) improves the criterion, as a share of it."""
    left = X @ V
    of_new, of_old = (left * X).sum(axis=1)[:, None], ((rows @ V) * rows).sum(axis=1)[None, :]
    across = left @ rows.T
    factor = (1 + of_new) * (1 - of_old) + across**2
    if criterion == "D":
        return np.asarray(factor - 1.0)
    square = V @ V
    new, old = ((X @ square) * X).sum(axis=1)[:, None], ((rows @ square) * rows).sum(axis=1)[None, :]
    mixed = X @ square @ rows.T
    less = (1 - of_old) * new + 2 * across * mixed - (1 + of_new) * old
    return np.where(factor > _RIDGE, less / np.maximum(factor, _RIDGE) / np.trace(V), -np.inf)

"""Search: the best row of a space that cannot be listed, by a score that is cheap to compute for many rows at once.

One derivative-free path for every mix of parameters and constraints: score an even spread of allowed rows, then move
from the best few with shrinking steps, keeping the best. Every row looked at is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.parameters import Values
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.moves import Mover
from zosimos.planners.sampling import fresh, sobol_rows

Score = Callable[[Sequence[Values]], NDArray[np.float64]]

_SPREAD = 1024
_SURVIVORS = 8
_TRIES = 24  # moves from each survivor in a round
_STEPS = (0.3, 0.2, 0.12, 0.07, 0.04, 0.025, 0.015, 0.008, 0.004, 0.002)  # shares of a range


def maximise(
    score: Score, space: SearchSpace, hints: Sequence[Values], taken: frozenset[str], seed: int
) -> tuple[Values, float] | None:
    """Return the allowed row with the highest score found, and its score; None if no free row was found.

    Args:
        score: returns ``n`` numbers for ``n`` rows.
        space: what is allowed.
        hints: allowed rows that are likely good, such as the best measured; searched around, whether taken or not.
        taken: keys of rows that must not be returned.
        seed: of the spread and the moves.
    """
    rng = np.random.default_rng(seed)
    spread = fresh(sobol_rows(space, seed), frozenset(), _SPREAD)
    if not spread:
        return None
    mover = Mover(space, spread)
    near = [row for scale in (0.1, 0.02) for row in mover.around(hints, _TRIES, scale, rng)] if hints else []
    rows, scores = _ranked(_free([*spread, *near], taken), score)
    for step in _STEPS:
        rows, scores = rows[:_SURVIVORS], scores[:_SURVIVORS]
        if not rows:
            return None
        known = taken.union(row_key(row) for row in rows)
        more, gains = _ranked(_free(mover.around(rows, _TRIES, step, rng), known), score)
        order = np.argsort(-np.concatenate([scores, gains]), kind="stable")
        both = [*rows, *more]
        rows, scores = [both[i] for i in order], np.concatenate([scores, gains])[order]
    return rows[0], float(scores[0])


def _free(rows: Sequence[Values], taken: frozenset[str]) -> list[Values]:
    return fresh(iter(rows), taken, len(rows))


def _ranked(rows: list[Values], score: Score) -> tuple[list[Values], NDArray[np.float64]]:
    """Return the rows and their scores, the best first."""
    if not rows:
        return [], np.empty(0)
    scores = score(rows)
    order = np.argsort(-scores, kind="stable")
    return [rows[i] for i in order], scores[order]

"""Search: the best row of a space that cannot be listed, by a score that is cheap to compute for many rows at once.

One derivative-free path for every mix of parameters and constraints: score an even spread of allowed rows, then move
from the best few with shrinking steps, keeping the best. With many parameters, random moves hardly ever improve all of
them at once: where these are free ranges, the best few then follow the slope. Every row returned is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from zosimos.core.parameters import Values
from zosimos.core.predicate import Predicate
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.candidates.encoding import is_fluid
from zosimos.planners.candidates.perturbation import Mover
from zosimos.planners.candidates.sampling import fresh, sobol_rows

Array = NDArray[np.float64]
Score = Callable[[Sequence[Values]], NDArray[np.float64]]

HINTS = 4
"""Best rows that a search also starts from."""

_SPREAD = 1024
_SURVIVORS = 8
_TRIES = 24  # moves from each survivor in a round
_STEPS = (0.3, 0.2, 0.12, 0.07, 0.04, 0.025, 0.015, 0.008, 0.004, 0.002)  # shares of a range
_MANY = 15  # parameters from which on slopes are followed
_FOLLOWED = 3  # of the best rows
_ITERATIONS = 30
_DIFFERENCE = 1e-6  # share of a range over which a slope is taken
_BAD = 1e10


def maximise(
    score: Score, space: SearchSpace, hints: Sequence[Values], taken: Set[str], seed: int
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
        known = taken | {row_key(row) for row in rows}
        more, gains = _ranked(_free(mover.around(rows, _TRIES, step, rng), known), score)
        order = np.argsort(-np.concatenate([scores, gains]), kind="stable")
        both = [*rows, *more]
        rows, scores = [both[i] for i in order], np.concatenate([scores, gains])[order]
    if _slopes_matter(space):
        climbed = [_climbed(score, mover, row) for row in rows[:_FOLLOWED]]
        more, gains = _ranked(_free([row for row in climbed if not space.problems(row)], taken), score)
        if more and gains[0] > scores[0]:
            return more[0], float(gains[0])
    return rows[0], float(scores[0])


def _slopes_matter(space: SearchSpace) -> bool:
    """Say whether a space is a box of many free ranges, functions that leave some of it out aside."""
    free = all(map(is_fluid, space.parameters)) and all(isinstance(c, Predicate) for c in space.constraints)
    return free and len(space.parameters) >= _MANY


def _climbed(score: Score, mover: Mover, row: Values) -> Values:
    """Return where the slope of the score leads from a row (L-BFGS-B, Byrd et al. 1995; slopes by differences)."""
    codec = mover.codec

    def loss(point: Array) -> tuple[float, Array]:
        steps = np.where(point > 0.5, -_DIFFERENCE, _DIFFERENCE)
        scores = score(codec.decode(np.vstack([point, point + np.diag(steps)])))
        if not np.isfinite(scores).all():
            return _BAD, np.zeros_like(point)
        return -float(scores[0]), -(scores[1:] - scores[0]) / steps

    start = codec.encode([row])[0]
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, 1.0)] * len(start), options={"maxiter": _ITERATIONS}
    )
    return codec.decode(found.x[None])[0]


def _free(rows: Sequence[Values], taken: Set[str]) -> list[Values]:
    return fresh(iter(rows), taken, len(rows))


def _ranked(rows: list[Values], score: Score) -> tuple[list[Values], NDArray[np.float64]]:
    """Return the rows and their scores, the best first."""
    if not rows:
        return [], np.empty(0)
    scores = score(rows)
    order = np.argsort(-scores, kind="stable")
    return [rows[i] for i in order], scores[order]

"""Climbing to allowed rows: where chance finds none, rows that satisfy more and more of the constraints are bred.

Several conditions, each of which holds in a few percent of a space, may hold together in a millionth. A row that
satisfies most of them is a good place to look for one that satisfies all (the idea of subset simulation: Au and Beck
2001, doi 10.1016/S0266-8920(01)00019-4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.parameters import Values
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.perturbation import Mover
from zosimos.planners.candidates.solved import lacking, solved

_KEPT = 64
_EACH = 8
_ROUNDS = 60
_MANY = 16  # rows with which the solver is not asked for more
_FINE = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)  # the same where rows are judged by what they lack
_STEPS = (0.3, 0.1, 0.03, 0.01)  # shares of a range, in turn


def climbed(space: SearchSpace, rows: Sequence[Values], rng: np.random.Generator) -> list[Values]:
    """Return allowed rows bred from rows that are not; empty if none was found."""
    mover = Mover(space, rows)
    if space.exact:
        return _descended(space, rows, mover, rng)
    kept, scores = _best(rows, held(space, rows), rng)
    for turn in range(_ROUNDS):
        if scores[0] == len(space.constraints):
            break
        children = mover.tries(kept, _EACH, _STEPS[turn % len(_STEPS)], rng)
        kept, scores = _best([*kept, *children], np.concatenate([scores, held(space, children)]), rng)
    return [row for row, score in zip(kept, scores, strict=True) if score == len(space.constraints)]


def _descended(space: SearchSpace, rows: Sequence[Values], mover: Mover, rng: np.random.Generator) -> list[Values]:
    """Return allowed rows bred from those that lack least; of equals, by how far what fails is from holding."""

    def judged(rows: Sequence[Values]) -> NDArray[np.float64]:
        lacks = np.abs(lacking(space, rows)).sum(axis=1)
        return np.asarray(len(space.constraints) - held(space, rows) + np.tanh(lacks), dtype=float)

    kept, scores = list(rows), judged(rows)
    for turn in range(_ROUNDS):
        order = np.argsort(scores, kind="stable")[:_KEPT]
        kept, scores = [kept[int(place)] for place in order], scores[order]
        if scores[0] < 1.0 and held(space, kept[:1])[0] == len(space.constraints):
            break
        children = mover.tries(kept, _EACH, _FINE[turn % len(_FINE)], rng)
        kept, scores = [*kept, *children], np.concatenate([scores, judged(children)])
    good = held(space, kept) == len(space.constraints)
    found = [row for row, allowed in zip(kept, good, strict=True) if allowed]
    if len(found) < _MANY:  # on a surface, breeding finds next to nothing
        found += [row for row in solved(space, rows) if row not in found]
    return found


def wandering(space: SearchSpace, seeds: Sequence[Values], rng: np.random.Generator, tries: int) -> Iterator[Values]:
    """Yield allowed rows reached by moves from allowed ones, and from those in turn, out of so many tries."""
    mover = Mover(space, seeds)
    reached = list(seeds)
    yield from seeds
    for turn in range(tries // (_KEPT * _EACH)):
        starts = [reached[index] for index in rng.integers(len(reached), size=_KEPT)]
        found = mover.around(starts, _EACH, _STEPS[turn % len(_STEPS)], rng)
        yield from found
        reached = [*reached, *found][-16 * _KEPT :]


def held(space: SearchSpace, rows: Sequence[Values]) -> NDArray[np.int64]:
    """Return, for each row, how many constraints hold."""
    columns = space.columns(rows)
    truths = [constraint.holds(columns) for constraint in space.constraints]
    return np.asarray(np.sum(truths, axis=0, dtype=np.int64))


def _best(
    rows: Sequence[Values], scores: NDArray[np.int64], rng: np.random.Generator
) -> tuple[list[Values], NDArray[np.int64]]:
    """Return the rows that satisfy most, equals in random order, and their scores."""
    order = np.lexsort((rng.random(len(rows)), -scores))[:_KEPT]
    return [rows[index] for index in order], scores[order]

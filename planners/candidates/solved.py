"""Rows found by a solver: where allowed rows are so few that chance and breeding find none.

A ratio, a product that has to be met or a small ball leaves next to nothing of a space. From the rows that lack least,
the parameters without levels are moved by least squares until nothing is lacking (trust-region reflective: Branch,
Coleman and Li 1999, doi 10.1137/S1064827595289108); levels stay where breeding put them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Condition, Constraint, Linear, Simplex
from zosimos.core.parameters import Values
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.encoding import Codec, is_fluid

Array = NDArray[np.float64]

_STARTS = 32  # rows that the solver starts from: each costs some ten milliseconds
_MOVES = 100  # evaluations for each


def lacking(space: SearchSpace, rows: Sequence[Values]) -> Array:
    """Return what each row lacks of the constraints, ``n x l``: 0 where all of them hold."""
    columns = space.columns(rows)
    return np.column_stack(
        [lack for constraint in space.constraints for lack in _lacks(constraint, columns, len(rows))]
    )


def solved(space: SearchSpace, rows: Sequence[Values]) -> Iterator[Values]:
    """Yield allowed rows that a solver finds from some that are not, those that lack least first."""
    from scipy.optimize import least_squares  # scipy: only where it is needed

    codec = Codec(space)
    fixed = {space.names[place] for place in codec.places}
    free = [i for i, p in enumerate(space.parameters) if p.role == "control" and is_fluid(p) and p.name not in fixed]
    if not free or not rows:
        return
    order = np.argsort(np.abs(lacking(space, rows)).sum(axis=1), kind="stable")[:_STARTS]
    for start in codec.encode([rows[int(place)] for place in order]):

        def lacks(moved: Array, start: Array = start) -> Array:
            point = start.copy()
            point[free] = moved
            (row,) = codec.decode(point[None])
            return np.asarray(lacking(space, [row])[0])

        begin = np.clip(start[free], 1e-6, 1 - 1e-6)
        try:
            found = least_squares(lacks, begin, bounds=(0.0, 1.0), xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=_MOVES)
        except ValueError:  # a step that rounding put outside its own region, where two rules meet at a corner
            continue
        point = start.copy()
        point[free] = found.x
        (row,) = codec.decode(point[None])
        if not space.problems(row):
            yield row


def _lacks(constraint: Constraint, columns: Mapping[str, NDArray[Any]], count: int) -> list[Array]:
    if isinstance(constraint, Condition):
        return [np.broadcast_to(lack, (count,)) for lack in constraint.expression.lacks(columns)]
    if isinstance(constraint, Linear | Simplex):
        factors = constraint.coefficients if isinstance(constraint, Linear) else dict.fromkeys(constraint.parts, 1.0)
        low, high = (constraint.low, constraint.high) if isinstance(constraint, Linear) else (constraint.total,) * 2
        terms = np.array([factor * columns[name].astype(float) for name, factor in factors.items()])
        size = 1e-300 + np.abs(terms).sum(axis=0)
        total = terms.sum(axis=0)
        return [np.maximum(total - high, 0.0) / size - np.maximum(low - total, 0.0) / size]
    return [1.0 - constraint.holds(columns).astype(float)]

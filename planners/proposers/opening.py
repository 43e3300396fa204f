"""Space-filling rows where there are levels of fidelity: each level gets its share, the least trusted one first."""

from __future__ import annotations

import itertools

import numpy as np

from zosimos.core.columns import Texts
from zosimos.core.parameters import Values
from zosimos.core.space import row_key
from zosimos.planners.candidates.sampling import nearest_rows, sobol_points, sobol_rows
from zosimos.planners.protocol import ProposalContext


def opening_rows(n: int, context: ProposalContext) -> list[Values]:
    """Return up to ``n`` new rows at the levels that are due, spread evenly by the campaign's sequence."""
    fidelity = context.goal.fidelity
    assert fidelity is not None, "asked only where there are levels"
    chosen: list[Values] = []
    for place in range(context.position, context.position + n):
        level = due_level(context, chosen)
        row = _row_at(level, place, context, chosen)
        if row is None and level != fidelity.top:
            row = _row_at(fidelity.top, place, context, chosen)
        if row is None:
            break
        chosen.append(row)
    return chosen


def due_level(context: ProposalContext, chosen: list[Values]) -> str:
    """Return the level of the next space-filling row; the last one once all had their share."""
    fidelity = context.goal.fidelity
    assert fidelity is not None, "asked only where there are levels"
    rows = [*(seen.values for seen in context.observations), *context.pending, *chosen]
    for level, wanted in context.opening.items():
        if sum(row.get(fidelity.parameter) == level for row in rows) < wanted:
            return level
    return fidelity.top


def _row_at(level: str, place: int, context: ProposalContext, chosen: list[Values]) -> Values | None:
    """Return the free row of a level that is nearest the sequence's point, or made of it; None if none is left."""
    assert context.goal.fidelity is not None
    name, free = context.goal.fidelity.parameter, context.free
    if free is not None:
        column = free.columns[name]
        assert isinstance(column, Texts), "levels are names"
        open_ = column.array(slice(None)) == level
        open_[[found for row in chosen if (found := free.find(row)) is not None]] = False
        left = free.take(np.flatnonzero(open_))
        points = sobol_points(context.space, context.sequence_seed, place + 1)[place:]
        return next(iter(nearest_rows(context.space, points, left)), None)
    taken = context.taken | {row_key(row) for row in chosen}
    made = (
        {**row, name: level} for row in itertools.islice(sobol_rows(context.space, context.sequence_seed), place, None)
    )
    return next((row for row in made if row_key(row) not in taken and not context.space.problems(row)), None)

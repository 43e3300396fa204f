"""Stalled: a search that asks for nearly the same row again and again, and gains nothing, looks elsewhere.

Where a model is sure of a hill, right or wrong, the row of the highest expected improvement lies beside the best one
for the rest of the budget: each further measurement there is expected to gain a little more than one elsewhere. On
Ackley's function of four parameters, with noise, such searches spent 25 of the last 30 experiments within a fiftieth of
the ranges of an earlier one, most of them on a hill that was not the highest. Whether that goes on is seen in the
record, whatever the model believes: then the highest expected improvement outside a box around the best row is taken.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.distance import apart
from zosimos.core.parameters import Values
from zosimos.core.space import row_key
from zosimos.planners.acquisition.improvement import utilities
from zosimos.planners.acquisition.optimise import maximise
from zosimos.planners.models.belief import Belief
from zosimos.planners.proposers.confirmation import ending
from zosimos.planners.proposers.gain_left import least_gain
from zosimos.planners.protocol import ProposalContext

WINDOW = 8
"""The last results that are looked at."""
MANY = 6
"""Of these, rows near an earlier one from which on a search is stalled: it looks elsewhere about every third time."""
NEAR = 0.02
"""Share of every range within which a row is near another."""
AWAY = 0.15
"""Share of some range by which a row elsewhere differs from the best one."""
BARRED = -1e9
"""A value below all others, of rows that a search leaves out."""


def stalled(belief: Belief) -> bool:
    """Say whether most of the last results lie beside earlier ones, and none gained more than noise could.

    Of spaces whose rows cannot be listed and of one objective; where rows are few none is nearly another.

    Args:
        belief: about everything so far.
    """
    context = belief.context
    if context.free is not None or len(context.objectives) > 1 or context.goal.fidelity is not None:
        return False
    if ending(context):  # another hill could not be climbed any more
        return False
    seen = context.training
    if len(seen) < max(context.start, 1) + WINDOW or context.policy.acquisition.kind != "improvement":
        return False
    rows = [one.asked_at for one in seen]
    gains = utilities(belief.learned.values[:, 0], context.objectives[0])
    before, since = float(gains[:-WINDOW].max()), float(gains[-WINDOW:].max())
    return since - before < least_gain(belief, rows[-1], gains) and _repeats(context, rows)


def _repeats(context: ProposalContext, rows: Sequence[Values]) -> bool:
    """Say whether many of the last rows are near earlier ones; it is known without the rest once too few can be."""
    others = 0
    for place in range(len(rows) - 1, len(rows) - 1 - WINDOW, -1):
        others += not any(apart(context.space.by_name, rows[place], other) < NEAR for other in reversed(rows[:place]))
        if others > WINDOW - MANY:
            return False
    return True


def elsewhere(belief: Belief, chosen: Sequence[Values], seed: int) -> Values | None:
    """Return the row of the highest acquisition value away from the best one; None if there is none.

    Args:
        belief: about everything so far, and the rows chosen.
        chosen: rows chosen earlier in the same batch.
        seed: of the search.
    """
    context = belief.context
    parameters, best = context.space.by_name, belief.learned.rows[belief.best_first()[0]]

    def score(rows: Sequence[Values]) -> NDArray[np.float64]:
        away = np.array([apart(parameters, row, best) for row in rows])
        barred = BARRED + away  # nearer rows are lower, so that a search finds its way out
        return np.where(away > AWAY, belief.acquisition(rows), barred)

    found = maximise(score, context.space, [], context.taken.union(map(row_key, chosen)), seed)
    return None if found is None or found[1] <= BARRED + 1 else found[0]

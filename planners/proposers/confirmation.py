"""Confirmation: a result that is too good to fit with the others is measured again before it is believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from zosimos.core.parameters import Values
from zosimos.core.ranking import by_tier, standings
from zosimos.core.records import Observation
from zosimos.core.space import row_key
from zosimos.planners.acquisition.improvement import utilities
from zosimos.planners.models.belief import Belief
from zosimos.planners.protocol import ProposalContext

PATIENCE = 12
"""Experiments without a better result after which one in doubt is measured again."""

TRIES = 3
"""Experiments of one row, failed ones included: a measurement that was lost is tried again, but not for ever."""


def unconfirmed(belief: Belief, chosen: Sequence[Values]) -> Observation | None:
    """Return the first experiment whose outcome is in doubt, would be the best, and is to be measured again now.

    Whether it is a discovery or an error, one more measurement of its row tells. While new rows still bring better
    results that can wait: most such results are errors.

    Args:
        belief: about everything so far; with several levels of fidelity nothing is measured again.
        chosen: rows chosen earlier in the same batch.
    """
    context = belief.context
    if context.policy.replicates == "none":
        return None
    space = context.space
    closed = context.closed(chosen)
    tried = Counter(_key(seen, context) for seen in context.observations)
    times = Counter(_key(seen, context) for seen in context.training)
    ranks = standings(context.objectives, belief.learned.values) if by_tier(context.objectives) else None
    for place, (column, objective) in enumerate(zip(belief.learned.values.T, context.objectives, strict=True)):
        known = np.flatnonzero(np.isfinite(column))
        doubted = np.flatnonzero(belief.doubted(place)[known])
        if not len(doubted):
            continue
        gains = utilities(column[known], objective) if ranks is None else ranks[known]
        trusted = gains.copy()
        trusted[doubted] = -np.inf
        if ranks is not None:  # what a row is worth rests on all its outcomes
            trusted[belief.in_doubt[known]] = -np.inf
        if len(gains) - 1 - int(trusted.argmax()) < PATIENCE:
            continue
        for index in doubted:
            seen = context.training[int(known[index])]
            row, key = space.pinned(seen.asked_at), _key(seen, context)
            open_ = times[key] == 1 and tried[key] < TRIES and key not in closed and not space.problems(row)
            if open_ and gains[index] > trusted.max() and context.affords([row], chosen)[0]:
                return seen
    return None


def _key(seen: Observation, context: ProposalContext) -> str:
    """Return what tells the row of an experiment from others; by earlier revisions all digits of its numbers counted.

    Then a row with many digits was not known again within a batch, and was asked for in each place of it.
    """
    space = context.space
    row = space.canonical(seen.asked_at) if context.policy.fourth else seen.asked_at
    return row_key(space.pinned(row))

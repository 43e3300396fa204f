"""Confirmation: what is measured again before it is believed.

A result that is too good to fit with the others, and, in the last experiments that the budget allows, leading rows of
which noise leaves open which is the best: of what is measured last only the answer profits, and of measuring a row
again it does as soon as that tells more of which row to take than a new one
(:mod:`~zosimos.planners.proposers.replication`; with one experiment left that is all there is to gain: Frazier, Powell
and Dayanik 2009, INFORMS J. Comput. 21, 599).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from zosimos.core.parameters import Values
from zosimos.core.ranking import by_tier, standings
from zosimos.core.records import Observation
from zosimos.core.space import row_key
from zosimos.core.uncertainty import parts
from zosimos.planners.acquisition.improvement import utilities
from zosimos.planners.models.belief import Belief
from zosimos.planners.protocol import ProposalContext

PATIENCE = 12
"""Experiments without a better result after which one in doubt is measured again."""

TRIES = 3
"""Experiments of one row, failed ones included: a measurement that was lost is tried again, but not for ever."""

LAST = 8
"""One in so many experiments, at least one, are the last ones: in them nothing is begun that takes more of them."""


def ending(context: ProposalContext, chosen: int = 0) -> bool:
    """Say whether the budget ends: few experiments are left of those that it allows.

    Args:
        context: of the decision.
        chosen: how many rows were chosen earlier in the same batch.
    """
    left = context.history.left
    return left is not None and left - chosen <= max(1, (len(context.training) + left) // LAST)


def at_the_end(context: ProposalContext, chosen: int) -> bool:
    """Say whether measured rows compete with new ones because the budget ends, and results are known to have noise.

    They are where results state an uncertainty, or a row that was measured again gave another value. Without noise
    measuring again tells nothing.

    Args:
        context: of the decision.
        chosen: how many rows were chosen earlier in the same batch.
    """
    policy = context.policy
    if not policy.fourth or policy.replicates != "in-doubt" or len(context.objectives) > 1:
        return False
    return ending(context, chosen) and _noisy(context)


def _noisy(context: ProposalContext) -> bool:
    """Say whether results of the first objective are known to have noise."""
    objective, values = context.objectives[0], dict[str, float]()
    for seen in context.training:
        found = seen.measurements.get(objective.name)
        if found is None:
            continue
        if parts(found, objective).random:
            return True
        if values.setdefault(row_key(seen.values), found.value) != found.value:
            return True
    return False


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

"""Telling: a search that has hardly anything to gain measures what tells most of where the best row is.

The expected improvement of a row is what it has over the best one. Where models are sure of a top, right or wrong, it
is highest beside that one, and results that crowd there tell nothing of the slope: on Hartmann's function of six ranges
a search asked for nearly the same row 50 times, on a slope that it took for a top. How much better the row believed
best will be after one more measurement, of any row, is the knowledge gradient (Frazier, Powell and Dayanik 2009,
INFORMS J. Comput. 21, 599). It knows that a noisy measurement settles little: rows at some distance that show
which way is up are worth more, and so are those that nobody has looked near. Of the latter there are many, most of them
at the ends of the ranges, and models are surer than they should be of how much each may bring: a search spent 16 rows
there before one beside its hill showed the way up. So every second row is looked for about the best one. None that
would rather fail is tried.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.distance import apart
from zosimos.core.parameters import Values
from zosimos.core.space import row_key
from zosimos.planners.acquisition.optimise import HINTS, maximise
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.choices import has_choices
from zosimos.planners.proposers.gain_left import unlikely
from zosimos.planners.proposers.stalled import BARRED
from zosimos.planners.proposers.unguided import by_results_alone
from zosimos.planners.protocol import ProposalContext

_REACH = 0.25  # share of every range about the best row


def may_tell(context: ProposalContext) -> bool:
    """Say whether a search that is done measures what tells most: of one plain objective, where nothing is a choice.

    Not where other models than the committee believe, settings are made with errors, or costs and what somebody says
    choose rows, too: nobody has measured it there.
    """
    goal = context.goal
    committee = context.policy.surrogate == "committee"
    plain = committee and goal.costs is None and not goal.errors and not has_choices(context.space.controlled)
    return context.policy.ninth and context.improves_one and plain and by_results_alone(context)


def most_telling(belief: Belief, chosen: Sequence[Values], seed: int, *, near: bool) -> Values | None:
    """Return the row after which the row believed best is expected to be better by most; None if no free row is found.

    Args:
        belief: about everything so far, and the rows chosen.
        chosen: rows chosen earlier in the same batch.
        seed: of the search.
        near: whether only rows about the best one are looked at.
    """
    space, judgement = belief.context.space, belief.judged("knowledge-gradient")
    best = [belief.learned.rows[place] for place in belief.best_first()[:HINTS]]
    hints = [row for row in best if not space.problems(row)]

    def score(rows: Sequence[Values]) -> NDArray[np.float64]:
        found = np.where(unlikely(belief, rows), BARRED, belief.acquisition(rows, judgement=judgement))
        if not near:
            return found
        away = np.array([apart(space.by_name, row, best[0]) for row in rows])
        return np.where(away < _REACH, found, BARRED - away)  # farther rows are lower: a search finds its way in

    found = maximise(score, space, hints, belief.context.taken.union(map(row_key, chosen)), seed)
    return None if found is None or found[1] <= BARRED else found[0]

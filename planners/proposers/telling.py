"""Telling: a search that has hardly anything to gain measures what tells most of where the best row is.

The expected improvement of a row is what it has over the best one. Where models are sure of a top, right or wrong, it
is highest beside that one, and results that crowd there tell nothing of the slope: on Hartmann's function of six ranges
a search asked for nearly the same row 50 times, on a slope that it took for a top. How much better the row believed
best will be after one more measurement, wherever that is taken, is the knowledge gradient (Frazier, Powell and Dayanik
2009, INFORMS J. Comput. 21, 599). It knows that a noisy measurement settles little: rows at some distance that show
which way is up are worth more, and so are those that nobody has looked near. None that would rather fail is tried.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.parameters import Values
from zosimos.core.space import row_key
from zosimos.planners.acquisition.optimise import maximise
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.choices import has_choices
from zosimos.planners.proposers.gain_left import unlikely
from zosimos.planners.proposers.stalled import BARRED
from zosimos.planners.protocol import ProposalContext

_HINTS = 4  # best rows that the search also starts from


def may_tell(context: ProposalContext) -> bool:
    """Say whether a search that is done measures what tells most: of one plain objective, over ranges alone.

    Not where other models than the committee believe, or settings are made with errors: nobody has measured it there.
    """
    committee = context.policy.surrogate == "committee" and context.policy.mechanisms is None
    plain = committee and not context.goal.errors and not has_choices(context.space.controlled)
    return context.policy.ninth and context.improves_one and plain


def most_telling(belief: Belief, chosen: Sequence[Values], seed: int) -> Values | None:
    """Return the row after which the row believed best is expected to be better by most; None if no free row is found.

    Args:
        belief: about everything so far, and the rows chosen.
        chosen: rows chosen earlier in the same batch.
        seed: of the search.
    """
    space, judgement = belief.context.space, belief.judged("knowledge-gradient")
    best = [belief.learned.rows[place] for place in belief.best_first()[:_HINTS]]
    hints = [row for row in best if not space.problems(row)]

    def score(rows: Sequence[Values]) -> NDArray[np.float64]:
        return np.where(unlikely(belief, rows), BARRED, belief.acquisition(rows, judgement=judgement))

    found = maximise(score, space, hints, belief.context.taken.union(map(row_key, chosen)), seed)
    return None if found is None or found[1] <= BARRED else found[0]

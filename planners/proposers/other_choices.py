"""Other choices: a search that is done with its choices looks at the best of the others.

What one choice teaches is taken to hold for the others in part. So models may be sure of a choice that was hardly
tried, and the row of the highest expected improvement lies beside the best one for the rest of the budget, where next
to nothing is left to gain. On Hartmann's function of three ranges under four choices 4 of 20 searches ended on the best
of a wrong choice, having measured it 30 times. What is known of the other choices is then worth more: there the
improvement over the best of them is sought, as if the choices that are done were not there, until results crowd
together in each.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.parameters import Values
from zosimos.core.space import row_key
from zosimos.planners.acquisition.optimise import HINTS, maximise
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.choices import has_choices
from zosimos.planners.proposers.gain_left import hardly_gains, unlikely
from zosimos.planners.proposers.stalled import BARRED, NEAR
from zosimos.planners.protocol import ProposalContext

_CROWD = 4  # rows near each other that say all there is to say of a choice


def done_with(belief: Belief, row: Values, gain: float) -> tuple[str, ...] | None:
    """Return the choices of the best row if a search is done with them; None if it goes on.

    It is done where next to nothing is expected to be gained, and more could be. Of one plain objective, where rows
    cannot be listed.

    Args:
        belief: about everything so far.
        row: of the highest acquisition value.
        gain: the logarithm of the improvement that is expected of it.
    """
    context = belief.context
    if not compares_choices(context) or belief.judgement.limited:
        return None
    if not hardly_gains(belief, row, gain):
        return None
    return _choices(_names(context), belief.learned.rows[belief.best_first()[0]])


def compares_choices(context: ProposalContext) -> bool:
    """Say whether a search may be done with its choices: a space has some, and one plain objective is improved."""
    return context.policy.eighth and context.improves_one and has_choices(context.space.controlled)


def _names(context: ProposalContext) -> list[str]:
    return [parameter.name for parameter in context.space.controlled if parameter.kind == "text"]


def _choices(names: Sequence[str], row: Values) -> tuple[str, ...]:
    return tuple(str(row.get(name, "")) for name in names)


def with_other_choices(
    belief: Belief, done: tuple[str, ...], chosen: Sequence[Values], seed: int
) -> tuple[Values, float] | None:
    """Return the row of the highest improvement over the best one with other choices, and the outcome of that one.

    None if all choices that were tried are done: one that nobody tried draws the search by itself.

    Args:
        belief: about everything so far, and the rows chosen.
        done: choices that a search is done with.
        chosen: rows chosen earlier in the same batch.
        seed: of the search.
    """
    context = belief.context
    rows, names = [*belief.learned.rows, *belief.waiting], _names(context)
    aside = {done, *_crowded(belief, names)}
    reachable = np.append(belief.reachable, np.ones(len(belief.waiting), dtype=bool))
    counted = reachable & np.array([_choices(names, row) not in aside for row in rows])
    good = [place for place in belief.best_first() if counted[place]]
    if not good:
        return None
    judgement = belief.judged(counted=counted)

    def score(some: Sequence[Values]) -> NDArray[np.float64]:
        barred = np.array([_choices(names, row) in aside for row in some]) | unlikely(belief, some)
        return np.where(barred, BARRED, belief.acquisition(some, judgement=judgement))

    hints = [row for row in (rows[place] for place in good[:HINTS]) if not context.space.problems(row)]
    found = maximise(score, context.space, hints, context.taken.union(map(row_key, chosen)), seed)
    if found is None or found[1] <= BARRED:
        return None
    return found[0], float(belief.learned.values[good[0], 0])


def _crowded(belief: Belief, names: Sequence[str]) -> set[tuple[str, ...]]:
    """Return the choices with which results crowd together."""
    rows = belief.learned.rows
    columns = belief.context.space.features(rows)
    found = set[tuple[str, ...]]()
    for place, row in enumerate(rows):
        choices = _choices(names, row)
        if choices not in found and (np.abs(columns - columns[place]).max(axis=1) < NEAR).sum() >= _CROWD:
            found.add(choices)
    return found

"""Where models do not help: what is chosen then, and why.

Of rows that can be listed only: where there are ever finer ones, some chance of a little more is always left. A search
by models that are wrong about where the best rows lie is slower than chance, since it avoids them. Rows drawn at random
bound that whatever the truth is: if a share e of the experiments is drawn at random, they take at most 1 / e of what
chance takes, on average, and no deterministic way of covering can promise that. If the models are right, an experiment
that is drawn because they promise less than chance gives up less than chance would have brought.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zosimos.core.parameters import Values
from zosimos.core.records import Candidate
from zosimos.core.seeds import derive_seed
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.promise import HARDLY, chance_to_beat, record_chance, unfulfilled
from zosimos.planners.proposers.covering import covering_rows
from zosimos.planners.protocol import ProposalContext

_OVER = 2.0
"""Times more than comes is promised of the most promising row: of many guesses the largest is too large.

In replays of twenty measured tables (six seeds, from eight results on) models promised 600 better results of the rows
that they chose, and 216 came; of rows that were promised one to two times what the next of results in any order has,
45 and 16, where that is 30.
"""


@dataclass(frozen=True)
class Doubt:
    """Why models are not followed.

    Args:
        why: in words.
        always: whether no experiment follows them while that is so; else every second one does.
    """

    why: str
    always: bool = False


def unguided(belief: Belief, row: Values, chosen: list[Values], place: int) -> Candidate | None:
    """Return what is measured in place of the most promising row where models do not help; None where they are heard.

    Args:
        belief: about everything so far.
        row: that the models would choose.
        chosen: rows chosen earlier in the same batch.
        place: of the experiment among all that were proposed.
    """
    doubt = _doubt(belief, row)
    if doubt is None or not (doubt.always or place % 2):
        return None
    context = belief.context.after(chosen)
    if doubt.always:
        reason = f"{doubt.why}; this one is drawn at random from all rows that are left"
        rows = _drawn(context, len(chosen))
    else:
        reason = f"{doubt.why}; every second experiment covers what is farthest from all that was tried"
        rows = covering_rows(1, context)
    return Candidate(rows[0], "bayesian", reason, belief.prediction(rows[0])) if rows else None


def by_results_alone(context: ProposalContext) -> bool:
    """Say whether nothing but results tells where to look: nobody says more, no formula and no cheaper method."""
    told = context.goal.expectation is not None or context.history.sources or context.advice
    return context.goal.fidelity is None and context.policy.mechanisms is None and not told


def _doubt(belief: Belief, row: Values) -> Doubt | None:
    """Return why models do not know where better rows are, or that they promise nothing of the best one left.

    Where parameters are set with errors, a row is not judged by its own outcome alone.
    """
    context = belief.context
    judged = context.policy.fourth and context.policy.acquisition.kind == "improvement" and context.free is not None
    if not judged or len(context.objectives) != 1 or context.goal.errors or not by_results_alone(context):
        return None
    (objective,) = context.objectives
    best = float(belief.learned.values[belief.best_first()[0], 0])
    missed = unfulfilled(context)
    if missed is not None and not context.policy.fifth:
        return Doubt(_missed(*missed))
    chance = chance_to_beat(objective, best, belief.prediction(row)[objective.name])
    said = f"the models give the most promising row {100 * chance:.1g} % to be better"
    if not context.policy.fifth:
        return Doubt(said) if chance < HARDLY else None
    at_random = record_chance(context.usable)
    if at_random is not None and context.policy.sixth and chance < _OVER * at_random:
        little = f"the models give the most promising row {100 * chance:.2g} % to be better"
        any_next = f"the next of results in any order has (1 in {context.usable + 1})"
        return Doubt(f"{little}, less than twice what {any_next}", always=True)
    if at_random is not None and chance < at_random:
        count = context.usable + 1
        return Doubt(f"{said}; were results in any order, the next would be the best with 1 in {count}", always=True)
    return None if missed is None else Doubt(_missed(*missed))


def _missed(count: int, chance: float) -> str:
    return (
        f"no result of the last {count} was better, which the models gave {100 * chance:.1f} %: they do not know "
        "where better rows are"
    )


def _drawn(context: ProposalContext, index: int) -> list[Values]:
    """Return one of the rows that are left, each with the same chance; none if none is left."""
    free = context.free
    if free is None or not len(free):
        return []
    return [free[int(np.random.default_rng(derive_seed(context.seed, "drawn", index)).integers(len(free)))]]

"""The Bayesian proposer: a committee of Gaussian processes, and the row where measuring is expected to gain most.

A batch is chosen greedily, each row as if the earlier ones were under way. In a pool or small grid every free row is
judged; elsewhere a search goes over allowed rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Prediction
from zosimos.core.seeds import derive_seed
from zosimos.core.space import row_key
from zosimos.planners.belief import Belief
from zosimos.planners.protocol import ProposalContext
from zosimos.planners.search import maximise

_HINTS = 4  # best measured rows that the search also starts from


class BayesianProposer:
    """Proposes where the expected gain is greatest."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates; none before every objective was measured once."""
        if context.usable < 1:
            return []
        belief = Belief(context)
        chosen: list[Candidate] = []
        for index in range(n):
            found = _best(belief, [c.values for c in chosen], derive_seed(context.seed, "search", index))
            if found is None:
                break
            chosen.append(_candidate(*found, belief))
            if index + 1 < n:
                belief.add_pending([found[0]])
        return chosen


def _best(belief: Belief, chosen: Sequence[Values], seed: int) -> tuple[Values, float] | None:
    """Return the free row with the highest acquisition value, and the value."""
    context = belief.context
    taken = {row_key(row) for row in chosen}
    if context.free is None:
        learned = (belief.learned.rows[i] for i in belief.best_first())
        good = [row for row in learned if not context.space.problems(row)]
        return maximise(belief.acquisition, context.space, good[:_HINTS], context.taken.union(taken), seed)
    values = belief.acquisition(context.free)
    for place in np.argsort(-values, kind="stable")[: len(chosen) + 1]:
        row = context.free[int(place)]
        if row_key(row) not in taken:
            return row, float(values[place])
    return None


def _candidate(row: Values, gain: float, belief: Belief) -> Candidate:
    predictions = belief.prediction(row)
    reason = _reason(belief, predictions)
    if belief.notes:
        reason += f" (model: {'; '.join(belief.notes)})"
    return Candidate(row, "bayesian", reason, predictions, gain if math.isfinite(gain) else None)


def _reason(belief: Belief, predictions: dict[str, Prediction]) -> str:
    """Return the reason in words: what is to be beaten and what is predicted."""
    objectives = belief.context.objectives
    told = [_told(objective, predictions[objective.name]) for objective in objectives]
    if len(objectives) > 1:
        named = (f"{o.name} {text}" for o, text in zip(objectives, told, strict=True))
        return f"expected gain over the best trade-offs so far: predicted {', '.join(named)}"
    only = objectives[0]
    best = float(belief.learned.values[belief.best_first()[0], 0])
    aim = "" if only.target is None else f" towards {_number(only.target)} {only.unit}".rstrip()
    return f"expected improvement over {_number(best)} {only.unit}".rstrip() + f"{aim}: predicted {told[0]}"


def _told(objective: Objective, prediction: Prediction) -> str:
    return f"{_number(prediction.mean)} ± {prediction.scale * prediction.sd:.2g} {objective.unit}".rstrip()


def _number(x: float) -> str:
    return f"{x:.3g}" if abs(x) < 100 or abs(x) >= 1e6 else f"{x:.0f}"

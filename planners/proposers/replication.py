"""Replicate or explore: whether to measure a row again rather than a new one.

Both are judged by the same thing: how much better the measured row that is believed best is expected to be after one
more measurement (the knowledge gradient over the measured rows and the row itself: Scott, Frazier and Powell 2011, "The
Correlated Knowledge Gradient for Simulation Optimization of Continuous Parameters using Gaussian Process Regression",
SIAM J. Optim. 21, 996). A new row wins by being better itself; a row measured before wins where noise leaves open which
of the good ones is the best. Without noise measuring again tells nothing, and nothing is measured again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.records import Observation
from zosimos.core.space import row_key
from zosimos.planners.acquisition.improvement import Array, utilities
from zosimos.planners.acquisition.knowledge_gradient import lines, log_knowledge_gradient
from zosimos.planners.models.belief import Belief

MOST = 4
"""Measurements of one row, the first included."""
LEADERS = 500
"""Rows that are compared at most, those that are believed to be the best: it costs the square of their number."""
_CHUNK = 1_000  # rows judged at once


@dataclass(frozen=True)
class Replicate:
    """A measured row that is worth another measurement.

    Args:
        row: its values, under the current conditions.
        experiment: the first that measured it.
        times: how often it was measured.
        gain: the logarithm of the expected rise of the highest expected utility.
    """

    row: Values
    experiment: str
    times: int
    gain: float


def better_again(belief: Belief, new: Values, chosen: Sequence[Values]) -> Replicate | None:
    """Return the measured row that is worth more than a new one, or None.

    Args:
        belief: about everything so far; with several objectives or levels of fidelity nothing is measured again.
        new: the row that would be measured instead.
        chosen: rows chosen earlier in the same batch.
    """
    model, context = belief.models[0], belief.context
    if len(belief.models) > 1 or not model.exact:
        return None
    open_rows = _measured(belief, chosen)
    if not open_rows:
        return None
    rows = [context.space.pinned(seen[0].asked_at) for seen in open_rows]
    known = np.unique(context.space.features(context.answers), axis=0)
    if context.policy.fifth and len(rows) > LEADERS:
        places = _leading(belief, context.space.features(rows))
        open_rows, rows = [open_rows[place] for place in places], [rows[place] for place in places]
        known = known[_leading(belief, known)]
    everything = [*rows, new]
    features = context.space.features(everything)
    found = lines(model, known, features, model.predict(features))
    gains = log_knowledge_gradient(found, context.objectives[0])
    if context.policy.fifth:
        gains[-1] = np.logaddexp(gains[-1], _sure_rise(found.levels[-1], context.objectives[0]))
    gains = gains + np.log(belief.feasibility.probability(features))
    values = gains + belief.adjustment(everything)
    best = int(values[:-1].argmax())
    if not values[best] > values[-1]:
        return None
    return Replicate(rows[best], open_rows[best][0].experiment, len(open_rows[best]), float(gains[best]))


def _sure_rise(means: Array, objective: Objective) -> float:
    """Return the logarithm of what a new row is believed to be better than all measured ones, before it is measured.

    Where a model is sure of it nothing is learned by measuring it, but something is won; that earlier revisions forgot.

    Args:
        means: of the measured rows, then of the new one.
        objective: what is wanted.
    """
    *known, own = utilities(means, objective).tolist()
    return math.log(own - max(known)) if own > max(known) else -math.inf


def _leading(belief: Belief, columns: Array) -> NDArray[np.int64]:
    """Return the places of the ``n x d`` columns that are believed to be the best, ascending."""
    found = [belief.models[0].predict(columns[at : at + _CHUNK]).mean for at in range(0, len(columns), _CHUNK)]
    gains = utilities(np.concatenate([np.empty(0), *found]), belief.context.objectives[0])
    return np.sort(np.argsort(-gains, kind="stable")[:LEADERS])


def _measured(belief: Belief, chosen: Sequence[Values]) -> list[list[Observation]]:
    """Return the rows that may be measured again, each with its measurements."""
    context = belief.context
    space = context.space
    closed = context.closed(chosen)
    found: dict[str, list[Observation]] = {}
    for seen in context.training:
        found.setdefault(row_key(space.pinned(seen.asked_at)), []).append(seen)
    wanted = [
        seen
        for key, seen in found.items()
        if key not in closed and len(seen) < MOST and not space.problems(space.pinned(seen[0].asked_at))
    ]
    affords = context.affords([space.pinned(seen[0].asked_at) for seen in wanted], chosen)
    return [seen for seen, affordable in zip(wanted, affords, strict=True) if affordable]

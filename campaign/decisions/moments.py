"""Moments: when an advisor is asked, as a pure function of the record.

What was asked is on record, so no moment comes twice, in this session or in a later one. At most one call is made after
each number of results, but for a person's word.
"""

from __future__ import annotations

import math

from zosimos.campaign.definition.advisor import AdvisorSpec
from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.record import standing
from zosimos.campaign.record.advisor_calls import Moment
from zosimos.campaign.record.state import State
from zosimos.core.objective import Objective
from zosimos.core.records import Observation

IN_A_ROW = 3
"""Calls in a row that brought nothing but a problem: then nobody is asked any more but on a person's word."""
_INTERVAL = 2.5758  # standard deviations: 99 % of a normal distribution lies within
_CHANGES = ("drift", "trend", "noise")


def wish(state: State) -> int:
    """Return the number of the first call that a person wishes for and that was not made yet; 0: there is none."""
    return next((place for place, call in enumerate(state.calls, 1) if call.status == "wanted"), 0)


def due(state: State) -> Moment | None:
    """Return why the advisor is to be asked now, limits aside; None: it is not."""
    spec, seen = state.spec.advisor, len(state.observations)
    if spec is None or state.status != "active":
        return None
    if wish(state):
        return "word"
    if tired(state) or any(call.seen == seen for call in state.calls if call.moment != "word"):
        return None
    if spec.when.start and not state.decisions:
        return "start"
    if spec.when.drift and _changed(state):
        return "drift"
    if spec.when.surprise and _surprised(state):
        return "surprise"
    if spec.when.plateau is not None and _level(state, spec.when.plateau):
        return "plateau"
    if spec.when.every is not None and seen // spec.when.every > _last(state, "every") // spec.when.every:
        return "every"
    return None


def used_up(state: State, spec: AdvisorSpec) -> str:
    """Return in words which limit on calls is reached; empty: none."""
    limits, made = spec.limits, [call for call in state.calls if call.status != "wanted"]
    tokens = sum(sum(call.tokens.values()) for call in made)
    if len(made) >= limits.calls:
        return f"the advisor was asked {len(made)} times (advisor.limits.calls: {limits.calls})"
    if limits.tokens is not None and tokens >= limits.tokens:
        return f"the advisor has used {tokens} tokens (advisor.limits.tokens: {limits.tokens})"
    if limits.cost is None:
        return ""
    unknown = [call for call in made if call.tokens and call.cost is None]
    if unknown:
        return f"no price is known for {unknown[0].author}, so advisor.limits.cost cannot be kept"
    cost = math.fsum(call.cost or 0.0 for call in made)
    return f"the advisor has cost {cost:.4g} $ (advisor.limits.cost: {limits.cost:g})" if cost >= limits.cost else ""


def tired(state: State) -> bool:
    """Say whether the last calls brought nothing but problems."""
    last = [call for call in state.calls if call.status != "wanted"][-IN_A_ROW:]
    return len(last) == IN_A_ROW and all(call.status == "problem" for call in last)


def since_gain(state: State) -> int:
    """Return how many results in a row were no better than the best before by more than their noise.

    With several objectives: how many did not improve the best of any.
    """
    objectives = build_objectives(state.spec)
    if len(objectives) > 1:
        return standing.idle(state)
    best, count = -math.inf, 0
    for found in state.counting():
        gained, best = _gain(found, objectives[0], best)
        count = 0 if gained else count + 1
    return count


def _gain(seen: Observation, objective: Objective, best: float) -> tuple[bool, float]:
    found = seen.measurements.get(objective.name)
    if seen.failed or found is None or not found.trains:
        return False, best
    utility = objective.utility(found.value)
    noise = found.uncertainty or 0.0
    return utility > best + noise, max(best, utility)


def _level(state: State, length: int) -> bool:
    """Say whether there is a plateau that was not asked about in its last so many results."""
    return since_gain(state) >= length and len(state.observations) - _last(state, "plateau") >= length


def _changed(state: State) -> bool:
    last = max((call.seen for call in state.calls if call.moment == "drift"), default=-1)
    return any(notice.kind in _CHANGES and notice.seen > last for notice in state.notices)


def _surprised(state: State) -> bool:
    """Say whether a result since the advisor was asked last lies outside the 99 % interval of its prediction."""
    first = max((call.seen for call in state.calls if call.status != "wanted"), default=0)
    names = [objective.name for objective in build_objectives(state.spec)]
    new = [seen for seen in state.observations[first:] if seen.experiment not in state.retracted]
    return any(surprising(seen, name) for seen in new for name in names)


def surprising(seen: Observation, name: str) -> bool:
    """Say whether an outcome lies outside the 99 % interval of its prediction."""
    found, said = seen.measurements.get(name), seen.predictions.get(name)
    if found is None or said is None:
        return False
    return abs(found.value - said.mean) > _INTERVAL * said.scale * math.hypot(said.total, found.uncertainty or 0.0)


def _last(state: State, moment: Moment) -> int:
    return max((call.seen for call in state.calls if call.moment == moment), default=0)

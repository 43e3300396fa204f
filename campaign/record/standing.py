"""Standing: what is kept of all results so far, so that nobody needs to go over them again.

The best experiments, whether the goals are reached, how long nothing got better, what was spent, what is still to be
measured: each is taken on from the last result it has seen, in order, and begins again when the spec is steered, or
when an earlier result is corrected, retracted or completed. It is worked out when somebody asks and stored with a
snapshot; it says the same whether or not there was one. Sums are kept as exact fractions, so that they are what
:func:`math.fsum` makes of all terms at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.definition.counting import Counting
from zosimos.campaign.record.experiment import WAITING
from zosimos.campaign.record.results import awaited, half_done, teaching
from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.ranking import by_tier, dominates, merit, standing
from zosimos.core.records import Observation

if TYPE_CHECKING:
    from zosimos.campaign.record.state import State
    from zosimos.planners.goal.cost import Account, Costs


@dataclass
class Front:
    """The experiments that no other dominates, by id with their utilities, and the range of all utilities.

    ``good`` is the same among those that meet every threshold.
    """

    version: int = 0
    seen: int = 0
    members: dict[str, list[float]] = field(default_factory=dict)
    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    good: Front | None = None


@dataclass
class Reached:
    """The first result that met all goals, in words, and the best outcome of the first objective that has a goal."""

    version: int = 0
    seen: int = 0
    words: str = ""
    best: float | None = None


@dataclass
class Idle:
    """The best merit of each objective, and the results that counted since the last that was better."""

    version: int = 0
    seen: int = 0
    best: dict[str, list[float]] = field(default_factory=dict)
    since: int = 0


@dataclass
class Spent:
    """What the experiments up to the first that waits to begin have taken, in exact sums written as fractions."""

    version: int = 0
    seen: int = 0
    count: int = 0
    cost: str = "0"
    changes: str = "0"
    used: dict[str, str] = field(default_factory=dict)
    before: Values | None = None


@dataclass
class Awaited:
    """What is still to be measured of experiments that have some of their outcomes, by id."""

    version: int = 0
    seen: int = 0
    outcomes: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Standing:
    """All that is kept of the results of one campaign."""

    front: Front = field(default_factory=Front)
    reached: Reached = field(default_factory=Reached)
    idle: Idle = field(default_factory=Idle)
    spent: Spent = field(default_factory=Spent)
    awaited: Awaited = field(default_factory=Awaited)


def front(state: State) -> list[str]:
    """Return the ids of the experiments that no other dominates, the best first.

    With one objective, or with tiers, these are all of the best, ties included. With trade-offs the order is that of
    the summed utilities, each scaled to [0, 1] over all results; ties keep theirs. Where some results meet every
    threshold, the others do not count.
    """
    found = state.kept.front
    if found.version != state.spec_version:
        found = state.kept.front = Front(state.spec_version)
    if found.seen < len(state.observations):
        objectives, counting = build_objectives(state.spec), Counting(state.spec)
        tiers = by_tier(objectives)
        for observation in _since(state, found.seen):
            if counting.result(observation):
                _join(found, objectives, tiers, observation)
        found.seen = len(state.observations)
    best = found.good or found
    if len(best.lows) < 2:
        return list(best.members)
    spans = [(high - low) or 1.0 for low, high in zip(best.lows, best.highs, strict=True)]
    return sorted(best.members, key=lambda name: -_score(best.members[name], best.lows, spans))


def _since(state: State, place: int) -> Iterator[Observation]:
    """Yield the observations from a place on that count, in the space as it is."""
    lens = state.lens
    counting = (seen for seen in state.observations.since(place) if seen.experiment not in state.retracted)
    return map(lens.observation, counting)


def _score(utilities: Sequence[float], lows: Sequence[float], spans: Sequence[float]) -> float:
    return math.fsum((u - low) / span for u, low, span in zip(utilities, lows, spans, strict=True))


def _join(
    found: Front,
    objectives: Sequence[Objective],
    tiers: Sequence[Objective],
    observation: Observation,
) -> None:
    measured = observation.measurements
    if not all(o.name in measured and measured[o.name].trains for o in objectives):
        return
    outcome = {o.name: measured[o.name].value for o in objectives}
    if tiers:
        met, utility = standing(tiers, outcome)
        _take(found, observation.experiment, [float(met), utility], in_order=True)
        return
    utilities = [o.utility(outcome[o.name]) for o in objectives]
    _take(found, observation.experiment, utilities)
    if all(o.counts(outcome[o.name]) for o in objectives):
        found.good = found.good or Front()
        _take(found.good, observation.experiment, utilities)


def _take(found: Front, name: str, utilities: list[float], *, in_order: bool = False) -> None:
    """Take an experiment into a front unless one of its members dominates it; ``in_order``: the first number first."""
    if not in_order:
        found.lows = [min(pair) for pair in zip(found.lows or utilities, utilities, strict=True)]
        found.highs = [max(pair) for pair in zip(found.highs or utilities, utilities, strict=True)]
    if in_order or len(utilities) == 1:  # all members are as good as each other
        best = next(iter(found.members.values()), utilities)
        if utilities > best:
            found.members = {}
        if utilities >= best:
            found.members[name] = utilities
        return
    if not any(dominates(other, utilities) for other in found.members.values()):
        found.members = {one: other for one, other in found.members.items() if not dominates(utilities, other)}
        found.members[name] = utilities


def meets(objective: Objective, observation: Observation, goal: float) -> bool:
    """Say whether what was measured meets a goal: at least as good as it, or as near to the target."""
    measurement = observation.measurements.get(objective.name)
    if measurement is None or not measurement.trains:
        return False
    if objective.goal == "target":
        # goal: target is met within the stated distance
        return abs(measurement.value - (objective.target or 0.0)) <= goal
    return objective.utility(measurement.value) >= objective.utility(goal)


def reached(state: State) -> Reached:
    """Return the first result that meets all goals of the spec, and the best outcome of the first that has one."""
    found = state.kept.reached
    if found.version != state.spec_version:
        found = state.kept.reached = Reached(state.spec_version)
    if found.seen == len(state.observations):
        return found
    goals = {name: float(value) for name, value in state.spec.stop.reach.items()}
    wanted, counting = build_objectives(state.spec), Counting(state.spec)
    objectives = [objective for objective in wanted if objective.name in goals]
    for observation in filter(counting.result, _since(state, found.seen)) if objectives else ():
        if half_done(observation, wanted):
            continue
        measurement = observation.measurements.get(objectives[0].name)
        if measurement is not None and measurement.trains:
            utility = objectives[0].utility
            if found.best is None or utility(measurement.value) > utility(found.best):
                found.best = measurement.value
        met = all(meets(objective, observation, goals[objective.name]) for objective in objectives)
        if met and not found.words:
            words = ", ".join(f"{name} {observation.measurements[name].value:g}" for name in goals)
            found.words = f"the goal is reached by {observation.experiment}: {words}"
    found.seen = len(state.observations)
    return found


def idle(state: State) -> int:
    """Return how many results came after the last one that improved the best merit of any objective."""
    found = state.kept.idle
    if found.version != state.spec_version:
        found = state.kept.idle = Idle(state.spec_version)
    if found.seen < len(state.observations):
        objectives, counting = build_objectives(state.spec), Counting(state.spec)
        for observation in _since(state, found.seen):
            if counting.result(observation) and not half_done(observation, objectives):
                found.since = 0 if improved(found.best, objectives, observation) else found.since + 1
        found.seen = len(state.observations)
    return found.since


def awaiting(state: State) -> Mapping[str, Sequence[str]]:
    """Return what is still to be measured of experiments that have some of their outcomes, by id and in order."""
    found = state.kept.awaited
    if found.version != state.spec_version:
        found = state.kept.awaited = Awaited(state.spec_version)
    if found.seen < len(state.observations):
        objectives = build_objectives(state.spec)
        for observation in _since(state, found.seen):
            missing = [] if observation.failed else awaited(observation.measurements, objectives)
            if missing:
                found.outcomes[observation.experiment] = missing
        found.seen = len(state.observations)
    return found.outcomes


def improved(best: dict[str, list[float]], objectives: Sequence[Objective], observation: Observation) -> bool:
    """Take a result into the best merits by objective, and say whether it improved any."""
    values, better = teaching(observation.measurements), False
    for objective in objectives:
        merits = merit(objective, objectives, values)
        if merits is not None and (objective.name not in best or list(merits) > best[objective.name]):
            best[objective.name], better = list(merits), True
    return better


def spent(state: State, costs: Costs) -> Account:
    """Return what the experiments that have begun cost and used up; ``costs`` are those of the spec as it stands."""
    from zosimos.planners.goal.cost import Account

    found = state.kept.spent
    if found.version != state.spec_version:
        found = state.kept.spent = Spent(state.spec_version, used={item.name: "0" for item in costs.stock})
    sums, lens = _Sums(found), state.lens
    waits = False
    for experiment in state.experiments.values_from(found.seen):
        if experiment.status in WAITING:
            if not waits:
                sums.onto(found)
            waits = True
        elif experiment.decision and (experiment.status != "cancelled" or experiment.started_at):
            sums.take(costs, lens.row(experiment.ran_at))
        if not waits:
            found.seen += 1
    if not waits:
        sums.onto(found)
    used = {name: float(total) for name, total in sums.used.items()}
    return Account(sums.count, float(sums.cost) + float(sums.changes), used, sums.before)


class _Sums:
    """The sums of :class:`Spent` while they are added to."""

    def __init__(self, found: Spent) -> None:
        self.count, self.before = found.count, found.before
        self.cost, self.changes = Fraction(found.cost), Fraction(found.changes)
        self.used = {name: Fraction(text) for name, text in found.used.items()}

    def take(self, costs: Costs, row: Values) -> None:
        alone = costs.account((row,))
        self.count += 1
        self.cost += Fraction(alone.cost)
        if self.before is not None:
            self.changes += Fraction(float(costs.changing([row], self.before)[0]))
        for name, amount in alone.used.items():
            self.used[name] += Fraction(amount)
        self.before = row

    def onto(self, found: Spent) -> None:
        found.count, found.before = self.count, self.before
        found.cost, found.changes = str(self.cost), str(self.changes)
        found.used = {name: str(total) for name, total in self.used.items()}


def caught_up(state: State) -> Mapping[str, object]:
    """Return all that is kept, up to date as far as the spec asks for it, to be stored with a snapshot."""
    front(state)
    awaiting(state)
    if state.spec.stop.reach:
        reached(state)
    if state.spec.stop.no_improvement is not None:
        idle(state)
    if state.spec.costs is not None or state.spec.stock:
        from zosimos.campaign.definition.costs import build_costs

        spec = state.spec
        costs = build_costs(spec.costs, spec.stock, spec.budget.cost, spec.budget.experiments, spec.spoken)
        if costs is not None:
            spent(state, costs)
    return vars(state.kept)

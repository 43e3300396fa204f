"""Stopping: the reasons to end a campaign, each in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from zosimos.campaign.decisions.budget import used_up
from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.definition.counting import Counting
from zosimos.campaign.definition.fields import settled
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.record import standing
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.results import half_done
from zosimos.campaign.record.state import State
from zosimos.core.records import Observation
from zosimos.planners.advice import Explore, Prior


def room(state: State, budget: int | None = None) -> int:
    """Return how many more experiments a budget (default: the campaign's) allows, those already chosen counted in."""
    budget = state.spec.budget.experiments if budget is None else budget
    chosen = sum(1 for experiment in state.active.values() if experiment.status != "running")
    return max(0, budget - state.used - chosen)


@dataclass(frozen=True)
class StopReason:
    """Why a campaign ends, in words, and a setting of the spec that would let it go on."""

    words: str
    setting: str


def stop_reason(state: State, now: datetime) -> StopReason | None:
    """Return why the campaign should end now, or None. Experiments under way are still finished."""
    spec = state.spec
    reached = _reached(state)
    if reached is not None:
        return StopReason(reached, _farther(state))
    if state.used >= spec.budget.experiments:
        reason = f"the budget of {spec.budget.experiments} experiments is used up"
        return StopReason(reason, f"budget.experiments={spec.budget.experiments + 10}")
    spent = used_up(state)
    if spent is not None:
        return StopReason(spent, f"budget.cost={1.5 * (spec.budget.cost or 0.0):g}")
    if spec.budget.time is not None and state.running_since:
        passed = state.since(state.running_since, now)
        if passed >= spec.budget.time:
            return StopReason(f"the time of {spec.budget.time:g} s is used up", f"budget.time={1.5 * passed:.0f}")
    if spec.stop.no_improvement is not None:
        idle = experiments_since_best(state)
        if idle >= spec.stop.no_improvement:
            return StopReason(f"no better result in the last {idle} experiments", f"stop.no_improvement={idle + 10}")
    return _little_to_gain(state) or _little_regret(state)


def _farther(state: State) -> str:
    """Return the setting that asks for more than was reached: a tenth beyond the best, half as far from a target."""
    goals = state.spec.stop.reach
    objective = next(objective for objective in build_objectives(state.spec) if objective.name in goals)
    if objective.goal == "target":
        return f"stop.reach.{objective.name}={float(goals[objective.name]) / 2.0:.3g}"
    best = standing.reached(state).best or 0.0
    step = 0.1 * abs(best) or 1.0
    return f"stop.reach.{objective.name}={best + step if objective.goal == 'max' else best - step:.4g}"


def _little_to_gain(state: State) -> StopReason | None:
    """Say so if even the experiment of the highest gain is expected to gain less than it should.

    That is the one chosen next, or one that was left for what others tell.
    """
    limit = settled(state.spec.stop.expected_gain)
    waiting = (e for e in state.active.values() if e.status != "running" and e.id not in state.outdated)
    judged = [e for e in waiting if e.candidate.origin == "bayesian" and _gain(e) > -math.inf]
    if limit is None or not judged or state.spec.planner.acquisition != "improvement" or _leaned(state, judged):
        return None
    gain = max(math.exp(_gain(experiment)) for experiment in judged)
    if gain >= limit:
        return None
    reason = f"the best experiment left is expected to gain {gain:.2g}, less than {limit:g}"
    return StopReason(reason, f"stop.expected_gain={gain / 2.0:.2g}")


def _leaned(state: State, judged: Sequence[Experiment]) -> bool:
    """Say whether advice leans the choice, or did: what comes next is then not what is expected to gain most."""
    decided_on = {name for experiment in judged for name in experiment.advice}
    told = [*state.in_force(), *(state.advice[name].advice for name in decided_on)]
    return any(isinstance(item, Prior | Explore) for given in told for item in given.items)


def _little_regret(state: State) -> StopReason | None:
    """Say so if no row that was not tried can be much better than the best, as the latest decision's models see it."""
    limit, forecast = settled(state.spec.stop.regret), state.forecast
    if limit is None or forecast is None or forecast.regret is None or forecast.regret >= limit:
        return None
    bound = f"by more than {forecast.regret:.2g}" if forecast.regret else "at all"
    reason = f"no untried experiment is expected to be better than the best {bound} (upper bound; asked: {limit:g})"
    return StopReason(reason, f"stop.regret={forecast.regret / 2.0:.2g}")


def _gain(experiment: Experiment) -> float:
    """Return the logarithm of the gain expected when one was chosen, of it or of any row; -inf: unknown."""
    known = (experiment.candidate.gain_left, experiment.candidate.acquisition)
    return next((gain for gain in known if gain is not None), -math.inf)


def _reached(state: State) -> str | None:
    goals = {name: float(value) for name, value in state.spec.stop.reach.items()}
    if not goals or not state.observations:
        return None
    if state.spec.stop.confidence is not None:
        return _surely_reached(state, goals)
    return standing.reached(state).words or None


def _surely_reached(state: State, goals: Mapping[str, float]) -> str | None:
    """Say so if the models of the latest decision are sure enough that the goals are met in truth, noise aside."""
    forecast, wanted = state.forecast, state.spec.stop.confidence or 0.0
    if forecast is None or forecast.reached is None or forecast.reached < wanted:
        return None
    measurements = state.experiments[forecast.experiment].measurements
    words = ", ".join(f"{name} {measurements[name].value:g}" for name in goals)
    return (
        f"the goal is reached by {forecast.experiment}: {words}; its true value meets it with a probability of "
        f"{forecast.reached:.1%} (wanted: {wanted:.1%})"
    )


def experiments_since_best(state: State) -> int:
    """Return how many observations came after the last one that improved the best utility of any objective."""
    return standing.idle(state)


def improvements(spec: CampaignSpec, observations: Iterable[Observation]) -> Iterator[Observation]:
    """Yield the observations that raised the best utility of any objective when they came.

    With tiers it is the best standing that rises.
    """
    objectives, counting = build_objectives(spec), Counting(spec)
    best: dict[str, list[float]] = {}
    for observation in observations:
        complete = counting.result(observation) and not half_done(observation, objectives)
        if complete and standing.improved(best, objectives, observation):
            yield observation

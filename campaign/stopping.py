"""Stopping: the reasons to end a campaign, each in words."""

from __future__ import annotations

import math
from datetime import datetime

from zosimos.campaign.experiment import Experiment
from zosimos.campaign.spec.build import build_objectives
from zosimos.campaign.spec.model import CampaignSpec
from zosimos.campaign.state import State
from zosimos.core.objective import Objective
from zosimos.core.records import Observation


def room(state: State) -> int:
    """Return how many more experiments the budget allows, those already chosen counted in."""
    chosen = sum(1 for experiment in state.active.values() if experiment.status != "running")
    return max(0, state.spec.budget.experiments - state.used - chosen)


def stop_reason(state: State, now: datetime) -> str | None:
    """Return why the campaign should end now, or None. Experiments under way are still finished."""
    spec = state.spec
    reached = _reached(state)
    if reached is not None:
        return reached
    if state.used >= spec.budget.experiments:
        return f"the budget of {spec.budget.experiments} experiments is used up"
    if spec.budget.time is not None and state.running_since:
        passed = (now - datetime.fromisoformat(state.running_since)).total_seconds()
        if passed >= spec.budget.time:
            return f"the time of {spec.budget.time:g} s is used up"
    if spec.stop.no_improvement is not None:
        idle = experiments_since_best(state)
        if idle >= spec.stop.no_improvement:
            return f"no better result in the last {idle} experiments"
    return _little_to_gain(state)


def _little_to_gain(state: State) -> str | None:
    """Say so if even the best experiment left, the one chosen next, is expected to gain less than it should."""
    limit = state.spec.stop.expected_gain
    judged = [e for e in state.active.values() if e.status != "running" and _gains(e)]
    if limit is None or not judged or state.spec.planner.acquisition != "improvement":
        return None
    gain = max(math.exp(experiment.candidate.acquisition or 0.0) for experiment in judged)
    if gain >= limit:
        return None
    return f"the best experiment left is expected to gain {gain:.2g}, less than {limit:g}"


def _gains(experiment: Experiment) -> bool:
    candidate = experiment.candidate
    return candidate.origin == "bayesian" and candidate.acquisition is not None


def _reached(state: State) -> str | None:
    goals = {name: float(value) for name, value in state.spec.stop.reach.items()}
    if not goals or not state.observations:
        return None
    objectives = [objective for objective in build_objectives(state.spec) if objective.name in goals]
    # Only the newest result can be the one that meets the goal, unless the goal itself was steered.
    recent = state.observations if state.steerings else state.observations[-1:]
    for observation in recent:
        if all(_meets(objective, observation, goals[objective.name]) for objective in objectives):
            words = ", ".join(f"{name} {observation.measurements[name].value:g}" for name in goals)
            return f"the goal is reached by {observation.experiment}: {words}"
    return None


def _meets(objective: Objective, observation: Observation, goal: float) -> bool:
    measurement = observation.measurements.get(objective.name)
    if measurement is None or not measurement.trains:
        return False
    if objective.goal == "target":
        # goal: target is met within the stated distance
        return abs(measurement.value - (objective.target or 0.0)) <= goal
    return objective.utility(measurement.value) >= objective.utility(goal)


def experiments_since_best(state: State) -> int:
    """Return how many observations came after the last one that improved the best utility of any objective."""
    return len(state.observations) - last_improvement(state.spec, state.observations)


def last_improvement(spec: CampaignSpec, observations: list[Observation]) -> int:
    """Return how many observations there were when the best utility of any objective last rose (0: never)."""
    objectives = build_objectives(spec)
    best = dict.fromkeys(spec.objectives, float("-inf"))
    last = 0
    for count, observation in enumerate(observations, start=1):
        for objective in objectives:
            measurement = observation.measurements.get(objective.name)
            if measurement is None or not measurement.trains:
                continue
            utility = objective.utility(measurement.value)
            if utility > best[objective.name]:
                best[objective.name], last = utility, count
    return last

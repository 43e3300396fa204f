"""The ways to plan that are compared, and what the runs of each depend on."""

from __future__ import annotations

from pathlib import Path

from planning.entrants import OURS, source_digest, version_key
from planning.ours import Ours

from surfaces.problems import Problem
from zosimos.planners.goal.goal import Goal
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import Planner

_HERE = Path(__file__).resolve().parent
BOTORCH, RANDOM = "botorch", "random"
WAYS = (OURS, BOTORCH, RANDOM)


def make(way: str, problem: Problem, seed: int) -> Planner:
    """Return a planner that knows nothing yet; the start is given to it."""
    if way == OURS:
        return Ours(Goal(problem.space, (problem.objective,)), Policy(start=problem.start), seed=seed)
    if way == RANDOM:
        chance = Policy(start=problem.start, shares={"random": 1.0})
        return Ours(Goal(problem.space, (problem.objective,)), chance, seed=seed)
    from surfaces.botorch_way import BoTorchWay  # imports torch

    return BoTorchWay(problem, seed)


def version_of(way: str) -> str:
    """Return what a way's runs depend on: the problems and the play, and ours on our planning rooms, too."""
    shared = [_HERE / "problems.py", _HERE / "play.py"]
    if way == BOTORCH:
        from importlib.metadata import version

        return f"{source_digest([*shared, _HERE / 'botorch_way.py'])} {version('botorch')}"
    return f"{source_digest(shared)} {version_key(OURS)}"

"""The ways to plan that are compared, and what the runs of each depend on."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import planning.ours
from planning.entrants import source_digest, version_key
from planning.grid import ENTRANTS, OURS, Setting
from planning.ours import Ours

from surfaces.problems import Problem
from zosimos.planners.goal.goal import Goal
from zosimos.planners.protocol import Planner

_HERE = Path(__file__).resolve().parent
BOTORCH, RANDOM = "botorch", "random"
_RANDOM = Setting({"shares": {"random": 1.0}})
WAYS = (*ENTRANTS, BOTORCH, RANDOM)  # ours with each setting of the grid


def make(way: str, problem: Problem, seed: int) -> Planner:
    """Return a planner that knows nothing yet; the points to begin with are given to it."""
    if way == BOTORCH:
        from surfaces.botorch_way import BoTorchWay  # torch: seconds

        return BoTorchWay(problem, seed)
    setting = _RANDOM if way == RANDOM else ENTRANTS[way]
    goal = Goal(problem.space, (problem.objective,))
    return Ours(goal, setting.made(problem.start), seed=seed, budget=problem.evaluations)


def version_of(way: str) -> str:
    """Return what a way's runs depend on: problems and play, and BoTorch's version or our planning rooms' source."""
    shared = [_HERE / "problems.py", _HERE / "play.py"]
    if way == BOTORCH:
        return f"{source_digest([*shared, _HERE / 'botorch_way.py'])} {version('botorch')}"
    shared += [_HERE / "ways.py", Path(planning.ours.__file__)]
    return f"{source_digest(shared)} {version_key(OURS if way == RANDOM else way)}"

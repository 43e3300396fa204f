"""Fidelity: a cheap approximation beside the true function, at a tenth of its cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from botorch.test_functions.multi_fidelity import AugmentedBranin, AugmentedHartmann
from numpy.typing import NDArray
from planning.ours import Ours
from tasks.play import World, play
from tasks.task import Task, Trace

from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Parameter, Values
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.knowledge import Fidelity
from zosimos.planners.policy import Policy

Function = Callable[[NDArray[np.float64]], float]

METHOD, CHEAP, TRUE = "method", "cheap", "true"
COSTS = {CHEAP: 0.1, TRUE: 1.0}
_BUDGET = 50.0
_GOAL = Objective("value", "min")


@dataclass(frozen=True)
class Pair:
    """A function to minimise with its cheap approximation; ``aim`` is the value that is good enough."""

    bounds: tuple[tuple[float, float], ...]
    true: Function
    cheap: Function
    aim: float

    def space(self, *levels: str) -> SearchSpace:
        """Return the space, with a method to choose where there are levels."""
        knobs: list[Parameter] = [Continuous(f"x{i}", *bound) for i, bound in enumerate(self.bounds, start=1)]
        return SearchSpace((*knobs, Categorical(METHOD, levels)) if levels else tuple(knobs))

    def point(self, row: Values) -> NDArray[np.float64]:
        """Return a row's numbers."""
        return np.array([float(row[f"x{i}"]) for i in range(1, len(self.bounds) + 1)])


def fidelity_run(pair: Pair, both: bool, seed: int) -> Trace:
    """Play one run with both levels, or with the true function alone."""
    space = pair.space(CHEAP, TRUE) if both else pair.space()

    def measure(row: Values, _: np.random.Generator) -> dict[str, float]:
        function = pair.cheap if row.get(METHOD) == CHEAP else pair.true
        return {_GOAL.name: function(pair.point(row))}

    def quality(rows: Sequence[Values]) -> float:
        return max((-pair.true(pair.point(row)) for row in rows if row.get(METHOD) != CHEAP), default=-math.inf)

    def cost(row: Values, _: Values | None) -> float:
        return COSTS[str(row.get(METHOD, TRUE))]

    world = World(space, (_GOAL,), measure, quality, -pair.aim, _BUDGET, cost)
    goal = Goal(space, (_GOAL,), fidelity=Fidelity(METHOD, COSTS) if both else None)
    return play(world, Ours(goal, Policy(), seed=seed), [], seed=seed)


@cache
def pairs() -> dict[str, Pair]:
    """Return the functions by name.

    Branin (within 0.1 of its minimum) and Hartmann-6 (within 0.3) at fidelity 0 and 1 as BoTorch has them (Wu et al.
    2020, arXiv 1903.04703); Currin (within 0.1) with the approximation of Xiong et al. 2013, Technometrics 55.
    """
    branin, hartmann = AugmentedBranin(), AugmentedHartmann()
    return {
        "branin": Pair(((-5, 10), (0, 15)), _at(branin, 1.0), _at(branin, 0.0), 0.397887 + 0.1),
        "hartmann6": Pair(((0, 1),) * 6, _at(hartmann, 1.0), _at(hartmann, 0.0), -3.32237 + 0.3),
        "currin": Pair(((0, 1), (0, 1)), lambda x: -currin(*x), lambda x: -_smeared_currin(*x), -13.798722 + 0.1),
    }


def currin(a: float, b: float) -> float:
    """Return Currin's exponential function (Currin et al. 1988), largest at 13.7987."""
    damped = 1.0 if b <= 0.0 else 1.0 - math.exp(-0.5 / b)
    return damped * (2300 * a**3 + 1900 * a**2 + 2092 * a + 60) / (100 * a**3 + 500 * a**2 + 4 * a + 20)


def _smeared_currin(a: float, b: float) -> float:
    low = max(0.0, b - 0.05)
    return 0.25 * sum(currin(a + da, bb) for da in (-0.05, 0.05) for bb in (b + 0.05, low))


def _at(function: torch.nn.Module, fidelity: float) -> Function:
    def value(x: NDArray[np.float64]) -> float:
        return float(function(torch.tensor([*x, fidelity], dtype=torch.double)))

    return value


def run(folder: Path, variant: str, entrant: str, seed: int) -> Trace:
    """Play one run."""
    del folder
    return fidelity_run(pairs()[variant], entrant == "zosimos", seed)


TASK = Task(
    name="fidelity",
    about="a cheap approximation at a tenth of the cost; cost in true evaluations until one is good enough, the "
    "planner's own start included, at most 50",
    variants=("branin", "hartmann6", "currin"),
    entrants={"zosimos": "own", "top_only": "own"},
    ours="zosimos",
    rivals=("top_only",),
    run=run,
)

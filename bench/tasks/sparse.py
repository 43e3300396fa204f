"""Many columns, few that matter: standard functions of 2 to 6 variables hidden among 20, 50 or 100.

Branin and Hartmann-6 in 50 columns are the usual tests of planners for many columns (Wang et al. 2016, arXiv 1301.1942;
Eriksson and Jankowiak 2021, arXiv 2103.00349); Friedman's function (1991, doi 10.1214/aos/1176347963) is the usual one
of a sum that few columns enter. Which columns matter is drawn again for each seed. The aim is what one uniform row in
10,000 reaches: random search needs 10,000 experiments on average.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from planning.ours import Ours
from tasks.play import World, play, random_rows
from tasks.task import Task, Trace

from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous, Values
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import Planner

Array = NDArray[np.float64]

_START, _BUDGET = 10, 70
_GOAL = Objective("y", "max")

# Hartmann 1973, as in Surjanovic and Bingham's library of simulation experiments
_HEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])
_WIDTHS = np.array(
    [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)
_CENTRES = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def branin(x: Array) -> Array:
    """Return minus Branin's function at ``n x 2`` points of the unit square; at most -0.3979."""
    a, b = 15.0 * x[:, 0] - 5.0, 15.0 * x[:, 1]
    valley = b - 5.1 / (4.0 * np.pi**2) * a**2 + 5.0 / np.pi * a - 6.0
    return np.asarray(-(valley**2) - 10.0 * (1.0 - 1.0 / (8.0 * np.pi)) * np.cos(a) - 10.0)


def hartmann6(x: Array) -> Array:
    """Return Hartmann's function at ``n x 6`` points of the unit cube; at most 3.3224."""
    distances = np.einsum("kd,nkd->nk", _WIDTHS, (x[:, None] - _CENTRES) ** 2)
    return np.asarray(np.exp(-distances) @ _HEIGHTS)


def friedman(x: Array) -> Array:
    """Return Friedman's function at ``n x 5`` points of the unit cube; at most 30."""
    wave, bowl = 10.0 * np.sin(np.pi * x[:, 0] * x[:, 1]), 20.0 * (x[:, 2] - 0.5) ** 2
    return np.asarray(wave + bowl + 10.0 * x[:, 3] + 5.0 * x[:, 4])


@dataclass(frozen=True)
class Hidden:
    """A function to maximise, how many variables it has, and what one uniform row in 10,000 reaches.

    The last comes from four million rows.
    """

    function: Callable[[Array], Array]
    active: int
    aim: float


FUNCTIONS = {
    "branin": Hidden(branin, 2, -0.4034),
    "hartmann6": Hidden(hartmann6, 6, 2.983),
    "friedman": Hidden(friedman, 5, 28.64),
}
"""What is hidden, by name."""

VARIANTS = {
    "branin_50": ("branin", 50),
    "hartmann6_50": ("hartmann6", 50),
    "friedman_50": ("friedman", 50),
    "hartmann6_20": ("hartmann6", 20),
    "hartmann6_100": ("hartmann6", 100),
    "friedman_100": ("friedman", 100),
}
"""The function and the number of columns of each variant."""


def world(variant: str, seed: int) -> World:
    """Return a function hidden in columns that the seed chooses."""
    name, count = VARIANTS[variant]
    hidden, columns = FUNCTIONS[name], [f"x{index:02d}" for index in range(count)]
    places = np.random.default_rng(derive_seed(seed, "columns")).permutation(count)[: hidden.active]
    names = [columns[place] for place in places]

    def truth(rows: Sequence[Values]) -> Array:
        return hidden.function(np.array([[float(row[name]) for name in names] for row in rows]))

    space = SearchSpace(tuple(Continuous(name, 0.0, 1.0) for name in columns))
    return World(
        space,
        (_GOAL,),
        lambda row, _: {_GOAL.name: float(truth([row])[0])},
        lambda rows: float(truth(rows).max()),
        hidden.aim,
        _BUDGET,
    )


def run(folder: Path, variant: str, entrant: str, seed: int) -> Trace:
    """Play one run; no table is needed."""
    del folder
    found = world(variant, seed)
    return play(found, _planner(entrant, found.space, seed), random_rows(found.space, _START, seed), seed=seed)


def _planner(entrant: str, space: SearchSpace, seed: int) -> Planner:
    if entrant == "botorch":
        from tasks.botorch_continuous import BoTorchContinuous

        return BoTorchContinuous(space, _GOAL, seed=seed)
    if entrant == "baybe":
        from zosimos.planners.adapters.baybe import BayBEPlanner

        return BayBEPlanner(space, [_GOAL], seed=seed)
    if entrant == "random":
        settings = Policy({"random": 1.0}, start=_START)
        return make_planner(Goal(space, (_GOAL,)), settings, seed=seed, sequence_seed=seed)
    return Ours(Goal(space, (_GOAL,)), Policy(start=_START), seed=seed)


TASK = Task(
    name="sparse",
    about="functions of 2 to 6 variables hidden among 20, 50 or 100, after 10 random rows; experiments until an "
    "outcome as good as the best of 10,000 random ones, at most 70",
    variants=tuple(VARIANTS),
    entrants={"zosimos": "own", "botorch": "own", "baybe": "peer", "random": "own"},
    ours="zosimos",
    rivals=("botorch", "baybe", "random"),
    run=run,
    outside=("botorch", "random"),
    parts=("play", "botorch_continuous"),
)

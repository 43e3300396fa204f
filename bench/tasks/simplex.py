"""Mixtures of few parts: ten to choose from, at most three in a recipe, each with a least amount.

Three fixed functions, to be made large. `blends`: a linear part and Scheffé's second-order blending terms, some good,
some bad (Scheffé 1958). `ternary`: the same with cubic terms, so that the best is a true mixture of three. `peaked`: a
smooth peak in descriptors that are averages over the recipe, as in models of alloys and liquids.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from planning.ours import Ours
from tasks.chance import Chance
from tasks.play import World, play, random_rows
from tasks.task import Task, Trace

from zosimos.core.constraints import Cardinality, Simplex
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous, Values
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import Planner

Array = NDArray[np.float64]

_PARTS = tuple(f"p{index}" for index in range(10))
_MOST, _LEAST = 3, 0.05
_START, _BUDGET = 4, 50
_PEER_ROWS = 4000  # that the row-wise peer chooses from
_RARE = 1e-3  # share of random recipes that meet the aim
_JUDGED = 20_000  # random recipes that fix the aim

_NUMBER = np.arange(1.0, 11.0)
_PURE = np.sin(1.7 * _NUMBER)  # what each part does alone
_PAIRS = np.triu(np.cos(2.3 * np.outer(_NUMBER, _NUMBER)), 1)  # what two do together
_FIRST, _SECOND = np.sin(2.1 * _NUMBER), np.cos(3.7 * _NUMBER)  # descriptors


def _blends(x: Array) -> float:
    return float(_PURE @ x + 4.0 * x @ _PAIRS @ x)


def _ternary(x: Array) -> float:
    triple = math.fsum(
        math.sin(1.3 * (i + 1) + 0.7 * (j + 1) + 2.9 * (k + 1)) * x[i] * x[j] * x[k]
        for i in range(10)
        for j in range(i + 1, 10)
        for k in range(j + 1, 10)
        if x[i] and x[j] and x[k]
    )
    return _blends(x) + 27.0 * triple


def _peaked(x: Array) -> float:
    a, b = float(_FIRST @ x), float(_SECOND @ x)
    return math.exp(-4.0 * ((a - 0.35) ** 2 + (b + 0.2) ** 2)) + 0.3 * float(_PURE @ x)


_FUNCTIONS: Mapping[str, Callable[[Array], float]] = {"blends": _blends, "ternary": _ternary, "peaked": _peaked}


def run(folder: Path, variant: str, entrant: str, seed: int) -> Trace:
    """Play one run; the data folder is not used."""
    del folder
    world = mixture(variant)
    start = random_rows(world.space, _START, seed)
    return play(world, _planner(entrant, world, start, seed), start, seed=seed)


@cache
def mixture(name: str) -> World:
    """Return a function of mixtures as a world."""
    function = _FUNCTIONS[name]
    parameters = tuple(Continuous(part, 0.0, 1.0) for part in _PARTS)
    space = SearchSpace(parameters, (Simplex(_PARTS), Cardinality(_PARTS, 1, _MOST, _LEAST)))

    def found(row: Values) -> float:
        return function(np.array([float(row[part]) for part in _PARTS]))

    values = sorted((found(row) for row in random_rows(space, _JUDGED, 0)), reverse=True)
    aim = values[math.ceil(_RARE * len(values)) - 1]
    return World(
        space,
        (Objective("value", "max"),),
        lambda row, _: {"value": found(row)},
        lambda rows: max(map(found, rows)),
        aim,
        _BUDGET,
    )


def _planner(entrant: str, world: World, start: Sequence[Values], seed: int) -> Planner:
    if entrant == "botorch":
        from tasks.botorch_peer import BoTorchPeer

        rows = [*start, *random_rows(world.space, _PEER_ROWS, seed + 1)]
        return BoTorchPeer(world.space, world.objectives, seed=seed, rows=rows)
    if entrant == "random":
        return Chance(world.space, _START, _BUDGET, seed)
    return Ours(Goal(world.space, world.objectives), Policy(start=_START), seed=seed)


TASK = Task(
    name="simplex",
    about=f"ten parts, at most {_MOST} in a recipe, each at least {_LEAST:g}, after {_START} random recipes; "
    f"experiments until a value that chance finds once in {1 / _RARE:.0f}, at most {_BUDGET}",
    variants=tuple(_FUNCTIONS),
    entrants={"zosimos": "own", "botorch": "own", "random": "own"},
    ours="zosimos",
    rivals=("botorch",),
    run=run,
    outside=("botorch", "random"),
    parts=("play", "chance", "botorch_peer"),
)

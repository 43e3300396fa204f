"""Failed experiments: learning where they fail, against only not repeating them.

`vapdiff_crystal`: a clear solution is a failed experiment (no crystal, nothing to score); fine powder, small and large
crystallites score 1, 2 and 3. Two in five rows fail and two in five are large, so that one large crystal is no aim:
the runs are to find ten. The synthetic problems have no value where their constraint is broken, and nobody is told of
the constraint.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from planning.ours import Ours
from tasks.chance import Chance
from tasks.play import World, play, random_rows
from tasks.task import Task, Trace

from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Parameter, Values
from zosimos.core.space import SearchSpace, row_key
from zosimos.core.table import read_table
from zosimos.planners.goal.goal import Goal
from zosimos.planners.policy import Policy

_START, _BUDGET = 4, 50
_SCORES = {"fine_powder": 1.0, "small_crystallites": 2.0, "large_crystallites": 3.0}
_LARGE = 10  # crystals of this many rows
_RARE = 1e-3  # share of the box that meets a synthetic aim: chance needs a thousand experiments
_GRID = 500  # points a side, to find the aim
_BAD = -1e9  # quality before anything was measured


@dataclass(frozen=True)
class _Hidden:
    """A function to be made small on ``[0, side]^2``, without a value where ``allowed`` is false."""

    value: Callable[[float, float], float]
    allowed: Callable[[float, float], bool]
    side: float


_FUNCTIONS: Mapping[str, _Hidden] = {
    # Sasena 2002, "mystery function"
    "mystery": _Hidden(
        lambda x, y: (
            2.0
            + 0.01 * (y - x * x) ** 2
            + (1.0 - x) ** 2
            + 2.0 * (2.0 - y) ** 2
            + 7.0 * math.sin(0.5 * x) * math.sin(0.7 * x * y)
        ),
        lambda x, y: -math.sin(x - y - math.pi / 8.0) <= 0.0,
        5.0,
    ),
    # Gardner et al. 2014, "Bayesian Optimization with Inequality Constraints", simulation 1
    "gardner": _Hidden(
        lambda x, y: math.cos(2.0 * x) * math.cos(y) + math.sin(x),
        lambda x, y: math.cos(x) * math.cos(y) - math.sin(x) * math.sin(y) <= 0.5,
        6.0,
    ),
}


def run(folder: Path, variant: str, entrant: str, seed: int) -> Trace:
    """Play one run."""
    world = _crystals(folder) if variant == "vapdiff_crystal" else hidden(variant)
    start = random_rows(world.space, _START, seed)
    if entrant == "random":
        return play(world, Chance(world.space, _START, _BUDGET, seed), start, seed=seed)
    settings = Policy(start=_START, failures="ignore" if entrant == "blind" else "learn")
    return play(world, Ours(Goal(world.space, world.objectives), settings, seed=seed), start, seed=seed)


@cache
def _crystals(folder: Path) -> World:
    """Return the crystallisations as a pool: the aim is ten rows with large crystals."""
    table = read_table(folder / "vapdiff_crystal.csv")
    names = [name for name in table.header if name != "crystal_score"]
    columns = {name: _column(table.column(name)) for name in names}
    rows: list[Values] = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    found = {row_key(row): text for row, text in zip(rows, table.column("crystal_score"), strict=True)}
    space = SearchSpace(tuple(_parameter(name, column) for name, column in columns.items()), pool=tuple(rows))

    def measure(row: Values, _: np.random.Generator) -> Mapping[str, float] | None:
        score = _SCORES.get(found[row_key(row)])
        return None if score is None else {"crystal": score}

    def quality(seen: Sequence[Values]) -> float:
        keys = {row_key(row) for row in seen}
        return float(sum(found[key] == "large_crystallites" for key in keys))

    return World(space, (Objective("crystal", "max"),), measure, quality, float(_LARGE), _BUDGET)


def _column(texts: Sequence[str]) -> list[str] | list[float]:
    try:
        return [float(text) for text in texts]
    except ValueError:
        return list(texts)


def _parameter(name: str, column: Sequence[str] | Sequence[float]) -> Parameter:
    numbers = [x for x in column if isinstance(x, float)]
    if numbers:
        return Continuous(name, min(numbers), max(numbers))
    return Categorical(name, tuple(sorted({str(x) for x in column})))


@cache
def hidden(name: str) -> World:
    """Return a synthetic problem as a world."""
    problem = _FUNCTIONS[name]
    sides = np.linspace(0.0, problem.side, _GRID)
    values = [problem.value(x, y) for x in sides.tolist() for y in sides.tolist() if problem.allowed(x, y)]
    limit = -sorted(values)[math.ceil(_RARE * _GRID**2) - 1]

    def found(row: Values) -> float | None:
        x, y = float(row["x"]), float(row["y"])
        return problem.value(x, y) if problem.allowed(x, y) else None

    def measure(row: Values, _: np.random.Generator) -> Mapping[str, float] | None:
        value = found(row)
        return None if value is None else {"value": value}

    def quality(rows: Sequence[Values]) -> float:
        return max((-value for value in map(found, rows) if value is not None), default=_BAD)

    space = SearchSpace((Continuous("x", 0.0, problem.side), Continuous("y", 0.0, problem.side)))
    return World(space, (Objective("value", "min"),), measure, quality, limit, _BUDGET)


TASK = Task(
    name="failures",
    about=f"experiments fail where nobody knows, after {_START} random rows; experiments until ten rows with large "
    f"crystals were found, or a value that chance finds once in {1 / _RARE:.0f} experiments; at most {_BUDGET}",
    variants=("vapdiff_crystal", *_FUNCTIONS),
    entrants={"zosimos": "own", "blind": "own", "random": "own"},
    ours="zosimos",
    rivals=("blind",),
    run=run,
    outside=("random",),
    parts=("play", "chance"),
)

"""Experiments that cost more or less: what is spent until the best is found, costs known to the planner or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from planning.ours import Ours
from planning.suites import SUITES, Source
from planning.tables import Pool, load
from tasks.batch import pool_world
from tasks.play import World, play, random_rows
from tasks.task import Task, Trace

from zosimos.core.expression import ColumnArray, Formula
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous, Values
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.goal.cost import Costs
from zosimos.planners.goal.goal import Goal
from zosimos.planners.policy import Policy

_BUDGET = 50  # times what an average experiment costs
_ARYLATION = Source("arylation_yield_cost.csv", "yield", "max", ("cost",))


@dataclass(frozen=True)
class Measured:
    """A cost for each row of a table: what was paid for it."""

    pool: Pool

    @cached_property
    def names(self) -> frozenset[str]:
        """The table's parameters."""
        return frozenset(self.pool.space.names)

    def column(self, columns: Mapping[str, ColumnArray]) -> NDArray[np.float64]:
        """Return the costs of rows."""
        names = self.pool.space.names
        rows = zip(*(columns[name] for name in names), strict=True)
        return np.array(
            [self.pool.outcomes[self.pool.places[row_key(dict(zip(names, row, strict=True)))]] for row in rows]
        )


@dataclass(frozen=True)
class Case:
    """A world, what its experiments cost, and how many random rows a run starts with."""

    world: World
    costs: Costs
    start: int


def _crossed_barrel(folder: Path) -> Case:
    """Barrels printed from ``n`` hollow columns: the cost is their cross-section (mm2, the factor pi left out)."""
    pool = load(folder, SUITES["pools"]["crossed_barrel"])
    return _tabled(pool, Costs(Formula("n * t * (2 * r - t)")))


def _direct_arylation(folder: Path) -> Case:
    """Ten minutes an experiment, half an hour to change the solvent, half a minute for each degree up or down."""
    pool = load(folder, SUITES["pools"]["direct_arylation"])
    return _tabled(pool, Costs(Formula("10"), changeover={"Solvent": 30.0, "Temp_C": 0.5}, unit="min"))


def _arylation_bought(folder: Path) -> Case:
    """What the reagents of each reaction cost, as the table has it."""
    paid = load(folder, Source(_ARYLATION.file, "cost", "min", ("yield",)))
    return _tabled(load(folder, _ARYLATION), Costs(Measured(paid)))


def _branin(folder: Path) -> Case:
    """Branin's function: three equal optima; experiments get ten times as dear from the left side to the right."""
    del folder

    def value(x: float, y: float) -> float:
        a = y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6
        return float(a**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10)

    space = SearchSpace((Continuous("x", -5, 10), Continuous("y", 0, 15)))
    formula = Formula("10 ** ((x + 5) / 15)")
    return _smooth(space, lambda row: -value(float(row["x"]), float(row["y"])), -0.397887 - 0.1, Costs(formula))


def _hartmann_dear(folder: Path) -> Case:
    """Hartmann's function in three dimensions: the optimum lies where experiments are seven times the cheapest."""
    del folder
    weights = np.array([1.0, 1.2, 3.0, 3.2])
    scales = np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
    places = 1e-4 * np.array([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]])

    def value(row: Values) -> float:
        x = np.array([float(row[name]) for name in ("a", "b", "c")])
        return float(weights @ np.exp(-(scales * (x - places) ** 2).sum(axis=1)))

    space = SearchSpace(tuple(Continuous(name, 0, 1) for name in "abc"))
    return _smooth(space, value, 3.86278 - 0.05, Costs(Formula("10 ** c")))


def _tabled(pool: Pool, costs: Costs) -> Case:
    rows = pool.space.candidates
    order = np.random.default_rng(0).permutation(len(rows))[:500]
    average = costs.account([rows[int(i)] for i in order]).cost / len(order)
    world = pool_world(pool, _BUDGET * average)
    return Case(_charging(world, costs), replace(costs, budget=world.budget), 2)


def _smooth(space: SearchSpace, value: Callable[[Values], float], aim: float, costs: Costs) -> Case:
    average = costs.account(random_rows(space, 500, 0)).cost / 500

    def quality(rows: Sequence[Values]) -> float:
        return max(value(row) for row in rows)

    world = World(space, (Objective("y", "max"),), lambda row, _: {"y": value(row)}, quality, aim, _BUDGET * average)
    return Case(_charging(world, costs), replace(costs, budget=world.budget), 4)


def _charging(world: World, costs: Costs) -> World:
    return replace(world, cost=lambda row, before: float(costs.of([row], before)[0]))


_CASES: Mapping[str, Callable[[Path], Case]] = {
    "crossed_barrel_material": _crossed_barrel,
    "direct_arylation_changeover": _direct_arylation,
    "arylation_bought": _arylation_bought,
    "branin": _branin,
    "hartmann3_dear": _hartmann_dear,
}


def run(folder: Path, variant: str, entrant: str, seed: int) -> Trace:
    """Play one run."""
    case = _CASES[variant](folder)
    costs = case.costs if entrant == "zosimos" else None
    planner = Ours(Goal(case.world.space, case.world.objectives, costs), Policy(start=case.start), seed=seed)
    trace = play(case.world, planner, random_rows(case.world.space, case.start, seed), seed=seed)
    # who cannot afford any row that is left has not met the aim: the whole budget counts
    return trace if trace.met else replace(trace, spent=case.world.budget)


TASK = Task(
    name="cost",
    about="cost until one of the top 1 % (a function: a value near its best) was measured, at most that of 50 average "
    "experiments in random order; 2 random rows to start with (4 in the functions)",
    variants=tuple(_CASES),
    entrants={"zosimos": "own", "blind": "own"},
    ours="zosimos",
    rivals=("blind",),
    run=run,
    parts=("play", "batch"),
)

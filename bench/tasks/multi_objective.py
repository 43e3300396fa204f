"""Several objectives: how soon most of the best trade-offs' hypervolume is reached."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from planning.ours import Ours
from planning.suites import Source
from planning.tables import Pool, load
from tasks.chance import Chance
from tasks.play import World, play, random_rows
from tasks.task import Task, Trace

from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous, Values
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.goal.goal import Goal
from zosimos.planners.policy import AcquisitionSettings, Policy
from zosimos.planners.protocol import Planner

_START, _BUDGET, _AIM = 4, 60, 0.95
_PEER_ROWS = 4096  # that the row-wise peer chooses from where there is no pool
_TABLES: Mapping[str, tuple[Source, Source]] = {
    "arylation_yield_cost": (
        Source("arylation_yield_cost.csv", "yield", "max", ("cost",)),
        Source("arylation_yield_cost.csv", "cost", "min", ("yield",)),
    ),
    "suzuki_conv_sel": (
        Source("suzuki_conv_sel.csv", "objective_conversion", "max", ("objective_selectivity",)),
        Source("suzuki_conv_sel.csv", "objective_selectivity", "max", ("objective_conversion",)),
    ),
}
_BRANIN_CURRIN_WORST = (18.0, 6.0)
_BRANIN_CURRIN_VOLUME = 59.36011874867746  # of all, as BoTorch states it


@dataclass(frozen=True)
class _Area:
    """The area that utilities dominate, as a share of what all rows dominate together.

    Args:
        worst: the reference point, in utilities.
        whole: the area of all.
    """

    worst: tuple[float, float]
    whole: float

    def share(self, utilities: Sequence[tuple[float, float]]) -> float:
        """Return the share."""
        return area(utilities, self.worst) / self.whole


def run(folder: Path, variant: str, entrant: str, seed: int) -> Trace:
    """Play one run."""
    world = _branin_currin() if variant == "branin_currin" else _measured(folder, variant)
    start = random_rows(world.space, _START, seed)
    return play(world, _planner(entrant, world, start, seed), start, seed=seed)


def area(utilities: Sequence[tuple[float, float]], worst: tuple[float, float]) -> float:
    """Return the area above ``worst`` that pairs of utilities dominate."""
    total, floor = 0.0, worst[1]
    for first, second in sorted(utilities, reverse=True):
        if first > worst[0] and second > floor:
            total += (first - worst[0]) * (second - floor)
            floor = second
    return total


def _measured(folder: Path, variant: str) -> World:
    """Return two columns of a table as a world; the reference point is the worst of each."""
    pools = _pools(folder, variant)
    space = pools[0].space
    pairs = list(zip(pools[0].utilities, pools[1].utilities, strict=True))
    worst = (min(pools[0].utilities), min(pools[1].utilities))
    judge = _Area(worst, area(pairs, worst))

    def measure(row: Values, _: np.random.Generator) -> Mapping[str, float]:
        place = pools[0].places[row_key(row)]
        return {pool.objective.name: pool.outcomes[place] for pool in pools}

    def quality(rows: Sequence[Values]) -> float:
        return judge.share([pairs[pools[0].places[row_key(row)]] for row in rows])

    return World(space, (pools[0].objective, pools[1].objective), measure, quality, _AIM, _BUDGET)


@cache
def _pools(folder: Path, variant: str) -> tuple[Pool, Pool]:
    first, second = _TABLES[variant]
    return load(folder, first), load(folder, second)


def _branin_currin() -> World:
    """Return the Branin-Currin problem (Belakaria et al. 2019), both to be made small."""
    space = SearchSpace((Continuous("a", 0.0, 1.0), Continuous("b", 0.0, 1.0)))
    names = ("branin", "currin")
    judge = _Area((-_BRANIN_CURRIN_WORST[0], -_BRANIN_CURRIN_WORST[1]), _BRANIN_CURRIN_VOLUME)

    def found(row: Values) -> tuple[float, float]:
        return branin_currin(float(row["a"]), float(row["b"]))

    return World(
        space,
        (Objective(names[0], "min"), Objective(names[1], "min")),
        lambda row, _: dict(zip(names, found(row), strict=True)),
        lambda rows: judge.share([(-x, -y) for x, y in map(found, rows)]),
        _AIM,
        _BUDGET,
    )


def branin_currin(a: float, b: float) -> tuple[float, float]:
    """Return both functions at a point of the unit square."""
    x, y = 15.0 * a - 5.0, 15.0 * b
    bowl = y - 5.1 / (4.0 * math.pi**2) * x**2 + 5.0 / math.pi * x - 6.0
    branin = bowl**2 + 10.0 * (1.0 - 1.0 / (8.0 * math.pi)) * math.cos(x) + 10.0
    fading = 1.0 - math.exp(-1.0 / (2.0 * b)) if b > 0.0 else 1.0
    top = 2300.0 * a**3 + 1900.0 * a**2 + 2092.0 * a + 60.0
    return branin, fading * top / (100.0 * a**3 + 500.0 * a**2 + 4.0 * a + 20.0)


def _planner(entrant: str, world: World, start: Sequence[Values], seed: int) -> Planner:
    if entrant == "botorch":
        from tasks.botorch_peer import BoTorchPeer

        rows = None if world.space.pool is not None else [*start, *random_rows(world.space, _PEER_ROWS, seed + 1)]
        return BoTorchPeer(world.space, world.objectives, seed=seed, rows=rows)
    if entrant == "baybe":
        from tasks.baybe_peer import BayBEPareto

        return BayBEPareto(world.space, world.objectives, seed=seed)
    if entrant == "random":
        return Chance(world.space, _START, _BUDGET, seed)
    kind = "parego" if entrant == "parego" else "improvement"
    settings = Policy(start=_START, acquisition=AcquisitionSettings(kind))
    return Ours(Goal(world.space, world.objectives), settings, seed=seed)


TASK = Task(
    name="multi_objective",
    about=f"two objectives after {_START} random rows; experiments until {_AIM:.0%} of the best trade-offs' "
    f"hypervolume above the worst outcomes was reached, at most {_BUDGET}",
    variants=(*_TABLES, "branin_currin"),
    entrants={"zosimos": "own", "parego": "own", "botorch": "own", "baybe": "peer", "random": "own"},
    ours="zosimos",
    rivals=("botorch", "baybe"),
    run=run,
    outside=("botorch", "random"),
    parts=("play", "chance", "botorch_peer", "baybe_peer"),
)

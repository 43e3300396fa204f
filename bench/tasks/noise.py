"""Real noise: each measurement gives one of the row's own replicates, drawn by the experiment's number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from planning.baselines import ForestBaseline
from planning.ours import Ours
from planning.suites import SUITES, Source
from planning.tables import Pool, load
from tasks.batch import pool_world
from tasks.chance import Chance
from tasks.play import World, play, random_rows
from tasks.task import Task, Trace

from zosimos.core.parameters import Values
from zosimos.core.space import row_key
from zosimos.core.table import read_table
from zosimos.planners.goal.goal import Goal
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import Planner

_START, _BUDGET = 4, 80
_SETS: Mapping[str, Source] = {
    "chan_lam_full": SUITES["more"]["chan_lam_full"],
    "crossed_barrel": SUITES["pools"]["crossed_barrel"],
}


def run(folder: Path, variant: str, entrant: str, seed: int) -> Trace:
    """Play one run."""
    pool = _pool(folder, variant)
    world = _noisy(pool, _replicates(folder, variant))
    return play(world, _planner(entrant, pool, seed), random_rows(pool.space, _START, seed), seed=seed)


@cache
def _pool(folder: Path, variant: str) -> Pool:
    return load(folder, _SETS[variant])


@cache
def _replicates(folder: Path, variant: str) -> Mapping[str, list[float]]:
    """Return what was measured at each row of a table, by the row's key, in the table's order."""
    pool, source = _pool(folder, variant), _SETS[variant]
    table = read_table(folder / source.file)
    texts = {name: table.column(name) for name in pool.space.names}
    numeric = {p.name for p in pool.space.parameters if not hasattr(p, "choices")}
    found: dict[str, list[float]] = {}
    for index in range(len(table.rows)):
        row = {n: table.number(index, n) if n in numeric else texts[n][index] for n in pool.space.names}
        found.setdefault(row_key(row), []).append(table.number(index, source.target))
    return found


def _noisy(pool: Pool, replicates: Mapping[str, list[float]]) -> World:
    """Return the table as a world: the truth is the mean of a row's replicates."""

    def measure(row: Values, rng: np.random.Generator) -> Mapping[str, float]:
        return {pool.objective.name: float(rng.choice(replicates[row_key(row)]))}

    return replace(pool_world(pool, _BUDGET), measure=measure)


def _planner(entrant: str, pool: Pool, seed: int) -> Planner:
    if entrant == "botorch":
        from tasks.botorch_peer import BoTorchPeer

        return BoTorchPeer(pool.space, [pool.objective], seed=seed)
    if entrant == "baybe":
        from zosimos.planners.adapters.baybe import BayBEPlanner

        return BayBEPlanner(pool.space, [pool.objective], seed=seed)
    if entrant == "forest":
        return ForestBaseline(pool.space, pool.objective, seed)
    if entrant == "random":
        return Chance(pool.space, _START, _BUDGET, seed)
    return Ours(Goal(pool.space, (pool.objective,)), Policy(start=_START), seed=seed)


TASK = Task(
    name="noise",
    about=f"each measurement is one of the row's replicates, after {_START} random rows; experiments until a row whose "
    f"mean is in the top 1 % was measured, at most {_BUDGET}",
    variants=tuple(_SETS),
    entrants={"zosimos": "own", "botorch": "own", "baybe": "peer", "forest": "own", "random": "own"},
    ours="zosimos",
    rivals=("botorch", "baybe", "forest"),
    run=run,
    outside=("botorch", "forest", "random"),
    parts=("play", "chance", "batch", "botorch_peer"),
)

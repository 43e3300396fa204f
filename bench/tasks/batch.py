"""Batches of eight: what is chosen with seven others under way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from planning.ours import Ours
from planning.suites import SUITES
from planning.tables import Pool, load
from tasks.play import World, play, random_rows
from tasks.task import Task, Trace

from zosimos.core.parameters import Values
from zosimos.core.space import row_key
from zosimos.planners.goal.goal import Goal
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import Planner

_START, _BATCH, _BUDGET = 2, 8, 58
_SETS = ("crossed_barrel", "agnp", "photo_pce10", "direct_arylation")


def run(folder: Path, variant: str, entrant: str, seed: int) -> Trace:
    """Play one run."""
    pool = load(folder, SUITES["pools"][variant])
    world = pool_world(pool, _BUDGET)
    return play(world, _planner(entrant, pool, seed), random_rows(pool.space, _START, seed), seed=seed, batch=_BATCH)


def pool_world(pool: Pool, budget: float) -> World:
    """Return a measured table as a world: the aim is a row of the top 1 %."""
    name = pool.objective.name

    def utility(row: Values) -> float:
        return pool.utilities[pool.places[row_key(row)]]

    def quality(rows: Sequence[Values]) -> float:
        return max(utility(row) for row in rows)

    return World(
        pool.space,
        (pool.objective,),
        lambda row, _: {name: pool.outcomes[pool.places[row_key(row)]]},
        quality,
        pool.limit(0.01),
        budget,
    )


def _planner(entrant: str, pool: Pool, seed: int) -> Planner:
    if entrant == "botorch":
        from tasks.botorch_peer import BoTorchPeer

        return BoTorchPeer(pool.space, [pool.objective], seed=seed)
    if entrant == "baybe":
        from zosimos.planners.adapters.baybe import BayBEPlanner

        return BayBEPlanner(pool.space, [pool.objective], seed=seed)
    return Ours(Goal(pool.space, (pool.objective,)), Policy(start=_START), seed=seed)


TASK = Task(
    name="batch",
    about="batches of 8 after 2 random rows; experiments until one of the top 1 % was measured, at most 58",
    variants=_SETS,
    entrants={"zosimos": "own", "botorch": "own", "baybe": "peer"},
    ours="zosimos",
    rivals=("botorch", "baybe"),
    run=run,
    outside=("botorch",),
    parts=("play", "botorch_peer"),
)

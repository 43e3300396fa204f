"""Objectives in order of importance: how soon a row is found that is among the best by tiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from planning.ours import Ours
from planning.suites import Source
from planning.tables import load
from tasks.chance import Chance
from tasks.play import World, play, random_rows
from tasks.task import Task, Trace

from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.ranking import standings
from zosimos.core.space import row_key
from zosimos.planners.goal.goal import Goal
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import Planner

_START, _BUDGET = 4, 60
_ENOUGH, _AIM = 0.9, 0.99  # shares of rows: that the first tier's threshold beats, and that what is looked for beats
_TABLES: Mapping[str, tuple[Source, Source]] = {
    "yield_then_cost": (
        Source("arylation_yield_cost.csv", "yield", "max", ("cost",)),
        Source("arylation_yield_cost.csv", "cost", "min", ("yield",)),
    ),
    "conversion_then_selectivity": (
        Source("suzuki_conv_sel.csv", "objective_conversion", "max", ("objective_selectivity",)),
        Source("suzuki_conv_sel.csv", "objective_selectivity", "max", ("objective_conversion",)),
    ),
    "selectivity_then_conversion": (
        Source("suzuki_conv_sel.csv", "objective_selectivity", "max", ("objective_conversion",)),
        Source("suzuki_conv_sel.csv", "objective_conversion", "max", ("objective_selectivity",)),
    ),
}


def run(folder: Path, variant: str, entrant: str, seed: int) -> Trace:
    """Play one run."""
    world = _measured(folder, variant)
    start = random_rows(world.space, _START, seed)
    return play(world, _planner(entrant, world, seed), start, seed=seed)


@cache
def _measured(folder: Path, variant: str) -> World:
    """Return two columns of a table as a world; the quality is the share of rows that stand lower by the tiers."""
    first, second = (load(folder, source) for source in _TABLES[variant])
    threshold = float(np.quantile(first.outcomes, _ENOUGH))  # the first columns are all to be made large
    tiers = (replace(first.objective, threshold=threshold, tier=1), replace(second.objective, tier=2))
    table = np.column_stack([first.outcomes, second.outcomes])
    order = standings(tiers, table)
    shares = [float(np.mean(order < own)) for own in order]

    def measure(row: Values, _: np.random.Generator) -> Mapping[str, float]:
        place = first.places[row_key(row)]
        return {o.name: float(value) for o, value in zip(tiers, table[place], strict=True)}

    def quality(rows: Sequence[Values]) -> float:
        return max(shares[first.places[row_key(row)]] for row in rows)

    return World(first.space, tiers, measure, quality, min(_AIM, max(shares)), _BUDGET)


def _planner(entrant: str, world: World, seed: int) -> Planner:
    if entrant == "random":
        return Chance(world.space, _START, _BUDGET, seed)
    wanted = world.objectives if entrant == "tiers" else tuple(_traded(objective) for objective in world.objectives)
    return Ours(Goal(world.space, wanted), Policy(start=_START), seed=seed)


def _traded(objective: Objective) -> Objective:
    """Return an objective as one of a trade-off, in which only what meets thresholds counts."""
    return replace(objective, tier=None)


TASK = Task(
    name="tiers",
    about=f"a first objective that is good enough in one row of ten, then a second; {_START} random rows, then "
    f"experiments until one of the best 1 % by this order is measured, at most {_BUDGET}; traded: the same objectives "
    "and threshold without an order",
    variants=tuple(_TABLES),
    entrants={"tiers": "own", "traded": "own", "random": "own"},
    ours="tiers",
    rivals=("traded", "random"),
    run=run,
    outside=("random",),
    parts=("play", "chance"),
)

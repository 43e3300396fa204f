"""One measurement in ten is a gross error: five to ten standard deviations of the table off, to either side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from planning.ours import Ours
from planning.suites import SUITES
from planning.tables import load
from tasks.batch import pool_world
from tasks.play import play, random_rows
from tasks.task import Trace

from zosimos.core.parameters import Values
from zosimos.planners.goal.goal import Goal
from zosimos.planners.policy import Policy

_CHANCE = 0.1
_OFF = (5.0, 10.0)  # standard deviations
_START, _BUDGET = 2, 50
_SETS = ("crossed_barrel", "agnp", "p3ht_cnt", "autoam", "photo_pce10", "benzylation", "snar")


def _run(name: str, folder: Path, planted: bool, seed: int) -> Trace:
    pool = load(folder, SUITES["pools"][name])
    world = pool_world(pool, _BUDGET)
    spread = float(np.std(pool.outcomes))

    def measure(row: Values, rng: np.random.Generator) -> Mapping[str, float] | None:
        found = world.measure(row, rng)
        if not planted or found is None or rng.random() >= _CHANCE:
            return found
        off = spread * rng.choice([-1.0, 1.0]) * rng.uniform(*_OFF)
        return {quantity: value + off for quantity, value in found.items()}

    planner = Ours(Goal(pool.space, (pool.objective,)), Policy(start=_START), seed=seed)
    return play(replace(world, measure=measure), planner, random_rows(pool.space, _START, seed), seed=seed)


VARIANTS: Mapping[str, Callable[[Path, bool, int], Trace]] = {
    f"gross_errors_{name}": partial(_run, name) for name in _SETS
}

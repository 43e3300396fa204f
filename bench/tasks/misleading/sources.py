"""An earlier campaign that has nothing to do with the present one, or says the opposite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from planning.ours import Ours
from planning.suites import SUITES
from planning.tables import Pool, load
from tasks.batch import pool_world
from tasks.play import play, random_rows
from tasks.task import Trace

from zosimos.core.seeds import derive_seed
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.knowledge import Source
from zosimos.planners.history import History
from zosimos.planners.policy import Policy

_START, _BUDGET = 2, 50


def _shuffled(pool: Pool, seed: int) -> np.ndarray:  # type: ignore[type-arg]
    """Return the table's own outcomes, dealt to its rows at random."""
    return np.random.default_rng(derive_seed(seed, "shuffled")).permutation(np.array(pool.outcomes))


def _opposed(pool: Pool, seed: int) -> np.ndarray:  # type: ignore[type-arg]
    """Return the table's outcomes with the sign turned: the worst row looks best."""
    del seed
    return -np.array(pool.outcomes)


def _foreign(pool: Pool, seed: int) -> np.ndarray:  # type: ignore[type-arg]
    """Return a smooth function of the table's columns that is another one for each seed."""
    X = pool.space.features(pool.space.candidates)
    rng = np.random.default_rng(derive_seed(seed, "foreign"))
    waves = rng.normal(0.0, 4.0, (X.shape[1], 8))
    return np.asarray(np.cos(X @ waves + rng.uniform(0.0, 2 * np.pi, 8)) @ rng.normal(size=8))


def _variant(name: str, told: Callable[[Pool, int], np.ndarray]) -> Callable[[Path, bool, int], Trace]:  # type: ignore[type-arg]
    def run(folder: Path, planted: bool, seed: int) -> Trace:
        pool = load(folder, SUITES["pools"][name])
        outcomes = tuple(float(value) for value in told(pool, seed))
        source = Source("earlier", tuple(pool.space.candidates), {pool.objective.name: outcomes})
        history = History(sources=(source,) if planted else ())
        planner = Ours(Goal(pool.space, (pool.objective,)), Policy(start=_START), history, seed=seed)
        return play(pool_world(pool, _BUDGET), planner, random_rows(pool.space, _START, seed), seed=seed)

    return run


VARIANTS: Mapping[str, Callable[[Path, bool, int], Trace]] = {
    "shuffled_source_agnp": _variant("agnp", _shuffled),
    "opposed_source_agnp": _variant("agnp", _opposed),
    "foreign_source_agnp": _variant("agnp", _foreign),
    "foreign_source_crossed_barrel": _variant("crossed_barrel", _foreign),
}

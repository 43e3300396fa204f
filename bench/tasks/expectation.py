"""Where the best is expected to lie: somebody who is about right tells the planner, or does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from planning.ours import Ours
from planning.suites import SUITES
from planning.tables import Pool, load
from tasks.batch import pool_world
from tasks.play import play
from tasks.task import Task, Trace

from zosimos.core.parameters import Categorical, Continuous, Values
from zosimos.core.seeds import derive_seed
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.prior import Expectation, Likely, Near
from zosimos.planners.policy import Policy

SETS = ("crossed_barrel", "agnp", "photo_pce10", "direct_arylation")
_START, _BUDGET = 4, 50
_BLUR = 0.15  # of a range


def run(folder: Path, variant: str, entrant: str, seed: int) -> Trace:
    """Play one run."""
    pool = load(folder, SUITES["pools"][variant])
    told = about_right(pool, seed) if entrant == "zosimos" else None
    return expecting(pool, told, seed)


def expecting(pool: Pool, told: Expectation | None, seed: int) -> Trace:
    """Return how a run over a table goes; the planner makes its own start, which an expectation changes, too."""
    planner = Ours(Goal(pool.space, (pool.objective,), expectation=told), Policy(start=_START), seed=seed)
    return play(pool_world(pool, _BUDGET), planner, [], seed=seed)


def about_right(pool: Pool, seed: int) -> Expectation:
    """Return the best row's place, blurred: numbers by 15 % of their range, choices by another one drawn at random."""
    rng = np.random.default_rng(derive_seed(seed, "expectation"))
    best = pool.space.candidates[int(np.argmax(pool.utilities))]
    terms: dict[str, Near | Likely] = {}
    for parameter in pool.space.parameters:
        if isinstance(parameter, Categorical):
            other = str(rng.choice(parameter.choices))
            terms[parameter.name] = Likely(tuple(dict.fromkeys((str(best[parameter.name]), other))), 3.0)
        else:
            assert isinstance(parameter, Continuous), "a table's columns are names or numbers"
            width = _BLUR * (parameter.high - parameter.low)
            terms[parameter.name] = Near(float(best[parameter.name]) + width * rng.normal(), width)
    return Expectation(terms)


def at(pool: Pool, row: Values) -> Expectation:
    """Return the firm expectation that the best is at a row."""
    terms: dict[str, Near | Likely] = {}
    for parameter in pool.space.parameters:
        if isinstance(parameter, Categorical):
            terms[parameter.name] = Likely((str(row[parameter.name]),), 10.0)
        else:
            assert isinstance(parameter, Continuous), "a table's columns are names or numbers"
            terms[parameter.name] = Near(float(row[parameter.name]), _BLUR * (parameter.high - parameter.low))
    return Expectation(terms)


TASK = Task(
    name="expectation",
    about="the best row's place is told, off by 15 % of each range; experiments until one of the top 1 % was measured, "
    "at most 50",
    variants=SETS,
    entrants={"zosimos": "own", "alone": "own"},
    ours="zosimos",
    rivals=("alone",),
    run=run,
    parts=("play", "batch"),
)

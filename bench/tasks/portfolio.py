"""Ways to share experiments: one proposer alone, several that compete, or Bayesian optimisation with an advisor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from planning.ours import Ours
from planning.suites import SUITES
from planning.tables import Pool, load
from tasks.advisors import ADVISORS, ScriptedAdvisor
from tasks.batch import pool_world
from tasks.play import play, random_rows
from tasks.task import Task, Trace

from zosimos.planners.goal.goal import Goal
from zosimos.planners.policy import Policy
from zosimos.planners.portfolio import STARTING_SHARES

PLAIN = "plain"
SINGLES = {PLAIN if name == "bayesian" else name: name for name in STARTING_SHARES}
"""The ways of one proposer alone, and which: each proposer of the portfolio."""

WAYS = (*SINGLES, "portfolio", *ADVISORS)
TOP = 0.05  # share of the rows that are looked for
START, BUDGET = 2, 50


def run(folder: Path, variant: str, entrant: str, seed: int) -> Trace:
    """Play one run; a miss counts as one experiment more than the budget."""
    source = next(suite[variant] for suite in SUITES.values() if variant in suite)
    pool = load(folder, source)
    world = replace(pool_world(pool, BUDGET), aim=pool.limit(TOP))
    trace = play(world, _planner(entrant, pool, seed), random_rows(pool.space, START, seed), seed=seed)
    return trace if trace.met else replace(trace, spent=BUDGET + 1)


def _planner(way: str, pool: Pool, seed: int) -> Ours:
    policy = Policy(start=START)
    if way in SINGLES:
        policy = replace(policy, shares={SINGLES[way]: 1.0})
    if way == "portfolio":
        policy = replace(policy, shares=STARTING_SHARES, portfolio="earned")
    advisor = next((ScriptedAdvisor(name, pool, seed) for name in ADVISORS if name == way), None)
    return Ours(Goal(pool.space, (pool.objective,)), policy, seed=seed, advisor=advisor)


TASK = Task(
    name="portfolio",
    about="after 2 random rows; experiments until one of the top 5 % was measured, at most 50 (a miss counts 51)",
    variants=tuple(SUITES["pools"]),
    entrants=dict.fromkeys(WAYS, "own"),
    ours="portfolio",
    rivals=tuple(SINGLES),
    run=run,
    parts=("play", "batch", "advisors"),
)

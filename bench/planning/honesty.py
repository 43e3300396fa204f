"""Honesty: how many measured values the intervals of one-step-ahead predictions held, by table and over all.

Only rows that a planner chose by its model count. Scores are in units of the table's own standard deviation, so that
tables count alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from planning.coverage import WAYS, Said, merged, tallies
from planning.replay import Run
from planning.tables import Pool


def honesty(pools: Mapping[str, Pool], runs: Mapping[str, Mapping[str, Sequence[Run]]]) -> dict[str, Any]:
    """Return, by planner that tells its whole standard deviation, what its intervals held.

    By planner: ``all`` and ``late`` (from 15 results on) over tables, ``by_table`` the same for each, and ``worst``,
    for each of the two and each way to look at predictions, the table whose coverage is farthest from a level's name,
    with the distance in points.
    """
    found: dict[str, Any] = {}
    for planner in dict.fromkeys(p for row in runs.values() for p in row):
        by_table = {name: tallies(said_in(pools[name], run) for run in row[planner]) for name, row in runs.items()}
        when = ("all", "late")
        told = {name: {w: figures for w in when if (figures := x[w].figures())} for name, x in by_table.items()}
        told = {name: figures for name, figures in told.items() if figures}
        if not told:
            continue
        found[planner] = {w: merged(x[w] for x in by_table.values()).figures() for w in when}
        found[planner]["by_table"] = told
        found[planner]["worst"] = {w: {way: worst(told, w, way) for way in WAYS} for w in when}
    return found


def worst(told: Mapping[str, Mapping[str, Any]], when: str, way: str) -> list[Any]:
    """Return the table, or problem, with the largest gap, and the gap; empty if there is none."""
    gaps = {name: figures[when][way]["gap"] for name, figures in told.items() if when in figures}
    name = max(gaps, key=lambda name: gaps[name], default="")
    return [name, gaps[name]] if name else []


def said_in(pool: Pool, run: Run) -> list[Said]:
    """Return the predictions of a run that tell the whole standard deviation."""
    unit = float(np.std(pool.outcomes))
    started = len(run.rows) - len(run.beliefs)
    return [
        Said(belief[0] / unit, belief[2] / unit, value / unit, place)
        for place, (belief, value) in enumerate(zip(run.beliefs, run.outcomes[started:], strict=True), started)
        if belief is not None and belief[2] is not None
    ]

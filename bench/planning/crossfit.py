"""Leaving one table out: the setting for a table is the one that did best on all the others.

What is chosen by figures flatters those figures. Here no table has a say in how its own runs are planned: a setting's
merit for it is the geometric mean of its acceleration over the other tables.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

Counts = Mapping[str, Mapping[str, Sequence[float]]]  # table -> setting -> experiments until a top row, by seed


def left_out_choice(counts: Counts, by_chance: Mapping[str, float]) -> dict[str, str]:
    """Return, by table, the setting that is best on the others; the first of the grid among equals, or for one table.

    Args:
        counts: of every setting on every table.
        by_chance: experiments that random choice is expected to take, by table.
    """
    logs = {
        table: {name: math.log(by_chance[table] / statistics.fmean(x)) for name, x in row.items()}
        for table, row in counts.items()
    }
    chosen = {}
    for table, row in logs.items():
        others = [other for name, other in logs.items() if name != table]
        chosen[table] = max(row, key=lambda name: math.fsum(other[name] for other in others))
    return chosen


def hindsight_choice(counts: Counts) -> dict[str, str]:
    """Return, by table, the setting that is best there: what no planner can know, for comparison."""
    return {table: min(row, key=lambda name: statistics.fmean(row[name])) for table, row in counts.items()}

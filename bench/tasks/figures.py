"""The figures of a task: how much each entrant spent until the aim, and ours against the others, seed by seed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from planning.scoring import mean_and_error
from tasks.task import Task, Trace

_DRAWS = 4000


def figures(task: Task, traces: Mapping[str, Mapping[str, Sequence[Trace]]]) -> dict[str, Any]:
    """Return all figures of a task.

    ``ratio`` is what ours spent over what a rival spent (below 1 ours is the better), over all variants by the
    geometric mean; ``ratio_90`` its paired bootstrap interval, ``ratio_bound_90`` the one-sided upper bound. The best
    rival is the one that spent least, over all variants.
    """
    entrants = list(next(iter(traces.values())))
    spent = {variant: {e: [t.spent for t in runs] for e, runs in row.items()} for variant, row in traces.items()}
    rivals = {
        name: compared(spent, task.ours, name) for name in task.rivals if name in entrants and task.ours in entrants
    }
    best = max(rivals, key=lambda name: rivals[name]["ratio"], default=None)
    return {
        "spent": {v: {e: round(statistics.fmean(x), 3) for e, x in row.items()} for v, row in spent.items()},
        "spent_se": {v: {e: _error(x) for e, x in row.items()} for v, row in spent.items()},
        "met": {v: {e: _share([t.met for t in runs]) for e, runs in row.items()} for v, row in traces.items()},
        "quality": {
            v: {e: round(statistics.fmean(t.quality for t in runs), 5) for e, runs in row.items()}
            for v, row in traces.items()
        },
        "cpu_s_per_suggestion": {
            v: {e: round(sum(t.cpu for t in x) / max(1, sum(t.suggestions for t in x)), 4) for e, x in row.items()}
            for v, row in traces.items()
        },
        "errors": {e: sum(len(t.errors) for row in traces.values() for t in row[e]) for e in entrants},
        "ours": task.ours,
        "best_rival": best,
        "against": rivals,
    }


def compared(spent: Mapping[str, Mapping[str, Sequence[float]]], ours: str, rival: str) -> dict[str, Any]:
    """Return how much ours spent over what a rival did, from what each spent by variant, entrant and seed."""
    rng = np.random.default_rng(0)
    logs = np.zeros(_DRAWS)
    for row in spent.values():
        a, b = np.array(row[ours]), np.array(row[rival])
        picked = rng.integers(0, len(a), (_DRAWS, len(a)))
        logs += np.log(a[picked].mean(axis=1) / b[picked].mean(axis=1)) / len(spent)
    ratios = {v: statistics.fmean(row[ours]) / statistics.fmean(row[rival]) for v, row in spent.items()}
    low, bound, high = np.exp(np.quantile(logs, [0.05, 0.9, 0.95]))
    return {
        "ratio": round(math.exp(statistics.fmean(math.log(x) for x in ratios.values())), 4),
        "ratio_90": [round(float(low), 4), round(float(high), 4)],
        "ratio_bound_90": round(float(bound), 4),
        "by_variant": {variant: round(x, 4) for variant, x in ratios.items()},
    }


def _error(numbers: Sequence[float]) -> float | None:
    error = mean_and_error(numbers)[1]
    return None if error is None else round(error, 3)


def _share(hits: Sequence[bool]) -> float:
    return round(sum(hits) / len(hits), 3)


def markdown(task: Task, found: Mapping[str, Any]) -> str:
    """Return what was spent until the aim, mean ± standard error, as a table, ours first."""
    entrants = sorted(next(iter(found["spent"].values())), key=lambda name: name != task.ours)  # ours first
    lines = [f"{task.name}: {task.about}", "", f"| | {' | '.join(entrants)} |", f"|{'---|' * (len(entrants) + 1)}"]
    for variant, row in found["spent"].items():
        errors, met = found["spent_se"][variant], found["met"][variant]
        cells = [f"{row[e]:.1f} ± {errors[e] or 0.0:.1f} ({met[e]:.0%})" for e in entrants]
        lines.append(f"| {variant} | {' | '.join(cells)} |")
    for name, against in found["against"].items():
        low, high = against["ratio_90"]
        lines.append(f"\n{task.ours} over {name}: {against['ratio']:.2f} (90 % interval {low:.2f} to {high:.2f})")
    return "\n".join(lines)

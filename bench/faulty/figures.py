"""Figures of many runs: totals, by database beside them, and what happened to how many."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from faulty.checker import COUNTS


def figures(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return totals over all runs, and the same by database, by kind of fault and by kind of lab."""
    found: dict[str, Any] = _totals(runs)
    found["by"] = {
        name: _totals([run for run in runs if run["database"] == name]) for name in _values(runs, "database")
    }
    for name in ("kind", "lab"):
        found[f"by_{name}"] = {
            value: _short([run for run in runs if run[name] == value]) for value in _values(runs, name)
        }
    return found


def _totals(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    times = sorted(second for run in runs for second in run["safe_s"])
    return {
        "runs": len(runs),
        **_counts(runs),
        "resumed_share": round(sum(run["status"] == "finished" for run in runs) / max(1, len(runs)), 4),
        "safe_s_p50": _quantile(times, 0.5),
        "safe_s_p95": _quantile(times, 0.95),
        "safe_s_n": len(times),
        "late_stops": sum(run["late_stops"] for run in runs),
        "missed": sum(not run["faults"] for run in runs),
        "faults": dict(Counter(kind for run in runs for kind in run["faults"])),
        "two_runners": sum(run["second"] is not None for run in runs),
        "starts": sum(run["starts"] for run in runs),
        "effects": sum(run["effects"] for run in runs),
    }


def _short(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    resumed = sum(run["status"] == "finished" for run in runs)
    return {"runs": len(runs), "resumed": resumed, **{name: count for name, count in _counts(runs).items() if count}}


def _counts(runs: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {name: sum(len(run["found"][name]) for run in runs) for name in COUNTS}


def _values(runs: Sequence[Mapping[str, Any]], name: str) -> Sequence[str]:
    return sorted({run[name] for run in runs})


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    if not ordered:
        return None
    if len(ordered) == 1:
        return round(ordered[0], 3)
    cuts = statistics.quantiles(ordered, n=100, method="inclusive")
    return round(cuts[round(share * 100) - 1], 3)

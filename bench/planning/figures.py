"""The figures of the planner benchmark, as one mapping and as a Markdown table."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from planning.entrants import CHANCE, OURS
from planning.replay import Run
from planning.scoring import (
    SHARES,
    acceleration,
    chance,
    lead,
    lead_interval,
    mean_and_error,
    needed,
    over_chance,
    over_peers,
    worst_set,
)
from planning.tables import Pool

Runs = Mapping[str, Mapping[str, Sequence[Run]]]  # set -> planner -> run by seed; chance has none


def figures(pools: Mapping[str, Pool], runs: Runs, budget: int, versions: Mapping[str, str]) -> dict[str, Any]:
    """Return all figures.

    ``ours_over_best_peer`` is our acceleration factor (top 1 %) over that of ``best_peer``, the peer with the highest;
    above 1 ours is faster. ``worst_set_ratio`` is the smallest over sets of best_peer's experiments over ours, and
    ``worst_set_ratio_any_peer`` the same against whichever peer is fastest on the set. ``over_chance`` is, by set, our
    mean experiments over those of random choice, and ``worst_over_chance`` the largest of them. ``over_any_peer`` is,
    by set, the fewest experiments of a peer over ours. CPU seconds count all threads; what a planner does before its
    first suggestion, imports above all, is left out.
    """
    found: dict[str, Any] = {}
    for top, share in SHARES.items():
        counts = {
            name: {p: [float(needed(pools[name], run, share, budget)) for run in x] for p, x in row.items()}
            for name, row in runs.items()
        }
        by_chance = {name: chance(pools[name], share, budget) for name in runs}
        factors = {**acceleration(counts, by_chance), CHANCE: 1.0}
        found[f"af_{top}"] = _rounded(factors)
        means = {name: {p: mean_and_error(x) for p, x in row.items()} for name, row in counts.items()}
        found[f"n_{top}"] = {
            name: _rounded({**{p: mean for p, (mean, _) in row.items()}, CHANCE: by_chance[name]})
            for name, row in means.items()
        }
        found[f"n_{top}_se"] = {name: _rounded({p: se for p, (_, se) in row.items()}) for name, row in means.items()}
        if top == "top1" and OURS in factors:
            slower = over_chance(counts, by_chance)
            found["over_chance"] = _rounded(slower)
            found["worst_over_chance"] = round(max(slower.values()), 4)
            found["over_any_peer"] = _rounded(over_peers(counts))
        if top == "top1" and (ahead := lead(factors)):
            interval = lead_interval(counts, by_chance)
            peers = [p for p in factors if p not in {OURS, CHANCE}]
            (name, ratio), (any_name, any_ratio) = worst_set(counts, [ahead[0]]), worst_set(counts, peers)
            found |= {
                "best_peer": ahead[0],
                "ours_over_best_peer": round(ahead[1], 4),
                "ours_over_best_peer_90": [round(x, 4) for x in interval or ()],
                "worst_set": name,
                "worst_set_ratio": round(ratio, 4),
                "worst_set_any_peer": any_name,
                "worst_set_ratio_any_peer": round(any_ratio, 4),
            }
    found["cpu_s_per_suggestion"] = _cpu(runs)
    found["failures"] = {
        planner: sum(len(run.errors) for row in runs.values() for run in row[planner])
        for planner in next(iter(runs.values()))
    }
    found["versions"] = dict(versions)
    return found


def _rounded(numbers: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: None if x is None else round(x, 4) for name, x in numbers.items()}


def _cpu(runs: Runs) -> dict[str, dict[str, float | None]]:
    """Return the median CPU seconds of a suggestion by set and planner, and over all sets."""
    seconds = {name: {p: [s for run in x for s in run.cpu] for p, x in row.items()} for name, row in runs.items()}
    planners = next(iter(seconds.values()))
    overall = {p: [s for row in seconds.values() for s in row[p]] for p in planners}
    return {
        name: {p: round(statistics.median(x), 4) if x else None for p, x in row.items()}
        for name, row in {**seconds, "overall": overall}.items()
    }


def markdown(found: Mapping[str, Any], planners: Sequence[str]) -> str:
    """Return experiments until a top-1 % row, mean ± standard error, as a table: where ours loses most comes first."""
    ours = found.get("over_chance", {})
    setting = found.get("settings", {}).get("chosen", {})
    more = [*(["over chance"] if ours else []), *(["setting"] if setting else [])]
    lines = [f"| set | {' | '.join([*planners, *more])} |", f"|{'---|' * (len(planners) + len(more) + 1)}"]
    lead_by_set = found.get("over_any_peer") or {name: 1 / ratio for name, ratio in ours.items()}
    for name, row in sorted(found["n_top1"].items(), key=lambda item: lead_by_set.get(item[0], 0.0)):
        errors = found["n_top1_se"][name]
        cells = [f"{row[p]:.1f}" + (f" ± {errors[p]:.1f}" if errors.get(p) is not None else "") for p in planners]
        cells += [f"{ours[name]:.2f}"] if ours else []
        cells += [setting[name]] if setting else []
        lines.append(f"| {name} | {' | '.join(cells)} |")
    empty = [""] * len(more)
    for top in SHARES:
        cells = [f"{found[f'af_{top}'][p]:.2f}" for p in planners]
        lines.append(f"| acceleration, {top} | {' | '.join([*cells, *empty])} |")
    cpu = found["cpu_s_per_suggestion"]["overall"]
    cells = [f"{cpu[p]:.2f}" if cpu.get(p) is not None else "" for p in planners]
    lines.append(f"| CPU s per suggestion | {' | '.join([*cells, *empty])} |")
    return "\n".join(lines)

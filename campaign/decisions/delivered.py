"""Delivered: what proposers, levels of a method and stations brought so far, by the record alone.

It is what an advisor is shown before it wishes for another share of them, and what a wish is held against.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.record.state import State
from zosimos.core.records import Observation
from zosimos.planners.portfolio import credits_of, earned_shares

_PAIRS = 4  # rows that were measured at two levels: with fewer nobody can say how well these agree


@dataclass(frozen=True)
class Delivered:
    """What a proposer brought: its experiments' number, and what each improved on average, from 0 to 1."""

    name: str
    experiments: int
    credit: float

    def __str__(self) -> str:
        """Return it in words."""
        if not self.experiments:
            return f"{self.name} has no result yet"
        return f"{self.name} improved the best by {self.credit:.2g} of the spread of results per experiment, in " + (
            f"{self.experiments} experiments" if self.experiments > 1 else "1 experiment"
        )


def credits_by_proposer(state: State, names: Sequence[str] = ()) -> dict[str, list[tuple[int, float]]]:
    """Return for each proposer the places of its results among all, and what each improved.

    Args:
        state: the campaign.
        names: proposers that are named even if they have no result.
    """
    found = state.counting()
    told: dict[str, list[tuple[int, float]]] = {name: [] for name in names}
    for place, (seen, credit) in enumerate(zip(found, credits_of(found, build_objectives(state.spec)), strict=True)):
        told.setdefault(seen.origin, []).append((place, credit))
    return told


def delivered(state: State) -> list[Delivered]:
    """Return what each proposer brought, those of the campaign file first."""
    told = credits_by_proposer(state, list(state.spec.planner.sharing))
    return [
        Delivered(name, len(came), math.fsum(credit for _, credit in came) / len(came) if came else 0.0)
        for name, came in told.items()
    ]


def coordination(state: State) -> dict[str, Any]:
    """Return as JSON data what an advisor needs to know who asks for another division of the work.

    Returns:
        ``proposers``, by name: ``experiments``, ``credit`` (of one, from 0 to 1), ``share`` in the campaign file, and
        ``earned``, the share that its results would give it; ``levels`` of a method, by name: ``experiments``,
        ``cost``, and ``agreement`` with the level that counts (rank correlation, where enough rows were measured at
        both); ``under_way``, the mean number of experiments that ran at once; ``since_gain``, how many results in a
        row brought nothing; ``may``, what may be wished for.
    """
    from zosimos.campaign.decisions.moments import since_gain

    shares = state.spec.planner.sharing
    total = math.fsum(shares.values())
    earned = earned_shares(shares, state.counting(), build_objectives(state.spec))
    proposers = {
        one.name: {"experiments": one.experiments, "credit": round(one.credit, 4)}
        | ({"share": round(shares[one.name] / total, 4)} if one.name in shares else {})
        | ({"earned": round(earned[one.name], 4)} if one.name in earned else {})
        for one in delivered(state)
    }
    may = [] if state.spec.advisor is None else list(state.spec.advisor.may)
    found: dict[str, Any] = {"proposers": proposers, "since_gain": since_gain(state), "may": may}
    if state.spec.fidelity is not None:
        found["levels"] = levels(state)
    at_once = under_way(state)
    return found | ({} if at_once is None else {"under_way": round(at_once, 2)})


def levels(state: State) -> dict[str, Any]:
    """Return of each level of a method how often it was used, its cost, and how well it agrees with what counts."""
    part = state.spec.fidelity
    if part is None:
        return {}
    found = [seen for seen in state.counting() if not seen.failed]
    top = part.levels[-1][0]
    return {
        name: {"experiments": sum(seen.values.get(part.parameter) == name for seen in found), "cost": cost}
        | _agreement(state, found, part.parameter, name, top)
        for name, cost in part.levels
    }


def under_way(state: State) -> float | None:
    """Return how many experiments ran at once on average, while any ran; None: no time is on record."""
    moments: list[tuple[datetime, int]] = []
    for item in state.experiments.values():
        if item.started_at and item.ended_at:
            moments += [(datetime.fromisoformat(item.started_at), 1), (datetime.fromisoformat(item.ended_at), -1)]
    busy = total = 0.0
    now, last = 0, None
    for at, step in sorted(moments):
        if last is not None and now:
            span = (at - last).total_seconds()
            busy, total = busy + span, total + span * now
        now, last = now + step, at
    return total / busy if busy > 0 else None


def _agreement(state: State, found: Sequence[Observation], parameter: str, level: str, top: str) -> dict[str, Any]:
    from scipy.stats import spearmanr

    if level == top:
        return {}
    name = build_objectives(state.spec)[0].name
    by_row: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for seen in found:
        if name in seen.measurements:
            row = repr(sorted((key, value) for key, value in seen.values.items() if key != parameter))
            by_row[row][str(seen.values.get(parameter))].append(seen.measurements[name].value)
    pairs = [_means(row, level, top) for row in by_row.values() if level in row and top in row]
    if len(pairs) < _PAIRS:
        return {}
    rank = float(spearmanr(*zip(*pairs, strict=True)).statistic)
    return {} if math.isnan(rank) else {"agreement": round(rank, 3)}


def _means(row: Mapping[str, Sequence[float]], *names: str) -> tuple[float, ...]:
    return tuple(math.fsum(row[name]) / len(row[name]) for name in names)

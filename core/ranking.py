"""Ranking: which outcomes are better than which, when several things are wanted.

Objectives are traded off, or have tiers: then one matters only among outcomes that are good enough by all before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective

Array = NDArray[np.float64]
Standing: TypeAlias = tuple[int, float]


def by_tier(objectives: Sequence[Objective]) -> tuple[Objective, ...]:
    """Return the objectives from the first tier to the last; empty where they have no tiers.

    A tier matters only among outcomes that meet the thresholds of all tiers before it.

    Raises:
        SpecError: some have a tier and others have none, two share one, or one that is not the last has no threshold,
            or the last has one.
    """
    tiers = [objective.tier for objective in objectives if objective.tier is not None]
    if not tiers:
        return ()
    for objective in objectives:
        if objective.tier is None or tiers.count(objective.tier) > 1:
            raise SpecError(
                f"objective {objective.name!r} has no tier of its own, though there are tiers",
                field=f"objectives.{objective.name}.tier",
                value=objective.tier,
                allowed="a different number for each objective, 1 for the most important; or none for any",
            )
    for objective in objectives:
        if (objective.tier != max(tiers)) == (objective.threshold is None):
            raise SpecError(
                f"objective {objective.name!r} comes before others and does not say when it is good enough"
                if objective.threshold is None
                else f"objective {objective.name!r} comes last: no tier asks whether it is good enough",
                field=f"objectives.{objective.name}.threshold",
                value=objective.threshold,
                allowed="a number, for every tier but the last",
                hint="" if objective.threshold is None else "to stop at a value, use stop.reach",
            )
    return tuple(sorted(objectives, key=lambda objective: objective.tier or 0))


def standing(tiers: Sequence[Objective], outcome: Mapping[str, float]) -> Standing:
    """Return how an outcome stands by its tiers: how many it meets in order, and its utility in the next one.

    Standings compare as the outcomes do.
    """
    *earlier, last = tiers
    for place, objective in enumerate(earlier):
        if not objective.counts(outcome[objective.name]):
            return place, objective.utility(outcome[objective.name])
    return len(earlier), last.utility(outcome[last.name])


def merit(objective: Objective, objectives: Sequence[Objective], outcome: Mapping[str, float]) -> Standing | None:
    """Return what an outcome is ordered by in one objective, or in all if they have tiers; None if it is not known.

    Args:
        objective: in question.
        objectives: all, it among them.
        outcome: values by name, some perhaps missing.
    """
    if tiers := by_tier(objectives):
        return standing(tiers, outcome) if all(o.name in outcome for o in objectives) else None
    return (0, objective.utility(outcome[objective.name])) if objective.name in outcome else None


def standings(objectives: Sequence[Objective], values: Array) -> Array:
    """Return how rows stand by the tiers as numbers that order them, the higher the better, shape ``n``.

    Args:
        objectives: in tiers, ``o`` of them.
        values: ``n x o`` outcomes; NaN, not measured, is as bad as can be.
    """
    worst = np.array([-np.inf if objective.goal == "max" else np.inf for objective in objectives])
    names, tiers = [objective.name for objective in objectives], by_tier(objectives)
    rows = np.where(np.isnan(values), worst, values).tolist()
    found = [standing(tiers, dict(zip(names, row, strict=True))) for row in rows]
    order = {one: float(place) for place, one in enumerate(sorted(set(found)))}
    return np.array([order[one] for one in found])


def dominates(a: Sequence[float], b: Sequence[float]) -> bool:
    """Say whether utilities ``a`` are at least as good as ``b`` everywhere and better somewhere (Pareto)."""
    return all(x >= y for x, y in zip(a, b, strict=True)) and any(x > y for x, y in zip(a, b, strict=True))

"""The best of all outcomes by its definition: what is kept from result to result is compared with it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from zosimos.core.objective import Objective
from zosimos.core.ranking import by_tier, dominates, standing


def pareto(objectives: Sequence[Objective], outcomes: Sequence[Mapping[str, float]]) -> list[int]:
    """Return the indices of the outcomes that no other outcome dominates, the best first by summed normal scores.

    With one objective, or with tiers, this is the list of the best, ties included. Scores are utilities scaled to
    [0, 1] over all outcomes, summed; ties keep their order. Where some outcomes meet every threshold, the others do not
    count.
    """
    if not outcomes:
        return []
    if tiers := by_tier(objectives):
        reached = [standing(tiers, row) for row in outcomes]
        best = max(reached)
        return [i for i, one in enumerate(reached) if one == best]
    good = [i for i, row in enumerate(outcomes) if all(o.counts(row[o.name]) for o in objectives)]
    if 0 < len(good) < len(outcomes):
        return [good[place] for place in pareto(objectives, [outcomes[i] for i in good])]
    utilities = [[objective.utility(row[objective.name]) for objective in objectives] for row in outcomes]
    front = [i for i, u in enumerate(utilities) if not any(dominates(other, u) for other in utilities)]
    lows = [min(column) for column in zip(*utilities, strict=True)]
    spans = [(max(column) - min(column)) or 1.0 for column in zip(*utilities, strict=True)]

    def score(i: int) -> float:
        return math.fsum((u - low) / span for u, low, span in zip(utilities[i], lows, spans, strict=True))

    return sorted(front, key=lambda i: -score(i))

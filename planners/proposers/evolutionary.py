"""The evolutionary proposer: children of the best rows so far, by tournament, crossover and mutation.

It needs no model, so it keeps working where the surface is too rough for one. A child's parameters come from either
parent (a mixture's parts always together), then some are moved; what breaks a constraint is rejected, and in a pool
a child stands for the nearest free row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.ranking import by_tier, standings
from zosimos.core.records import Candidate, Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.candidates.encoding import Codec
from zosimos.planners.candidates.perturbation import Mover
from zosimos.planners.candidates.sampling import fresh, nearest_rows, sobol_rows
from zosimos.planners.candidates.settable import settable
from zosimos.planners.protocol import ProposalContext

Array = NDArray[np.float64]

_TOURNAMENT = 3
_MUTATION = 0.15  # share of a range
_ROUNDS = 20
_DIRECTIONS = 64


class EvolutionaryProposer:
    """Breeds candidates from the observations."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates; none before something was measured."""
        space = context.space
        moved = [replace(seen, values=settable(space, seen)) if seen.asked else seen for seen in context.training]
        parents = [seen for seen in moved if not space.problems(seen.values)]
        if not parents:
            return []
        rng = np.random.default_rng(context.seed)
        scores = _scores(parents, context.objectives)
        # a pool's constraints have chosen its rows already: children need not satisfy them to point at a row
        around = space if space.pool is None else SearchSpace(space.parameters, exact=space.exact)
        sample = fresh(sobol_rows(around, context.seed), frozenset(), _DIRECTIONS)
        mover = Mover(around, [*sample, *(seen.values for seen in parents)])
        children: dict[str, Values] = {}
        for _ in range(_ROUNDS):
            for child in _bred(parents, scores, 4 * n, mover, rng):
                if context.free is not None or row_key(child) not in context.taken:
                    children.setdefault(row_key(child), child)
            if len(children) >= n:
                break
        rows = list(children.values())[:n]
        if context.free is not None:
            rows = nearest_rows(space, space.features(rows), context.free)
        best = parents[int(scores.argmax())].experiment
        return [Candidate(row, "evolutionary", f"bred from the best so far (best: {best})") for row in rows]


def _scores(parents: Sequence[Observation], objectives: Sequence[Objective]) -> Array:
    """Return one number a parent: utilities scaled to [0, 1] over the parents, averaged over what was measured.

    With tiers it is the place in their order.
    """
    found = [[seen.measurements.get(objective.name) for objective in objectives] for seen in parents]
    values = np.array([[np.nan if m is None or not m.trains else m.value for m in row] for row in found])
    if by_tier(objectives):
        return standings(objectives, values)
    columns = []
    for objective, column in zip(objectives, values.T, strict=True):
        utility = np.array([objective.utility(value) for value in column.tolist()])
        low, high = (np.nanmin(utility), np.nanmax(utility)) if np.isfinite(utility).any() else (0.0, 0.0)
        columns.append(np.nan_to_num((utility - low) / ((high - low) or 1.0), nan=0.0))
    return np.asarray(np.mean(columns, axis=0), dtype=float)


def _bred(
    parents: Sequence[Observation], scores: Array, n: int, mover: Mover, rng: np.random.Generator
) -> list[Values]:
    """Return up to ``n`` allowed children."""
    pairs = rng.integers(len(parents), size=(2, n, _TOURNAMENT))
    winners = np.take_along_axis(pairs, scores[pairs].argmax(axis=2)[..., None], axis=2)[..., 0]
    points = mover.codec.encode([seen.values for seen in parents])
    from_first = rng.random((n, points.shape[1])) < 0.5
    for group in _groups(mover.codec):
        from_first[:, group] = from_first[:, group[:1]]
    crossed = mover.allowed(mover.codec.decode(np.where(from_first, points[winners[0]], points[winners[1]])))
    return mover.around(crossed, 1, _MUTATION, rng) if crossed else []


def _groups(codec: Codec) -> list[list[int]]:
    return [places for _, places, _ in codec.mixtures]

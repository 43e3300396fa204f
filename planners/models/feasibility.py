"""Feasibility: what the planner learns from experiments that failed, by the model that the settings name.

Where none failed by what may be the chemistry it is one number, and torch, a second to import, is not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.seeds import derive_seed
from zosimos.planners.isolation import load_torch
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.feasibility.fault_hmm import RunStatus
from zosimos.surrogates.feasibility.share import first_blame, infeasible_share, teaches

Array = NDArray[np.float64]

MOST = 1_000
"""Experiments that ended which are learned from at most: it costs the cube of their number, many times over."""


class Feasibility:
    """Where experiments give a usable result, learned from all that ended.

    Of many half are the last ones, where the search is now, and half drawn from those before, whatever came of them. By
    earlier revisions all were learned from, however long that took.

    Args:
        context: of a decision.
    """

    def __init__(self, context: ProposalContext) -> None:
        seen = context.observations
        if context.policy.failures == "ignore":
            seen = tuple(observation for observation in seen if not observation.failed)
        if context.policy.fifth and len(seen) > MOST:
            half = MOST // 2
            rng = np.random.default_rng(derive_seed(context.seed, "ended"))
            drawn = rng.choice(len(seen) - half, half, replace=False)
            seen = (*(seen[int(place)] for place in np.sort(drawn)), *seen[len(seen) - half :])
        outcomes: list[RunStatus] = [item.cause if item.failed else "ok" for item in seen]
        self._share = 1.0 - infeasible_share(outcomes, [first_blame(outcome) for outcome in outcomes])
        self._learned: Callable[[Array], Array] | None = None
        if any(map(teaches, outcomes)):
            self._learned = _learned(context, context.space.features([item.values for item in seen]), outcomes)

    def probability(self, X: Array) -> Array:
        """Return the probability of a usable result at ``n x d`` model columns, faults aside, shape ``n``, never 0."""
        return np.full(len(X), self._share) if self._learned is None else self._learned(X)


def _learned(context: ProposalContext, X: Array, outcomes: Sequence[RunStatus]) -> Callable[[Array], Array]:
    """Return the probability of a usable result as a model of ``n x d`` columns and their outcomes gives it."""
    load_torch()
    import torch

    from zosimos.surrogates.feasibility.classified import ClassifiedFeasibility
    from zosimos.surrogates.feasibility.usable import FeasibilityModel

    model: FeasibilityModel | ClassifiedFeasibility = FeasibilityModel()
    if context.policy.feasibility == "dirichlet":
        model = ClassifiedFeasibility(ColumnKinds.of(context.space), derive_seed(context.seed, "feasibility"))
    model.fit(torch.from_numpy(X), outcomes)
    return lambda columns: np.asarray(model.probability(torch.from_numpy(columns)).numpy())

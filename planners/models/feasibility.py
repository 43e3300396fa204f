"""Feasibility: what the planner learns from experiments that failed, by the model that the settings name."""

from __future__ import annotations

import numpy as np
import torch

from zosimos.core.seeds import derive_seed
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.feasibility.classified import ClassifiedFeasibility
from zosimos.surrogates.feasibility.fault_hmm import RunStatus
from zosimos.surrogates.feasibility.usable import FeasibilityModel

MOST = 1_000
"""Experiments that ended which are learned from at most: it costs the cube of their number, many times over."""


def feasibility_of(context: ProposalContext) -> FeasibilityModel | ClassifiedFeasibility:
    """Return where experiments give a usable result, learned from all that ended.

    Of many half are the last ones, where the search is now, and half drawn from those before, whatever came of them. By
    earlier revisions all were learned from, however long that took.
    """
    seen = context.observations
    if context.policy.failures == "ignore":
        seen = tuple(observation for observation in seen if not observation.failed)
    if context.policy.fifth and len(seen) > MOST:
        half = MOST // 2
        drawn = np.random.default_rng(derive_seed(context.seed, "ended")).choice(len(seen) - half, half, replace=False)
        seen = (*(seen[int(place)] for place in np.sort(drawn)), *seen[len(seen) - half :])
    outcomes: list[RunStatus] = [item.cause if item.failed else "ok" for item in seen]
    features = torch.from_numpy(context.space.features([item.values for item in seen]))
    if context.policy.feasibility == "dirichlet":
        seed = derive_seed(context.seed, "feasibility")
        return ClassifiedFeasibility(ColumnKinds.of(context.space), seed).fit(features, outcomes)
    return FeasibilityModel().fit(features, outcomes)

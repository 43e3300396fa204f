"""Feasibility: what the planner learns from experiments that failed, by the model that the settings name."""

from __future__ import annotations

import torch

from zosimos.core.seeds import derive_seed
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.feasibility.classified import ClassifiedFeasibility
from zosimos.surrogates.feasibility.fault_hmm import RunStatus
from zosimos.surrogates.feasibility.usable import FeasibilityModel


def feasibility_of(context: ProposalContext) -> FeasibilityModel | ClassifiedFeasibility:
    """Return where experiments give a usable result, learned from all that ended."""
    seen = context.observations
    if context.policy.failures == "ignore":
        seen = tuple(observation for observation in seen if not observation.failed)
    outcomes: list[RunStatus] = [item.cause if item.failed else "ok" for item in seen]
    features = torch.from_numpy(context.space.features([item.values for item in seen]))
    if context.policy.feasibility == "dirichlet":
        seed = derive_seed(context.seed, "feasibility")
        return ClassifiedFeasibility(ColumnKinds.of(context.space), seed).fit(features, outcomes)
    return FeasibilityModel().fit(features, outcomes)

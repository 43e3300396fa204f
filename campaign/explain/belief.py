"""Belief: what the models made of the observations of a context, made again as the planner made it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import StateError
from zosimos.core.parameters import Values
from zosimos.planners.isolation import isolated
from zosimos.planners.models.belief import Belief
from zosimos.planners.protocol import ProposalContext

Array = NDArray[np.float64]

LEAST = 2  # observations: with fewer no model says more than the mean


def believed(context: ProposalContext, ahead: Sequence[Values] = ()) -> Belief:
    """Return what is believed in a context; the same for the same context, in any process.

    Args:
        context: of a decision.
        ahead: rows that the same proposer chose before in the same decision.

    Raises:
        ValueError: an objective has no observation that models may learn from.
        StateError: outcomes are so large that no model can work with them.
    """
    if context.usable < 1:
        raise ValueError("a belief needs an observation of each objective")
    if context.too_large:
        raise StateError(
            f"outcomes of {context.too_large} are so large that no model can work with them",
            field=context.too_large,
            hint="record them in another unit, or record their logarithm",
        )
    with isolated(context.seed):
        belief = Belief(context)
        for row in ahead:
            belief.add_pending([row])
        return belief


def drawn_together(mean: Array, covariance: Array, draws: int, seed: int) -> Array:
    """Return joint draws, ``draws x m``, of a normal distribution with a mean (``m``) and a covariance (``m x m``)."""
    values, vectors = np.linalg.eigh(0.5 * (covariance + covariance.T))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    chance = np.random.default_rng(seed).standard_normal((draws, len(mean)))
    return np.asarray(mean + chance @ root.T)

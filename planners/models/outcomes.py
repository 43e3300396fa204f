"""Outcomes: what models learn from, as tables of rows and numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.records import Observation
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.committee.limits import Limits

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Outcomes:
    """What models learn from: rows, and ``n x o`` outcomes and variances by objective (NaN: none, unknown)."""

    rows: tuple[Values, ...]
    values: Array
    variances: Array

    @classmethod
    def of(cls, context: ProposalContext, quantities: Sequence[Objective]) -> Outcomes:
        """Return what a context's observations teach of quantities, which objectives are or are made of."""
        seen = context.training
        pairs = [[_outcome(observation, quantity) for quantity in quantities] for observation in seen]
        table = np.array(pairs, dtype=float).reshape(len(seen), len(quantities), 2)
        return cls(tuple(observation.values for observation in seen), table[..., 0], table[..., 1])


def _outcome(observation: Observation, objective: Objective) -> tuple[float, float]:
    """Return an outcome and its variance, each NaN where there is none that trains."""
    found = observation.measurements.get(objective.name)
    if found is None or not found.trains:
        return math.nan, math.nan
    return found.value, math.nan if found.uncertainty is None else found.uncertainty**2


def limits_of(context: ProposalContext, quantity: str) -> Limits | None:
    """Return the results of a quantity of which only a limit is known, as far as these teach; None: there are none."""
    bounds = context.bounding(quantity)
    if not bounds:
        return None
    return Limits(
        context.space.features([o.values for o, _ in bounds]),
        np.array([found.value for _, found in bounds]),
        np.array([-1 if found.limit == "below" else 1 for _, found in bounds]),
        context.space.reaches([o.asked_at for o, _ in bounds]),
    )

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
from zosimos.core.uncertainty import parts
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.committee.limits import Limits
from zosimos.surrogates.committee.stated import FIRM, LOOSE

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Outcomes:
    """What models learn from.

    Args:
        rows: ``n`` rows.
        values: ``n x o`` outcomes by objective, NaN where there is none.
        variances: ``n x o``, squared standard uncertainties of what scatters, NaN where unknown.
        stated_sd: by objective, how sure it is that these are no more and no less than the scatter, as
            :mod:`zosimos.surrogates.committee.stated` has it; None: they are taken as they are.
    """

    rows: tuple[Values, ...]
    values: Array
    variances: Array
    stated_sd: tuple[float | None, ...]

    @classmethod
    def of(cls, context: ProposalContext, quantities: Sequence[Objective]) -> Outcomes:
        """Return what a context's observations teach of quantities, which objectives are or are made of."""
        seen = context.training
        columns = [_column(context, seen, quantity) for quantity in quantities]
        values = np.array([column.values for column in columns]).reshape(len(quantities), len(seen)).T
        variances = np.array([column.variances for column in columns]).reshape(len(quantities), len(seen)).T
        rows = tuple(observation.values for observation in seen)
        return cls(rows, values, variances, tuple(column.stated_sd for column in columns))


@dataclass(frozen=True)
class _Column:
    """The outcomes of one quantity, ``n``, with their variances."""

    values: Array
    variances: Array
    stated_sd: float | None


def _column(context: ProposalContext, seen: Sequence[Observation], quantity: Objective) -> _Column:
    """Return the outcomes of one quantity.

    Where some results say which part of their uncertainty scatters, the others are thought to scatter like them.
    """
    values, variances = np.full(len(seen), math.nan), np.full(len(seen), math.nan)
    said = np.zeros(len(seen), dtype=bool)
    for place, observation in enumerate(seen):
        found = observation.measurements.get(quantity.name)
        if found is None or not found.trains:
            continue
        values[place] = found.value
        if found.u_shared is None and quantity.u_shared is None:  # the usual case, many times over
            variances[place] = math.nan if found.uncertainty is None else found.uncertainty**2
            continue
        known = parts(found, quantity)
        variances[place] = math.nan if known.random is None else known.random**2
        said[place] = known.said
    if not context.policy.fifth:
        return _Column(values, variances, None)
    firm = said & (variances > 0.0)
    if firm.any():
        return _Column(values, np.where(said, variances, math.nan), FIRM)
    return _Column(values, variances, LOOSE)


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

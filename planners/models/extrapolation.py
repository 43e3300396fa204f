"""Extrapolation: whether a row lies among those that were learned from, so that its prediction can be leaned on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zosimos.core.parameters import Values
from zosimos.core.space import SearchSpace
from zosimos.surrogates.calibration.applicability import Applicability, Domain

_MOST = 512  # learned rows that stand for all: distances among them cost their square


def domain_of(space: SearchSpace, learned: Sequence[Values]) -> Domain:
    """Return the domain of one or more learned rows; of very many, an even part."""
    part = np.unique(np.linspace(0, len(learned) - 1, min(len(learned), _MOST)).astype(int))
    return Domain.of(space.features([learned[i] for i in part]))


def describe(space: SearchSpace, found: Applicability) -> str:
    """Return the verdict on the first row in words, with parameters by name."""
    owners = [parameter.name for parameter in space.parameters for _ in range(parameter.width)]
    column = int(found.columns[0])
    return found.why(0) if column < 0 else found.why(0).replace(f"column {column} is", f"{owners[column]} is", 1)

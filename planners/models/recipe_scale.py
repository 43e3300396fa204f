"""The scale of recipes of few parts: what a part does that was never in a recipe is not known.

A length scale that no row has taught stays at its prior. Its logarithm is normal, and at the middle of that a column
may change over all its range and hardly matter: the usual bet in spaces of many columns, where most do not. In recipes
with a few of many parts it is the wrong one, since parts are absent from all rows until they are tried, and a recipe
of other parts is no small change. There the prior's peak is taken instead, three units lower (a log-normal of variance
3 peaks at ``exp(mean - 3)``), where BoTorch's fit begins, too. What rows teach counts as before.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Cardinality
from zosimos.core.space import SearchSpace

Array = NDArray[np.float64]

_STRETCH = math.exp(3.0)  # the variance of the prior on logarithms of length scales: Hvarfner et al. 2024


@dataclass(frozen=True)
class RecipeScale:
    """A factor for each model column, above 1 for parts that may be absent.

    Args:
        factors: ``d`` of them.
    """

    factors: tuple[float, ...]

    @classmethod
    def of(cls, space: SearchSpace, counts: Callable[[str], bool] = lambda _: True) -> Self:
        """Return the scale of a space; ``counts`` says of a parameter's name whether its columns are seen."""
        parts = optional_parts(space)
        pairs = [(p.width, _STRETCH if p.name in parts else 1.0) for p in space.parameters if counts(p.name)]
        return cls(tuple(factor for width, factor in pairs for _ in range(width)))

    def __call__(self, columns: Array) -> Array:
        """Return ``n x d`` model columns on this scale."""
        return np.asarray(columns * np.array(self.factors))


def optional_parts(space: SearchSpace) -> frozenset[str]:
    """Return the names of the parts of which only some may be in a row."""
    counted = [c for c in space.constraints if isinstance(c, Cardinality) and c.most < len(c.parts)]
    return frozenset(name for constraint in counted for name in constraint.parts)

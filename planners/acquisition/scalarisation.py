"""Scalarisation: several objectives as one number, weighed again for each experiment (ParEGO).

Knowles 2006, "ParEGO: a hybrid algorithm with on-line landscape approximation for expensive multiobjective optimization
problems", IEEE Trans. Evol. Comput. 10, 50. Each weighing asks for another place of the trade-off, so that over many
experiments all of it is looked for. The scalar itself is modelled, not the objectives: the smallest of several normal
quantities is not normal, so that only a model of the scalar has an expected improvement in closed form; and the models'
weights then say which of them predicts the scalar best.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zosimos.core.objective import Objective

Array = NDArray[np.float64]

SCALAR = Objective("scalar", "max")
"""What the scalar is wanted to be."""

_RHO = 0.05  # Knowles': enough of the sum that a row which is dominated never wins


@dataclass(frozen=True)
class Scalarisation:
    """The augmented Chebyshev function with one weighing.

    Args:
        weights: one for each of ``o`` objectives, summing to 1.
    """

    weights: tuple[float, ...]

    @classmethod
    def drawn(cls, objectives: int, seed: int) -> Scalarisation:
        """Return a weighing drawn evenly from all (Dirichlet with ones)."""
        return cls(tuple(np.random.default_rng(seed).dirichlet(np.ones(objectives)).tolist()))

    def of(self, utilities: Array) -> Array:
        """Return the scalars of ``n x o`` utilities, each objective scaled to [0, 1] over the rows, shape ``n``.

        ``-max_j w_j d_j - 0.05 sum_j w_j d_j`` with ``d`` the distance from the best: minus the cost that Knowles makes
        small.
        """
        return self._between(utilities, utilities)

    def ceiling(self, utilities: Array, ceilings: Array) -> float:
        """Return the highest scalar that can be, where the objectives' utilities have ceilings.

        That of all ceilings at once; infinite where an objective has none. A row that lies above it counts as it is.

        Args:
            utilities: ``n x o``, over which objectives are scaled.
            ceilings: ``o``, infinite where nothing limits an objective.
        """
        if not np.isfinite(ceilings).all():
            return math.inf
        return float(max(self._between(utilities, ceilings[None])[0], self.of(utilities).max()))

    def _between(self, scale: Array, utilities: Array) -> Array:
        low, high = scale.min(axis=0), scale.max(axis=0)
        short = (high - utilities) / np.where(high > low, high - low, 1.0) * np.array(self.weights)
        return np.asarray(-short.max(axis=1) - _RHO * short.sum(axis=1))

    def describe(self, objectives: Sequence[Objective]) -> str:
        """Return the weighing in words."""
        return ", ".join(f"{o.name} {weight:.0%}" for o, weight in zip(objectives, self.weights, strict=True))

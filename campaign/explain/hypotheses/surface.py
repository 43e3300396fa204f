"""A surface: what the campaign's models believe of one objective at many rows together, noise left out.

The belief at ``m`` rows is taken as one normal distribution with the models' means and covariances (those of a mixture,
members that disagree included), widened by as much as earlier predictions were off. For a Gaussian process that is
exact; for other models it keeps the first two moments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from zosimos.campaign.explain.belief import believed
from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.sampling import fresh, listed, sobol_rows
from zosimos.planners.models.belief import Belief
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.outcome import OutcomeModel

Array = NDArray[np.float64]

DRAWS = 4000
"""Surfaces that are drawn: a share of them is off by less than 0.01 in 4 of 5 cases, whatever it is."""


@dataclass(frozen=True)
class Surface:
    """What is believed of one objective in a context.

    Args:
        belief: the models.
        objective: the one that is asked of.
        asking: what may be measured next.
    """

    belief: Belief
    objective: Objective
    asking: ProposalContext

    @classmethod
    def of(cls, context: ProposalContext, quantity: str, asking: ProposalContext) -> Self:
        """Return the surface of an objective; the same context gives the same one.

        Args:
            context: what the models learn from, and the space that statements are about.
            quantity: the objective's name.
            asking: a context with what may be measured next, as rows under way and advice leave it.

        Raises:
            ValueError: an objective has no observation that models may learn from.
        """
        (objective,) = (one for one in context.objectives if one.name == quantity)
        return cls(believed(context), objective, asking)

    @property
    def context(self) -> ProposalContext:
        """What is known."""
        return self.belief.context

    @property
    def space(self) -> SearchSpace:
        """What may be tried."""
        return self.belief.context.space

    def normal(self, rows: Sequence[Values]) -> tuple[Array, Array]:
        """Return the mean (``m``) and the covariance (``m x m``) of the objective at rows."""
        X = self.space.features(rows)
        return self._model.predict(X).mean, self._scale**2 * self._model.cross(X, X)

    def cross(self, A: Sequence[Values], B: Sequence[Values]) -> Array:
        """Return the covariance of the objective at ``a`` and at ``b`` rows, ``a x b``."""
        features = self.space.features
        return self._scale**2 * self._model.cross(features(A), features(B))

    def noise(self, rows: Sequence[Values]) -> Array:
        """Return the noise variance of a measurement at ``m`` rows."""
        return self._model.noise(self.space.features(rows))

    def left_out(self) -> tuple[Array, Array] | None:
        """Return mean and variance (noise included) of each result predicted from the others; None: models cannot."""
        found = self._model.left_out()
        return None if found is None else (found[0], self._scale**2 * found[1])

    def drawn(self, rows: Sequence[Values], seed: int) -> Array:
        """Return equally likely surfaces at ``m`` rows, ``DRAWS x m``."""
        mean, covariance = self.normal(rows)
        values, vectors = np.linalg.eigh(0.5 * (covariance + covariance.T))
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        chance = np.random.default_rng(seed).standard_normal((DRAWS, len(rows)))
        return np.asarray(mean + chance @ root.T)

    def allowed(self, n: int, seed: int) -> list[Values]:
        """Return up to so many different allowed rows, evenly drawn, tried or not; at the level that counts."""
        every = listed(self.space)
        if every is None:
            rows = fresh(sobol_rows(self.space, seed), frozenset(), n)
        else:
            chosen = np.sort(np.random.default_rng(seed).permutation(len(every))[:n])
            rows = [every[int(i)] for i in chosen]
        fidelity = self.context.goal.fidelity
        return rows if fidelity is None else [{**row, fidelity.parameter: fidelity.top} for row in rows]

    def untried(self, n: int, seed: int) -> list[Values]:
        """Return up to so many allowed rows that may be measured next, evenly drawn."""
        context = self.asking
        if context.free is None:
            return fresh(sobol_rows(context.space, seed), context.taken, n)
        chosen = np.sort(np.random.default_rng(seed).permutation(len(context.free))[:n])
        return [context.free[int(i)] for i in chosen]

    @cached_property
    def _model(self) -> OutcomeModel:
        names = [one.name for one in self.context.objectives]
        return self.belief.models[names.index(self.objective.name)]

    @cached_property
    def _scale(self) -> float:
        return self.belief.recalibrators[self.objective.name].scale

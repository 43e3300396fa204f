"""A model of an objective that is a sum of measured quantities with known factors: nothing needs to be drawn.

Mean and variance follow exactly from those of the parts, and a gain from them in closed form, however small it is.
Factors may depend on parameters, such as a price per gram times a measured mass.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from zosimos.planners.models.composite import CompositeOutcome
from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.outcome import Known, Mixture

Array = NDArray[np.float64]


class AffineOutcome(CompositeOutcome):
    """The belief about one such objective, as an :class:`~zosimos.surrogates.outcome.OutcomeModel`."""

    def predict(self, X: Array, *, beside: Array | None = None, first: int | None = None) -> Mixture:
        """Return the belief at ``m x d`` columns.

        Args:
            X: the columns.
            beside: ``1 x d`` columns of a row: variances are no greater than those of the difference to it.
            first: left aside.
        """
        del first
        rest, factors = self._factors(X)
        beliefs = {name: model.predict(X) for name, model in self.parts.items()}
        mean = rest + sum(factors[name] * belief.mean for name, belief in beliefs.items())
        variance = sum(factors[name] ** 2 * belief.variance for name, belief in beliefs.items()) + self._left_out(X)[0]
        if beside is not None:
            variance = np.minimum(variance, self._apart(X, factors, np.asarray(variance), beside))
        noise = float(np.mean(self.noise(self._columns)))
        return Mixture(mean[None], np.asarray(variance)[None], np.ones(1), np.array([noise]))

    def cross(self, A: Array, B: Array) -> Array:
        """Return the covariance of ``a x d`` and ``b x d`` columns, ``a x b``."""
        of_a, of_b = self._factors(A)[1], self._factors(B)[1]
        parts = self.parts.items()
        return np.asarray(sum(of_a[name][:, None] * model.cross(A, B) * of_b[name] for name, model in parts))

    def drawn(self, moments: Mapping[str, tuple[Array, Array]], X: Array) -> Mixture:
        """Return the same from given means and variances of the parts there, each row by itself."""
        rest, factors = self._factors(X)
        mean = rest + sum(factors[name] * part for name, (part, _) in moments.items())
        variance = sum(factors[name] ** 2 * part for name, (_, part) in moments.items()) + self._left_out(X)[0]
        return Mixture(mean[None], np.asarray(variance)[None], np.ones(1), np.zeros(1))

    def known(self) -> Known:
        """Return what is believed of the measured rows, then of those under way."""
        mean = self.predict(self._columns).mean
        return Known(self._columns, mean[None], mean, mean[None])

    def noise(self, X: Array) -> Array:
        """Return the variance that the noise of measuring the parts adds at ``m x d`` columns, ``m``."""
        factors = self._factors(X)[1]
        found = sum(factors[name] ** 2 * model.noise(X) for name, model in self.parts.items())
        return np.asarray(found + self._left_out(X)[1])

    def card(self) -> ModelCard:
        """Return how the objective is worked out, and from what."""
        return ModelCard(
            name="affine composite",
            models=f"{self._objective.name} = {self._formula.text}, exactly from {', '.join(self.parts)}.",
            hyperparameters={},
            selection="None: nothing is fitted but the models of the quantities.",
            assumptions=("the formula is right", "what is not known of one quantity tells nothing of another"),
            failures=("quantities whose errors hang together: their sum is surer or less sure than believed",),
            source="a sum of independent Gaussian mixtures, by its first two moments",
            rows=self._measured,
        )

    def _apart(self, X: Array, factors: Mapping[str, Array], variance: Array, beside: Array) -> Array:
        """Return the variance of the difference of the objective at ``m x d`` columns and at a row, ``m``."""
        there = self._factors(beside)[1]
        found = variance.copy()
        for name, model in self.parts.items():
            own = there[name][0]
            found += own**2 * model.predict(beside).variance[0]
            found -= 2.0 * own * factors[name] * model.cross(X, beside)[:, 0]
        return np.maximum(found, 1e-12 * self.standard.spread**2)

    def _factors(self, X: Array) -> tuple[Array, dict[str, Array]]:
        """Return the objective at ``m x d`` columns where all parts are 0, and what one of each adds, ``m``."""
        zero = {name: np.zeros(len(X)) for name in self.parts}
        rest = self._of_parts(zero, X)
        return rest, {name: self._of_parts({**zero, name: np.ones(len(X))}, X) - rest for name in self.parts}

    def _left_out(self, X: Array) -> tuple[Array, Array]:
        """Return what channels add that scores of series do not tell: what is not known, and noise, ``m`` each."""
        found = np.zeros((2, len(X)))
        if not self.series:
            return found[0], found[1]
        zero = {name: np.zeros(len(X)) for name in self.parts}
        rest = self._of_parts(zero, X)
        for model in self.series:
            for place in np.flatnonzero(model.shapes.truncated + model.shapes.noise):
                moved = np.zeros(len(model.series.channels))
                moved[place] = 1.0
                factor = self._of_parts(zero, X, moved) - rest
                found += factor**2 * np.array([[model.shapes.truncated[place]], [model.shapes.noise[place]]])
        return found[0], found[1]

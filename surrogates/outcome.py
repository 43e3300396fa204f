"""The seam between judging rows and models: what any model of one outcome answers, whatever it is made of.

A committee, any other surrogate, a chain of levels of fidelity and an objective made of measured quantities are asked
the same: what they believe at rows, how rows hang together, what is known so far, and what they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.committee.standard import Standard

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Mixture:
    """Beliefs at ``m`` rows as a mixture of ``k`` Gaussians, in the outcome's units, noise left out.

    Attributes:
        means: ``k x m``.
        variances: ``k x m``.
        weights: ``k``, summing to 1.
        noise: ``k`` noise variances of a measurement.
        origin: a value near the means, from which their spread is taken, so that a large offset hides nothing of it.
    """

    means: Array
    variances: Array
    weights: Array
    noise: Array
    origin: float = 0.0

    @property
    def mean(self) -> Array:
        """The expectation, shape ``m``."""
        return np.asarray(self.weights @ self.means)

    @property
    def variance(self) -> Array:
        """The variance by the law of total variance, shape ``m``: what more data would remove (epistemic)."""
        apart = self.means - self.origin
        centre = self.weights @ apart if self.origin else self.mean
        spread = self.weights @ (self.variances + apart**2) - centre**2
        return np.asarray(np.maximum(spread, 0.0))

    @property
    def aleatoric(self) -> float:
        """The expected noise variance of one measurement: what no data remove."""
        return float(self.weights @ self.noise)

    def at(self, places: NDArray[np.bool_]) -> Self:
        """Return the belief at some of the rows."""
        return replace(self, means=self.means[:, places], variances=self.variances[:, places])

    def widened(self, factor: float) -> Self:
        """Return a belief so many times as unsure of itself."""
        return replace(self, variances=factor**2 * self.variances)


class Drawn(Mixture):
    """A belief as ``k`` equally likely draws of the outcome at ``m`` rows, each draw one world in which all rows lie.

    ``variances`` are next to nothing: they only keep the logarithm of a chance that no draw shows apart from others.
    """


@dataclass(frozen=True)
class Known:
    """What is believed of the measured rows, then of those under way, ``n + p`` of them.

    Attributes:
        columns: ``(n + p) x d``, the model columns of the rows.
        parts: means by part of the mixture, ``k x (n + p)``.
        mean: the mixture's expectation, ``n + p``.
        rivals: means by part of the rows that may be the best, ``k x r``; all of them, unless a part is costly.
        limited: columns (``l x d``) and means by part (``k x l``) of rows of whose results only a limit is known: no
            results, but what is believed of them is to be beaten like any other row. None: there are none.
    """

    columns: Array
    parts: Array
    mean: Array
    rivals: Array
    limited: tuple[Array, Array] | None = None


@runtime_checkable
class OutcomeModel(Protocol):
    """A model of one outcome, fitted; rows are ``d`` model columns, numbers are in the outcome's units."""

    @property
    def exact(self) -> bool:
        """Whether it is a mixture of exact Gaussian processes over rows of one kind.

        Then noise is told apart from roughness, outcomes can be left out and held in doubt, and fewer measurements
        bound its variances.
        """
        ...

    @property
    def standard(self) -> Standard:
        """Centre and spread of the outcomes, and where it is exact the places of those held in doubt."""
        ...

    @property
    def weights(self) -> Mapping[str, float]:
        """The weight of each kind of model in it, by name; empty where nothing is weighed."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the fit, in words."""
        ...

    def predict(self, X: Array, *, beside: Array | None = None, first: int | None = None) -> Mixture:
        """Return the belief at ``m x d`` columns.

        Args:
            X: the columns.
            beside: ``k x d`` columns of a row for each part: variances are no greater than those of the difference to
                it. Models that cannot tell leave it aside. Not with ``first``.
            first: where it is exact, variances know the first so many measured rows alone: never too low, and cheaper.
        """
        ...

    def cross(self, A: Array, B: Array) -> Array:
        """Return the covariance (noise left out) of ``a x d`` and ``b x d`` columns, ``a x b``."""
        ...

    def noise(self, X: Array) -> Array:
        """Return the expected noise variance of a measurement at ``m x d`` columns, ``m``."""
        ...

    def known(self) -> Known:
        """Return what is believed of the rows that are measured or under way."""
        ...

    def left_out(self) -> tuple[Array, Array] | None:
        """Return means and variances (noise included) of each outcome predicted from the others, both ``n``.

        None where it is not exact.
        """
        ...

    def pending(self, X: Array) -> None:
        """Take ``p x d`` rows as under way: what they will say is unknown, that they will say it is not."""
        ...

    def card(self) -> ModelCard:
        """Return what it is, what it assumes and where it fails.

        Raises:
            SpecError: it is a plugin's and does not describe itself.
        """
        ...

"""Outcomes one by one: the gaps left out, each scaled to order 1, and the beliefs put together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from botorch.posteriors.gpytorch import GPyTorchPosterior
from botorch.posteriors.posterior import Posterior
from botorch.posteriors.posterior_list import PosteriorList
from gpytorch.distributions import MultitaskMultivariateNormal, MultivariateNormal
from linear_operator import to_linear_operator
from linear_operator.operators import LinearOperator
from torch import Tensor

from zosimos.surrogates.training import checked

Fit = TypeVar("Fit")

_CONSTANT = 1e-9  # of the largest magnitude: a spread below this is rounding, not signal
_GUESSED_SPREAD = 0.1  # of the mean: what a quantity that never varied is believed to vary by
_LEAST_NOISE = 1e-4  # of the outcome's variance, as BoTorch
_ROUNDING = 1e-8  # of the outcome's variance: no belief is surer


@dataclass(frozen=True)
class ScaledOutcome:
    """One quantity's known rows.

    Args:
        index: its place among the outcomes.
        rows: ``n_all``, true where it was measured.
        X: ``n x d`` points.
        y: ``n`` values, standardised: ``(measured - centre) / spread``.
        yvar: ``n`` squared standard uncertainties of ``y``; NaN where unknown.
        centre: the mean of the measured values.
        spread: their standard deviation, or a guess where ``flat``.
        flat: why nothing can be learned of how it varies; empty if it can.
    """

    index: int
    rows: Tensor
    X: Tensor
    y: Tensor
    yvar: Tensor
    centre: float
    spread: float
    flat: str

    @property
    def noise(self) -> Tensor | None:
        """``n`` known variances above 0, or None where one or more is unknown or 0: the noise is then learned."""
        return self.yvar if bool((self.yvar > 0).all()) else None

    @property
    def usable_noise(self) -> Tensor | None:
        """The :attr:`noise`, none of it too small for a covariance to be factorised."""
        return None if self.noise is None else self.noise.clamp_min(_LEAST_NOISE)

    def noted(self, note: str) -> str:
        """Return a note that says which outcome it is about."""
        return f"outcome {self.index}: {note}"

    def belief(self, mean: Tensor, covariance: Tensor | LinearOperator) -> GPyTorchPosterior:
        """Return the belief in the outcome's own unit.

        Args:
            mean: ``batch_shape x q``, of the standardised outcome.
            covariance: ``batch_shape x q x q``; variances that rounding made negative are mended if it is dense.
        """
        if isinstance(covariance, Tensor):
            covariance = covariance + torch.diag_embed(
                (_ROUNDING - covariance.diagonal(dim1=-2, dim2=-1)).clamp_min(0.0)
            )
        scaled = to_linear_operator(covariance * self.spread**2)  # a tensor would be factored at once
        return GPyTorchPosterior(MultivariateNormal(self.centre + self.spread * mean, scaled))


def split(X: Tensor, Y: Tensor, Yvar: Tensor | None) -> tuple[ScaledOutcome, ...]:
    """Return the outcomes of ``n x d`` points, ``n x m`` values (NaN: none) and variances (NaN or None: unknown).

    Raises:
        ValueError: the shapes do not fit, X is not finite, or a quantity has no value at all.
    """
    X, Y, Yvar = checked(X, Y, Yvar)
    return tuple(_outcome(index, X, Y[:, index], Yvar[:, index]) for index in range(Y.shape[1]))


def fitted(fits: tuple[Fit, ...]) -> tuple[Fit, ...]:
    """Return what was fitted to each outcome.

    Raises:
        RuntimeError: nothing was fitted yet.
    """
    if not fits:
        raise RuntimeError("the surrogate was not fitted")
    return fits


def joint(beliefs: Sequence[Posterior]) -> Posterior:
    """Return the belief about several independent outcomes; a multi-task normal one where all are normal."""
    if len(beliefs) == 1:
        return beliefs[0]
    normal = [belief.distribution for belief in beliefs if isinstance(belief, GPyTorchPosterior)]
    if len(normal) == len(beliefs):
        return GPyTorchPosterior(MultitaskMultivariateNormal.from_independent_mvns(normal))
    return PosteriorList(*beliefs)


def _outcome(index: int, X: Tensor, y: Tensor, yvar: Tensor) -> ScaledOutcome:
    rows = y.isfinite()
    y = y[rows]
    centre = float(y.mean())
    spread = float(y.std()) if len(y) > 1 else 0.0
    flat = ""
    if spread <= _CONSTANT * float(y.abs().max()):
        flat = "one observation" if len(y) == 1 else "all outcomes are the same"
        spread = _GUESSED_SPREAD * abs(centre) or 1.0
    return ScaledOutcome(index, rows, X[rows], (y - centre) / spread, yvar[rows] / spread**2, centre, spread, flat)

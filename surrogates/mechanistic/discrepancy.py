"""One outcome as a mechanism plus a Gaussian process: the arithmetic.

Everything is in the standardised outcome's unit, and coefficients are places between their bounds (0 to 1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
from gpytorch.constraints import GreaterThan
from gpytorch.kernels import Kernel, ScaleKernel
from gpytorch.likelihoods import FixedNoiseGaussianLikelihood, GaussianLikelihood
from gpytorch.means import ZeroMean
from gpytorch.priors import LogNormalPrior
from linear_operator.utils.cholesky import psd_safe_cholesky
from scipy.linalg import solve_triangular
from torch import Tensor

from zosimos.surrogates.gaussian.exact import fit_map
from zosimos.surrogates.mechanistic.mechanism import Array, Mechanism
from zosimos.surrogates.outputs import ScaledOutcome
from zosimos.surrogates.quiet import quiet

_PLACE_PRECISION = 12.0  # of a coefficient before data: that of a uniform distribution between its bounds
_GUESSED_MISFIT = 0.1  # of the outcome's spread: what a mechanism is believed to be wrong by before data
_GUESS_WEIGHT = 2.0  # rows that this guess counts as
_LEAST_NOISE = 1e-4  # of the misfit's variance


@dataclass(frozen=True)
class Discrepancy:
    """A fitted mechanism and the process on its residuals, for one outcome.

    Args:
        mechanism: the formula.
        outcome: the data; of the logarithm where ``positive``.
        positive: the mechanism is compared by its logarithm.
        places: ``p`` fitted coefficients as places between their bounds.
        covariance: ``p x p``, of the places.
        kernel: of the residuals.
        misfit: the residuals' size, in the outcome's spread.
        root: ``n x n`` Cholesky factor of the residuals' covariance, noise included.
        slopes: ``n x p``, of the mechanism at the data.
        residual: ``n``.
        noise: ``n`` noise variances.
        note: what was unusual about the fit.
    """

    mechanism: Mechanism
    outcome: ScaledOutcome
    positive: bool
    places: Array
    covariance: Tensor
    kernel: Kernel
    misfit: float
    root: Tensor
    slopes: Tensor
    residual: Tensor
    noise: Tensor
    note: str

    @classmethod
    def fitted(cls, mechanism: Mechanism, outcome: ScaledOutcome, positive: bool) -> Self:
        """Fit coefficients, then the process, then the coefficients under the process's covariance; O(n^3)."""
        X, y = outcome.X.numpy(), outcome.y.numpy()
        known = np.ones(len(y)) if outcome.usable_noise is None else outcome.usable_noise.numpy()

        def gap(places: Array) -> Array:
            return y - _standard(mechanism.values(X, places), outcome, positive)

        places = mechanism.fitted(lambda z: gap(z) / np.sqrt(known))
        residual = np.nan_to_num(gap(places))
        misfit = _size(residual, len(places))
        model, note = _process(outcome, torch.from_numpy(residual / misfit), misfit)
        model.requires_grad_(False)  # the choice of hyper-parameters ends here
        with torch.no_grad(), quiet():
            kernel, noise = model.covar_module, misfit**2 * model.likelihood.noise.expand(len(y))
            root = psd_safe_cholesky(misfit**2 * kernel(outcome.X).to_dense() + noise.diag())
        whiten = root.numpy()
        places = mechanism.fitted(
            lambda z: solve_triangular(whiten, gap(z), lower=True, check_finite=False), starts=(places,)
        )
        slopes = torch.from_numpy(
            mechanism.slopes(X, places, lambda values: _standard(values, outcome, positive)),
        )
        white = torch.linalg.solve_triangular(root, slopes, upper=False)
        precision = white.mT @ white + _PLACE_PRECISION * torch.eye(len(places), dtype=torch.double)
        return cls(
            mechanism,
            outcome,
            positive,
            places,
            torch.linalg.inv(precision),
            kernel,
            misfit,
            root,
            slopes,
            torch.from_numpy(np.nan_to_num(gap(places))),
            noise,
            note,
        )

    def belief(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean (``batch_shape x q``) and covariance (``batch_shape x q x q``) of the standardised outcome."""
        shape, rows = X.shape[:-1], X.detach().reshape(-1, X.shape[-1]).numpy()
        mechanism, outcome = self.mechanism, self.outcome
        trend = torch.from_numpy(np.nan_to_num(_standard(mechanism.values(rows, self.places), outcome, self.positive)))
        slopes = torch.from_numpy(
            mechanism.slopes(rows, self.places, lambda values: _standard(values, outcome, self.positive))
        )
        with torch.no_grad(), quiet():
            cross = self.misfit**2 * self.kernel(outcome.X, X).to_dense()  # batch_shape x n x q
            white = torch.linalg.solve_triangular(self.root, cross, upper=False)
            right = torch.linalg.solve_triangular(self.root, self.residual[:, None], upper=False)
            white_slopes = torch.linalg.solve_triangular(self.root, self.slopes, upper=False)
            prior = self.misfit**2 * self.kernel(X).to_dense()
            unexplained = slopes.reshape(*shape, -1) - white.mT @ white_slopes  # batch_shape x q x p
            mean = trend.reshape(shape) + (white.mT @ right)[..., 0]
            covariance = prior - white.mT @ white + unexplained @ self.covariance @ unexplained.mT
        return mean, covariance

    def log_score(self) -> Tensor:
        """Return the log density of each row predicted from the others, ``n``; coefficients are integrated out."""
        total = self.root @ self.root.mT + self.slopes @ self.slopes.mT / _PLACE_PRECISION
        inverse = torch.linalg.inv(total)
        variance = 1 / inverse.diagonal()
        return log_density((inverse @ self.residual) * variance, variance)


def log_density(error: Tensor, variance: Tensor) -> Tensor:
    """Return the normal log density of errors."""
    return -0.5 * (error.square() / variance + variance.log() + math.log(2 * math.pi))


def _standard(values: Array, outcome: ScaledOutcome, positive: bool) -> Array:
    """Return a mechanism's values in the standardised outcome's unit; NaN where they have no logarithm."""
    with np.errstate(all="ignore"):
        return ((np.log(values) if positive else values) - outcome.centre) / outcome.spread


def _size(residual: Array, coefficients: int) -> float:
    """Return the residuals' standard deviation, a guess mixed in: few rows that fit perfectly prove little."""
    free = max(len(residual) - coefficients, 0)
    total = float((residual**2).sum()) + _GUESS_WEIGHT * _GUESSED_MISFIT**2
    return math.sqrt(total / (free + _GUESS_WEIGHT))


def _process(outcome: ScaledOutcome, residual: Tensor, misfit: float) -> tuple[SingleTaskGP, str]:
    """Return a process fitted to ``n`` residuals of order 1, and a note."""
    given = outcome.noise
    noise = None if given is None else (given / misfit**2).clamp_min(_LEAST_NOISE)[:, None]

    def make() -> SingleTaskGP:
        base = get_covar_module_with_dim_scaled_prior(outcome.X.shape[-1], use_rbf_kernel=False)
        prior = LogNormalPrior(-1.0, 1.0)
        kernel = ScaleKernel(base, outputscale_prior=prior, outputscale_constraint=_above(1e-4, float(prior.mode)))
        likelihood: GaussianLikelihood | FixedNoiseGaussianLikelihood | None = None
        if noise is None:
            noise_prior = LogNormalPrior(-2.0, 2.0)
            likelihood = GaussianLikelihood(noise_prior=noise_prior, noise_constraint=_above(_LEAST_NOISE, 0.1))
        return SingleTaskGP(
            outcome.X,
            residual[:, None],
            noise,
            likelihood=likelihood,
            covar_module=kernel,
            mean_module=ZeroMean(),
            outcome_transform=None,
        )

    return fit_map(make, residual[:, None])


def _above(least: float, start: float) -> GreaterThan:
    return GreaterThan(least, transform=None, initial_value=start)

"""Hyper-parameters of a Gaussian process: their prior, the likelihood with its gradient, and the mode of the two."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import minimize

from zosimos.surrogates.committee.covariance import Array, Stationary

JITTER = 1e-6
BAD = 1e10  # what an objective says where a covariance cannot be factorised
_ITERATIONS = 60
_LENGTH_SD = math.sqrt(3.0)


@dataclass(frozen=True)
class Prior:
    """Gaussian priors on the logarithms of ``g`` length scales and of the noise variance (outcomes standardised).

    Length scales follow the dimension-scaled prior of Hvarfner et al. 2024 ("Vanilla Bayesian Optimization Performs
    Great in High Dimensions", arXiv 2402.02229), the noise the log-normal one that goes with it in BoTorch: a tenth of
    the outcomes' spread. By a quiet prior it is likeliest a hundredth, but may be anything below a tenth.

    As a density of logarithms that of length scales has its mode at about ten ranges in six dimensions: surfaces are
    thought to be flat until outcomes say otherwise. As one of the length scales themselves, as BoTorch takes it, its
    mode is at half a range there (``exp(-3)`` times that): surfaces are thought to vary, and what lies far from all
    outcomes to be unknown.
    """

    mean: Array
    sd: Array

    @classmethod
    def of(cls, groups: int, *, quiet: bool = False, varied: bool = False) -> Self:
        """Return the prior for a number of length scales; ``varied``: as a density of the length scales themselves."""
        noise, sd = (-9.0, 2.0) if quiet else (-4.0, 1.0)
        middle = math.sqrt(2.0) + 0.5 * math.log(groups) - (_LENGTH_SD**2 if varied else 0.0)
        return cls(np.append(np.full(groups, middle), noise), np.append(np.full(groups, _LENGTH_SD), sd))

    def with_noise(self, mean: float, sd: float) -> Self:
        """Return the prior with another one of the log noise variance."""
        return replace(self, mean=np.append(self.mean[:-1], mean), sd=np.append(self.sd[:-1], sd))

    def penalty(self, theta: Array) -> tuple[float, Array]:
        """Return minus the log density, up to a constant, and its gradient."""
        z = (theta - self.mean) / self.sd
        return float(0.5 * z @ z), np.asarray(z / self.sd)


@dataclass(frozen=True)
class MarginalLikelihood:
    """What a likelihood is computed from.

    Args:
        distances: ``g x n x n`` squared distances by group.
        y: ``n`` standardised outcomes.
        covariance: of a squared scaled distance.
        known: ``n`` given noise variances, NaN where unknown; these replace the learned one.
        inflation: ``n`` factors of the noise variance: above 1 for outcomes under suspicion, and how noise variances
            compare where only their scale is learned.
        level: prior variance of the level that outcomes vary about; 0: it is their mean.
    """

    distances: Array
    y: Array
    covariance: Stationary
    known: Array
    inflation: Array
    level: float = field(default=0.0, kw_only=True)

    def noise(self, log_noise: float) -> Array:
        """Return the noise variance of each outcome, shape ``n``."""
        return noise_of(math.exp(log_noise), self.known, self.inflation)

    def objective(self, theta: Array, prior: Prior) -> tuple[float, Array]:
        """Return minus the log posterior of the hyper-parameters, up to a constant, and its gradient.

        Source: Rasmussen and Williams 2006, eqs. 5.8 and 5.9.
        """
        inverse_squares = np.exp(-2.0 * theta[:-1])
        r2 = np.tensordot(inverse_squares, self.distances, 1)
        slope = self.covariance.slope(r2)
        K = self.covariance.value(r2) + self.level
        noise = self.noise(theta[-1])
        K[np.diag_indices_from(K)] += noise + JITTER
        found = self.likelihood(K)
        if found is None:
            return BAD, np.zeros_like(theta)
        value, W = found
        penalty, gradient = prior.penalty(theta)
        flat = self.distances.reshape(len(self.distances), -1)
        gradient[:-1] -= (flat @ (W * slope).ravel()) * inverse_squares
        gradient[-1] += 0.5 * float(np.diag(W) @ np.where(np.isnan(self.known), noise, 0.0))
        return value + penalty, gradient

    def likelihood(self, K: Array) -> tuple[float, Array] | None:
        """Return minus the log likelihood, up to a constant, and twice its gradient by K, ``n x n``.

        None where K, the covariance of the outcomes, cannot be factorised.
        """
        try:
            L = np.asarray(np.linalg.cholesky(K), dtype=np.float64)
        except np.linalg.LinAlgError:
            return None
        inverse = _inverse_from(L)
        alpha = inverse @ self.y
        return float(0.5 * self.y @ alpha + np.log(np.diag(L)).sum()), inverse - np.outer(alpha, alpha)


def noise_of(learned: float, known: Array, inflation: Array) -> Array:
    """Return the noise variance of each outcome, ``n``: the given one where known (not NaN), else the learned one."""
    return np.asarray(np.where(np.isnan(known), learned, known) * inflation)


def _inverse_from(L: Array) -> Array:
    """Return the inverse of ``L L'``, shape ``n x n``."""
    half = solve_triangular(L, np.eye(len(L)), lower=True, check_finite=False)
    return np.asarray(half.T @ half)


def mode(evidence: MarginalLikelihood, prior: Prior) -> Array:
    """Return the maximum a posteriori hyper-parameters, shape ``g + 1``."""
    bounds = [(-5.0, 8.0)] * (len(prior.mean) - 1) + [(-12.0, 1.5)]
    start = prior.mean - np.append(np.ones(len(prior.mean) - 1), 0.0)
    found = minimize(
        evidence.objective, start, (prior,), jac=True, method="L-BFGS-B", bounds=bounds,
        options={"maxiter": _ITERATIONS},
    )  # fmt: skip
    return np.asarray(found.x if np.isfinite(found.fun) and found.fun < BAD else prior.mean)

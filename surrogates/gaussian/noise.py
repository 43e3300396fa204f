"""A noise variance that depends on the point: a Gaussian process on its logarithm."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Self

import torch
from gpytorch.kernels import MaternKernel
from linear_operator.utils.cholesky import psd_safe_cholesky
from torch import Tensor

from zosimos.surrogates.quiet import quiet

_LEVEL_VARIANCE = 9.0  # of the log noise's level before data: a factor of 20 in the standard deviation, up or down
_AMPLITUDES = (0.5, 2.0, 8.0)  # variances of the log noise about its level that are tried
_LENGTHS = (0.3, 1.0)  # length scales that are tried, times the root of the number of columns
_GIVEN_ROWS = 20.0  # how many residuals a given uncertainty counts as
_STEPS = 50  # of Newton's method at most
_CONVERGED = 1e-6
_LARGEST_STEP = 2.0  # of the log variance, in one step


@dataclass(frozen=True)
class NoiseField:
    """The most likely log noise variance as a function of the point.

    Args:
        X: ``n x d`` points.
        level: the prior mean.
        amplitude: the prior variance about a common level; 0: the noise is the same everywhere.
        length: the length scale.
        weights: ``n``; the log noise at x is ``level + k(x, X) @ weights``.
        evidence: the approximate log marginal likelihood.
    """

    X: Tensor
    level: float
    amplitude: float
    length: float
    weights: Tensor
    evidence: float

    @classmethod
    def likeliest(cls, X: Tensor, squares: Tensor, given: Tensor) -> Self:
        """Return the field after ``n`` expected squared errors; O(n^3).

        Amplitude and length scale are those of the highest evidence on a small grid, half of the prior probability
        being on a noise that is the same everywhere.

        Args:
            X: ``n x d`` points.
            squares: ``n``, each ``E (y - f(x))^2``.
            given: ``n`` known noise variances, NaN where unknown; they take the place of the squares.
        """
        known = given.isfinite()
        squares = torch.where(known, given.nan_to_num(nan=1.0), squares)
        counts = torch.where(known, _GIVEN_ROWS, 1.0).double()
        level = float((counts * squares).sum().div(counts.sum()).clamp_min(1e-12).log())
        same = cls._at(X, squares, counts, level, 0.0, 1.0)
        grid = list(itertools.product(_AMPLITUDES, _LENGTHS))
        scale = math.sqrt(X.shape[-1])
        varied = [cls._at(X, squares, counts, level, amplitude, length * scale) for amplitude, length in grid]
        best = max(varied, key=lambda field: field.evidence)
        return best if best.evidence - math.log(len(grid)) > same.evidence else same

    def variance(self, X: Tensor) -> Tensor:
        """Return the noise variance at ``... x d`` points, shape ``...``."""
        with torch.no_grad():
            return (self.level + _covariance(X, self.X, self.amplitude, self.length) @ self.weights).exp()

    @classmethod
    def _at(cls, X: Tensor, squares: Tensor, counts: Tensor, level: float, amplitude: float, length: float) -> Self:
        """Return the field of given hyper-parameters by Newton's method (Rasmussen and Williams 2006, algorithm 3.1).

        A squared error v counts as ``-(g + v exp(-g)) / 2``: the normal log likelihood, the error itself averaged out.
        """
        covariance = _covariance(X, X, amplitude, length)
        log_variance = torch.full_like(squares, level)
        weights = torch.zeros_like(squares)
        for _ in range(_STEPS):
            share = 0.5 * counts * squares * (-log_variance).exp()  # also the curvature
            slope = share - 0.5 * counts
            root, factor = _factor(covariance, share)
            target = share * (log_variance - level) + slope
            inner = torch.cholesky_solve((root * (covariance @ target))[:, None], factor)[:, 0]
            weights = target - root * inner
            step = level + covariance @ weights - log_variance
            log_variance = log_variance + step.clamp(-_LARGEST_STEP, _LARGEST_STEP)
            if float(step.abs().max()) < _CONVERGED:
                break
        share = 0.5 * counts * squares * (-log_variance).exp()
        _, factor = _factor(covariance, share)
        likelihood = -0.5 * (counts * log_variance).sum() - share.sum()
        evidence = likelihood - 0.5 * weights @ (log_variance - level) - factor.diagonal().log().sum()
        return cls(X, level, amplitude, length, weights, float(evidence))


def _factor(covariance: Tensor, curvature: Tensor) -> tuple[Tensor, Tensor]:
    """Return ``W^1/2`` (``n``) and the Cholesky factor of ``I + W^1/2 K W^1/2``."""
    root = curvature.clamp_min(1e-12).sqrt()
    inner = torch.eye(len(root), dtype=torch.double) + root[:, None] * covariance * root
    return root, psd_safe_cholesky(inner)


def _covariance(X: Tensor, Z: Tensor, amplitude: float, length: float) -> Tensor:
    if not amplitude:
        return torch.full((*X.shape[:-1], len(Z)), _LEVEL_VARIANCE, dtype=torch.double)
    kernel = MaternKernel(nu=2.5).double()
    kernel.lengthscale = length
    with torch.no_grad(), quiet():
        covariance: Tensor = _LEVEL_VARIANCE + amplitude * kernel(X, Z).to_dense()
    return covariance

"""Inducing points: the few rows that stand for many, and the posterior that they carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from gpytorch.kernels import Kernel
from linear_operator.operators import LinearOperator, RootLinearOperator
from torch import Tensor

_ROUNDING = 1e-8  # of the prior variance: added to a belief, so that none is negative


@dataclass(frozen=True)
class InducingPosterior:
    """The posterior of a sparse Gaussian process with unit prior variance and mean zero.

    Args:
        kernel: of unit variance at every point.
        Z: ``k x d`` inducing points.
        mean_weights: ``k``; the mean at x is ``k(x, Z) @ mean_weights``.
        variance_weights: ``k x k``; the variance at x is 1 minus the squared norm of ``k(x, Z) @ variance_weights``.
        bound: the collapsed lower bound of the log marginal likelihood (Titsias 2009).
        unexplained: the largest prior variance that the inducing points leave at a training row, 0 to 1.
    """

    kernel: Kernel
    Z: Tensor
    mean_weights: Tensor
    variance_weights: Tensor
    bound: float
    unexplained: float

    @classmethod
    def of(cls, kernel: Kernel, X: Tensor, y: Tensor, noise: Tensor, most: int, least_variance: float) -> Self:
        """Return the posterior after ``n`` outcomes; O(n k^2) time, O(n k) memory.

        Args:
            kernel: of unit variance at every point.
            X: ``n x d``.
            y: ``n`` outcomes, prior mean taken off.
            noise: ``n`` noise variances.
            most: inducing points at most.
            least_variance: no further ones where they leave no more prior variance than this at any row.
        """
        with torch.no_grad():
            pivots, factor, left = pivoted_cholesky(kernel, X, most, least_variance)
            scaled = factor / noise.sqrt()  # k x n: L^-1 K_uf noise^-1/2
            values, vectors = torch.linalg.eigh(torch.eye(len(pivots), dtype=torch.double) + scaled @ scaled.mT)
            values = values.clamp_min(1.0)
            projected = vectors.mT @ (scaled @ (y / noise.sqrt()))
            triangle = factor[:, pivots].mT.tril()  # L of K_uu = L L^T
            basis = torch.linalg.solve_triangular(triangle.mT, vectors, upper=True)  # L^-T U
            fit = (y.square() / noise).sum() - (projected.square() / values).sum()
            spare = (left / noise).sum()
            bound = -0.5 * (fit + spare + values.log().sum() + (2 * torch.pi * noise).log().sum())
        return cls(
            kernel,
            X[pivots],
            basis @ (projected / values),
            basis * (1 - 1 / values).sqrt(),
            float(bound),
            float(left.max()),
        )

    def belief(self, X: Tensor) -> tuple[Tensor, LinearOperator]:
        """Return mean (``batch_shape x q``) and covariance (``batch_shape x q x q``, worked out when asked for)."""
        cross = self.kernel(X, self.Z).to_dense()
        explained = RootLinearOperator(cross @ self.variance_weights)
        return cross @ self.mean_weights, (self.kernel(X) + explained * -1.0).add_jitter(_ROUNDING)

    def moments(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and variances at ``n x d`` points, both ``n``, without a covariance between them."""
        cross = self.kernel(X, self.Z).to_dense()
        variance = 1 - (cross @ self.variance_weights).square().sum(dim=-1)
        return cross @ self.mean_weights, variance.clamp_min(_ROUNDING)


def pivoted_cholesky(kernel: Kernel, X: Tensor, most: int, least_variance: float) -> tuple[Tensor, Tensor, Tensor]:
    """Choose rows greedily, each where the rows before leave most prior variance; O(n k^2) time, O(n k) memory.

    Source: Burt et al. 2020, "Convergence of Sparse Variational Inference in Gaussian Processes Regression", arXiv
    2008.00323 (their "ConditionalVariance"). BoTorch's own needs the whole ``n x n`` covariance.

    Returns:
        The ``k`` chosen rows (at least 1); the ``k x n`` factor ``L^-1 K(Z, X)`` with L the Cholesky factor of
        ``K(Z, Z)``; the prior variance left at each row, ``n``.
    """
    n = len(X)
    factor = torch.zeros(min(most, n), n, dtype=torch.double)
    left = torch.ones(n, dtype=torch.double)
    pivots: list[int] = []
    for k in range(len(factor)):
        pivot = int(left.argmax())
        if k and float(left[pivot]) <= least_variance:
            break
        row = kernel(X[pivot : pivot + 1], X).to_dense()[0]
        row = (row - factor[:k, pivot] @ factor[:k]) / left[pivot].sqrt()
        row[pivots] = 0.0  # of rows chosen before nothing is left
        factor[k] = row
        left = (left - row.square()).clamp_min(0.0)
        pivots.append(pivot)
        left[pivot] = 0.0
    return torch.tensor(pivots), factor[: len(pivots)], left

"""The probability that a point is infeasible: a two-class Dirichlet Gaussian process that fits in milliseconds.

The likelihood is that of :mod:`zosimos.surrogates.feasibility.dirichlet` (Milios et al. 2018, arXiv 1805.10915). To be
refitted many times within one decision it has no gradient search: the length scales start equal and the one whose
change by a factor raises the posterior most is changed, until none does. All trials of a round are one batch of
Cholesky factors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from zosimos.surrogates.feasibility.dirichlet import dirichlet_targets

_EPSILON = 0.05  # what a class counts without a label
_LABELLED, _UNLABELLED = dirichlet_targets(torch.tensor([1.0, 0.0], dtype=torch.double), _EPSILON)[0].tolist()
_AMPLITUDE = (_LABELLED - _UNLABELLED) / 2  # standard deviation of each latent function
_CENTRE = (_LABELLED + _UNLABELLED) / 2
_STARTS = (0.05, 0.1, 0.2, 0.4)  # length scales for one column; times sqrt(d) for d of them
_TYPICAL = 1 / 6  # mean squared distance of two points in a column, drawn from [0, 1]
_FACTOR = 3.0  # by which a length scale is changed
_ROUNDS = 6  # changes at most
_TRIALS_AT_ONCE = 4_000_000  # numbers in a batch of covariances; a larger search is left out
_LEAST_WEIGHT = 1e-6


@dataclass(frozen=True)
class Infeasibility:
    """The model after a fit.

    Args:
        X: ``n x d`` points.
        targets: ``2 x n`` latent observations of the classes feasible and infeasible, less their prior means.
        noise: ``2 x n`` variances of them.
        shift: prior mean of the latent difference, infeasible less feasible.
        scales: ``d`` length scales.
    """

    X: Tensor
    targets: Tensor
    noise: Tensor
    shift: float
    scales: Tensor

    @classmethod
    def of(cls, X: Tensor, infeasible: Tensor, weights: Tensor, base: float, scales: Tensor | None = None) -> Self:
        """Learn from labelled points; O(n^3) a trial.

        Args:
            X: ``n x d`` points, n at least 1.
            infeasible: ``n``, true where the point is taken for infeasible.
            weights: ``n`` in [0, 1], how far the label is believed.
            base: the probability of being infeasible where nothing is known nearby.
            scales: ``d`` length scales; None: search them.
        """
        shares = torch.nn.functional.one_hot(infeasible.long(), 2).double()
        targets, variances = dirichlet_targets(shares, _EPSILON)
        shift = math.log(base / (1.0 - base)) * math.sqrt(1.0 + math.pi / 8.0 * 2.0 * _AMPLITUDE**2)
        means = torch.tensor([_CENTRE - shift / 2, _CENTRE + shift / 2], dtype=torch.double)
        left = (targets - means).T
        noise = (variances / weights.clamp_min(_LEAST_WEIGHT)[:, None]).T
        return cls(X, left, noise, shift, _searched(X, left, noise) if scales is None else scales)

    def probability(self, points: Tensor) -> Tensor:
        """Return the probability of being infeasible at ``q x d`` points, shape ``q``."""
        across = _matern(_square(points / self.scales, self.X / self.scales))
        solved = torch.linalg.solve_triangular(self._factor, across.T.expand(2, -1, -1), upper=False)
        mean = (solved * self._whitened).sum(dim=-2)
        variance = _AMPLITUDE**2 - solved.square().sum(dim=-2)
        return _mean_sigmoid(self.shift + mean[1] - mean[0], variance.clamp_min(0.0).sum(dim=0))

    def left_out(self) -> Tensor:
        """Return the probability of being infeasible at each training point, predicted from the others, shape ``n``.

        Source: Rasmussen and Williams 2006, eqs. 5.10-5.12.
        """
        inverse = torch.cholesky_inverse(self._factor)
        variance = 1.0 / inverse.diagonal(dim1=-2, dim2=-1)
        mean = self.targets - (inverse @ self.targets[..., None])[..., 0] * variance
        latent = (variance - self.noise).clamp_min(0.0)
        return _mean_sigmoid(self.shift + mean[1] - mean[0], latent.sum(dim=0))

    @cached_property
    def _factor(self) -> Tensor:
        """``2 x n x n`` Cholesky factors of the classes' covariances."""
        scaled = self.X / self.scales
        found: Tensor = torch.linalg.cholesky(_matern(_square(scaled, scaled)) + torch.diag_embed(self.noise))
        return found

    @cached_property
    def _whitened(self) -> Tensor:
        found: Tensor = torch.linalg.solve_triangular(self._factor, self.targets[..., None], upper=False)
        return found


def _searched(X: Tensor, targets: Tensor, noise: Tensor) -> Tensor:
    """Return the length scales of highest posterior among those that the search meets."""
    n, d = X.shape
    scales = torch.tensor(_STARTS, dtype=torch.double)[:, None].expand(-1, d) * math.sqrt(d)
    apart = (X[:, None, :] - X[None, :, :]).square()
    best = -math.inf
    chosen = scales[0]
    for _ in range(1 + _ROUNDS):
        values = _log_posterior(apart, scales, targets, noise)
        top = int(values.argmax())
        if float(values[top]) <= best:
            break
        best, chosen = float(values[top]), scales[top]
        if 2 * d * n * n > _TRIALS_AT_ONCE:
            break
        changes = torch.cat([torch.eye(d, dtype=torch.double), -torch.eye(d, dtype=torch.double)])
        scales = chosen * _FACTOR**changes
    return chosen


def _log_posterior(apart: Tensor, scales: Tensor, targets: Tensor, noise: Tensor) -> Tensor:
    """Return the log posterior of ``t x d`` length scales, shape ``t``, but for a constant.

    The prior is that of Hvarfner et al. 2024 (arXiv 2402.02229), as for the other Gaussian processes, cut off where two
    points drawn at random would be one length scale apart or less: a few failures in a row would then condemn the whole
    space, against the prior share of feasible points.
    """
    covariance = _matern(torch.einsum("ijd,td->tij", apart, scales**-2.0))
    factor = torch.linalg.cholesky(covariance[:, None] + torch.diag_embed(noise))
    solved = torch.linalg.solve_triangular(factor, targets[None, ..., None], upper=False)
    log_determinant = factor.diagonal(dim1=-2, dim2=-1).log().sum(dim=(-2, -1))
    likelihood = -0.5 * solved.square().sum(dim=(-3, -2, -1)) - log_determinant
    centre = math.sqrt(2.0) + 0.5 * math.log(scales.shape[-1])
    prior = -scales.log() - (scales.log() - centre).square() / 6.0
    local = (_TYPICAL * scales**-2.0).sum(dim=-1) >= 1.0
    return torch.where(local, likelihood + prior.sum(dim=-1), -torch.inf)


def _square(one: Tensor, two: Tensor) -> Tensor:
    return torch.cdist(one, two, compute_mode="donot_use_mm_for_euclid_dist").square()


def _matern(square: Tensor) -> Tensor:
    """Return the Matern-5/2 covariance of squared scaled distances."""
    distance = (5.0 * square).sqrt()
    found: Tensor = _AMPLITUDE**2 * (1.0 + distance + distance.square() / 3.0) * torch.exp(-distance)
    return found


def _mean_sigmoid(mean: Tensor, variance: Tensor) -> Tensor:
    """Return the mean of the sigmoid of a Gaussian (MacKay 1992, Neural Computation 4, 720)."""
    return torch.sigmoid(mean / (1.0 + math.pi / 8.0 * variance).sqrt())

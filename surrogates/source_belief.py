"""What an earlier campaign believes, as a prior for the present one."""

from __future__ import annotations

from typing import Any

import torch
from botorch.models.gp_regression import SingleTaskGP
from gpytorch.constraints import Interval
from gpytorch.kernels import Kernel
from gpytorch.means import Mean
from gpytorch.priors import UniformPrior
from torch import Tensor

from zosimos.surrogates.quiet import quiet

SLOPE = 0.9  # prior mean of the slope of the target on the source, both standardised
_SLOPE_SD = 0.5
_OFFSET_SD = 0.5  # of the target's prior offset: few rows standardise badly
_OWN, _OWN_LIMITS = 0.5, (0.03, 1.0)  # start and limits of the standard deviation of what is the target's own


class SourceBelief:
    """The posterior of a fitted model in its standardised units, ready to be evaluated often; O(n^2) a point.

    It is no module: an optimiser must not find the hyper-parameters of the source among those of the target.

    Args:
        model: of one outcome, its hyper-parameters fitted.
    """

    def __init__(self, model: SingleTaskGP) -> None:
        with quiet(), torch.no_grad():
            self._X: Tensor = model.train_inputs[0]
            self._kernel = model.covar_module.requires_grad_(False)
            self._constant = float(model.mean_module.constant)
            prior = model.likelihood(model.forward(self._X))
            self._factor = torch.linalg.cholesky(prior.covariance_matrix)
            self._solved = torch.cholesky_solve((model.train_targets - self._constant)[:, None], self._factor)

    def mean(self, x: Tensor) -> Tensor:
        """Return the means at ``... x n x d`` points."""
        return self._constant + (self._across(x).mT @ self._solved)[..., 0]

    def covariance(self, x1: Tensor, x2: Tensor, diag: bool) -> Tensor:
        """Return the covariances of ``... x n x d`` and ``... x n' x d`` points, or of paired rows."""
        one, two = self._whitened(x1), self._whitened(x2)
        known = (one * two).sum(dim=-2) if diag else one.mT @ two
        return self.prior(x1, x2, diag) - known

    def prior(self, x1: Tensor, x2: Tensor, diag: bool) -> Tensor:
        """Return the covariances before any data, of variance 1."""
        covariance: Tensor = self._kernel(x1, x2, diag=True) if diag else self._kernel(x1, x2).to_dense()
        return covariance

    def _across(self, x: Tensor) -> Tensor:
        """Return the prior covariances of the source's rows with ``... x n x d`` points."""
        return self.prior(self._X.expand(*x.shape[:-2], *self._X.shape), x, diag=False)

    def _whitened(self, x: Tensor) -> Tensor:
        found: Tensor = torch.linalg.solve_triangular(self._factor, self._across(x), upper=False)
        return found


class LinkedKernel(Kernel):  # type: ignore[misc] # gpytorch is untyped
    """The covariance of ``f = a + b f_source + s d``, given the source's data.

    Offset a and slope b have Gaussian priors and are integrated out; s is learned; d varies as fast as the source does,
    because a handful of rows could not tell.
    """

    def __init__(self, belief: SourceBelief) -> None:
        super().__init__()
        self._belief = belief
        self.register_parameter("raw_own", torch.nn.Parameter(torch.tensor(_OWN, dtype=torch.double)))
        self.register_constraint("raw_own", Interval(*_OWN_LIMITS, transform=None, initial_value=_OWN))
        self.register_prior("own_prior", UniformPrior(*_OWN_LIMITS), "raw_own")

    @property
    def own(self) -> Tensor:
        """The standard deviation s of what the source does not know."""
        found: Tensor = self.raw_own
        return found

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **_: Any) -> Tensor:
        """Return covariances of ``... x n x d`` and ``... x n' x d`` points."""
        one, two = self._belief.mean(x1), self._belief.mean(x2)
        means = one * two if diag else one[..., :, None] * two[..., None, :]
        unsure = (SLOPE**2 + _SLOPE_SD**2) * self._belief.covariance(x1, x2, diag)
        return unsure + _SLOPE_SD**2 * means + _OFFSET_SD**2 + self.own.square() * self._belief.prior(x1, x2, diag)


class LinkedMean(Mean):  # type: ignore[misc] # gpytorch is untyped
    """The prior mean that goes with a :class:`LinkedKernel`: the expected slope times the source's mean."""

    def __init__(self, belief: SourceBelief) -> None:
        super().__init__()
        self._belief = belief

    def forward(self, x: Tensor) -> Tensor:
        """Return means at ``... x n x d`` points."""
        return SLOPE * self._belief.mean(x)

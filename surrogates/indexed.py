"""Rows that carry an index: which source, or which level, they come from, and what noise is known of them.

Inside such a model a row is ``(x, index, known variance)``; outside, callers hand in their own columns, and
:class:`Arranged` turns one into the other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.model import Model
from botorch.posteriors.posterior import Posterior
from gpytorch.constraints import GreaterThan
from gpytorch.likelihoods import HadamardGaussianLikelihood
from gpytorch.priors import LogNormalPrior
from linear_operator.operators import DiagLinearOperator
from torch import Tensor

INDEX, KNOWN = -2, -1  # the columns that end a row
_LEAST_NOISE = 1e-4  # of the outcomes' variance, as BoTorch


class IndexedNoise(HadamardGaussianLikelihood):  # type: ignore[misc] # gpytorch is untyped
    """Gaussian noise with a variance learned for each index, on top of what is known of a row.

    The prior of each is BoTorch's for outcomes of variance 1, log-normal(-4, 1), times the variance of its rows.

    Args:
        spreads: of the outcomes of each index, in the model's units.
    """

    def __init__(self, spreads: Tensor) -> None:
        prior = LogNormalPrior(-4.0, 1.0)
        constraint = GreaterThan(_LEAST_NOISE, transform=None, initial_value=prior.mode)
        super().__init__(len(spreads), noise_prior=prior, noise_constraint=constraint, task_feature_index=INDEX)
        self.register_buffer("_variances", spreads.square())

    @property
    def variances(self) -> Tensor:
        """The learned noise variance of each index, in the model's squared units."""
        learned: Tensor = self.noise.flatten() * self._variances
        return learned

    def _shaped_noise_covar(self, base_shape: torch.Size, *params: Any, **_: Any) -> DiagLinearOperator:
        rows = params[0] if torch.is_tensor(params[0]) else params[0][0]
        learned = self.variances[rows[..., INDEX].long()]
        return DiagLinearOperator((learned + rows[..., KNOWN]).expand(base_shape))


class Arranged(Model):
    """A model of one outcome, asked in the caller's columns.

    Args:
        inner: the model over its own columns.
        arrange: turns ``... x d`` points of the caller into the inner model's rows.
    """

    def __init__(self, inner: SingleTaskGP, arrange: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.inner = inner
        self._arrange = arrange

    @property
    def num_outputs(self) -> int:
        """One."""
        return 1

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,  # noqa: ARG002 - BoTorch's signature; there is one output
        observation_noise: bool | Tensor = False,
        posterior_transform: PosteriorTransform | None = None,
    ) -> Posterior:
        """Return the joint belief at ``batch_shape x q x d`` points."""
        return self.inner.posterior(
            self._arrange(X), observation_noise=observation_noise, posterior_transform=posterior_transform
        )

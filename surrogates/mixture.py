"""A weighted mixture of models of the same outcome, as one Gaussian."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.model import Model
from botorch.posteriors.gpytorch import GPyTorchPosterior
from gpytorch.distributions import MultivariateNormal
from linear_operator import to_linear_operator
from torch import Tensor


class Mixture(Model):
    """The Gaussian with the mean and the covariance of a mixture of Gaussian models (law of total covariance).

    ``C = sum w (C_i + (m_i - m)(m_i - m)')``: where models disagree the belief is wide. A prediction costs as much as
    all the models' and ``q^2`` memory for ``q`` joint points.

    Args:
        models: of one outcome each, weight above 0.
        weights: one for each, of sum 1.
    """

    def __init__(self, models: Sequence[Model], weights: Sequence[float]) -> None:
        super().__init__()
        self.models = torch.nn.ModuleList(models)
        self._members = tuple(models)
        self._weights = tuple(weights)

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
    ) -> GPyTorchPosterior:
        """Return the joint belief at ``batch_shape x q x d`` points."""
        posteriors = [model.posterior(X, observation_noise=observation_noise) for model in self._members]
        beliefs = [p.distribution for p in posteriors if isinstance(p, GPyTorchPosterior)]  # all are
        mean = sum(w * belief.mean for w, belief in zip(self._weights, beliefs, strict=True))
        covariance = 0.0
        for weight, belief in zip(self._weights, beliefs, strict=True):
            apart = belief.mean - mean
            covariance = covariance + weight * (belief.covariance_matrix + apart[..., :, None] * apart[..., None, :])
        posterior = GPyTorchPosterior(MultivariateNormal(mean, to_linear_operator(covariance)))
        return posterior if posterior_transform is None else posterior_transform(posterior, X)

"""The seam between planners and models."""

from __future__ import annotations

from typing import Protocol, Self, runtime_checkable

from botorch.posteriors.posterior import Posterior
from torch import Tensor


@runtime_checkable
class Surrogate(Protocol):
    """A model of ``m`` measured quantities over ``d`` model columns.

    >>> import torch
    >>> from zosimos.surrogates.gaussian.gp import GaussianProcess
    >>> X = torch.linspace(0, 1, 5, dtype=torch.double)[:, None]
    >>> belief = GaussianProcess().fit(X, X.square()).posterior(X[:2])
    >>> isinstance(GaussianProcess(), Surrogate), tuple(belief.mean.shape)
    (True, (2, 1))
    """

    def fit(self, X: Tensor, Y: Tensor, Yvar: Tensor | None = None) -> Self:
        """Learn from measurements and return itself.

        Args:
            X: ``n x d`` model columns, the declared ranges scaled to [0, 1].
            Y: ``n x m`` measured values, scaled by the caller to order 1 or more (numerical limits below are absolute
                numbers); NaN where a quantity was not measured.
            Yvar: ``n x m`` squared standard uncertainties; NaN where unknown. None: all unknown.
        """
        ...

    def posterior(self, X: Tensor) -> Posterior:
        """Return the joint belief at ``batch_shape x q x d`` points, noise left out.

        It has ``mean`` and ``variance`` (``batch_shape x q x m``) besides BoTorch's sampling methods.
        """
        ...

"""The committee: members of several kinds, weighed at each step by how well each predicts what it has not seen.

No single model serves all experiments: a stationary Gaussian process fails where a surface is rough, a rough one wastes
what a smooth surface tells, and a scale that suits an even grid misleads on clustered recipes. So each kind is fitted,
and a member's weight is the chance that it is the best predictor, judged by leave-one-out log densities under the
Bayesian bootstrap (pseudo-BMA+, Yao et al. 2018, "Using Stacking to Average Bayesian Predictive Distributions",
arXiv 1704.02030). The belief is the weighted mixture of all members: an ensemble, not a switch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import torch
from botorch.posteriors.gpytorch import GPyTorchPosterior
from gpytorch.distributions import MultitaskMultivariateNormal, MultivariateNormal
from torch import Tensor

from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.committee.card import committee_card
from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.member import Kind, default_kinds
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.view import View
from zosimos.surrogates.outputs import fitted
from zosimos.surrogates.training import checked

_JITTER = 1e-8  # of the variance, so that joint covariances can be factorised


class Committee:
    """Exact Gaussian processes of several kinds for each quantity (a :class:`~zosimos.surrogates.protocol.Surrogate`).

    Fitting takes ``O(n^3)`` for each kind, a prediction ``O(n^2)``. Where a standard uncertainty above 0 is
    known it is the noise of that row; elsewhere the noise is learned.

    Args:
        kinds: of the members; None: two smoothnesses over the columns as they are.
        seed: of the bootstrap of the weights, and of which rows teach hyper-parameters where there are many.
    """

    def __init__(self, kinds: Sequence[Kind] | None = None, seed: int = 0) -> None:
        self._kinds = kinds
        self._seed = seed
        self._outcomes: tuple[CommitteeOutcome, ...] = ()
        self._notes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the last fit, in words; empty if nothing was."""
        return self._notes

    def card(self) -> ModelCard:
        """Return what the fitted committee is.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        return committee_card(self.outcomes, self._seed, self.notes)

    @property
    def outcomes(self) -> tuple[CommitteeOutcome, ...]:
        """The belief about each quantity.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        return fitted(self._outcomes)

    def fit(self, X: Tensor, Y: Tensor, Yvar: Tensor | None = None) -> Self:
        """Learn ``n x m`` outcomes at ``n x d`` points; NaN in Y leaves a row out of a quantity, in Yvar means unknown.

        Raises:
            ValueError: the shapes do not fit, X is not finite, or a quantity has no value at all.
        """
        rows, values, variances = (tensor.numpy() for tensor in checked(X, Y, Yvar))
        kinds = self._kinds or default_kinds(View.plain(rows.shape[1]))
        outcomes, notes = [], []
        for index, (y, variance) in enumerate(zip(values.T, variances.T, strict=True)):
            known = np.isfinite(y)
            outcome = CommitteeOutcome(kinds, rows[known], y[known], variance[known], self._seed)
            outcomes.append(outcome)
            notes += [f"outcome {index}: {note}" for note in outcome.notes]
        self._outcomes, self._notes = tuple(outcomes), tuple(notes)
        return self

    def posterior(self, X: Tensor) -> GPyTorchPosterior:
        """Return the joint belief at ``batch_shape x q x d`` points, in the outcomes' units, noise left out.

        The mixture's mean and covariance, taken as Gaussian.
        """
        shape, q = X.shape[:-2], X.shape[-2]
        points = X.double().detach().numpy().reshape(-1, q, X.shape[-1])
        normals = [self._normal(outcome, points, shape) for outcome in self.outcomes]
        joint = normals[0] if len(normals) == 1 else MultitaskMultivariateNormal.from_independent_mvns(normals)
        return GPyTorchPosterior(joint)

    def _normal(self, outcome: CommitteeOutcome, points: Array, shape: Sequence[int]) -> MultivariateNormal:
        q = points.shape[1]
        if q == 1:  # the common case, all points in one go
            belief = outcome.predict(points[:, 0])
            mean, covariance = belief.mean[:, None], belief.variance[:, None, None]
        else:
            pairs = [outcome.joint(group) for group in points]
            mean, covariance = np.array([m for m, _ in pairs]), np.array([c for _, c in pairs])
        diagonal = np.einsum("bii->bi", covariance)
        covariance = covariance + np.eye(q) * _JITTER * np.maximum(diagonal.mean(axis=1), 1e-300)[:, None, None]
        return MultivariateNormal(
            torch.from_numpy(mean).reshape(*shape, q), torch.from_numpy(covariance).reshape(*shape, q, q)
        )

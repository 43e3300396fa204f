"""Classes instead of numbers: a Gaussian process classifier that stays a regression.

Each label is one observation of a Dirichlet; its gamma variables are approximated as log-normal, which makes the latent
functions of the classes Gaussian process regressions with known noise (Milios et al. 2018, "Dirichlet-based Gaussian
Processes for Large-scale Calibrated Classification", arXiv 1805.10915). Exact inference, no sampling to fit.
"""

from __future__ import annotations

import math
from typing import Self

import torch
from botorch.models.gp_regression import SingleTaskGP
from botorch.sampling.qmc import NormalQMCEngine
from gpytorch.kernels import ScaleKernel
from gpytorch.priors import LogNormalPrior
from torch import Tensor

from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.gaussian.exact import fit_map
from zosimos.surrogates.gaussian.kernels import mixed_kernel, relevance
from zosimos.surrogates.quiet import quiet

_SAMPLES = 256  # of the latent functions at a point
_CHUNK = 256  # points whose joint covariance is held at once
_LEAST_CONFIDENCE = 1e-3  # below it a row is left out


def dirichlet_targets(shares: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
    """Return the latent observations and their noise variances (both ``n x k``) of ``n x k`` label shares.

    Milios et al. 2018, section 4: ``alpha = epsilon + share``, ``variance = log(1 / alpha + 1)``,
    ``target = log(alpha) - variance / 2``.
    """
    alpha = shares + epsilon
    variance = torch.log1p(1.0 / alpha)
    return alpha.log() - 0.5 * variance, variance


class DirichletClassifier:
    """Probabilities of ``k`` classes, with how much of the doubt more data could settle.

    The classes share one kernel (few hyper-parameters for few labels). Learning costs O(k n^3).

    Args:
        kinds: of the columns; None: all numeric.
        classes: how many there are; None: as many as the labels show.
        epsilon: what a class counts without any label, as a share of one label; the smaller, the surer one label makes.
            The paper takes 0.01 for thousands of labels, which makes dozens of labels far too sure.
        seed: of the samples that turn latent functions into probabilities.
    """

    def __init__(
        self,
        kinds: ColumnKinds | None = None,
        *,
        classes: int | None = None,
        epsilon: float = 0.1,
        seed: int = 0,
    ) -> None:
        self._kinds = kinds
        self._classes = classes
        self._epsilon = epsilon
        self._seed = seed
        self._model: SingleTaskGP | None = None
        self._notes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the last fit, in words; empty if nothing was."""
        return self._notes

    @property
    def model(self) -> SingleTaskGP:
        """The fitted model of the ``k`` latent functions.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        if self._model is None:
            raise RuntimeError("the classifier was not fitted")
        return self._model

    def fit(self, X: Tensor, labels: Tensor, confidence: Tensor | None = None) -> Self:
        """Learn from labelled points and return itself.

        Args:
            X: ``n x d`` points.
            labels: ``n`` class numbers from 0, or ``n x k`` shares of the classes, rows of sum 1: soft labels, where
                the thing itself is between classes.
            confidence: ``n`` weights in [0, 1], how far the annotator is believed; 1: fully. A label of weight w counts
                with its likelihood to the power w.

        Raises:
            ValueError: shapes do not fit, a value is out of range, or no label is left.
        """
        X = X.double()
        shares = self._shares(labels)
        weights = torch.ones(len(X), dtype=torch.double) if confidence is None else confidence.double()
        if X.ndim != 2 or len(shares) != len(X) or weights.shape != (len(X),) or not X.isfinite().all():
            raise ValueError(f"X (n x d), n labels and confidences needed: {X.shape}, {labels.shape}, {weights.shape}")
        if not bool(((weights >= 0.0) & (weights <= 1.0)).all()):
            raise ValueError("confidences lie in [0, 1]")
        used = weights >= _LEAST_CONFIDENCE
        if not used.any():
            raise ValueError("no label is left")
        kinds = self._kinds or ColumnKinds.all_numeric(X.shape[1])
        self._model, note = _fitted(kinds, X[used], shares[used], weights[used], self._epsilon)
        self._notes = (note,) if note else ()
        return self

    def probabilities(self, X: Tensor) -> Tensor:
        """Return the ``n x k`` probabilities of the classes at ``n x d`` points."""
        return torch.cat([self._sampled(chunk).mean(dim=0) for chunk in torch.split(X.double(), _CHUNK)])

    def epistemic(self, X: Tensor) -> Tensor:
        """Return the doubt that labels could settle at ``n x d`` points, in nats, shape ``n``.

        The mutual information of label and latent functions: the entropy of the mean minus the mean entropy (Houlsby et
        al. 2011, "Bayesian Active Learning for Classification and Preference Learning", arXiv 1112.5745).
        """
        doubts = []
        for chunk in torch.split(X.double(), _CHUNK):
            sampled = self._sampled(chunk)
            doubts.append(_entropy(sampled.mean(dim=0)) - _entropy(sampled).mean(dim=0))
        return torch.cat(doubts).clamp_min(0.0)

    def relevance(self) -> Tensor:
        """Return the inverse length scale of each part of the columns, in the order of ``kinds.parts``."""
        return relevance(self.model.covar_module.base_kernel)

    def _shares(self, labels: Tensor) -> Tensor:
        """Return labels as ``n x k`` shares."""
        if labels.ndim == 2:
            shares = labels.double()
            sums = shares.sum(dim=1)
            if self._classes not in {None, shares.shape[1]} or bool(
                (shares < 0.0).any() or ((sums - 1).abs() > 1e-6).any()
            ):
                raise ValueError("soft labels are n x k shares of sum 1")
            return shares
        numbers = labels.long()
        count = self._classes or max(int(numbers.max()) + 1, 2)
        if labels.ndim != 1 or bool((numbers < 0).any() or (numbers >= count).any() or (numbers != labels).any()):
            raise ValueError(f"labels are whole numbers from 0 to {count - 1}")
        return torch.nn.functional.one_hot(numbers, count).double()

    def _sampled(self, X: Tensor) -> Tensor:
        """Return ``samples x n x k`` class probabilities of latent functions drawn at ``n x d`` points."""
        with quiet(), torch.no_grad():
            belief = self.model.posterior(X)
        mean, sd = belief.mean, belief.variance.clamp_min(0.0).sqrt()
        normal = NormalQMCEngine(mean.shape[-1], seed=self._seed).draw(_SAMPLES, dtype=torch.double)
        assert normal is not None  # the type allows for drawing into a given tensor
        return torch.softmax(mean + sd * normal[:, None, :], dim=-1)


def _fitted(kinds: ColumnKinds, X: Tensor, shares: Tensor, weights: Tensor, epsilon: float) -> tuple[SingleTaskGP, str]:
    """Return the model of the latent functions (``n x d``, ``n x k``, ``n``) and a note, or ""."""
    targets, variances = dirichlet_targets(shares, epsilon)
    typical = (targets.amax() - targets.amin()).item() / 2

    def make() -> SingleTaskGP:
        kernel = ScaleKernel(mixed_kernel(kinds), outputscale_prior=LogNormalPrior(2 * math.log(typical), 1.0))
        kernel.outputscale = typical**2
        return SingleTaskGP(X, targets, variances / weights[:, None], covar_module=kernel, outcome_transform=None)

    return fit_map(make, targets)


def _entropy(probabilities: Tensor) -> Tensor:
    return -(probabilities * probabilities.clamp_min(1e-300).log()).sum(dim=-1)

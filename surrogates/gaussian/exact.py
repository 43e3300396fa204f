"""Exact Gaussian processes, one for each outcome: gaps in the data, fits that fail, leave-one-out.

What the exact models share. Hyper-parameters are the maximum a posteriori ones, found by BoTorch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Self

import torch
from botorch.exceptions.errors import ModelFittingError
from botorch.fit import fit_gpytorch_mll
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.model import Model, ModelList
from botorch.models.model_list_gp_regression import ModelListGP
from botorch.models.transforms.outcome import Standardize
from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
from botorch.optim.closures import get_loss_closure_with_grads
from botorch.posteriors.posterior import Posterior
from gpytorch.mlls import ExactMarginalLogLikelihood
from linear_operator.utils.errors import NanError, NotPSDError
from torch import Tensor

from zosimos.surrogates.quiet import quiet
from zosimos.surrogates.training import checked

_CONSTANT = 1e-9  # of the largest magnitude: a spread below this is rounding, not signal
_LEAST_SPREAD = 1e-8  # BoTorch does not standardise outcomes that vary less
_LEAST_NOISE = 1e-4  # of the outcomes' variance: a given variance below it makes the covariance ill-conditioned
_ATTEMPTS = 2  # the second starts from hyper-parameters drawn from the prior
FAILURES = (ModelFittingError, NotPSDError, NanError, torch.linalg.LinAlgError)  # type: ignore[attr-defined] # torch does export it


class PerOutcome(ABC):
    """A surrogate that holds one BoTorch model for each outcome (a :class:`~zosimos.surrogates.protocol.Surrogate`).

    A subclass says how one outcome is fitted.
    """

    def __init__(self) -> None:
        self._model: Model | None = None
        self._notes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the last fit, in words; empty if nothing was."""
        return self._notes

    @property
    def model(self) -> Model:
        """The fitted BoTorch model, for acquisition functions.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        if self._model is None:
            raise RuntimeError("the surrogate was not fitted")
        return self._model

    def fit(self, X: Tensor, Y: Tensor, Yvar: Tensor | None = None) -> Self:
        """Learn ``n x m`` outcomes at ``n x d`` points; NaN in Y leaves a row out of a quantity, in Yvar means unknown.

        Raises:
            ValueError: the shapes do not fit, X is not finite, or a quantity has no value at all.
        """
        X, Y, Yvar = checked(X, Y, Yvar)
        self._begin(X)
        models: list[Model] = []
        notes: list[str] = []
        for index in range(Y.shape[1]):
            known = Y[:, index].isfinite()
            model, note = self._fit_outcome(X[known], Y[known, index, None], Yvar[known, index, None])
            models.append(model)
            if note:
                notes.append(f"outcome {index}: {note}")
        self._model = _joined(models)
        self._notes = tuple(notes)
        return self

    def posterior(self, X: Tensor) -> Posterior:
        """Return the joint belief at ``batch_shape x q x d`` points, in the outcomes' units, noise left out."""
        with quiet():
            return self.model.posterior(X.double())

    def _processes(self) -> list[SingleTaskGP]:
        """Return the process of each outcome, of a surrogate that fits nothing else.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        return list(getattr(self.model, "models", [self.model]))

    def _begin(self, X: Tensor) -> None:  # noqa: B027 - a hook that need not be used
        """Look at ``n x d`` points before the outcomes are fitted: check them, forget the last fit."""

    @abstractmethod
    def _fit_outcome(self, X: Tensor, Y: Tensor, Yvar: Tensor) -> tuple[Model, str]:
        """Return the model of one outcome (``n x d``, ``n x 1``, ``n x 1``, all Y finite) and a note, or ""."""


def _joined(models: list[Model]) -> Model:
    if len(models) == 1:
        return models[0]
    processes = [model for model in models if isinstance(model, SingleTaskGP)]
    return ModelListGP(*processes) if len(processes) == len(models) else ModelList(*models)


def usable_noise(Y: Tensor, Yvar: Tensor) -> Tensor | None:
    """Return given variances (``n x 1``) as fit to be the noise, or None: they are not known for every row."""
    if no_spread(Y) or not bool((Yvar > 0).all()):
        return None
    return Yvar.clamp_min(_LEAST_NOISE * spread_of(Y) ** 2)


def no_spread(Y: Tensor) -> str:
    """Say why outcomes (``n x 1``) teach no hyper-parameters, or return an empty text."""
    if len(Y) == 1:
        return "one observation"
    constant = spread_of(Y) <= max(_CONSTANT * float(Y.abs().max()), _LEAST_SPREAD)
    return "all outcomes are the same" if constant else ""


def spread_of(Y: Tensor) -> float:
    """Return the standard deviation of outcomes (``n x m``) all together, 0 if there is one."""
    return float(Y.std()) if Y.numel() > 1 else 0.0


def fit_matern(X: Tensor, Y: Tensor, noise: Tensor | None, *, standardise: bool) -> tuple[SingleTaskGP, str]:
    """Fit a process with a length scale for each column; what comes back is as from :func:`fit_map`.

    Args:
        X: ``n x d`` points.
        Y: ``n x 1`` outcomes.
        noise: ``n x 1`` known noise variances; None: one is learned.
        standardise: the outcomes are not of order 1 yet.
    """

    def make() -> SingleTaskGP:
        covariance = get_covar_module_with_dim_scaled_prior(X.shape[-1], use_rbf_kernel=False)
        transform = Standardize(m=1) if standardise else None
        return SingleTaskGP(X, Y, noise, covar_module=covariance, outcome_transform=transform)

    return fit_map(make, Y)


def fit_map(make: Callable[[], SingleTaskGP], Y: Tensor) -> tuple[SingleTaskGP, str]:
    """Fit hyper-parameters to the maximum a posteriori.

    Args:
        make: returns a new model whose hyper-parameters are the modes of their priors.
        Y: ``n x m`` outcomes it holds.

    Returns:
        The model in evaluation mode and a note; the unfitted model where there is nothing to learn or the fit fails.
    """
    if why := no_spread(Y):
        return unfitted(make), f"{why}: prior hyper-parameters are used"
    try:
        with quiet(), torch.enable_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # a second attempt draws its start
            model = make()
            likelihood = ExactMarginalLogLikelihood(model.likelihood, model)
            # BoTorch would fit several outputs apart, and outputs that share a kernel not at all
            parameters = {name: p for name, p in likelihood.named_parameters() if p.requires_grad}
            closure = get_loss_closure_with_grads(likelihood, parameters)
            fit_gpytorch_mll(likelihood, closure=closure, max_attempts=_ATTEMPTS)
            _check(model)
            return model, ""
    except FAILURES as error:
        return unfitted(make), f"the fit failed ({type(error).__name__}): prior hyper-parameters are used"


def unfitted(make: Callable[[], SingleTaskGP]) -> SingleTaskGP:
    """Return a new model in evaluation mode with its priors' hyper-parameters."""
    with quiet():
        model = make()
    model.eval()
    return model


def leave_one_out(model: SingleTaskGP) -> tuple[Tensor, Tensor]:
    """Predict each training row from the others at fixed hyper-parameters; O(n^3).

    Returns:
        Means and variances (noise included) in the model's own, standardised units, each of shape ``n``; ``m x n``
        where the model has several outputs.

    Source: Rasmussen and Williams 2006, Gaussian Processes for Machine Learning, eqs. 5.10-5.12.
    """
    with quiet(), torch.no_grad():
        inputs = model.train_inputs
        prior = model.likelihood(model.forward(*inputs), inputs)
        covariance: Tensor = prior.covariance_matrix
        inverse = torch.linalg.inv(covariance)
        variance = 1.0 / inverse.diagonal(dim1=-2, dim2=-1).clamp_min(torch.finfo(torch.double).tiny)
        residual = (inverse @ (model.train_targets - prior.mean)[..., None])[..., 0]
        return model.train_targets - residual * variance, variance


def _check(model: SingleTaskGP) -> None:
    """Make the predictive factorisation now, where a failure can still be answered."""
    model.eval()
    with torch.no_grad():
        posterior = model.posterior(model.train_inputs[0][..., :1, :])
        if not (posterior.mean.isfinite().all() and posterior.variance.isfinite().all()):
            raise NanError("the predictions are not finite")

"""The Gaussian process: one for each quantity, with a length scale for each column.

The covariance is Matern-5/2 with the dimension-scaled log-normal length-scale prior of Hvarfner et al. 2024 ("Vanilla
Bayesian Optimization Performs Great in High Dimensions", arXiv 2402.02229), as BoTorch ships it; hyper-parameters are
the maximum a posteriori ones. Outcomes are standardised, and predictions come back in the outcomes' own units.
"""

from __future__ import annotations

from typing import Self

import torch
from botorch.exceptions.errors import ModelFittingError
from botorch.fit import fit_gpytorch_mll
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.model import Model
from botorch.models.model_list_gp_regression import ModelListGP
from botorch.models.transforms.outcome import Standardize
from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
from botorch.posteriors.gpytorch import GPyTorchPosterior
from gpytorch.mlls import ExactMarginalLogLikelihood
from linear_operator.utils.errors import NanError, NotPSDError
from torch import Tensor

from zosimos.surrogates.quiet import quiet

_CONSTANT = 1e-9  # of the largest magnitude: a spread below this is rounding, not signal
_LEAST_SPREAD = 1e-8  # BoTorch does not standardise outcomes that vary less: scale them to order 1 first
_LEAST_NOISE = 1e-4  # of the outcomes' variance: a given variance below it makes the covariance ill-conditioned
_ATTEMPTS = 2  # the second starts from hyper-parameters drawn from the prior
_FAILURES = (ModelFittingError, NotPSDError, NanError, torch.linalg.LinAlgError)  # type: ignore[attr-defined] # torch does export it


class GaussianProcess:
    """An exact Gaussian process for each quantity (a :class:`~zosimos.surrogates.protocol.Surrogate`).

    Where a standard uncertainty above 0 is known for every row of a quantity it is taken as the noise; otherwise the
    noise is learned. A quantity that cannot be fitted keeps the hyper-parameters of the prior, and ``notes`` says so.
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
        X, Y = X.double(), Y.double()
        Yvar = torch.full_like(Y, torch.nan) if Yvar is None else Yvar.double()
        if X.ndim != 2 or Y.ndim != 2 or len(X) != len(Y) or Y.shape != Yvar.shape or not X.isfinite().all():
            raise ValueError(f"finite X (n x d), Y and Yvar (n x m) needed, not {X.shape}, {Y.shape}, {Yvar.shape}")
        models: list[SingleTaskGP] = []
        notes: list[str] = []
        for index in range(Y.shape[1]):
            known = Y[:, index].isfinite()
            if not known.any():
                raise ValueError(f"outcome {index} has no finite value")
            model, note = _fitted(X[known], Y[known, index, None], Yvar[known, index, None])
            models.append(model)
            if note:
                notes.append(f"outcome {index}: {note}")
        self._model = models[0] if len(models) == 1 else ModelListGP(*models)
        self._notes = tuple(notes)
        return self

    def posterior(self, X: Tensor) -> GPyTorchPosterior:
        """Return the joint belief at ``batch_shape x q x d`` points, in the outcomes' units, noise left out."""
        with quiet():
            posterior = self.model.posterior(X.double())
        assert isinstance(posterior, GPyTorchPosterior)
        return posterior


def _fitted(X: Tensor, Y: Tensor, Yvar: Tensor) -> tuple[SingleTaskGP, str]:
    """Return the model of one quantity (``n x d``, ``n x 1``, ``n x 1``) and a note, empty if the fit went well."""
    spread = float(Y.std()) if len(Y) > 1 else 0.0
    if spread <= max(_CONSTANT * float(Y.abs().max()), _LEAST_SPREAD):
        why = "one observation" if len(Y) == 1 else "all outcomes are the same"
        return _prior_model(X, Y, None), f"{why}: prior hyper-parameters are used"
    noise = Yvar.clamp_min(_LEAST_NOISE * spread**2) if bool((Yvar > 0).all()) else None
    try:
        with quiet():
            model = _prior_model(X, Y, noise)
            fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model), max_attempts=_ATTEMPTS)
            _check(model, X)
            return model, ""
    except _FAILURES as error:
        return _prior_model(X, Y, None), f"the fit failed ({type(error).__name__}): prior hyper-parameters are used"


def _prior_model(X: Tensor, Y: Tensor, noise: Tensor | None) -> SingleTaskGP:
    """Return an unfitted model: its hyper-parameters are the modes of their priors."""
    with quiet():
        model = SingleTaskGP(
            X,
            Y,
            noise,
            covar_module=get_covar_module_with_dim_scaled_prior(X.shape[-1], use_rbf_kernel=False),
            outcome_transform=Standardize(m=1),
        )
    model.eval()
    return model


def _check(model: SingleTaskGP, X: Tensor) -> None:
    """Make the predictive factorisation now, where a failure can still be answered."""
    with torch.no_grad():
        posterior = model.posterior(X[:1])
        if not (posterior.mean.isfinite().all() and posterior.variance.isfinite().all()):
            raise NanError("the predictions are not finite")

"""Rows taken one after another: a Gaussian process whose noise remembers.

A drifting instrument or a stream gives errors that are alike when taken soon after each other. Here the noise is white
noise plus an Ornstein-Uhlenbeck process of time, the continuous AR(1) process, with covariance ``v exp(-|t - t'| / l)``
(Uhlenbeck and Ornstein 1930, doi 10.1103/PhysRev.36.823; Rasmussen and Williams 2006, section 4.2.1 and appendix B).
A process with white noise only takes such rows for independent witnesses, and is too sure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
from botorch.posteriors.posterior import Posterior
from gpytorch.constraints import GreaterThan
from gpytorch.kernels import AdditiveKernel, ConstantKernel, Kernel, MaternKernel, ScaleKernel
from gpytorch.means import ZeroMean
from gpytorch.priors import LogNormalPrior
from linear_operator.utils.cholesky import psd_safe_cholesky
from torch import Tensor

from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.exact import fit_map
from zosimos.surrogates.outputs import Outcome, fitted, joint, split
from zosimos.surrogates.quiet import quiet

_LEAST_MEMORY = 1e-3  # of the time range
_MEMORY_PRIOR = (-1.3, 1.0)  # of the log memory: likeliest is a tenth of the time range
_OFFSET_VARIANCE = 1.0  # of the function's constant part, in the outcome's variance
_DRIFT_PRIOR = (-1.0, 1.0)  # of the log variance of the drift: likeliest is a seventh of the outcome's


class AutocorrelatedGP:
    """A Gaussian process with drifting noise for each quantity (a :class:`~zosimos.surrogates.protocol.Surrogate`).

    Predictions leave out white noise and drift: they are about the function. Cost: O(n^3) to fit, O(n^2) a predicted
    variance. Known uncertainties of all rows of a quantity are its white noise.

    Args:
        time_column: the model column that holds the time, scaled like any other.
        signal_in_time: the function depends on time too, beside the drift. Then both are told apart only by their
            smoothness. Without other columns this is always so.
    """

    def __init__(self, time_column: int, signal_in_time: bool = False) -> None:
        self._time, self._signal_in_time = time_column, signal_in_time
        self._fits: tuple[_Fit, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the last fit, in words; empty if nothing was."""
        return tuple(fit.outcome.noted(fit.note) for fit in self._fits if fit.note)

    def fit(self, X: Tensor, Y: Tensor, Yvar: Tensor | None = None) -> Self:
        """Learn ``n x m`` outcomes at ``n x d`` points; NaN in Y leaves a row out of a quantity, in Yvar means unknown.

        Raises:
            ValueError: the shapes do not fit, X is not finite or lacks the time column, or a quantity has no value.
        """
        outcomes = split(X, Y, Yvar)
        if not 0 <= self._time < X.shape[1]:
            raise ValueError(f"the time column {self._time} is not among the {X.shape[1]} columns")
        columns = tuple(c for c in range(X.shape[1]) if self._signal_in_time or c != self._time) or (self._time,)
        self._fits = tuple(_Fit.of(outcome, columns, self._time) for outcome in outcomes)
        return self

    def posterior(self, X: Tensor) -> Posterior:
        """Return the joint belief about the function at ``batch_shape x q x d`` points.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        return joint([fit.outcome.belief(*fit.belief(fit.signal, X.double())) for fit in fitted(self._fits)])

    def drift(self, X: Tensor) -> Posterior:
        """Return the joint belief about the drift at ``batch_shape x q x d`` points: only their times count.

        It is in the outcomes' unit and 0 on average. A row's value less its mean is the value without drift.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        beliefs = []
        for fit in fitted(self._fits):
            mean, covariance = fit.belief(fit.memory, X.double())
            beliefs.append(fit.outcome.belief(mean - fit.outcome.centre / fit.outcome.spread, covariance))
        return joint(beliefs)

    def card(self) -> ModelCard:
        """Return what the fitted process is.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        values: dict[str, float | tuple[float, ...]] = {}
        for fit in fitted(self._fits):
            about = f"outcome {fit.outcome.index}"
            values[f"length scales, {about}"] = tuple(fit.signal.kernels[0].lengthscale.flatten().tolist())
            values[f"drift's variance, {about} (of the outcome's)"] = fit.memory.outputscale.item()
            values[f"drift's memory, {about} (of the time range)"] = fit.memory.base_kernel.lengthscale.item()
            values[f"white noise variance, {about} (of the outcome's)"] = fit.noise.mean().item()
        return ModelCard(
            name="autocorrelated",
            models="Each quantity as a Gaussian process, measured with white noise and a drift that forgets.",
            hyperparameters=values,
            selection="Maximum a posteriori.",
            assumptions=(
                "the drift is stationary and forgets exponentially",
                "function and drift differ in what they depend on, or in smoothness",
                "all rows come from one stream",
            ),
            failures=(
                "conditions that changed only slowly: function and drift cannot be told apart, the variance is large",
                "jumps, such as a recalibration",
            ),
            source="Uhlenbeck and Ornstein 1930, doi 10.1103/PhysRev.36.823; Rasmussen and Williams 2006, section "
            "4.2.1; BoTorch",
            rows=max(len(fit.outcome.y) for fit in self._fits),
            notes=self.notes,
        )


@dataclass(frozen=True)
class _Fit:
    """One standardised outcome: kernels of function and drift, and the ``n x n`` root of the data's covariance."""

    outcome: Outcome
    signal: Kernel
    memory: Kernel
    noise: Tensor
    root: Tensor
    note: str

    @classmethod
    def of(cls, outcome: Outcome, columns: tuple[int, ...], time: int) -> Self:
        """Fit hyper-parameters to an outcome."""
        y = outcome.y[:, None]
        given = None if outcome.usable_noise is None else outcome.usable_noise[:, None]

        def make() -> SingleTaskGP:
            kernel = _kernel(columns, time)
            return SingleTaskGP(
                outcome.X, y, given, covar_module=kernel, mean_module=ZeroMean(), outcome_transform=None
            )

        model, note = fit_map(make, y)
        model.requires_grad_(False)  # the choice of hyper-parameters ends here
        with torch.no_grad(), quiet():
            noise = model.likelihood.noise.expand(len(y))
            root = psd_safe_cholesky(model.covar_module(outcome.X).to_dense() + noise.diag())
            signal, memory = model.covar_module.kernels
            return cls(outcome, signal, memory, noise, root, note)

    def belief(self, part: Kernel, X: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean (``batch_shape x q``) and covariance (``batch_shape x q x q``) of one part of the outcome."""
        with quiet():
            white = torch.linalg.solve_triangular(self.root, part(self.outcome.X, X).to_dense(), upper=False)
            right = torch.linalg.solve_triangular(self.root, self.outcome.y[:, None], upper=False)
            return (white.mT @ right)[..., 0], part(X).to_dense() - white.mT @ white


def _kernel(columns: tuple[int, ...], time: int) -> AdditiveKernel:
    """Return the covariance of function and drift, each part at the mode of its prior.

    The function's constant part has a variance of its own rather than a fitted value: drift that lasts looks the same.
    """
    memory_prior, drift_prior = LogNormalPrior(*_MEMORY_PRIOR), LogNormalPrior(*_DRIFT_PRIOR)
    memory = MaternKernel(
        nu=0.5,
        active_dims=(time,),
        lengthscale_prior=memory_prior,
        lengthscale_constraint=GreaterThan(_LEAST_MEMORY, transform=None, initial_value=memory_prior.mode),
    )
    drift = ScaleKernel(
        memory,
        outputscale_prior=drift_prior,
        outputscale_constraint=GreaterThan(1e-4, transform=None, initial_value=0.1),
    )
    # in time only its smoothness tells a function from the drift: it is then taken for smooth without end
    signal = get_covar_module_with_dim_scaled_prior(len(columns), use_rbf_kernel=time in columns, active_dims=columns)
    offset = ConstantKernel()
    offset.initialize(constant=torch.tensor(_OFFSET_VARIANCE))
    offset.raw_constant.requires_grad_(False)
    return AdditiveKernel(AdditiveKernel(signal, offset), drift)

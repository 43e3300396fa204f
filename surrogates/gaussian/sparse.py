"""Thousands of rows: a Gaussian process that a few hundred inducing points carry.

The posterior is the collapsed variational one of Titsias 2009 ("Variational Learning of Inducing Variables in Sparse
Gaussian Processes", AISTATS, PMLR 5), on inducing points chosen among the rows (Burt et al. 2020, arXiv 2008.00323).
Hyper-parameters are the maximum a posteriori ones of an exact process on a random subset of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from botorch.models.gp_regression import SingleTaskGP
from botorch.posteriors.posterior import Posterior
from linear_operator.operators import LinearOperator
from torch import Tensor

from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.gaussian.exact import fit_matern
from zosimos.surrogates.gaussian.inducing import InducingPosterior
from zosimos.surrogates.outputs import ScaledOutcome, fitted, joint, split
from zosimos.surrogates.quiet import quiet

_CHUNK = 4096  # rows predicted at once


class SparseGP:
    """A sparse Gaussian process for each quantity (a :class:`~zosimos.surrogates.protocol.Surrogate`).

    For more rows than an exact process can take (about 2,000). Cost with k inducing points: O(n k^2) to fit, O(k) a
    predicted mean and O(k^2) a variance. With the defaults 3,000 or 10,000 rows of 6 columns take 6 to 14 s of one
    core, most of it for the hyper-parameters of the subset; 100,000 predictions take 2 to 3 s. Where standard
    uncertainties above 0 are known for all rows of a quantity, each row has its own noise; otherwise one is learned.

    Args:
        inducing: inducing points at most.
        subset: rows that choose the hyper-parameters.
        seed: of the subset.
    """

    def __init__(self, inducing: int = 500, subset: int = 750, seed: int = 0) -> None:
        if inducing < 1 or subset < 1:
            raise ValueError(f"one inducing point and one row of the subset or more, not {inducing} and {subset}")
        self._inducing, self._subset, self._seed = inducing, subset, seed
        self._fits: tuple[_Fit, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the last fit, in words; empty if nothing was."""
        return tuple(fit.outcome.noted(fit.note) for fit in self._fits if fit.note)

    def fit(self, X: Tensor, Y: Tensor, Yvar: Tensor | None = None) -> Self:
        """Learn ``n x m`` outcomes at ``n x d`` points; NaN in Y leaves a row out of a quantity, in Yvar means unknown.

        Raises:
            ValueError: the shapes do not fit, X is not finite, or a quantity has no value at all.
        """
        self._fits = tuple(self._fitted_to(outcome) for outcome in split(X, Y, Yvar))
        return self

    def posterior(self, X: Tensor) -> Posterior:
        """Return the joint belief at ``batch_shape x q x d`` points, noise left out.

        The ``q x q`` covariance is worked out only if it is asked for; mean and variance need O(q k) memory.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        X = X.double()
        with quiet():
            return joint([fit.outcome.belief(*fit.belief(X)) for fit in fitted(self._fits)])

    def moments(self, X: Tensor, chunk: int = _CHUNK) -> tuple[Tensor, Tensor]:
        """Return means and variances (both ``n x m``) at ``n x d`` points, ``chunk`` rows at once, without gradients.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        means, variances = [], []
        with torch.no_grad(), quiet():
            for fit in fitted(self._fits):
                pairs = [fit.posterior.moments(rows) for rows in torch.split(X.double(), chunk)]
                mean, variance = (torch.cat(parts) for parts in zip(*pairs, strict=True))
                means.append(fit.outcome.centre + fit.outcome.spread * (fit.mean + mean))
                variances.append(fit.outcome.spread**2 * variance)
        return torch.stack(means, dim=-1), torch.stack(variances, dim=-1)

    def card(self) -> ModelCard:
        """Return what the fitted process is.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        values: dict[str, float | int | tuple[float, ...]] = {"subset": self._subset, "seed": self._seed}
        for fit in fitted(self._fits):
            about = f"outcome {fit.outcome.index}"
            values[f"inducing points, {about}"] = len(fit.posterior.Z)
            values[f"prior variance left unexplained at a row, most, {about}"] = fit.posterior.unexplained
            values[f"length scales, {about}"] = tuple(fit.posterior.kernel.lengthscale.flatten().tolist())
            values[f"noise variance, {about} (of the outcome's)"] = float(fit.noise.mean())
            values[f"lower bound of the log marginal likelihood, {about}"] = fit.posterior.bound
        return ModelCard(
            name="sparse-gp",
            models="Each quantity as a Gaussian process whose posterior a few hundred of its rows carry.",
            hyperparameters=values,
            selection=f"Maximum a posteriori on {self._subset} random rows; inducing points by greedy variance on all.",
            assumptions=(
                "the function is smooth, equally everywhere",
                "the random subset is like the whole",
                "noise is normal, and the same everywhere where no uncertainties are given",
            ),
            failures=(
                "variation finer than the inducing points can carry: it counts as noise",
                "regions too small to be in the subset do not shape the hyper-parameters",
            ),
            source="Titsias 2009, PMLR 5:567; Burt et al. 2020, arXiv 2008.00323; GPyTorch, BoTorch",
            rows=max(len(fit.outcome.y) for fit in self._fits),
            notes=self.notes,
        )

    def _fitted_to(self, outcome: ScaledOutcome) -> _Fit:
        model, note = _hyperparameters(outcome, self._subset, self._seed)
        model.requires_grad_(False)  # the choice of hyper-parameters ends here
        with quiet(), torch.no_grad():
            kernel, mean = model.covar_module, float(model.mean_module.constant)
            learned = float(model.likelihood.noise.mean())
            given = outcome.usable_noise
            noise = torch.full_like(outcome.y, learned) if given is None else given
            posterior = InducingPosterior.of(
                kernel, outcome.X, outcome.y - mean, noise, self._inducing, 0.01 * float(noise.min())
            )
        return _Fit(outcome, posterior, mean, noise, note)


@dataclass(frozen=True)
class _Fit:
    """The posterior of one standardised outcome less its prior mean, ``n`` noise variances, and a note."""

    outcome: ScaledOutcome
    posterior: InducingPosterior
    mean: float
    noise: Tensor
    note: str

    def belief(self, X: Tensor) -> tuple[Tensor, LinearOperator]:
        """Return mean (``batch_shape x q``) and covariance (``batch_shape x q x q``) of the standardised outcome."""
        mean, covariance = self.posterior.belief(X)
        return self.mean + mean, covariance


def _hyperparameters(outcome: ScaledOutcome, subset: int, seed: int) -> tuple[SingleTaskGP, str]:
    """Return an exact process fitted to a random subset of an outcome's rows, and a note."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randperm(len(outcome.y), generator=generator)[:subset] if len(outcome.y) > subset else slice(None)
    noise = None if outcome.usable_noise is None else outcome.usable_noise[rows, None]
    return fit_matern(outcome.X[rows], outcome.y[rows, None], noise, standardise=False)

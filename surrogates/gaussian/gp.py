"""The Gaussian process: one for each quantity, with a length scale for each column.

The covariance is Matern-5/2 with the dimension-scaled log-normal length-scale prior of Hvarfner et al. 2024 ("Vanilla
Bayesian Optimization Performs Great in High Dimensions", arXiv 2402.02229), as BoTorch ships it; hyper-parameters are
the maximum a posteriori ones. Outcomes are standardised, and predictions come back in the outcomes' own units.
"""

from __future__ import annotations

from typing import Any

from botorch.models.model import Model
from torch import Tensor

from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.gaussian.exact import PerOutcome, fit_matern, usable_noise


class GaussianProcess(PerOutcome):
    """An exact Gaussian process for each quantity (a :class:`~zosimos.surrogates.protocol.Surrogate`).

    Where a standard uncertainty above 0 is known for every row of a quantity it is taken as the noise; otherwise the
    noise is learned. A quantity that cannot be fitted keeps the hyper-parameters of the prior, and ``notes`` says so.
    """

    def _fit_outcome(self, X: Tensor, Y: Tensor, Yvar: Tensor) -> tuple[Model, str]:
        return fit_matern(X, Y, usable_noise(Y, Yvar), standardise=True)

    def card(self) -> ModelCard:
        """Return what the fitted process is.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        models = self._processes()
        values: dict[str, tuple[float, ...]] = {}
        for index, model in enumerate(models):
            values |= {f"{name}, outcome {index}": value for name, value in _hyperparameters(model).items()}
        return ModelCard(
            name="gp",
            models="Each quantity as a Gaussian process with a length scale for each column.",
            hyperparameters=values,
            selection="Maximum a posteriori.",
            assumptions=(
                "the function is smooth, equally everywhere",
                "noise is normal, and the same everywhere where no uncertainties are given",
                "rows are independent but for the function",
            ),
            failures=(
                "jumps and phase boundaries: they are smoothed, and too sure beside the jump",
                "outliers: one wrong value bends everything near it",
                "more than about 2,000 rows: memory and time grow with their square and cube",
            ),
            source="Hvarfner et al. 2024, arXiv 2402.02229; BoTorch",
            rows=max(model.train_targets.shape[-1] for model in models),
            notes=self.notes,
        )


def _hyperparameters(model: Any) -> dict[str, tuple[float, ...]]:
    """Return a GPyTorch model's hyper-parameters by name, on the scale of the standardised outcome."""
    found = {}
    for name, raw, constraint in model.named_parameters_and_constraints():
        value = raw if constraint is None else constraint.transform(raw)
        found[name.replace("raw_", "")] = tuple(value.detach().flatten().tolist())
    return found

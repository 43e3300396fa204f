"""The model card of the Gaussian process."""

from __future__ import annotations

from typing import Any

from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.gp import GaussianProcess


def gaussian_process_card(surrogate: GaussianProcess) -> ModelCard:
    """Return what a fitted Gaussian process is.

    Raises:
        RuntimeError: nothing was fitted yet.
    """
    models = list(getattr(surrogate.model, "models", [surrogate.model]))
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
        notes=surrogate.notes,
    )


def _hyperparameters(model: Any) -> dict[str, tuple[float, ...]]:
    """Return a GPyTorch model's hyper-parameters by name, on the scale of the standardised outcome."""
    found = {}
    for name, raw, constraint in model.named_parameters_and_constraints():
        value = raw if constraint is None else constraint.transform(raw)
        found[name.replace("raw_", "")] = tuple(value.detach().flatten().tolist())
    return found

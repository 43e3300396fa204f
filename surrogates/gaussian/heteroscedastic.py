"""Noise that is larger here than there: a Gaussian process with a learned noise variance at each point.

The most likely heteroscedastic process of Kersting et al. 2007 (doi 10.1145/1273496.1273546): a second process on the
log noise variance (Goldberg et al. 1998, NIPS 10) and the first process take turns, each given what the other believes.
"""

from __future__ import annotations

import torch
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.model import Model
from torch import Tensor

from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.gaussian.exact import PerOutcome, fit_matern, no_spread
from zosimos.surrogates.gaussian.noise import NoiseField
from zosimos.surrogates.quiet import quiet

_LEAST_NOISE = 1e-4  # of the outcome's variance, as BoTorch
_LEAST_ROWS = 10  # fewer say nothing of how noise varies
_TURNS = 3  # of the two processes; further ones change little


class HeteroscedasticGP(PerOutcome):
    """A Gaussian process with its own noise at each point, for each quantity.

    A :class:`~zosimos.surrogates.protocol.Surrogate`. Replicates and residuals teach the noise; where standard
    uncertainties are known they are the noise, and teach it nearby. Where the evidence for a varying noise is too small
    the process is the ordinary one with one noise. Cost: O(n^3), about six times an ordinary fit; for up to about a
    thousand rows.
    """

    def __init__(self) -> None:
        super().__init__()
        self._fields: list[NoiseField | None] = []
        self._spreads: list[float] = []

    def noise(self, X: Tensor) -> Tensor:
        """Return the noise variance of one measurement at ``batch_shape x q x d`` points, ``batch_shape x q x m``.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        X = X.detach().double()
        return torch.stack([self._noise_of(index, X) for index in range(self.model.num_outputs)], dim=-1)

    def card(self) -> ModelCard:
        """Return what the fitted process is.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        values: dict[str, float | str | tuple[float, ...]] = {}
        rows = 0
        for index, (model, field) in enumerate(zip(self._processes(), self._fields, strict=True)):
            rows = max(rows, len(model.train_targets))
            noise = model.likelihood.noise.detach()
            values[f"length scales, outcome {index}"] = tuple(model.covar_module.lengthscale.flatten().tolist())
            values[f"noise varies, outcome {index}"] = "yes" if field is not None and field.amplitude else "no"
            values[f"noise variance at the rows, outcome {index} (of the outcome's)"] = (
                noise.min().item(),
                noise.max().item(),
            )
        return ModelCard(
            name="heteroscedastic",
            models="Each quantity as a Gaussian process, with a second one for the logarithm of its noise variance.",
            hyperparameters=values,
            selection=f"Maximum a posteriori, {_TURNS} turns; the noise's own scale by evidence on a small grid.",
            assumptions=(
                "noise is normal at each point and its variance changes smoothly",
                "rows are independent",
            ),
            failures=(
                f"fewer than {_LEAST_ROWS} rows: one noise for all",
                "no replicates and a function that varies fast: its variation counts as noise there",
                "rare outliers: they raise the noise around them",
            ),
            source="Kersting et al. 2007, doi 10.1145/1273496.1273546; Goldberg et al. 1998, NIPS 10; BoTorch",
            rows=rows,
            notes=self.notes,
        )

    def _begin(self, X: Tensor) -> None:  # noqa: ARG002 - the base's signature
        self._fields, self._spreads = [], []

    def _noise_of(self, outcome: int, X: Tensor) -> Tensor:
        model, field = self._processes()[outcome], self._fields[outcome]
        unit = self._spreads[outcome] ** 2
        if field is not None:
            return unit * field.variance(X)
        return torch.full(X.shape[:-1], unit * float(model.likelihood.noise.detach().mean()), dtype=torch.double)

    def _fit_outcome(self, X: Tensor, Y: Tensor, Yvar: Tensor) -> tuple[Model, str]:
        spread = 1.0 if no_spread(Y) else float(Y.std())
        self._spreads.append(spread)
        given = torch.where(Yvar > 0, Yvar, torch.nan)[:, 0] / spread**2
        floored = given.clamp_min(_LEAST_NOISE)
        all_known = not no_spread(Y) and bool(given.isfinite().all())
        model, note = fit_matern(X, Y, floored[:, None] * spread**2 if all_known else None, standardise=True)
        field = None
        for _ in range(_TURNS if len(Y) >= _LEAST_ROWS and not note else 0):
            found = NoiseField.likeliest(X, _expected_squares(model, X, Y) / spread**2, floored)
            if all_known:
                field = found  # for other points: the noise of these rows is as given
                break
            if not found.amplitude and not given.isfinite().any():
                break  # one noise for all, which the process has learned better
            noise = torch.where(given.isfinite(), floored, found.variance(X).clamp_min(_LEAST_NOISE))
            varied, failed = fit_matern(X, Y, noise[:, None] * spread**2, standardise=True)
            if failed:
                note = f"with a noise for each point {failed}; the noise before is kept"
                break
            model, field = varied, found
        self._fields.append(field)
        return model.requires_grad_(False), note


def _expected_squares(model: SingleTaskGP, X: Tensor, Y: Tensor) -> Tensor:
    """Return ``E (y - f)^2`` at the training rows, ``n``."""
    with torch.no_grad(), quiet():
        belief = model.posterior(X)
        found: Tensor = (Y - belief.mean).square() + belief.variance
        return found[:, 0]

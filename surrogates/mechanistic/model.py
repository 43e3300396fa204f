"""A known mechanism, with a Gaussian process on what it leaves unexplained.

``y = f(x; c) + g(x) + noise``: f is the mechanism with coefficients c, g a Gaussian process of mean zero (the
discrepancy of Kennedy and O'Hagan 2001, "Bayesian calibration of computer models", doi 10.1111/1467-9868.00294).
Coefficients come from least squares, then from generalised least squares under the process's covariance; their
uncertainty is carried along to first order (Rasmussen and Williams 2006, section 2.7). Beyond the data the prediction
follows the mechanism, and is as uncertain as the coefficients and the process leave it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from botorch.models.gp_regression import SingleTaskGP
from botorch.posteriors.gpytorch import GPyTorchPosterior
from botorch.posteriors.posterior import Posterior
from botorch.posteriors.transformed import TransformedPosterior
from torch import Tensor

from zosimos.core.errors import DataError
from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.gaussian.exact import fit_matern, leave_one_out
from zosimos.surrogates.mechanistic.discrepancy import Discrepancy, log_density
from zosimos.surrogates.mechanistic.mechanism import Mechanism
from zosimos.surrogates.outputs import ScaledOutcome, fitted, joint, split
from zosimos.surrogates.quiet import quiet

_CLEARLY = 2.0  # log score by which a plain process must be better: a likelihood ratio of 7
_LARGEST_LOG = 300.0  # of a belief's mean and variance: beyond it the exponential overflows


@dataclass(frozen=True)
class CoefficientFit:
    """A mechanism's coefficients after a fit, in their own units.

    Args:
        values: by name.
        sd: standard deviations by name, to first order.
        correlation: ``p x p``, in the order of ``values``.
    """

    values: dict[str, float]
    sd: dict[str, float]
    correlation: tuple[tuple[float, ...], ...]


class MechanisticGP:
    """A mechanism plus a Gaussian process for each quantity (a :class:`~zosimos.surrogates.protocol.Surrogate`).

    A mechanism that does not fit does little harm: the process takes over where there are data, and where a plain
    Gaussian process predicts left-out rows clearly better it is used instead (``notes`` says so). Predictions have no
    gradients. Cost: O(n^3) to fit; a predicted point costs O(n^2) and 2 p + 1 evaluations of the mechanism.

    Args:
        mechanism: of every quantity, or one for each; None: a plain process.
        positive: quantities are above 0 and vary by factors: everything is done on logarithms, and mean and variance
            come back as those of a log-normal distribution.
    """

    def __init__(self, mechanism: Mechanism | Sequence[Mechanism | None] | None = None, positive: bool = False) -> None:
        self._mechanism, self._positive = mechanism, positive
        self._fits: tuple[_Fit, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the last fit, in words; empty if nothing was."""
        return tuple(fit.outcome.noted(note) for fit in self._fits for note in fit.notes)

    def fit(self, X: Tensor, Y: Tensor, Yvar: Tensor | None = None) -> Self:
        """Learn ``n x m`` outcomes at ``n x d`` points; NaN in Y leaves a row out of a quantity, in Yvar means unknown.

        Raises:
            ValueError: the shapes do not fit, X is not finite, a quantity has no value at all, or there is another
                number of mechanisms or columns than was declared.
            DataError: a value is not above 0 though ``positive``.
        """
        if self._positive:
            Y, Yvar = _logarithms(Y.double(), Yvar)
        outcomes = split(X, Y, Yvar)
        mechanisms = self._mechanisms(len(outcomes))
        self._fits = tuple(_explained(m, o, self._positive) for m, o in zip(mechanisms, outcomes, strict=True))
        return self

    def posterior(self, X: Tensor) -> Posterior:
        """Return the joint belief at ``batch_shape x q x d`` points, noise left out.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        beliefs = [fit.belief(X.double()) for fit in fitted(self._fits)]
        return joint([_exponential(belief) for belief in beliefs] if self._positive else beliefs)

    def coefficients(self, outcome: int = 0) -> CoefficientFit:
        """Return the mechanism's coefficients for an outcome, whether it is used or was dropped.

        Raises:
            RuntimeError: nothing was fitted yet.
            ValueError: the outcome has no mechanism.
        """
        found = fitted(self._fits)[outcome].explained
        if found is None:
            raise ValueError(f"outcome {outcome} has no mechanism")
        return _coefficients(found)

    def card(self) -> ModelCard:
        """Return what the fitted model is.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        values: dict[str, float | str] = {"logarithms": str(self._positive).lower()}
        for fit in fitted(self._fits):
            about = f"outcome {fit.outcome.index}"
            values[f"model, {about}"] = "plain Gaussian process" if fit.plain else "mechanism and Gaussian process"
            if fit.explained is not None:
                values[f"mechanism, {about}"] = fit.explained.mechanism.text
                found = _coefficients(fit.explained)
                values |= {f"{name}, {about}": value for name, value in found.values.items()}
                values |= {f"sd of {name}, {about}": sd for name, sd in found.sd.items()}
                values[f"misfit, {about} (of the outcome's spread)"] = fit.explained.misfit
        return ModelCard(
            name="mechanistic",
            models="Each quantity as a stated formula with fitted coefficients, and a Gaussian process on the rest.",
            hyperparameters=values,
            selection="Generalised least squares for coefficients, maximum a posteriori for the process; the plain "
            "process where its leave-one-out log score is clearly higher.",
            assumptions=(
                "the mechanism holds beyond the data as it does among them",
                "it is nearly linear in its coefficients over their uncertainty",
                "the discrepancy is smooth; noise is normal" + (" on the logarithm" if self._positive else ""),
            ),
            failures=(
                "a mechanism that fits the data and fails beyond them: nothing can show it",
                "coefficients that the data do not determine: they stay near the middle of what fits in the bounds",
            ),
            source="Kennedy and O'Hagan 2001, doi 10.1111/1467-9868.00294; Rasmussen and Williams 2006, section 2.7; "
            "SciPy, BoTorch",
            rows=max(len(fit.outcome.y) for fit in self._fits),
            notes=self.notes,
        )

    def _mechanisms(self, count: int) -> Sequence[Mechanism | None]:
        if self._mechanism is None or isinstance(self._mechanism, Mechanism):
            return [self._mechanism] * count
        if len(self._mechanism) != count:
            raise ValueError(f"{len(self._mechanism)} mechanisms for {count} outcomes")
        return self._mechanism


@dataclass(frozen=True)
class _Fit:
    """One outcome: the mechanism's fit, if it has one, and the plain process, if that is used."""

    outcome: ScaledOutcome
    explained: Discrepancy | None
    plain: SingleTaskGP | None
    notes: tuple[str, ...]

    def belief(self, X: Tensor) -> GPyTorchPosterior:
        """Return the belief at ``batch_shape x q x d`` points in the outcome's (logarithm's) unit."""
        if self.plain is None:
            assert self.explained is not None
            return self.outcome.belief(*self.explained.belief(X))
        with quiet():
            found = self.plain.posterior(X)
            assert isinstance(found, GPyTorchPosterior)
            return self.outcome.belief(found.distribution.mean, found.distribution.covariance_matrix)


def _explained(mechanism: Mechanism | None, outcome: ScaledOutcome, positive: bool) -> _Fit:
    plain, plain_note = _plain(outcome)
    notes = (plain_note,) if plain_note else ()
    if mechanism is None:
        return _Fit(outcome, None, plain, notes)
    explained = Discrepancy.fitted(mechanism, outcome, positive)
    if len(outcome.y) > len(mechanism.coefficients):  # fewer rows cannot speak against it
        means, variances = leave_one_out(plain)
        better = float((log_density(outcome.y - means, variances) - explained.log_score()).sum())
        if better > _CLEARLY:
            said = f"the mechanism was dropped: a plain process predicts left-out rows better (log score +{better:.1f})"
            return _Fit(outcome, explained, plain, (*notes, said))
    return _Fit(outcome, explained, None, (explained.note,) if explained.note else ())


def _plain(outcome: ScaledOutcome) -> tuple[SingleTaskGP, str]:
    noise = None if outcome.usable_noise is None else outcome.usable_noise[:, None]
    model, note = fit_matern(outcome.X, outcome.y[:, None], noise, standardise=False)
    return model.requires_grad_(False), note


def _coefficients(found: Discrepancy) -> CoefficientFit:
    """Return coefficients in their own units; standard deviations to first order, through the scale of the bounds."""
    names, values = found.mechanism.names, found.mechanism.natural(found.places)
    sds = found.covariance.diagonal().sqrt()
    units = [
        value * math.log(c.high / c.low) if c.log else c.high - c.low
        for c, value in zip(found.mechanism.coefficients, values.tolist(), strict=True)
    ]
    correlation = found.covariance / (sds[:, None] * sds)
    return CoefficientFit(
        dict(zip(names, values.tolist(), strict=True)),
        dict(zip(names, (sds * torch.tensor(units, dtype=torch.double)).tolist(), strict=True)),
        tuple(tuple(row) for row in correlation.tolist()),
    )


def _logarithms(Y: Tensor, Yvar: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Return logarithms and their variances, as those of a log-normal distribution with this mean and variance."""
    if bool((Y <= 0).any()):
        raise DataError(
            "a positive quantity has a value that is not above 0",
            field="Y",
            value=float(Y[Y <= 0][0]),
            allowed="above 0, or NaN where nothing was measured",
            hint="leave the row out, or fit with positive=False",
        )
    return Y.log(), None if Yvar is None else torch.log1p(Yvar.double() / Y.square())


def _exponential(belief: GPyTorchPosterior) -> TransformedPosterior:
    """Return the belief about the exponential of a normal quantity."""

    def mean(centre: Tensor, variance: Tensor) -> Tensor:
        return (centre + variance / 2).clamp_max(_LARGEST_LOG).exp()

    def spread(centre: Tensor, variance: Tensor) -> Tensor:
        return mean(centre, variance).square() * torch.expm1(variance.clamp_max(_LARGEST_LOG / 4))

    return TransformedPosterior(belief, lambda samples: samples.clamp_max(_LARGEST_LOG).exp(), mean, spread)

"""Laws: formulas whose constants are fitted, weighed against their rivals and against models that assume no formula.

Against rivals, all equally likely at first, the evidence counts (:mod:`zosimos.planners.goal.hypotheses`). Against the
models, each result is predicted from all others by either, and the densities are compared: a pseudo Bayes factor
(Geisser and Eddy 1979, J. Am. Stat. Assoc. 74, 153; Gelfand and Dey 1994, J. R. Stat. Soc. B 56, 501). The less
favourable of the two counts, so that the best of several formulas that all miss the results is not taken for true. With
the law linear in its constants around the mode, what it predicts from all others follows from its residual and its
leverage. Both learn how much results scatter: around the law by as much as its residuals do, so that noise that was
stated too large or too small favours neither.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from zosimos.campaign.explain.hypotheses.surface import Array, Surface
from zosimos.core.parameters import Values
from zosimos.core.pool import columns_of
from zosimos.core.records import Observation
from zosimos.planners.goal.hypotheses import Fit, Hypotheses, Weighed
from zosimos.planners.goal.statements import Law

_ASKED = 500  # untried rows that are compared as next experiments
_LEAST_NOISE = 0.02  # of the spread of the results: models that pass through every result find none
_LEAST_SCATTER = 0.001  # the same around a law
_NO_VALUE = 1e3  # residual, in standard deviations, where a law has no value
_LEAST_GAIN = 0.01  # nats: an experiment that tells less tells nothing
_MISFIT = 4.0  # mean squared residual, in units of the noise, from which a law is said to miss the results


@dataclass(frozen=True)
class LawWeighed:
    """What results make of a law: the logarithm of its Bayes factor, and the row that tells most, with how much."""

    log_factor: float
    row: Values | None
    telling: str
    note: str = ""


@dataclass(frozen=True)
class Rivals:
    """Different laws of one objective, fitted to its results once.

    Args:
        laws: in order.
        surface: the models' belief of the objective.
        noise: standard deviation of a result that states none.
        seed: of the untried rows that are looked at.
    """

    laws: tuple[Law, ...]
    surface: Surface
    noise: float
    seed: int

    @classmethod
    def of(cls, laws: Iterable[Law], surface: Surface, seed: int) -> Self:
        """Return the rivals among laws: those that are the same are one; at least one must be given."""
        different = {(law.formula, tuple(sorted(law.constants.items()))): law for law in laws}
        seen = _seen(surface)
        return cls(tuple(different.values()), surface, _noise(surface, seen), seed)

    def weigh(self, law: Law) -> LawWeighed:
        """Return what results make of one of them."""
        place = self.laws.index(law)
        fit = self._known.fits[place]
        apart = _against_models(fit, _seen(self.surface), self.noise, self.surface)
        note = "it misses the results by more than twice the noise" if fit.misfit > _MISFIT else ""
        if len(self.laws) == 1:
            return LawWeighed(apart, *_unlike(fit, self._asked, self.noise, self.surface), note)
        chance = float(np.clip(self._known.probabilities[place], 1e-12, 1.0 - 1e-12))
        among = math.log(chance / (1.0 - chance)) + math.log(len(self.laws) - 1)
        return LawWeighed(min(apart, among), *self._telling, note)

    @cached_property
    def _known(self) -> Weighed:
        """The laws as results leave them; one that has no rival stands twice, as hypotheses come in twos."""
        every = dict(enumerate(self.laws if len(self.laws) > 1 else self.laws * 2))
        formulas = {str(place): law.parsed for place, law in every.items()}
        own = {str(place): law.constants for place, law in every.items()}
        quantity = self.surface.objective.name
        return Hypotheses(quantity, formulas, self.noise, own=own).weighed(_seen(self.surface))

    @cached_property
    def _asked(self) -> list[Values]:
        return self.surface.untried(_ASKED, self.seed)

    @cached_property
    def _telling(self) -> tuple[Values | None, str]:
        """The untried row whose outcome tells most about which of the laws is true."""
        if not self._asked:
            return None, ""
        gains = self._known.information(columns_of(self._asked, self.surface.space.names), len(self._asked))
        best = int(np.argmax(gains))
        if gains[best] < _LEAST_GAIN:
            return None, ""
        return self._asked[best], f"{gains[best]:.2g} nats about which law is true"


def _seen(surface: Surface) -> list[Observation]:
    name = surface.objective.name
    found = surface.context.training
    return [one for one in found if name in one.measurements and one.measurements[name].trains]


def _noise(surface: Surface, seen: Sequence[Observation]) -> float:
    """Return the noise of a result that states none: as the campaign says it, else as the models find it."""
    stated, name = surface.context.goal.hypotheses, surface.objective.name
    if stated is not None and stated.quantity == name:
        return stated.noise
    values = np.array([one.measurements[name].value for one in seen])
    found = math.sqrt(float(np.median(surface.noise([one.values for one in seen]))))
    return max(found, _LEAST_NOISE * float(np.std(values)), 1e-12)


def _against_models(fit: Fit, seen: Sequence[Observation], noise: float, surface: Surface) -> float:
    """Return the logarithm of the pseudo Bayes factor of a law against the models; 0 where these leave nothing out."""
    left, name = surface.left_out(), surface.objective.name
    if left is None or len(left[0]) != len(seen):
        return 0.0
    values = np.array([one.measurements[name].value for one in seen])
    sds = np.array([one.measurements[name].uncertainty or noise for one in seen])
    columns = columns_of([one.values for one in seen], surface.space.names)
    mean, variance = fit.predict(columns, len(seen))
    leverage = np.clip(np.nan_to_num(variance) / sds**2, 0.0, 1.0 - 1e-6)
    off = np.where(np.isfinite(mean), values - mean, _NO_VALUE * sds)
    freedom = max(1.0, float((1.0 - leverage).sum()))
    factor = math.sqrt(float(np.sum((off / sds) ** 2)) / freedom)
    scatter = np.maximum(factor * sds, _LEAST_SCATTER * float(np.std(values)) + 1e-12)
    own = _log_density(off / (1.0 - leverage), scatter / np.sqrt(1.0 - leverage))
    other = _log_density(values - left[0], np.sqrt(left[1]))
    return float(np.clip(own - other, -50.0, 50.0).sum())


def _log_density(off: Array, sd: Array) -> Array:
    return np.asarray(-0.5 * (off / sd) ** 2 - np.log(sd) - 0.5 * math.log(2.0 * math.pi))


def _unlike(fit: Fit, asked: Sequence[Values], noise: float, surface: Surface) -> tuple[Values | None, str]:
    """Return the row where a law and the models predict most differently, in units of what neither knows."""
    if not asked:
        return None, ""
    mean, variance = fit.predict(columns_of(asked, surface.space.names), len(asked))
    believed, covariance = surface.normal(asked)
    apart = np.abs(mean - believed) / np.sqrt(variance + np.diag(covariance) + noise**2)
    apart = np.where(np.isfinite(apart), apart, 0.0)
    best = int(np.argmax(apart))
    return asked[best], f"the law and the models differ by {apart[best]:.2g} standard deviations"

"""Errors of setting: the best row is the one that stays best although parameters are set a little off.

Each row is judged by what is believed around it: means and variances averaged over a fixed, even set of deviations
(the robust mean of Beland and Nair 2017, "Bayesian Optimization Under Uncertainty", NIPS BayesOpt workshop; Daulton et
al. 2022, "Robust Multi-Objective Bayesian Optimization Under Input Noise", arXiv 2202.07549). The average variance is
an upper bound of the average's, so that a row is rather measured once too often than missed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from zosimos.core.errors import SpecError
from zosimos.core.parameters import Parameter, range_of
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.sobol import scrambled
from zosimos.surrogates.outcome import Mixture, OutcomeModel

Array = NDArray[np.float64]

_PAIRS = 8  # deviations, each with its mirror image: 16 in all, whose mean is 0


def check_errors(errors: Mapping[str, float], space: SearchSpace) -> None:
    """Refuse errors of parameters that have no numbers.

    Raises:
        SpecError: says which.
    """
    numeric = [p.name for p in space.parameters if p.kind != "text"]
    for name, error in errors.items():
        if name not in numeric or not (math.isfinite(error) and error > 0):
            raise SpecError(
                f"the error of {name!r} is not one that it can be set with",
                field=f"space.{name}.error",
                value=error,
                allowed="a finite number above 0, of a parameter with numbers",
            )


@dataclass(frozen=True)
class Blur:
    """Standard deviations with which parameters are set, as deviations of model columns.

    Args:
        knobs: the parameters, each with its first column and its standard deviation in its own unit.
        points: ``16 x len(knobs)`` deviations in standard deviations.
    """

    knobs: tuple[tuple[Parameter, int, float], ...]
    points: Array

    @classmethod
    def of(cls, space: SearchSpace, errors: Mapping[str, float]) -> Blur:
        """Return the blur of one or more parameters."""
        starts = np.cumsum([0, *(parameter.width for parameter in space.parameters)])
        knobs = tuple(
            (parameter, int(start), errors[parameter.name])
            for parameter, start in zip(space.parameters, starts, strict=False)
            if parameter.name in errors and parameter.kind != "text"
        )
        half = ndtri(scrambled(len(knobs), 0)(_PAIRS).clip(1e-6, 1 - 1e-6))
        half /= np.sqrt(np.mean(half**2, axis=0))
        return cls(knobs, np.concatenate([half, -half]))

    def around(self, X: Array) -> Iterator[Array]:
        """Yield ``n x d`` columns 16 times, each time set off by another deviation."""
        for point in self.points:
            moved = X.copy()
            for (parameter, column, sd), z in zip(self.knobs, point, strict=True):
                own = slice(column, column + parameter.width)
                moved[:, own] = _shifted(parameter, X[:, own], sd * float(z))
            yield moved


def blurred(model: OutcomeModel, blur: Blur, X: Array, beside: Array | None = None) -> Mixture:
    """Return what a model believes around ``m x d`` columns rather than at them.

    Args:
        model: fitted.
        blur: how rows deviate.
        X: the columns.
        beside: ``k x d`` columns of a row for each part: variances are no greater than those of the difference to
            what surrounds it, as far as the model can tell.
    """
    if beside is None:
        found = [model.predict(moved) for moved in blur.around(X)]
    else:
        pairs = zip(blur.around(X), blur.around(beside), strict=True)
        found = [model.predict(moved, beside=best) for moved, best in pairs]
    means = np.mean([belief.means for belief in found], axis=0)
    variances = np.mean([belief.variances for belief in found], axis=0)
    return Mixture(means, variances, found[0].weights, found[0].noise)


def describe(names: Sequence[str]) -> str:
    """Return in words that rows were judged by their surroundings."""
    return f"judged over the errors with which {', '.join(names)} {'are' if len(names) > 1 else 'is'} set"


def _shifted(parameter: Parameter, columns: Array, by: float) -> Array:
    """Return a parameter's model columns with a number added to each value in the parameter's own unit."""
    if parameter.scale == "own":
        return parameter.encoded(parameter.decoded(columns) + by)
    low, high = range_of(parameter)
    if parameter.scale == "log":
        start, span = np.log(low), np.log(high) - np.log(low)
        return parameter.encoded(np.exp(start + span * columns[:, 0]) + by)
    return np.asarray(columns + by / (high - low))

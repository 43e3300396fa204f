"""Hypotheses: rival formulas of one quantity, what results make of them, and what a further experiment would tell.

Constants of a formula are fitted: their posterior is taken as normal around its mode, and the evidence by Laplace's
approximation, both exact where the formula is linear in them (MacKay 1992, Neural Computation 4, 415). A formula's
prediction is then normal, with the spread that unknown constants leave (Box and Hill 1967, Technometrics 9, 57). What
an experiment is expected to tell is the mutual information between its outcome and which hypothesis is true (Lindley
1956, Ann. Math. Stat. 27, 986), by Gauss-Hermite quadrature.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.core.expression import ColumnArray, Formula
from zosimos.core.records import Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.sobol import scrambled
from zosimos.planners.goal.statements import Law

Array = NDArray[np.float64]

_WITHIN = 4.0  # standard deviations of the prior between the bounds of a constant: 95 % lies inside
_LOOKED_AT, _STARTS = 32, 2  # points of an even spread over the bounds, and how many of the best a fit starts from
_STEP = 1e-5  # of the range: for slopes
_UNDEFINED = 1e3  # residual, in standard deviations, where a formula has no value
_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(24)
_SHARES = _NODE_WEIGHTS / _NODE_WEIGHTS.sum()
_MISFIT = 4.0  # mean squared residual, in units of the noise, from which even the best formula is said not to fit


@dataclass(frozen=True)
class Hypotheses:
    """Rival formulas of one quantity, all equally likely before anything was measured.

    Args:
        quantity: the objective they speak of.
        formulas: by name, over parameters and constants.
        noise: standard deviation of one measurement, where a result does not state its own.
        constants: bounds of the constants that are fitted.
        own: by formula, bounds of constants that are that formula's alone; it has no others.

    Raises:
        SpecError: there are fewer than two, the noise is not above 0, or bounds are empty.
    """

    quantity: str
    formulas: Mapping[str, Formula]
    noise: float
    constants: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    own: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.formulas) < 2:
            raise SpecError(
                "hypotheses are told apart: one alone has no rival",
                field="hypotheses.formulas",
                value=list(self.formulas),
                allowed="two formulas or more",
            )
        if not (math.isfinite(self.noise) and self.noise > 0):
            raise SpecError("the noise is not above 0", field="hypotheses.noise", value=self.noise, allowed="above 0")
        for name, (low, high) in self.constants.items():
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise SpecError(
                    f"the bounds of {name} leave nothing",
                    field=f"hypotheses.constants.{name}",
                    value=[low, high],
                    allowed="a lower and a higher number",
                )

    def check(self, space: SearchSpace) -> None:
        """Refuse formulas over names that are neither constants nor parameters with numbers.

        Raises:
            SpecError: says which.
        """
        numeric = {p.name for p in space.parameters if p.kind != "text"}
        both = sorted(set(self.constants) & set(space.by_name))
        if both:
            raise SpecError(
                f"{both[0]} is a parameter and a constant", field=f"hypotheses.constants.{both[0]}", value=both[0]
            )
        for name, formula in self.formulas.items():
            unknown = sorted(formula.names - numeric - set(self.constants))
            if unknown:
                raise SpecError(
                    f"hypothesis {name!r} speaks of {unknown[0]!r}, which has no number",
                    field=f"hypotheses.formulas.{name}",
                    value=formula.text,
                    allowed=", ".join(sorted(numeric | set(self.constants))),
                    hint="use parameters with numbers, or give the constant's bounds under hypotheses.constants",
                )

    def bounds(self, name: str) -> Mapping[str, tuple[float, float]]:
        """Return the bounds of the constants of one formula, in the order of their names."""
        known = self.own.get(name, self.constants)
        return {word: known[word] for word in sorted(self.formulas[name].names & set(known))}

    def beside(self, laws: Mapping[str, Law]) -> Hypotheses:
        """Return the same with further rivals, by name, each with constants of its own."""
        formulas = {**self.formulas, **{name: law.parsed for name, law in laws.items()}}
        return replace(self, formulas=formulas, own={**self.own, **{name: law.constants for name, law in laws.items()}})

    def weighed(self, observations: Sequence[Observation]) -> Weighed:
        """Return what results make of the hypotheses; only those that models may learn from count."""
        seen = [
            o
            for o in observations
            if not o.failed and (m := o.measurements.get(self.quantity)) is not None and m.trains
        ]
        names = sorted(set().union(*(one.names - self.bounds(name).keys() for name, one in self.formulas.items())))
        columns = {name: np.array([float(o.values[name]) for o in seen]) for name in names}
        values = np.array([o.measurements[self.quantity].value for o in seen], dtype=float)
        stated = [o.measurements[self.quantity].uncertainty for o in seen]
        sds = np.array([sd or self.noise for sd in stated], dtype=float)
        fits = tuple(
            Fit.of(formula, self.bounds(name), columns, values, sds) for name, formula in self.formulas.items()
        )
        return Weighed(tuple(self.formulas), fits, self.noise, len(seen))


@dataclass(frozen=True)
class Fit:
    """A formula with its constants as results leave them: the mode, their covariance, the log evidence, the misfit.

    ``low`` and ``high`` bound the constants; ``misfit`` is the mean squared residual in units of the noise.
    """

    formula: Formula
    names: tuple[str, ...]
    low: Array
    high: Array
    mode: Array
    covariance: Array
    evidence: float
    misfit: float

    @classmethod
    def of(
        cls,
        formula: Formula,
        bounds: Mapping[str, tuple[float, float]],
        columns: Mapping[str, ColumnArray],
        values: Array,
        sds: Array,
    ) -> Fit:
        """Return the fit to ``n`` values with standard deviations."""
        from scipy.optimize import least_squares  # scipy: only where it is needed

        low, high = np.array(list(bounds.values()), dtype=float).reshape(-1, 2).T
        names, spans, centre = tuple(bounds), high - low, 0.5 * (low + high)
        prior = spans / _WITHIN

        def data(theta: Array) -> Array:
            off = (values - _valued(formula, columns, names, theta, len(values))) / sds
            return np.clip(np.where(np.isfinite(off), off, _UNDEFINED), -1e6, 1e6)

        def residuals(theta: Array) -> Array:
            return np.concatenate([data(theta), (theta - centre) / prior])

        mode, curvature = centre, np.empty((0, 0))
        if names:
            spread = low + spans * scrambled(len(names), 0)(_LOOKED_AT)
            costs = [float(np.sum(residuals(theta) ** 2)) for theta in spread]
            starts = spread[np.argsort(costs, kind="stable")[:_STARTS]]
            found = [least_squares(residuals, start, bounds=(low, high), x_scale=spans) for start in starts]
            best = min(found, key=lambda fit: fit.cost)
            mode, curvature = best.x, best.jac.T @ best.jac
        off = residuals(mode)
        logs = float(np.log(sds).sum() + np.log(prior).sum()) + 0.5 * len(values) * math.log(2 * math.pi)
        evidence = -0.5 * float(off @ off) - logs - 0.5 * float(np.linalg.slogdet(curvature)[1] if names else 0.0)
        covariance: Array = np.asarray(np.linalg.inv(curvature)) if names else np.empty((0, 0))
        misfit = float(np.mean(data(mode) ** 2)) if len(values) else 0.0
        return cls(formula, names, low, high, mode, covariance, evidence, misfit)

    def predict(self, columns: Mapping[str, ColumnArray], m: int) -> tuple[Array, Array]:
        """Return means and variances (noise left out) at ``m`` rows, NaN where the formula has no value."""
        mean = _valued(self.formula, columns, self.names, self.mode, m)
        slopes = np.empty((m, len(self.names)))
        for place, step in enumerate(np.diag(_STEP * (self.high - self.low))):  # beyond a bound there may be no value
            above, below = np.minimum(self.mode + step, self.high), np.maximum(self.mode - step, self.low)
            risen = _valued(self.formula, columns, self.names, above, m)
            risen = risen - _valued(self.formula, columns, self.names, below, m)
            slopes[:, place] = risen / (above[place] - below[place])
        return mean, np.einsum("ij,jk,ik->i", slopes, self.covariance, slopes)


@dataclass(frozen=True)
class Weighed:
    """Hypotheses as ``seen`` results leave them."""

    names: tuple[str, ...]
    fits: tuple[Fit, ...]
    noise: float
    seen: int

    @cached_property
    def probabilities(self) -> Array:
        """The probability of each hypothesis, given that one of them is true; in the order of the names."""
        from scipy.special import logsumexp  # scipy: only where it is needed

        logs = np.array([fit.evidence for fit in self.fits])
        return np.asarray(np.exp(logs - logsumexp(logs)))

    @property
    def fits_none(self) -> bool:
        """Whether not even the best of them fits the results."""
        return self.seen > 1 and min(fit.misfit for fit in self.fits) > _MISFIT

    @property
    def words(self) -> str:
        """The hypotheses and their probabilities, the likeliest first."""
        order = np.argsort(-self.probabilities, kind="stable")
        told = ", ".join(f"{self.names[i]} {self.probabilities[i]:.2g}" for i in order)
        return f"{told}; none of them fits the results" if self.fits_none else told

    def mixed(self, columns: Mapping[str, ColumnArray], m: int) -> tuple[Array, Array]:
        """Return mean and variance (noise left out) of what they say together, at ``m`` rows."""
        means, variances = self._predicted(columns, m)
        mean = self.probabilities @ means
        return mean, self.probabilities @ (variances + (means - mean) ** 2)

    def information(self, columns: Mapping[str, ColumnArray], m: int) -> Array:
        """Return the mutual information (nats) of a measurement at ``m`` rows and which hypothesis is true.

        0 where one of them has no value.
        """
        from scipy.special import logsumexp  # scipy: only where it is needed

        means, variances = self._predicted(columns, m)
        sds, weights = np.sqrt(variances + self.noise**2), self.probabilities
        heard = np.flatnonzero(weights > 0.0)
        logs = np.log(weights[heard])
        total = np.zeros(m)
        for k in heard:
            for node, share in zip(_NODES, _SHARES, strict=True):
                y = means[k] + sds[k] * node
                densities = -0.5 * ((y - means[heard]) / sds[heard]) ** 2 - np.log(sds[heard])
                mixture = logsumexp(densities + logs[:, None], axis=0)
                total += weights[k] * share * (-0.5 * node**2 - np.log(sds[k]) - mixture)
        return np.where(np.isfinite(total), np.maximum(total, 0.0), 0.0)

    def _predicted(self, columns: Mapping[str, ColumnArray], m: int) -> tuple[Array, Array]:
        pairs = [fit.predict(columns, m) for fit in self.fits]
        return np.array([mean for mean, _ in pairs]), np.array([variance for _, variance in pairs])


def _valued(formula: Formula, columns: Mapping[str, ColumnArray], names: Sequence[str], theta: Array, m: int) -> Array:
    constants = {name: np.asarray(value) for name, value in zip(names, theta, strict=True)}
    return np.broadcast_to(formula.column({**columns, **constants}), (m,))

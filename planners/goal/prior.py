"""What a person expects of the best row's place: it leans the choice while little is known, and results outweigh it.

The logarithm of the acquisition is raised by ``beta / n`` times the logarithm of the stated density, ``n`` results
known (Hvarfner et al. 2022, "piBO: Augmenting Acquisition Functions with User Beliefs for Bayesian Optimization",
arXiv 2204.11051). The density is mixed with an even one, so that nothing is ever excluded, and does not count while
results tend to be better where less is expected.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.pool import columns_of
from zosimos.core.ranking import by_tier, standings
from zosimos.core.records import Observation
from zosimos.core.space import SearchSpace
from zosimos.surrogates.calibration.ranks import midranks

Array: TypeAlias = NDArray[np.float64]

BETA = 4.0
"""How many results an expectation is worth: the paper's tenth of a budget, for one of 40 experiments."""

_EVEN = 0.01  # share of the even density: the likeliest row is 101 times as likely as the least likely one
_FEWEST = 4  # results before they can contradict


@dataclass(frozen=True)
class Near:
    """Expected at about a value: a normal density, on a logarithmic scale (``within`` in decades) if ``log``."""

    at: float
    within: float
    log: bool = False

    def logs(self, column: NDArray[Any]) -> Array:
        """Return the logarithm of the density at ``n`` values, 0 where it is highest."""
        x = np.asarray(column, dtype=float)
        away = np.log10(np.maximum(x, 1e-300) / self.at) if self.log else x - self.at
        with np.errstate(over="ignore"):  # beyond every float is as unlikely as it gets
            return np.asarray(-0.5 * (away / self.within) ** 2)


@dataclass(frozen=True)
class Likely:
    """Expected among some choices (or levels): each ``factor`` times as likely as any other."""

    choices: tuple[str | float, ...]
    factor: float

    def logs(self, column: NDArray[Any]) -> Array:
        """Return the logarithm of the density at ``n`` values, 0 where it is highest."""
        inside = np.isin(column.astype(str) if column.dtype == object else column, np.array(self.choices))
        return np.where(inside, 0.0, -math.log(self.factor))


@dataclass(frozen=True)
class Expectation:
    """What is expected of the best row, by parameter; parameters are independent."""

    terms: Mapping[str, Near | Likely]

    def check(self, space: SearchSpace) -> None:
        """Refuse what does not fit a space.

        Raises:
            SpecError: an unknown or unfit parameter, an unknown choice, or a width that is not above 0.
        """
        for name, term in self.terms.items():
            _check(space, name, term)

    def log_density(self, rows: Sequence[Values]) -> Array:
        """Return the logarithm of the density at ``n`` rows, the even part mixed in: 0 at most, about -4.6 at least."""
        total, columns = np.zeros(len(rows)), columns_of(rows, self.terms)
        for name, term in self.terms.items():
            total += term.logs(columns[name])
        return np.asarray(np.logaddexp(total, math.log(_EVEN)) - math.log1p(_EVEN))

    def lean(self, rows: Sequence[Values], known: int) -> Array:
        """Return what is added to the logarithm of the acquisition at ``n`` rows when so many results are known."""
        return BETA / max(1, known) * self.log_density(rows)

    def contradicted(self, observations: Sequence[Observation], objectives: Sequence[Objective]) -> bool:
        """Say whether results tend to be better where less is expected.

        Judged by the sign of Spearman's rank correlation of density and utility over the rows with a result, failures
        in the chemistry counting as the worst: with fewer than four results, or none that differ, there is no saying.
        """
        seen = [o for o in observations if _tells(o, objectives)]
        if len(seen) < _FEWEST:
            return False
        expected = midranks(self.log_density([o.values for o in seen]))
        found = midranks(_merits(seen, objectives))
        if np.ptp(expected) == 0 or np.ptp(found) == 0:
            return False
        return bool(np.corrcoef(expected, found)[0, 1] < 0.0)

    def drawn(self, rows: Sequence[Values], n: int, seed: int) -> list[int]:
        """Return the places of ``n`` rows drawn by the density, each once."""
        density = np.exp(self.log_density(rows))
        rng = np.random.default_rng(seed)
        return [int(i) for i in rng.choice(len(rows), min(n, len(rows)), replace=False, p=density / density.sum())]


def _tells(seen: Observation, objectives: Sequence[Objective]) -> bool:
    if seen.failed:
        return seen.cause != "fault"
    return all(o.name in seen.measurements and seen.measurements[o.name].trains for o in objectives)


def _merits(seen: Sequence[Observation], objectives: Sequence[Objective]) -> Array:
    """Return numbers that grow with how good outcomes are: the objectives' mean rank, or the place by tiers."""
    values = np.array([[math.nan if o.failed else o.measurements[g.name].value for g in objectives] for o in seen])
    if by_tier(objectives):
        return standings(objectives, values)
    ranks = []
    for objective, column in zip(objectives, values.T, strict=True):
        utilities = [-math.inf if math.isnan(value) else objective.utility(value) for value in column.tolist()]
        ranks.append(midranks(utilities))
    return np.asarray(np.mean(ranks, axis=0))


def _check(space: SearchSpace, name: str, term: Near | Likely) -> None:
    parameter, place = space.by_name.get(name), f"expect.{name}"
    if parameter is None or parameter.role == "context":
        raise SpecError(
            f"an expectation speaks of {name!r}, which is no parameter that is chosen",
            field=place,
            value=name,
            allowed=", ".join(p.name for p in space.controlled),
        )
    if isinstance(term, Likely):
        if not (math.isfinite(term.factor) and term.factor > 1):
            raise SpecError(
                "the factor is not a finite number above 1",
                field=f"{place}.factor",
                value=term.factor,
                allowed="above 1",
            )
        odd = [choice for choice in term.choices if parameter.problem(choice)]
        if odd or not term.choices:
            raise SpecError(
                f"{name} has no choice {odd[0]!r}" if odd else f"no choice of {name} is named",
                field=f"{place}.likely",
                value=list(term.choices),
                allowed=parameter.allowed,
            )
        return
    if parameter.kind == "text":
        raise SpecError(
            f"{name} has choices: it is not near a number",
            field=f"{place}.at",
            value=term.at,
            hint="write likely: [choices] and factor: 3",
        )
    if not (math.isfinite(term.within) and term.within > 0):
        raise SpecError("the width is not above 0", field=f"{place}.within", value=term.within, allowed="above 0")
    if parameter.scale == "log" and term.at <= 0:
        raise SpecError("a logarithmic scale has no 0", field=f"{place}.at", value=term.at, allowed="above 0")

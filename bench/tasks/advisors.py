"""Scripted advisors: they know a whole table and speak before each decision, well, at random or to do harm.

What each says is defined in the docstring of ``bench/portfolio.py``. It passes the same check as any advice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from planning.tables import Pool

from zosimos.core.parameters import Categorical, Continuous, Values
from zosimos.core.records import Observation, Prediction
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.advice import Advice, Point, Prior
from zosimos.planners.goal.prior import Likely, Near

Array: TypeAlias = NDArray[np.float64]
AdvisorName: TypeAlias = Literal["good", "useless", "adversarial"]

ADVISORS: tuple[AdvisorName, ...] = ("good", "useless", "adversarial")
RIGHT = 0.6  # of the good advisor's calls
OFF, SD = 0.15, 0.2  # of a range
FACTOR = 3.0  # how many times as likely a named choice is as any other
LIFE = 5  # results for which advice counts


class ScriptedAdvisor:
    """Called once before each decision; returns all of its advice that still counts.

    Args:
        name: which one.
        pool: the table, all of which it knows.
        seed: of the run.
    """

    def __init__(self, name: AdvisorName, pool: Pool, seed: int) -> None:
        self._name = name
        self._pool = pool
        self._seed = seed
        self._given: list[Advice] = []

    def __call__(self, seen: Sequence[Observation]) -> Sequence[Advice]:
        """Return the advice in force after these results, the newest last.

        Raises:
            SpecError: what it says does not fit the table.
        """
        self._given = [given for given in (*self._given, self._call(seen)) if given.holds(len(seen))]
        return self._given

    def _call(self, seen: Sequence[Observation]) -> Advice:
        pool, number = self._pool, len(seen)
        rng = np.random.default_rng(derive_seed(self._seed, "advisor", self._name, number))
        meant, right = row_meant(self._name, np.array(pool.utilities), rng)
        prior = prior_near(pool.space.candidates[meant], pool.space, rng)
        items = (prior, self._point(prior, seen, right, rng))
        advice = Advice(f"a{number:04d}", items, self._name, "program", given=number, until=number + LIFE)
        advice.check(pool.space, [pool.objective], seen)
        return advice

    def _point(self, prior: Prior, seen: Sequence[Observation], right: bool, rng: np.random.Generator) -> Point:
        pool = self._pool
        densities = prior.expectation.log_density(pool.space.candidates)
        densities[[pool.places[row_key(one.values)] for one in seen]] = -np.inf
        place, outcomes = int(densities.argmax()), np.array(pool.outcomes)
        span = float(np.ptp(outcomes))
        mean = float(outcomes[place if right else np.argmax(pool.utilities)]) + off_by(span, rng)
        return Point(pool.space.candidates[place], {pool.objective.name: Prediction(mean, SD * span)})


def row_meant(name: str, utilities: Array, rng: np.random.Generator) -> tuple[int, bool]:
    """Return the place of the row that an advisor means, out of ``n`` utilities, and whether it is meant well."""
    if name == "adversarial":
        return int(utilities.argmin()), False
    if name == "good" and rng.random() < RIGHT:
        return int(utilities.argmax()), True
    return int(rng.integers(len(utilities))), False


def prior_near(row: Values, space: SearchSpace, rng: np.random.Generator) -> Prior:
    """Return a prior about a row: near its numbers, and in favour of its choices."""
    terms: dict[str, Near | Likely] = {}
    for parameter in space.parameters:
        if isinstance(parameter, Categorical):
            terms[parameter.name] = Likely((str(row[parameter.name]),), FACTOR)
        else:
            assert isinstance(parameter, Continuous), "columns are names or numbers"
            span = parameter.high - parameter.low
            terms[parameter.name] = Near(float(row[parameter.name]) + off_by(span, rng), SD * span)
    return Prior(terms)


def off_by(span: float, rng: np.random.Generator) -> float:
    """Return by how much a mean is off: always as much, up or down."""
    return float(rng.choice([-1.0, 1.0])) * OFF * span

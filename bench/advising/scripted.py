"""Scripted advisors: some know the truth and tell it well, at random or to do harm; some know what they were shown.

What each says is defined in the docstring of ``bench/advisor.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from advising.problems import Array, Truth
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Prediction
from zosimos.core.seeds import derive_seed
from zosimos.core.space import row_key
from zosimos.planners.advice import Item, Point, Prior
from zosimos.planners.goal.prior import Likely, Near

AdvisorName: TypeAlias = Literal["good", "useless", "adversarial", "learner", "permuted"]

ADVISORS: tuple[AdvisorName, ...] = ("good", "useless", "adversarial", "learner", "permuted")
KNOWING = ("good", "useless", "adversarial")
RIGHT = 0.6  # of the good advisor's calls
OFF, SD = 0.15, 0.2  # of a range
FACTOR = 3.0  # how many times as likely a named choice is as any other
LIFE = 5  # results for which advice counts
NEAREST = 3  # results that a learner predicts from
POINTS = 3  # that a learner names in a call
LOOKED_AT = 32  # rows out of which it takes each


class Scripted:
    """An :class:`~zosimos.planners.advice.Advisor` that is called before each decision.

    Args:
        name: which one.
        truth: the problem's.
        seed: of the run.
    """

    def __init__(self, name: AdvisorName, truth: Truth, seed: int) -> None:
        self._name = name
        self._truth = truth
        self._seed = seed

    async def advise(self, view: Mapping[str, Any]) -> Sequence[Item]:
        """Return what it advises after the results in the view."""
        return self.items(view["results"])

    def items(self, results: Sequence[Mapping[str, Any]]) -> Sequence[Item]:
        """Return what it advises after these results."""
        truth = self._truth
        rng = np.random.default_rng(derive_seed(self._seed, "advisor", self._name, len(results)))
        tried = {row_key(truth.space.pinned(one["values"])) for one in results}
        free = np.array([row_key(row) not in tried for row in truth.rows])
        if self._name in KNOWING:
            meant, right = self._meant(rng)
            prior = self._prior(meant, rng)
            return [prior, self._point(prior, free, right, rng)]
        return self._learned(results, free, rng)

    def _meant(self, rng: np.random.Generator) -> tuple[int, bool]:
        """Return the row that is meant, and whether it is meant well."""
        utilities = self._truth.utilities
        if self._name == "adversarial":
            return int(utilities.argmin()), False
        if self._name == "good" and rng.random() < RIGHT:
            return int(utilities.argmax()), True
        return int(rng.integers(len(utilities))), False

    def _prior(self, meant: int, rng: np.random.Generator) -> Prior:
        row = self._truth.rows[meant]
        terms: dict[str, Near | Likely] = {}
        for parameter in self._truth.space.parameters:
            if isinstance(parameter, Categorical):
                terms[parameter.name] = Likely((str(row[parameter.name]),), FACTOR)
            else:
                assert isinstance(parameter, Continuous), "columns are names or numbers"
                span = parameter.high - parameter.low
                terms[parameter.name] = Near(float(row[parameter.name]) + _off(span, rng), SD * span)
        return Prior(terms)

    def _point(self, prior: Prior, free: Array, right: bool, rng: np.random.Generator) -> Point:
        truth = self._truth
        densities = np.where(free, prior.expectation.log_density(truth.rows), -np.inf)
        place = int(densities.argmax())
        told = place if right else int(truth.utilities.argmax())
        mean = float(truth.outcomes[told]) + _off(truth.span, rng)
        return Point(truth.rows[place], {truth.objective.name: Prediction(mean, SD * truth.span)})

    def _learned(self, results: Sequence[Mapping[str, Any]], free: Array, rng: np.random.Generator) -> list[Item]:
        """Return the points that look best by the nearest results; to the permuted advisor outcomes come shuffled."""
        truth, name = self._truth, self._truth.objective.name
        shown = [(one["values"], one["outcomes"][name]["value"]) for one in results if name in one["outcomes"]]
        outcomes = np.array([value for _, value in shown], dtype=float)
        if self._name == "permuted":
            outcomes = rng.permutation(outcomes)
        near = _coordinates(truth, [row for row, _ in shown])
        sd = max(float(np.std(outcomes)), SD * float(np.ptp(outcomes)), 1e-9)
        items: list[Item] = []
        left = np.flatnonzero(free)
        for part in np.array_split(rng.permutation(left)[: POINTS * LOOKED_AT], POINTS):
            rows = [truth.rows[int(place)] for place in part]
            if not rows:
                continue
            means = _from_nearest(_coordinates(truth, rows), near, outcomes)
            best = int(np.argmax([truth.objective.utility(float(mean)) for mean in means]))
            items.append(Point(rows[best], {name: Prediction(float(means[best]), sd)}))
        return items


def _coordinates(truth: Truth, rows: Sequence[Mapping[str, Any]]) -> Array:
    """Return rows as coordinates, ``n x d``: a number as its place in its range, a name as 0 or 1 for each choice."""
    columns = []
    for parameter in truth.space.parameters:
        values = [row[parameter.name] for row in rows]
        if isinstance(parameter, Categorical):
            columns += [[float(value == choice) for value in values] for choice in parameter.choices]
        else:
            assert isinstance(parameter, Continuous), "columns are names or numbers"
            columns.append([(float(value) - parameter.low) / (parameter.high - parameter.low) for value in values])
    return np.array(columns).T


def _from_nearest(rows: Array, seen: Array, outcomes: Array) -> Array:
    """Return the mean outcome of the results nearest to each row, weighted by one over the distance."""
    apart = np.sqrt(((rows[:, None, :] - seen[None, :, :]) ** 2).sum(axis=2)) + 1e-3
    nearest = np.argsort(apart, axis=1)[:, :NEAREST]
    weights = 1.0 / np.take_along_axis(apart, nearest, axis=1)
    return np.asarray((weights * outcomes[nearest]).sum(axis=1) / weights.sum(axis=1))


def _off(span: float, rng: np.random.Generator) -> float:
    """Return by how much a mean is off: always as much, up or down."""
    return float(rng.choice([-1.0, 1.0])) * OFF * span

"""The mixed-integer program behind a polytope: levels are switches, and so is whether an optional part is present."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Count:
    """``at_least`` to ``at_most`` of the optional parts at these places are present."""

    places: tuple[int, ...]
    at_least: int
    at_most: int

    def without(self, absent: Collection[int], settled: Collection[int]) -> Count:
        """Return what remains to be counted once some parts are ``settled``, of which some are ``absent``."""
        there = sum(place in settled and place not in absent for place in self.places)
        left = tuple(place for place in self.places if place not in settled)
        return Count(left, self.at_least - there, self.at_most - there)


@dataclass(frozen=True)
class Program:
    """``d`` scaled amounts under linear constraints: ``floor <= x <= ceiling`` (or x = 0 where ``optional``).

    Args:
        A: ``c x d`` coefficients.
        bottom: ``c`` lower bounds of ``A x``.
        top: ``c`` upper bounds.
        levels: the values that each amount may take; None: any.
        floor: ``d`` least amounts.
        ceiling: ``d`` largest amounts.
        optional: which amounts may be 0 besides.
        counts: how many optional parts are present.
    """

    A: Array
    bottom: Array
    top: Array
    levels: tuple[Array | None, ...]
    floor: Array
    ceiling: Array
    optional: NDArray[np.bool_]
    counts: tuple[Count, ...]

    def nearest(self, target: Array) -> Array | None:
        """Return the allowed amounts with the least sum of distances from ``target``; None if none are allowed."""
        solution = self._solved(target, np.zeros(self._d))
        if solution is None:
            return None
        absent = self.optional & (solution[2 * self._d : 3 * self._d] < 0.5)
        return np.where(absent, 0.0, solution[: self._d])

    def support(self, liking: Array) -> NDArray[np.bool_] | None:
        """Return which parts are present where their summed liking is greatest; None if nothing is allowed."""
        solution = self._solved(None, -liking)
        return None if solution is None else solution[2 * self._d : 3 * self._d] > 0.5

    @property
    def _d(self) -> int:
        return len(self.floor)

    def _solved(self, target: Array | None, cost_of_presence: Array) -> Array | None:
        """Return x, its distances from the target, a switch for each part, and one for each level."""
        d = self._d
        sizes = [0 if levels is None else len(levels) for levels in self.levels]
        width = 3 * d + sum(sizes)
        rows: list[Array] = []
        bounds: list[tuple[float, float]] = []

        def add(low: float, high: float, *terms: tuple[int, float]) -> None:
            row = np.zeros(width)
            for place, coefficient in terms:
                row[place] = coefficient
            rows.append(row)
            bounds.append((low, high))

        for coefficients, low, high in zip(self.A, self.bottom, self.top, strict=True):
            add(low, high, *enumerate(coefficients))
        offset = 3 * d
        for i, levels in enumerate(self.levels):
            if target is not None:
                add(-math.inf, target[i], (i, 1.0), (d + i, -1.0))
                add(-math.inf, -target[i], (i, -1.0), (d + i, -1.0))
            add(-math.inf, 0.0, (i, 1.0), (2 * d + i, -self.ceiling[i]))
            add(-math.inf, 0.0, (i, -1.0), (2 * d + i, self.floor[i]))
            if levels is not None:
                places = range(offset, offset + len(levels))
                add(0.0, 0.0, (i, -1.0), *zip(places, levels, strict=True))
                add(1.0, 1.0, *((place, 1.0) for place in places))
                offset += len(levels)
        for count in self.counts:
            add(count.at_least, count.at_most, *((2 * d + place, 1.0) for place in count.places))
        always = np.where(self.optional, 0.0, 1.0)
        lower = np.concatenate([np.zeros(2 * d), always, np.zeros(sum(sizes))])
        upper = np.concatenate([np.ones(d), np.full(d, np.inf), np.ones(d + sum(sizes))])
        limits = np.array(bounds)
        from scipy.optimize import Bounds, LinearConstraint, milp  # scipy: only where it is needed

        solution = milp(
            np.concatenate([np.zeros(d), np.ones(d), cost_of_presence, np.zeros(sum(sizes))]),
            integrality=np.concatenate([np.zeros(2 * d), np.ones(d + sum(sizes))]),
            bounds=Bounds(lower, upper),
            constraints=LinearConstraint(np.array(rows), limits[:, 0], limits[:, 1]),
        )
        return None if solution.x is None else np.asarray(solution.x, dtype=float)

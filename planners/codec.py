"""Rows as points of the unit cube and back, for samplers and searches: a coordinate for each parameter.

A fluid coordinate (a continuous parameter without a step) is its place in its range; any other has an equal share of
[0, 1] for each level. Whatever the coordinates, the decoded row lies inside every bound and on every grid, and the
parts of a mixture sum to their total; other constraints are left to rejection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Simplex
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer, Parameter, Value, Values
from zosimos.core.space import SearchSpace
from zosimos.planners.simplex import fill, on_grid, project

Array = NDArray[np.float64]


def is_fluid(parameter: Parameter) -> bool:
    """Say whether a parameter takes any real number of its range."""
    return isinstance(parameter, Continuous) and parameter.step is None


def level_count(parameter: Parameter) -> int:
    """Return how many values a parameter takes; 0 for any real number of a range."""
    if isinstance(parameter, Categorical):
        return len(parameter.choices)
    if isinstance(parameter, Discrete):
        return len(parameter.levels)
    if isinstance(parameter, Integer):
        return int(parameter.high) - int(parameter.low) + 1
    if parameter.step is None:
        return 0
    return int((parameter.high - parameter.low) / parameter.step + 1e-6) + 1


@dataclass(frozen=True)
class Codec:
    """Maps rows of a space to ``n x k`` coordinates and back (``k`` parameters)."""

    space: SearchSpace

    @cached_property
    def mixtures(self) -> tuple[tuple[Simplex, list[int], tuple[Continuous, ...]], ...]:
        """The mixtures of continuous parts: the constraint, the parts' places among the parameters, the parts."""
        found = []
        for constraint in self.space.constraints:
            if isinstance(constraint, Simplex):
                parameters = [self.space.by_name[name] for name in constraint.parts]
                parts = tuple(parameter for parameter in parameters if isinstance(parameter, Continuous))
                if len(parts) == len(parameters):
                    found.append((constraint, [self.space.names.index(part.name) for part in parts], parts))
        return tuple(found)

    @cached_property
    def _mixed(self) -> frozenset[int]:
        return frozenset(index for _, places, _ in self.mixtures for index in places)

    def encode(self, rows: Sequence[Values]) -> Array:
        """Return the coordinates of rows, shape ``n x k``."""
        columns = [
            [_coordinate(parameter, row[parameter.name], index in self._mixed) for row in rows]
            for index, parameter in enumerate(self.space.parameters)
        ]
        return np.array(columns, dtype=float).reshape(len(self.space.parameters), len(rows)).T

    def decode(self, points: Array) -> list[Values]:
        """Return the rows at ``n x k`` coordinates; the parts of a mixture go to the nearest that sum to its total."""
        return self._rows(points, spread=False)

    def spread(self, points: Array) -> list[Values]:
        """Return the rows at ``n x k`` uniform coordinates; a mixture is spread over its simplex (Dirichlet)."""
        return self._rows(points, spread=True)

    def _rows(self, points: Array, spread: bool) -> list[Values]:
        points = np.clip(points, 0.0, 1.0)
        columns: list[list[Value]] = [
            [] if index in self._mixed else _column(parameter, points[:, index])
            for index, parameter in enumerate(self.space.parameters)
        ]
        for constraint, places, parts in self.mixtures:
            lows = np.array([part.low for part in parts])
            caps = np.array([part.high for part in parts]) - lows
            amount = float(np.clip(constraint.total - lows.sum(), 0.0, caps.sum()))
            u = points[:, places]
            # -log of uniform numbers, scaled to one sum, is uniform on the simplex (Devroye 1986, XI.4)
            poured = (
                fill(-np.log1p(-np.minimum(u, 1 - 1e-12)), caps, amount) if spread else project(u * caps, caps, amount)
            )
            values = on_grid(np.clip(lows + poured, lows, lows + caps), parts, constraint)
            for place, part, column in zip(places, parts, values.T, strict=True):
                columns[place] = [min(max(float(x), part.low), part.high) for x in column]
        names = self.space.names
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _column(parameter: Parameter, points: Array) -> list[Value]:
    return [parameter.from_unit(float(u)) for u in points]


def _coordinate(parameter: Parameter, value: Value, linear: bool) -> float:
    """Return a value's coordinate: its place in the range, or the middle of its level's share."""
    if isinstance(parameter, Categorical):
        return (parameter.choices.index(str(value)) + 0.5) / len(parameter.choices)
    if isinstance(parameter, Discrete):
        return (parameter.levels.index(float(value)) + 0.5) / len(parameter.levels)
    if isinstance(parameter, Integer):
        return (float(value) - parameter.low + 0.5) / level_count(parameter)
    if linear:
        return (float(value) - parameter.low) / (parameter.high - parameter.low)
    if parameter.step is not None:
        return (round((float(value) - parameter.low) / parameter.step) + 0.5) / level_count(parameter)
    return parameter.features(value)[0]

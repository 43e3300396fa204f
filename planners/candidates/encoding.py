"""Rows as points of the unit cube and back, for samplers and searches: a coordinate for each parameter.

A fluid coordinate (a continuous parameter without a step) is its place in its range; any other has an equal share of
[0, 1] for each level. Whatever the coordinates, the decoded row lies inside every bound and on every grid, the parts of
a mixture sum to their total, as many parts are present as may be, and the conditions of the day are the current ones;
other constraints are left to rejection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Simplex
from zosimos.core.digits import all_in_digits
from zosimos.core.parameters import Continuous, Parameter, Values, as_values, range_of
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.mixtures import Amounts

Array = NDArray[np.float64]

_TOGETHER = 16  # rows made at a time


def is_fluid(parameter: Parameter) -> bool:
    """Say whether a parameter takes any real number of its range."""
    return parameter.count == 0


@dataclass(frozen=True)
class Block:
    """Rows of a space as columns, made into rows a few at a time: mostly only the first ones are wanted.

    Args:
        space: the space.
        columns: for each parameter, the conditions of the day included, its value in each row.
        count: how many rows.
    """

    space: SearchSpace
    columns: Mapping[str, NDArray[Any]]
    count: int

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Values]:
        controlled, current = self.space.controlled, self.space.current
        names = [parameter.name for parameter in controlled]
        for start in range(0, self.count, _TOGETHER):
            part = slice(start, start + _TOGETHER)
            cells = [as_values(parameter, self.columns[parameter.name][part]) for parameter in controlled]
            for row in zip(*cells, strict=True):
                yield {**dict(zip(names, row, strict=True)), **current}

    def feasible(self) -> NDArray[np.bool_]:
        """Return, for each row, whether every constraint holds."""
        good = np.ones(self.count, dtype=bool)
        if self.space.constraints:
            columns = {
                parameter.name: self.columns[parameter.name].astype(object if parameter.kind == "text" else float)
                for parameter in self.space.parameters
            }
            for constraint in self.space.constraints:
                good &= constraint.holds(columns)
        return good


@dataclass(frozen=True)
class Codec:
    """Maps rows of a space to ``n x k`` coordinates and back (``k`` parameters)."""

    space: SearchSpace

    @cached_property
    def mixtures(self) -> tuple[tuple[Simplex, list[int], tuple[Continuous, ...]], ...]:
        """The mixtures of continuous parts: the constraint, the parts' places among the parameters, the parts."""
        if self.amounts is None:
            return ()
        parts = self.amounts.parts
        return tuple(
            (simplex, [self.places[i] for i in places], tuple(parts[i] for i in places))
            for simplex, places in self.amounts.mixtures
        )

    @cached_property
    def amounts(self) -> Amounts | None:
        """The parts of mixtures and cardinalities, which are drawn and mended together."""
        return Amounts.of(self.space)

    @cached_property
    def places(self) -> list[int]:
        """The places of these parts among the parameters."""
        return [] if self.amounts is None else [self.space.names.index(part.name) for part in self.amounts.parts]

    def encode(self, rows: Sequence[Values]) -> Array:
        """Return the coordinates of rows, shape ``n x k``."""
        columns = self.space.columns(rows)
        parts = set(self.places)
        coordinates = [
            _coordinates(parameter, columns[parameter.name], linear=index in parts)
            for index, parameter in enumerate(self.space.parameters)
        ]
        return np.array(coordinates, dtype=float).reshape(len(self.space.parameters), len(rows)).T

    def decode(self, points: Array) -> list[Values]:
        """Return the rows at ``n x k`` coordinates; amounts go to near ones that mixtures and cardinalities allow."""
        return self._rows(points, spread=False)

    def spread(self, points: Array) -> list[Values]:
        """Return the rows at ``n x k`` uniform coordinates; amounts are spread over what is allowed of them."""
        return self._rows(points, spread=True)

    def block(self, points: Array) -> Block:
        """Return the same rows as :meth:`spread`, each made when it is asked for."""
        return Block(self.space, self._columns(points, spread=True), len(points))

    def _rows(self, points: Array, spread: bool) -> list[Values]:
        return list(Block(self.space, self._columns(points, spread), len(points)))

    def _columns(self, points: Array, spread: bool) -> Mapping[str, NDArray[Any]]:
        points = np.clip(points, 0.0, 1.0)
        columns = {name: np.full(len(points), value) for name, value in self.space.current.items()}
        columns = {
            name: column.astype(object) if column.dtype.kind == "U" else column for name, column in columns.items()
        }
        for index, parameter in enumerate(self.space.parameters):
            if parameter.role == "control" and index not in self.places:
                columns[parameter.name] = parameter.drawn(points[:, index])
        for nested in self.space.nested:
            if nested.name in columns:
                columns[nested.name] = nested.settled(columns)
        if self.amounts is not None:
            columns |= self._poured(self.amounts, points[:, self.places], self._fixed(columns, len(points)), spread)
        return columns | self._in_digits(columns) if self.space.exact else columns

    def _in_digits(self, columns: Mapping[str, NDArray[Any]]) -> dict[str, Array]:
        """Return the columns of fluid parameters in canonical values, all at once: there may be thousands."""
        fluid = [parameter for parameter in self.space.controlled if is_fluid(parameter)]
        if not fluid:
            return {}
        numbers = np.array([columns[parameter.name] for parameter in fluid], dtype=float)
        found = all_in_digits(numbers.ravel()).reshape(numbers.shape)
        ends = np.array([range_of(parameter) for parameter in fluid])
        for end, short in zip(ends.T, all_in_digits(ends.ravel()).reshape(ends.shape).T, strict=True):
            found = np.where(found == short[:, None], end[:, None], found)
        return {parameter.name: column for parameter, column in zip(fluid, found, strict=True)}

    def _fixed(self, columns: Mapping[str, NDArray[Any]], count: int) -> Array:
        """Return amounts that are given because a part does not count there, ``n x p``, NaN elsewhere."""
        fixed = np.full((count, len(self.places)), np.nan)
        for nested in self.space.nested:
            if nested.name not in columns:
                place = self.places.index(self.space.names.index(nested.name))
                fixed[~nested.active(columns), place] = float(nested.default)
        return fixed

    @staticmethod
    def _poured(amounts: Amounts, points: Array, fixed: Array, spread: bool) -> dict[str, Array]:
        lows, highs = (np.array([getattr(p, side) for p in amounts.parts], dtype=float) for side in ("low", "high"))
        found = amounts.spread(points, fixed) if spread else amounts.nearest(lows + points * (highs - lows), fixed)
        return {part.name: column for part, column in zip(amounts.parts, np.clip(found, lows, highs).T, strict=True)}


def _coordinates(parameter: Parameter, column: NDArray[Any], linear: bool) -> Array:
    """Return values' coordinates; those of amounts are their places in the range, whatever their grid or scale."""
    if linear:
        low, high = range_of(parameter)
        return np.asarray((column - low) / (high - low))
    return parameter.placed(column)

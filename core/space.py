"""The search space: parameters, the constraints between them, and, where only some rows exist, the pool of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from zosimos.core.canonical import canonical_json
from zosimos.core.columns import Column, Numbers, Texts
from zosimos.core.constraints import Constraint
from zosimos.core.errors import SpecError
from zosimos.core.fit import check_constraint
from zosimos.core.identity import canonical_row
from zosimos.core.nested import Nested, in_order
from zosimos.core.parameter import Parameter, value_at
from zosimos.core.pool import Pool
from zosimos.core.values import Value, Values, is_number

GRID_LIMIT = 4096  # a space with this many level combinations or fewer is listed, and treated as a pool


def row_key(values: Values) -> str:
    """Return a text that is the same for two rows with the same values, whatever their order or number type.

    >>> row_key({"b": 1, "a": 0.5}) == row_key({"a": 0.5, "b": 1.0})
    True
    """
    plain = {name: value if isinstance(value, str) else float(value) + 0.0 for name, value in values.items()}
    return canonical_json(plain)


@dataclass(frozen=True)
class SearchSpace:
    """Parameters and known constraints, or an explicit pool of candidates under the same parameters.

    A pool's rows may lie outside the bounds or break a constraint: such rows are never proposed, and come back when
    the bounds widen again.

    Parameters with the role ``context`` are not chosen: every row of the space has their ``current`` values.

    Args:
        parameters: what is chosen, and the conditions of the day.
        constraints: what must hold.
        pool: the only rows that exist, with a value for each parameter that is chosen; rows are turned into a
            :class:`~zosimos.core.pool.Pool`.
        current: values of the conditions now; the middle of the range (or of the list) where not given.
        exact: whether a value that is written in several ways is one value (:mod:`zosimos.core.identity`); not in
            campaigns that were decided before it was so.

    Raises:
        SpecError: a constraint speaks of an unknown or unfit parameter, or no pool row is allowed.
        DataError: the pool does not fit the parameters.
    """

    parameters: tuple[Parameter, ...]
    constraints: tuple[Constraint, ...] = ()
    pool: Sequence[Values] | None = None
    current: Values = field(default_factory=dict)
    exact: bool = True

    def __post_init__(self) -> None:
        if not self.controlled:
            raise SpecError("the space has no parameter to choose", field="space", allowed="one parameter or more")
        object.__setattr__(self, "current", {p.name: self._current(p) for p in self.contextual})
        for constraint in self.constraints:
            check_constraint(constraint, self.by_name, listed=self.pool is not None)
        _ = self.nested  # refuses circles
        if self.pool is None:
            return
        pool = self.pool if isinstance(self.pool, Pool) else Pool.of(self.pool, self.parameters)
        object.__setattr__(self, "pool", pool.bound(self.parameters, self.current, exact=self.exact))
        if not self.candidates:
            raise SpecError(
                "no row of the pool is inside the bounds and constraints",
                field="space",
                value=f"{len(pool)} rows, none allowed",
                allowed="one allowed row or more",
                hint="widen a bound or drop a constraint",
            )

    def _current(self, parameter: Parameter) -> Value:
        value = self.current[parameter.name] if parameter.name in self.current else value_at(parameter, 0.5)
        if _context_problem(parameter, value) is not None:
            raise SpecError(
                f"the current {parameter.name} is not {'a choice' if isinstance(value, str) else 'a finite number'}",
                field=f"current.{parameter.name}",
                value=value,
            )
        return value

    @cached_property
    def by_name(self) -> Mapping[str, Parameter]:
        """Parameters by their names, in order."""
        return {parameter.name: parameter for parameter in self.parameters}

    @property
    def names(self) -> tuple[str, ...]:
        """Parameter names, in order."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def controlled(self) -> tuple[Parameter, ...]:
        """The parameters that are chosen for each experiment."""
        return tuple(parameter for parameter in self.parameters if parameter.role == "control")

    @property
    def contextual(self) -> tuple[Parameter, ...]:
        """The parameters that are not chosen but found."""
        return tuple(parameter for parameter in self.parameters if parameter.role == "context")

    @cached_property
    def nested(self) -> tuple[Nested, ...]:
        """The parameters that count under conditions, each after those it depends on."""
        return in_order([constraint for constraint in self.constraints if isinstance(constraint, Nested)])

    @property
    def width(self) -> int:
        """Number of model columns of a row."""
        return sum(parameter.width for parameter in self.parameters)

    def at(self, latest: Values) -> Self:
        """Return the space under the conditions of ``latest``; names of other parameters are passed over."""
        known = {p.name: latest[p.name] for p in self.contextual if p.name in latest}
        current = {**self.current, **known}
        return self if current == self.current else replace(self, current=current)

    def canonical(self, values: Values) -> Values:
        """Return a row in the values that are meant: those of the pool's row that it is, or canonical ones."""
        if not self.exact:
            return values
        if isinstance(self.pool, Pool) and (place := self.pool.find(values)) is not None:
            cells = {name: column.listed(slice(place, place + 1)) for name, column in self.pool.columns.items()}
            return {**values, **{name: cell[0] for name, cell in cells.items()}}
        return canonical_row(self.by_name, values)

    def pinned(self, values: Values) -> Values:
        """Return a row with the current conditions in place of its own."""
        return {**values, **self.current} if self.current else values

    @cached_property
    def candidates(self) -> Pool:
        """The pool's rows inside bounds and constraints, each once, in the table's order (empty without a pool)."""
        if self.pool is None:
            return Pool({}, self.parameters, self.current)
        assert isinstance(self.pool, Pool), "rows became a pool when the space was made"
        good = np.zeros(len(self.pool), dtype=bool)
        good[self.pool.lookup.firsts] = True
        good &= self.pool.feasible(self.constraints)
        return self.pool if good.all() else self.pool.take(np.flatnonzero(good))

    @cached_property
    def listed(self) -> Pool | None:
        """All allowed rows, where there is a pool or a grid of at most ``GRID_LIMIT`` combinations; else None."""
        if self.pool is not None:
            return self.candidates
        return self.combinations(GRID_LIMIT)

    def combinations(self, most: int) -> Pool | None:
        """Return all allowed rows, the pool aside, where at most so many combinations of levels are; else None."""
        counts = [parameter.count for parameter in self.controlled]
        total = math.prod(counts)
        if total == 0 or total > most:
            return None
        columns: dict[str, Column] = {}
        block = total
        for parameter, count in zip(self.controlled, counts, strict=True):
            block //= count
            levels = parameter.drawn((np.arange(count) + 0.5) / count)
            codes = np.arange(total) // block % count
            columns[parameter.name] = (
                Texts(codes.astype(np.int32), tuple(levels.tolist()))
                if parameter.kind == "text"
                else Numbers(levels[codes], whole=parameter.kind == "whole")
            )
        grid = Pool(columns, self.parameters, self.current, canonical_for=self.controlled if self.exact else None)
        return grid.take(np.flatnonzero(grid.feasible(self.constraints)))

    def columns(self, rows: Sequence[Values]) -> Mapping[str, NDArray[Any]]:
        """Return the rows as one array for each parameter (objects where values are texts)."""
        return {
            parameter.name: np.array(
                [row[parameter.name] for row in rows], dtype=object if parameter.kind == "text" else float
            )
            for parameter in self.parameters
        }

    def feasible(self, rows: Sequence[Values]) -> NDArray[np.bool_]:
        """Return, for each row, whether every constraint holds (bounds are not looked at)."""
        good = np.ones(len(rows), dtype=bool)
        if len(rows) and self.constraints:
            columns = self.columns(rows)
            for constraint in self.constraints:
                good &= constraint.holds(columns)
        return good

    def _value_problems(self, values: Values) -> list[str]:
        problems = [f"{name}: missing" for name in self.names if name not in values]
        problems += [f"{name}: no such parameter" for name in values if name not in self.by_name]
        for name, value in values.items():
            if name in self.by_name:
                found = self.value_problem(name, value)
                problems += [] if found is None else [found]
        return problems

    def value_problem(self, name: str, value: object) -> str | None:
        """Return in words why a parameter cannot have had a value; a condition may lie outside its range."""
        parameter = self.by_name[name]
        return _context_problem(parameter, value) if name in self.current else parameter.problem(value)

    def reaches(self, rows: Sequence[Values]) -> NDArray[np.bool_]:
        """Return, for each row, whether it lies inside all bounds and choices; levels and constraints may differ.

        Conditions, which nobody chooses, may be anything.
        """
        columns, good = self.columns(rows), np.ones(len(rows), dtype=bool)
        for parameter in self.controlled:
            column = columns[parameter.name]
            if parameter.bounds is not None:
                low, high = parameter.bounds
                good &= (column >= low) & (column <= high)
            else:
                known = {value for value in set(column.tolist()) if parameter.problem(value) is None}
                good &= np.array([value in known for value in column.tolist()], dtype=bool)
        return good

    def problems(self, values: Values) -> list[str]:
        """Return what keeps a row from being a candidate, in words; an empty list means it is one."""
        problems = self._value_problems(values)
        if problems:
            return problems
        columns = self.columns([values])
        problems = [f"breaks {constraint}" for constraint in self.constraints if not constraint.holds(columns)[0]]
        if not problems and isinstance(self.pool, Pool) and self.pool.find(values) is None:
            problems.append("is not a row of the pool")
        return problems

    def features(self, rows: Sequence[Values]) -> NDArray[np.float64]:
        """Return the rows as model columns, shape ``n x d``, each declared range scaled to [0, 1]."""
        if isinstance(rows, Pool):
            return replace(rows, parameters=self.parameters).features()
        columns = self.columns(rows)
        return np.hstack([np.empty((len(rows), 0)), *(p.encoded(columns[p.name]) for p in self.parameters)])


def _context_problem(parameter: Parameter, value: object) -> str | None:
    """Say what is wrong with a condition that was found: it may lie outside its range, nobody chose it."""
    if parameter.kind == "text":
        return parameter.problem(value)
    return None if is_number(value) else f"{parameter.name}: {value!r} is not a finite number"

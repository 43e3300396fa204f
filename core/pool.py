"""The pool: a table of the only candidates that exist, as columns; a row is made when it is asked for.

A million rows of five numbers take 40 MB and some 24 MB more for finding rows. What is worked out of them (features,
which are allowed) is worked out in chunks, or only for the rows asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from zosimos.core.columns import Column, Numbers, Rows, Texts
from zosimos.core.constraints import Constraint
from zosimos.core.errors import DataError
from zosimos.core.identity import canonical_column, canonical_row
from zosimos.core.lookup import Lookup
from zosimos.core.parameter import Parameter
from zosimos.core.values import Value, Values

CHUNK = 65_536  # rows looked at together


@dataclass(frozen=True, eq=False)
class Pool(Sequence[Values]):
    """Candidates as columns: a sequence of rows that takes the memory of its numbers.

    Args:
        columns: the columns, all of one length; numbers are finite.
        parameters: what the columns mean; needed for features and feasibility (see :meth:`bound`).
        constants: values that every row has besides: the conditions of the day.
        finder: finds rows; made where it is not given.
        canonical_for: the parameters whose values the cells mean: levels are the levels themselves, and rows are found
            by canonical values. None: cells are as they were read, and only the same cells are the same.
    """

    columns: Mapping[str, Column]
    parameters: tuple[Parameter, ...] = ()
    constants: Mapping[str, Value] = field(default_factory=dict)
    finder: Lookup | None = None
    canonical_for: tuple[Parameter, ...] | None = None

    def __post_init__(self) -> None:
        if len({len(column) for column in self.columns.values()}) > 1:
            raise ValueError("the columns of a pool must have the same length")

    @cached_property
    def lookup(self) -> Lookup:
        """Finds rows."""
        if self.finder is not None:
            return self.finder
        meant = {parameter.name: parameter for parameter in self.canonical_for or ()}
        return Lookup({name: _meant(column, meant.get(name)) for name, column in self.columns.items()})

    @classmethod
    def of(cls, rows: Sequence[Values], parameters: Sequence[Parameter]) -> Self:
        """Return rows as columns, one for each parameter that is controlled.

        Raises:
            DataError: a row lacks a parameter, has one too many, or has a value of the wrong kind.
        """
        controlled = [parameter for parameter in parameters if parameter.role == "control"]
        names = {parameter.name for parameter in controlled}
        for place, row in enumerate(rows, 1):
            if row.keys() != names:
                odd = sorted(row.keys() ^ names)
                raise DataError(
                    f"row {place} of the pool {'lacks' if odd[0] in names else 'has an unexpected'} {odd[0]!r}",
                    field=odd[0],
                    value=", ".join(row),
                    allowed=f"a value for each of {', '.join(p.name for p in controlled)}, and nothing else",
                )
        return cls({parameter.name: _column(rows, parameter) for parameter in controlled})

    def bound(self, parameters: tuple[Parameter, ...], constants: Mapping[str, Value], *, exact: bool = False) -> Self:
        """Return the same pool, its columns read as parameters.

        Args:
            parameters: all parameters of a space.
            constants: a value for each parameter with the role ``context``.
            exact: whether cells become canonical values, such as 0.3 for 0.30000000000000004.

        Raises:
            DataError: a parameter has no column, a column no parameter, or they are of different kinds.
        """
        controlled = {parameter.name: parameter for parameter in parameters if parameter.role == "control"}
        for name in dict.fromkeys((*controlled, *self.columns)):
            if name not in self.columns or name not in controlled:
                raise DataError(
                    f"column {name!r} of the pool is no parameter that is chosen"
                    if name in self.columns
                    else f"the pool has no column for {name!r}",
                    field=name,
                    value=", ".join(self.columns),
                    allowed=f"columns {', '.join(controlled)}",
                    hint="a condition of the day (context) has no column: it is the same for every candidate"
                    if any(parameter.name == name for parameter in parameters)
                    else "",
                )
            if (controlled[name].kind == "text") != isinstance(self.columns[name], Texts):
                kinds = ("numbers", "names") if isinstance(self.columns[name], Texts) else ("names", "numbers")
                raise DataError(
                    f"column {name!r} of the pool should hold {kinds[0]} and holds {kinds[1]}",
                    field=name,
                    value=str(self.columns[name].listed(slice(0, 3)))[1:-1],
                    allowed=kinds[0],
                )
        pool = self.canonical(tuple(controlled.values())) if exact else self
        return replace(pool, parameters=parameters, constants=dict(constants), finder=pool.lookup)

    def canonical(self, parameters: tuple[Parameter, ...]) -> Self:
        """Return the pool with its cells read as values of these parameters; other numbers stay as they are written."""
        if self.canonical_for == parameters:
            return self
        columns = dict(self.columns)
        for parameter in parameters:
            if parameter.count and parameter.name in columns:
                columns[parameter.name] = _meant(columns[parameter.name], parameter)
        return replace(self, columns=columns, finder=None, canonical_for=parameters)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @overload
    def __getitem__(self, index: int) -> Values: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Values | Self:
        if isinstance(index, slice):
            return self.take(index)
        place = range(len(self))[index]
        return self._rows(slice(place, place + 1))[0]

    def __iter__(self) -> Iterator[Values]:
        for chunk in self.chunks():
            yield from self._rows(chunk)

    def __contains__(self, row: object) -> bool:
        return isinstance(row, Mapping) and self.find(row) is not None and row.keys() == self._names

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Pool):
            return dict(self.columns) == dict(other.columns) and dict(self.constants) == dict(other.constants)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # a pool compares by its rows

    def __repr__(self) -> str:
        return f"Pool({len(self)} rows of {', '.join(self.columns)})"

    @property
    def _names(self) -> set[str]:
        return {*self.columns, *self.constants}

    def chunks(self, size: int = CHUNK) -> Iterator[slice]:
        """Yield slices that together are the whole pool."""
        for start in range(0, len(self), size):
            yield slice(start, min(start + size, len(self)))

    def take(self, rows: Rows) -> Self:
        """Return a pool of these rows."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return type(self)(columns, self.parameters, self.constants, canonical_for=self.canonical_for)

    def find(self, values: Values) -> int | None:
        """Return the first row with these values, constants and other names aside, or None."""
        if self.canonical_for is not None:
            values = canonical_row({parameter.name: parameter for parameter in self.canonical_for}, values)
        return self.lookup.find(values)

    def arrays(self, rows: Rows) -> Mapping[str, NDArray[Any]]:
        """Return rows as one array for each parameter (objects where values are texts), constants included."""
        found = {name: column.array(rows) for name, column in self.columns.items()}
        count = len(next(iter(found.values()), ()))
        for name, value in self.constants.items():
            found[name] = np.full(count, value, dtype=object if isinstance(value, str) else float)
        return found

    def features(self, rows: Rows = slice(None)) -> NDArray[np.float64]:
        """Return rows as model columns, shape ``n x d``, each declared range scaled to [0, 1].

        Raises:
            ValueError: the pool is bound to no parameters.
        """
        if not self.parameters:
            raise ValueError("a pool that is bound to no parameters has no features")
        count = len(range(len(self))[rows]) if isinstance(rows, slice) else len(rows)
        table = np.empty((count, sum(parameter.width for parameter in self.parameters)))
        start = 0
        for parameter in self.parameters:
            table[:, start : start + parameter.width] = self._encoded(parameter, rows)
            start += parameter.width
        return table

    def _encoded(self, parameter: Parameter, rows: Rows) -> NDArray[np.float64]:
        if parameter.name in self.constants:
            return parameter.encoded(np.array([self.constants[parameter.name]]))
        column = self.columns[parameter.name]
        if isinstance(column, Numbers):
            return parameter.encoded(column.array(rows))
        used, places = np.unique(column.codes[rows], return_inverse=True)
        return np.asarray(parameter.encoded(Texts(used, column.choices).array(slice(None)))[places])

    def feasible(self, constraints: Sequence[Constraint]) -> NDArray[np.bool_]:
        """Return, for each row, whether it is inside all bounds and every constraint holds; in chunks.

        Raises:
            ValueError: the pool is bound to no parameters.
        """
        if not self.parameters:
            raise ValueError("a pool that is bound to no parameters has no bounds")
        good = np.ones(len(self), dtype=bool)
        for parameter in self.parameters:
            if parameter.name in self.columns:
                good &= _inside(self.columns[parameter.name], parameter)
        for chunk in self.chunks() if constraints else ():
            rows = np.flatnonzero(good[chunk]) + chunk.start
            for constraint in constraints:
                rows = rows[constraint.holds(self.arrays(rows))] if len(rows) else rows
            good[chunk] = False
            good[rows] = True
        return good

    def _rows(self, chunk: slice) -> list[Values]:
        columns = [column.listed(chunk) for column in self.columns.values()]
        names, constants = tuple(self.columns), self.constants
        rows: list[Values] = [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]
        return [{**row, **constants} for row in rows] if constants else rows


def columns_of(rows: Sequence[Values], names: Iterable[str]) -> Mapping[str, NDArray[Any]]:
    """Return rows as one array for each name, objects where cells are text and floats elsewhere; a pool gives all."""
    if isinstance(rows, Pool):
        return rows.arrays(slice(None))
    return {name: _cells([row[name] for row in rows]) for name in names}


def _cells(values: Sequence[Value]) -> NDArray[Any]:
    return np.array(values, dtype=object if values and isinstance(values[0], str) else float)


def _meant(column: Column, parameter: Parameter | None) -> Column:
    """Return a column in the canonical values of a parameter: the same one where nothing changes."""
    if parameter is None or not isinstance(column, Numbers):
        return column
    values = canonical_column(parameter, column.values)
    return column if np.array_equal(values, column.values) else Numbers(values, column.whole)


def _inside(column: Column, parameter: Parameter) -> NDArray[np.bool_]:
    if isinstance(column, Texts):
        allowed = parameter.allows(np.array(column.choices, dtype=object))
        return np.asarray(allowed[column.codes] if len(allowed) else np.zeros(len(column), dtype=bool))
    return parameter.allows(column.values)


def _column(rows: Sequence[Values], parameter: Parameter) -> Column:
    """Return one parameter's column of rows that all have it."""
    name = parameter.name
    cells = [row[name] for row in rows]
    if parameter.kind == "text":
        for place, cell in enumerate(cells, 1):
            if not isinstance(cell, str):
                raise _wrong_cell(place, name, cell, "a name")
        return Texts.of([str(cell) for cell in cells])
    numbers = np.array([_number(cell) for cell in cells], dtype=float)
    if not np.isfinite(numbers).all():
        place = int(np.isfinite(numbers).argmin())
        raise _wrong_cell(place + 1, name, cells[place], "a finite number")
    return Numbers(numbers, whole=all(isinstance(cell, int | np.integer) for cell in cells))


def _number(cell: object) -> float:
    if isinstance(cell, bool) or not isinstance(cell, int | float | np.integer | np.floating):
        return math.nan
    try:
        return float(cell)
    except OverflowError:  # a whole number beyond every float
        return math.nan


def _wrong_cell(place: int, name: str, cell: object, wanted: str) -> DataError:
    return DataError(
        f"row {place} of the pool: {name} is not {wanted}",
        field=name,
        value=repr(cell),
        allowed=wanted,
        hint="correct the cell, or leave the row out if there is no value",
    )

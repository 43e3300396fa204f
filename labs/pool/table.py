"""Finished experiments: a table's rows grouped by their parameters, replicates as mean and standard uncertainty."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zosimos.core.parameters import Value, Values
from zosimos.core.space import row_key
from zosimos.core.table import Table


@dataclass(frozen=True)
class Outcome:
    """A recorded outcome: mean of the replicates and its standard uncertainty (None for a single value)."""

    mean: float
    uncertainty: float | None
    replicates: int


@dataclass(frozen=True)
class Finished:
    """One candidate of the table and what was recorded for it, by quantity."""

    values: Values
    outcomes: Mapping[str, Outcome]


def finished(table: Table, parameters: Sequence[str], quantities: Sequence[str]) -> dict[str, Finished]:
    """Return the table's experiments by the key of their parameter values, in the table's order.

    The standard uncertainty of a mean of n replicates is their sample standard deviation over the root of n.

    Raises:
        DataError: a column is missing, or an outcome is not a finite number.
    """
    table.require([*parameters, *quantities])
    indices = [table.header.index(name) for name in parameters]
    groups: dict[str, tuple[Values, list[int]]] = {}
    for row, cells in enumerate(table.rows):
        values = {name: _value(cells[index]) for name, index in zip(parameters, indices, strict=True)}
        groups.setdefault(row_key(values), (values, []))[1].append(row)
    return {
        key: Finished(values, {name: _outcome([table.number(row, name) for row in rows]) for name in quantities})
        for key, (values, rows) in groups.items()
    }


def _outcome(numbers: Sequence[float]) -> Outcome:
    mean = statistics.fmean(numbers)
    spread = statistics.stdev(numbers) / math.sqrt(len(numbers)) if len(numbers) > 1 else None
    return Outcome(mean, spread, len(numbers))


def _value(text: str) -> Value:
    try:
        return float(text)
    except ValueError:
        return text.strip()

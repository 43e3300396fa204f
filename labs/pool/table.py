"""Finished experiments: a table's rows grouped by their parameters, replicates as mean and standard uncertainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zosimos.core.columns import Numbers
from zosimos.core.parameters import Parameter, Values
from zosimos.core.pool import Pool
from zosimos.core.table import Kind, Table


@dataclass(frozen=True)
class TableOutcome:
    """A recorded outcome: mean of the replicates and its standard uncertainty (None for a single value)."""

    mean: float
    uncertainty: float | None
    replicates: int


@dataclass(frozen=True)
class Finished:
    """Experiments by their parameter values, as columns: a million of them are some tens of megabytes.

    Args:
        pool: the rows of the table.
        replicates: how many rows each different candidate has.
        means: for each quantity, the mean of each different candidate.
        uncertainties: likewise its standard uncertainty, NaN where there is one row.
    """

    pool: Pool
    replicates: NDArray[np.int64]
    means: Mapping[str, NDArray[np.float64]]
    uncertainties: Mapping[str, NDArray[np.float64]]

    def find(self, values: Values) -> Mapping[str, TableOutcome] | None:
        """Return what was recorded at these values, by quantity, or None if nothing was."""
        row = self.pool.find(values)
        if row is None:
            return None
        group = self.pool.lookup.groups[row]
        count = int(self.replicates[group])
        return {
            name: TableOutcome(float(mean[group]), float(self.uncertainties[name][group]) if count > 1 else None, count)
            for name, mean in self.means.items()
        }


def finished(
    table: Table, parameters: Mapping[str, Kind], quantities: Sequence[str], meant: tuple[Parameter, ...] = ()
) -> Finished:
    """Return the table's experiments.

    The standard uncertainty of a mean of n replicates is their sample standard deviation over the root of n.

    Args:
        table: the experiments.
        parameters: the columns that make a candidate, and of what kind they are.
        quantities: the columns with outcomes.
        meant: the parameters whose values the cells mean, such as the level 0.3 by 0.30000000000000004.

    Raises:
        DataError: a column is missing, or an outcome is not a finite number.
    """
    found = table.read({**parameters, **outcome_kinds(quantities)})
    pool = Pool({name: found[name] for name in parameters})
    pool = pool.canonical(meant) if meant else pool
    groups = pool.lookup.groups
    counts = np.bincount(groups)
    means, uncertainties = {}, {}
    for name in quantities:
        column = found[name]
        assert isinstance(column, Numbers), "outcomes are read as numbers"
        means[name] = np.bincount(groups, column.values) / counts
        squares = np.bincount(groups, (column.values - means[name][groups]) ** 2)
        with np.errstate(invalid="ignore"):  # 0 / 0 where there is one value
            uncertainties[name] = np.sqrt(squares / (counts - 1) / counts)
    return Finished(pool, counts, means, uncertainties)


def outcome_kinds(quantities: Sequence[str]) -> dict[str, Kind]:
    """Return the kinds of the columns with outcomes."""
    return dict.fromkeys(quantities, "number")

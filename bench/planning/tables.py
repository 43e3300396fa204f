"""A measured table as a pool: its distinct rows, what each was found to give, and which of them are the best."""

from __future__ import annotations

import hashlib
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from planning.suites import Source
from zosimos.campaign.definition.chemistry import described_choices
from zosimos.campaign.definition.knobs import CategoricalSpec
from zosimos.core.canonical import canonical_json
from zosimos.core.errors import DataError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous, Parameter, Value, Values
from zosimos.core.space import SearchSpace, row_key
from zosimos.core.table import Table, read_table


@dataclass(frozen=True)
class Pool:
    """Distinct rows with their outcomes; replicates are averaged, and nobody is told of their spread."""

    space: SearchSpace
    objective: Objective
    outcomes: tuple[float, ...]  # in the order of ``space.candidates``

    @property
    def size(self) -> int:
        """Number of distinct rows."""
        return len(self.outcomes)

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each row among the candidates, by its key."""
        return {row_key(row): index for index, row in enumerate(self.space.candidates)}

    @cached_property
    def utilities(self) -> tuple[float, ...]:
        """Outcomes as numbers to be made large."""
        return tuple(self.objective.utility(outcome) for outcome in self.outcomes)

    def in_order(self, places: Sequence[int]) -> Pool:
        """Return the same rows in another order."""
        rows = tuple(self.space.candidates[place] for place in places)
        outcomes = tuple(self.outcomes[place] for place in places)
        return Pool(SearchSpace(self.space.parameters, pool=rows), self.objective, outcomes)

    def limit(self, share: float) -> float:
        """Return the utility of the ``ceil(share x size)``-th best row: ties with it count as top rows."""
        return sorted(self.utilities, reverse=True)[math.ceil(share * self.size) - 1]

    @cached_property
    def digest(self) -> str:
        """Digest of rows, outcomes and goal."""
        rows = [dict(row) for row in self.space.candidates]
        text = canonical_json([self.objective.name, self.objective.goal, rows, self.outcomes])
        return hashlib.sha256(text.encode()).hexdigest()


def load(folder: Path, source: Source) -> Pool:
    """Read a table as a pool; a column with text is categorical, one with the same value everywhere is left out.

    Choices that are SMILES or known names have their descriptors, as in a campaign; others' planners get names.

    Raises:
        DataError: the file is missing or not such a table.
    """
    table = read_table(folder / source.file)
    table.require([source.target])
    names = [name for name in table.header if name not in {source.target, *source.ignore}]
    columns = {name: column for name in names if len(set(column := _column(table, name))) > 1}
    if not columns:
        raise DataError(f"{table.source}: no column varies", field="columns", value=", ".join(names))
    rows: list[Values] = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    found: dict[str, list[float]] = {}
    for index, row in enumerate(rows):
        found.setdefault(row_key(row), []).append(table.number(index, source.target))
    space = SearchSpace(tuple(_parameter(name, column) for name, column in columns.items()), pool=tuple(rows))
    outcomes = tuple(statistics.fmean(found[row_key(row)]) for row in space.candidates)
    return Pool(space, Objective(source.target, source.goal), outcomes)


def _column(table: Table, name: str) -> list[Value]:
    texts = table.column(name)
    try:
        [float(text) for text in texts]
    except ValueError:
        return list(texts)
    return [table.number(index, name) for index in range(len(texts))]


def _parameter(name: str, column: Sequence[Value]) -> Parameter:
    numbers = [float(x) for x in column if not isinstance(x, str)]
    if len(numbers) == len(column):
        return Continuous(name, min(numbers), max(numbers))
    choices = tuple(sorted({str(x) for x in column}))
    return described_choices(name, CategoricalSpec(type="categorical", choices=list(choices)), None, look_up=True)

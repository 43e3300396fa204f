"""Shares: numbers of a column in percent that may be fractions instead, 0.715 for 71.5 %."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from zosimos.campaign.tables.cells import is_missing
from zosimos.campaign.tables.grid import Grid, Line, shown
from zosimos.campaign.tables.headers import unit_text
from zosimos.campaign.tables.matching import Column
from zosimos.core.errors import DataError

_FRACTION = re.compile(r"0?[.,][0-9]*[1-9][0-9]*")
_UP_TO_ONE = re.compile(r"0?[.,][0-9]+|[01](?:[.,]0*)?")


def doubtful_shares(columns: Sequence[Column], grid: Grid, body: Sequence[Line]) -> Iterator[str]:
    """Yield what to say of columns in percent in which no number is above 1.

    Raises:
        DataError: some numbers of a column have a sign of percent, and another looks like a fraction.
    """
    for column in columns:
        if column.target.role not in ("outcome", "parameter") or unit_text(column.target.unit) != "%" or column.unit:
            continue
        cells = [(line.number, shown(cell)) for line in body if not is_missing(cell := line.at(column.place))]
        bare = next((one for one in cells if _FRACTION.fullmatch(one[1])), None)
        signed = next((text for _, text in cells if text.endswith("%")), "")
        if bare and signed:
            where = f"{grid.place(bare[0], column.place)}: {column.target.column} {bare[1]}"
            raise DataError(
                f"{where} may be a fraction or percent: there is {signed} in the same column",
                field=column.target.column,
                value=bare[1],
                allowed="numbers that are all written alike",
                hint="write the sign % behind every number of the column, or behind none",
            )
        if bare and len(cells) > 1 and all(_UP_TO_ONE.fullmatch(text) for _, text in cells):
            name = column.target.column
            yield f"no {name} is above 1 %: if these are fractions, call the column {name} (fraction)"

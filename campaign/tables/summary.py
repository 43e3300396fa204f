"""What was read of a table, said back before it counts: as data for programs, as lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zosimos.campaign.tables.grid import Grid
from zosimos.campaign.tables.matching import Column
from zosimos.campaign.tables.numbers import Style
from zosimos.core.listing import and_more

_LISTED = 12  # lines of a kind that are shown; the data have them all


@dataclass(frozen=True)
class ReadAs:
    """A cell that was not taken as it stands: where, what it says, and what it was read as."""

    place: str
    column: str
    cell: str
    meaning: str


@dataclass(frozen=True)
class Summary:
    """How a table was read.

    ``left_out`` is where a row or a cell stands and why it does not count; ``remarks`` is what else a reader should
    know.
    """

    grid: Grid
    header: int
    style: Style
    rows: int
    results: int
    columns: Sequence[Column]
    notes: Sequence[str]
    left_out: Sequence[tuple[str, str]]
    read_as: Sequence[ReadAs]
    remarks: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON data."""
        return {
            "source": self.grid.source,
            "sheet": self.grid.sheet,
            "encoding": self.grid.encoding,
            "separator": self.grid.separator,
            "decimal": self.style.sign,
            "header": self.header,
            "rows": self.rows,
            "results": self.results,
            "columns": [
                {"column": one.header, "is": one.target.column, "how": one.how or "by name", **_units(one)}
                for one in self.columns
            ],
            "notes": list(self.notes),
            "left_out": [{"where": place, "why": why} for place, why in self.left_out],
            "read_as": [
                {"where": one.place, "column": one.column, "cell": one.cell, "as": one.meaning} for one in self.read_as
            ],
            "remarks": list(self.remarks),
        }

    def lines(self) -> list[str]:
        """Return it in words, a line each; what there is much of is shortened."""
        rows = f"{self.rows} row{'s' if self.rows != 1 else ''}"
        found = [f"read {self._source()}: {rows}, {self.results} result{'s' if self.results != 1 else ''}"]
        plain = [one.header for one in self.columns if not one.how and not one.unit]
        if plain:
            found.append(f"  columns as named: {and_more(plain, _LISTED)}")
        found += _cut([_column(one) for one in self.columns if one.how or one.unit], "columns")
        if self.notes:
            found.append(f"  kept as notes: {and_more(self.notes, _LISTED)}")
        found += [f"  {remark}" for remark in self.remarks]
        reasons = Counter(why for _, why in self.left_out)
        shortened = {why for why, count in reasons.items() if count > 3}
        found += _cut(
            [f"  {place} left out: {why}" for place, why in self.left_out if why not in shortened], "rows left out"
        )
        found += [f"  {reasons[why]} rows left out: {why}" for why in sorted(shortened)]
        found += _cut(
            [f"  {one.place}: {one.column} {one.cell!r} read as {one.meaning}" for one in self.read_as], "cells"
        )
        return found

    def _source(self) -> str:
        if self.grid.sheet:
            return f"{self.grid.source}, sheet {self.grid.sheet!r}"
        how = [self.grid.encoding, self.grid.separator, f"decimal {self.style.sign}"]
        return f"{self.grid.source} ({', '.join(how)})" if self.grid.encoding else self.grid.source


def _units(column: Column) -> dict[str, str]:
    if not column.unit:
        return {}
    return {"unit": column.unit, "converted_to": column.target.unit} if column.target.unit else {"unit": column.unit}


def _column(column: Column) -> str:
    text = f"  {column.header} -> {column.target.column}"
    if column.how:
        text += f", {column.how}"
    if column.unit and column.target.unit:
        text += f", converted from {column.unit} to {column.target.unit}"
    elif column.unit:
        text += f", taken as it stands: {column.target.name} has no unit in the campaign file"
    return text


def _cut(lines: Sequence[str], what: str) -> list[str]:
    more = len(lines) - _LISTED
    return [*lines[:_LISTED], *([f"  ... and {more} more {what}"] if more > 0 else [])]

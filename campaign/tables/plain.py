"""Plain tables: candidates and earlier results as people have them, as the CSV that a campaign keeps and reads.

A table that is such CSV already is kept as it is. Any other (a workbook, semicolons, decimal commas, another encoding,
units in headers) is read as tables of results are, and written again line by line, so that messages name the lines that
people see. Its columns are called what the campaign calls them, in its units; cells that cannot be read so are left for
whoever needs them to refuse.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.record.state import State
from zosimos.campaign.tables import cells as reads
from zosimos.campaign.tables.grid import Cell, Flawed, Line, shown
from zosimos.campaign.tables.matching import SPREADS, Column, Targets
from zosimos.campaign.tables.numbers import Style, style, written
from zosimos.campaign.tables.sources import Head, parse
from zosimos.core.errors import DataError
from zosimos.core.table import parse_table


@dataclass(frozen=True)
class PlainTable:
    """A table's bytes as plain CSV, and in words how it was read ("": it was plain CSV)."""

    data: bytes
    read_as: str = ""


def plain_table(
    data: bytes, source: str, spec: CampaignSpec, wanted: Sequence[str], kept: Collection[str] = ()
) -> PlainTable:
    """Return a table as plain CSV in UTF-8, with commas and decimal points.

    Args:
        data: the file.
        source: what it is called.
        spec: the campaign, whose names and units the columns may have.
        wanted: columns that it must have to be plain already.
        kept: headers that stay as they are, because the campaign file speaks of them.

    Raises:
        DataError: it is no table of any kind that is read.
    """
    problem: DataError | None = None
    header: Sequence[str] = ()
    try:
        header = parse_table(data, source).header
    except DataError as error:
        problem = error
    if header and set(wanted) <= set(header):
        return PlainTable(data)
    state = State("")
    state.specs.append(spec)
    head = parse(data, source, Targets(state))
    if len(head.line.cells) < 2 and header:
        return PlainTable(data)  # whatever it is, it is refused as it stands
    if problem is not None and (head.index, head.grid.encoding, head.grid.separator) == (0, "UTF-8", "commas"):
        raise problem  # it is plain but for one line
    return _Writer(spec, head, kept).written()


class _Writer:
    """One table while it is written again."""

    def __init__(self, spec: CampaignSpec, head: Head, kept: Collection[str]) -> None:
        self._head, self._grid = head, head.grid
        numeric = ("parameter", "outcome", *SPREADS)
        known = (column for column in head.matched.columns if column.target.role in numeric)
        self._columns = {column.place: column for column in known if column.header not in kept}
        kinds = {name: part.traits(name).kind for name, part in spec.space.items()}
        self._texts = {column.place for column in self._columns.values() if kinds.get(column.target.name) == "text"}
        self._style = self._styled()

    def written(self) -> PlainTable:
        """Return the table."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        head, number = self._head, 1
        for line in self._grid.lines[head.index :]:
            while number < line.number:  # lines keep their numbers
                text.write("\n")
                number += 1
            writer.writerow(self._header() if line is head.line else self._row(line))
            number += 1
        return PlainTable(text.getvalue().encode(), self._read_as())

    def _styled(self) -> Style:
        lines = self._grid.lines[self._head.index + 1 :]
        numbers = (
            (cell, self._grid.place(line.number, place))
            for line in lines
            for place, cell in enumerate(line.cells)
            if place not in self._texts and isinstance(cell, str) and _is_number(cell)
        )
        return style(numbers, comma_is_likely=self._grid.separator in ("semicolons", "tabs"), wanted=None)

    def _header(self) -> list[str]:
        names = [shown(cell) for cell in self._head.line.cells]
        return [
            self._columns[place].target.column if place in self._columns else name for place, name in enumerate(names)
        ]

    def _row(self, line: Line) -> list[str]:
        width = len(self._head.line.cells)
        found = [self._cell(line, place, cell) for place, cell in enumerate(line.cells)]
        return found + [""] * (width - len(found))

    def _cell(self, line: Line, place: int, cell: Cell) -> str:
        column = self._columns.get(place)
        if isinstance(cell, Flawed) or place in self._texts or not shown(cell):
            return shown(cell)
        if column is not None:
            return self._number(line, column, cell)
        if isinstance(cell, str) and _is_number(cell):
            number = written(cell)
            value = None if number is None else self._style.value(number)
            return cell.strip() if value is None else f"{value[0]!r}"
        return shown(cell)

    def _number(self, line: Line, column: Column, cell: Cell) -> str:
        """Return a cell of a parameter or outcome in its unit; one that is no number is left as it stands."""
        difference = column.target.role in SPREADS
        try:
            found = reads.number(
                cell, column, self._style, self._grid.place(line.number, column.place), difference=difference
            )
        except DataError:
            return shown(cell)
        return f"{found.value!r}"

    def _read_as(self) -> str:
        grid, units = self._grid, [c for c in self._columns.values() if c.unit]
        how = [f"sheet {grid.sheet!r}"] if grid.sheet else [grid.encoding, grid.separator]
        if not grid.sheet:
            how.append(f"decimal {self._style.sign}")
        if self._head.index:
            how.append(f"{self._head.index} lines above the header left out")
        how += [f"{c.header!r} in {c.target.unit}" for c in units]
        return f"{grid.source}: {', '.join(filter(None, how))}"


def _is_number(cell: str) -> bool:
    number = written(cell)
    return number is not None and not number.rest

"""Grids: what is in a table before anybody knows what its columns mean, whatever file it came from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from zosimos.core.errors import DataError

_ROWS = 100_000
_CELLS = 2_000_000
"""The most that a table of results may hold: each row becomes an event of its own."""
UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
"""Characters that nobody sees (marks of writing direction, of byte order, of a hyphen), for regular expressions."""
_EDGES = re.compile(rf"^[\s{UNSEEN}]+|[\s{UNSEEN}]+\Z")


@dataclass(frozen=True)
class Flawed:
    """A cell that holds no value that can be used, such as an error of a formula.

    Attributes:
        text: what is shown there.
        problem: why it is no value, to follow "it".
        hint: how to mend it.
    """

    text: str
    problem: str
    hint: str


@dataclass(frozen=True)
class Quantity:
    """A number with the unit that a spreadsheet program shows behind it, though only the number is typed.

    ``text`` is what is seen there.
    """

    value: float
    unit: str
    text: str


Cell: TypeAlias = str | float | Flawed | Quantity


@dataclass(frozen=True)
class Merge:
    """A range of merged cells: its first and last line (from 1) and its first and last column (from 0)."""

    first: int
    last: int
    left: int
    right: int


@dataclass(frozen=True)
class Line:
    """A row that is not blank, and its number in the file."""

    number: int
    cells: Sequence[Cell]

    def at(self, place: int) -> Cell:
        """Return the cell in a column; empty where the line ends before it."""
        return self.cells[place] if place < len(self.cells) else ""


@dataclass(frozen=True)
class Grid:
    """The rows of a text or of a sheet.

    ``source`` names the file in messages, ``encoding`` and ``separator`` what a text was read as ("": it is none),
    ``remarks`` what else a reader should know of it.
    """

    source: str
    lines: Sequence[Line]
    sheet: str = ""
    encoding: str = ""
    separator: str = ""
    merged: Sequence[Merge] = ()
    remarks: Sequence[str] = ()

    def place(self, line: int, column: int | None = None) -> str:
        """Return where a cell stands, in words; a spreadsheet's columns have letters."""
        if not self.sheet:
            return f"{self.source}, line {line}"
        found = f"{self.source}, sheet {self.sheet!r}, line {line}"
        return found if column is None else f"{found}, column {letter(column)}"


def shown(cell: Cell) -> str:
    """Return a cell as text, without blanks and unseen marks around it; whole numbers without a point.

    >>> shown(3.0), shown(0.25), shown(" DMF ")
    ('3', '0.25', 'DMF')
    """
    if isinstance(cell, Flawed | Quantity):
        return cell.text
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return cell.strip() if cell.isascii() else _EDGES.sub("", cell)


def letter(column: int) -> str:
    """Return a column's name in a spreadsheet.

    >>> letter(0), letter(25), letter(26), letter(701)
    ('A', 'Z', 'AA', 'ZZ')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def no_rows(source: str) -> DataError:
    """Return the error that a table has nothing below a header."""
    return DataError(f"{source} has no rows", field="file", value=source, allowed="a header and one row or more")


def refuse_large(source: str, rows: int, cells: int) -> None:
    """Refuse a table of more rows or cells than anybody tells at once.

    Raises:
        DataError: it is that large.
    """
    if rows > _ROWS or cells > _CELLS:
        raise DataError(
            f"{source} is too large for a table of results",
            field="file",
            value=f"more than {_ROWS} rows" if rows > _ROWS else f"more than {_CELLS} cells",
            allowed=f"{_ROWS} rows and {_CELLS} cells",
            hint="check that it is the table that was meant (--sheet names a sheet); leave out what is not needed",
        )

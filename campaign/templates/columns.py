"""Columns of a person's own table, of which nobody said yet what they are: their names, units and cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zosimos.campaign.control.tables import EXPERIMENT
from zosimos.campaign.definition.names import SHARED, UNCERTAINTY
from zosimos.campaign.tables import sheets, texts
from zosimos.campaign.tables.cells import is_missing
from zosimos.campaign.tables.grid import Flawed, Grid, Line, Quantity, no_rows, shown
from zosimos.campaign.tables.headers import is_known, key, split, unit_text
from zosimos.campaign.tables.numbers import Sign, Style, style, written
from zosimos.campaign.templates.phrases import unit
from zosimos.core.errors import DataError
from zosimos.core.files import read_file
from zosimos.core.shown import clean

_ABOVE = 15  # lines in which a header is looked for
_MOST_BYTES = 100_000_000
_MOST_COLUMNS = 200
_FAILED = re.compile(r"\s*(?:failed|failure|fail|fehlgeschlagen|gescheitert|misslungen)\b", re.IGNORECASE)
_LIMIT = re.compile(r"\s*(?:<|>|≤|≥|below|above|unter|über)", re.IGNORECASE)
_DATED = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{2,4}(?:[ T].*)?")
_LABELS = frozenset(
    key(word)
    for word in (
        *(
            EXPERIMENT,
            "failed",
            "id",
            "nr",
            "nr.",
            "no",
            "no.",
            "#",
            "run",
            "exp",
            "exp.",
            "versuch",
            "sample",
            "probe",
        ),
        *("date", "datum", "day", "tag", "time stamp", "timestamp", "operator", "who", "name", "bearbeiter", "von"),
        *(
            "remark",
            "remarks",
            "note",
            "notes",
            "comment",
            "comments",
            "bemerkung",
            "bemerkungen",
            "kommentar",
            "notiz",
        ),
        *("batch", "lot", "charge", "status", "ordner", "file", "folder", "reason", "priority"),
    )
)


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: its header without the unit.
        header: its header.
        unit: the unit in its header, "" if there is none.
        numbers: its cells that are numbers, by the index of their row.
        texts: its other cells that are not empty, by the index of their row.
        dates: its cells that are dates among names, by the index of their row: spreadsheet programs make them of 1-2.
        gaps: how many rows have no value, or a limit, or say that the experiment failed.
        is_label: it names, dates or describes rows.
    """

    name: str
    header: str
    unit: str
    numbers: dict[int, float]
    texts: dict[int, str]
    dates: dict[int, str]
    gaps: int
    is_label: bool


@dataclass(frozen=True)
class Profile:
    """A table: where it is from, how many rows it has, and its columns."""

    source: str
    rows: int
    columns: Sequence[Column]


def profile(path: Path, decimal: Sign | None = None) -> Profile:
    """Return what a table's columns hold.

    Args:
        path: the table.
        decimal: what stands before decimals, where somebody said it.

    Raises:
        DataError: it cannot be read, has no header with rows below it, or nothing tells what stands before decimals.
    """
    data, source = read_file(path, "--from", at_most=_MOST_BYTES), str(path)
    if (error := sheets.other_kind(data, source)) is not None:
        raise error
    if sheets.is_workbook(data):
        grid = max(sheets.grids(data, source), key=_size, default=None)
    else:
        text, encoding = texts.decoded(data, source)
        best = max(texts.previews(text, encoding, source), key=_size, default=None)
        grid = None if best is None else texts.whole(text, best)
    if grid is None or len(grid.lines) < 2:
        raise no_rows(source)
    return _profile(grid, decimal)


def _size(grid: Grid) -> tuple[int, int]:
    """Return how well a grid's lines agree in their width, in cells that they have."""
    widths = [len(line.cells) for line in grid.lines[:_ABOVE]]
    return sum(width for width in widths if width > 1), len(grid.lines)


def _profile(grid: Grid, decimal: Sign | None) -> Profile:
    index = _header(grid)
    header, body = grid.lines[index], grid.lines[index + 1 :]
    units: dict[int, str] = {}
    if body and _is_units(body[0]):
        units = {place: shown(cell) for place, cell in enumerate(body[0].cells)}
        body = body[1:]
    if not body:
        raise no_rows(grid.source)
    if len(header.cells) > _MOST_COLUMNS:
        raise DataError(
            f"{grid.source} has too many columns to ask for each",
            field="--from",
            value=len(header.cells),
            allowed=f"{_MOST_COLUMNS} columns at most",
            hint="leave only those in that are parameters or outcomes",
        )
    places = [place for place, cell in enumerate(header.cells) if shown(cell)]
    words = {place: _words(body, place) for place in places}
    numeric = [place for place in places if _mostly_numbers(words[place])]
    found = style(
        ((cell, grid.place(body[row].number, place)) for place in numeric for row, cell in words[place].items()),
        comma_is_likely=grid.separator in ("semicolons", "tabs"),
        wanted=decimal,
    )
    made = [
        _column(
            body,
            place,
            shown(header.cells[place]),
            units.get(place, ""),
            words[place],
            found if place in numeric else None,
        )
        for place in places
    ]
    return Profile(grid.source, len(body), _told_apart(made))


def _told_apart(columns: Sequence[Column]) -> list[Column]:
    """Return columns of which those that only their unit tells apart are called by their whole header."""
    names = Counter(key(column.name) for column in columns)
    return [
        replace(column, name=column.header, unit="")
        if column.unit and column.name != column.header and names[key(column.name)] > 1
        else column
        for column in columns
    ]


def _header(grid: Grid) -> int:
    """Return where the header is: the first of the widest lines of texts."""
    widths = [
        sum(1 for cell in line.cells if isinstance(cell, str) and cell.strip() and written(cell) is None)
        for line in grid.lines[:_ABOVE]
    ]
    return widths.index(max(widths))


def _is_units(line: Line) -> bool:
    cells = [shown(cell).strip("()[] ") for cell in line.cells]
    said = [cell for cell in cells if cell and not is_missing(cell)]
    return bool(said) and all(written(cell) is None and is_known(unit_text(cell)) for cell in said)


def _words(body: Sequence[Line], place: int) -> dict[int, str]:
    """Return the texts of a column that say something, but for failures and limits, by the index of their row."""
    found = {row: line.at(place) for row, line in enumerate(body)}
    texts_ = {row: cell.strip() for row, cell in found.items() if isinstance(cell, str) and not is_missing(cell)}
    return {row: cell for row, cell in texts_.items() if not _FAILED.match(cell) and not _LIMIT.match(cell)}


def _mostly_numbers(words: Mapping[int, str]) -> bool:
    numbers = sum(written(cell) is not None and not _DATED.fullmatch(cell) for cell in words.values())
    return numbers > len(words) / 2


def _column(
    body: Sequence[Line], place: int, header: str, below: str, words: Mapping[int, str], shape: Style | None
) -> Column:
    header = " ".join(clean(header).split())
    name, own = _named(header)
    own = own or below.strip("()[] ")
    cells = {row: line.at(place) for row, line in enumerate(body)}
    numbers = {row: cell for row, cell in cells.items() if isinstance(cell, float)}
    for row, cell in cells.items():
        if isinstance(cell, Quantity):
            numbers[row], own = cell.value, own or cell.unit
    left = {row: cell.text for row, cell in cells.items() if isinstance(cell, Flawed)}
    for row, cell in words.items():
        number = written(cell)
        value = None if shape is None or number is None else shape.value(number)
        if value is None:
            left[row] = cell
        else:
            numbers[row] = value[0]
            own = own or (number.rest if number is not None and is_known(unit_text(number.rest)) else "")
    gaps = len(body) - len(numbers) - len(left)
    dates = {row: cell for row, cell in left.items() if _DATED.fullmatch(cell)}
    is_dated = len(dates) * 2 >= max(len(left), 1)
    is_label = key(name) in _LABELS or key(name).endswith((key(UNCERTAINTY), key(SHARED))) or is_dated
    names = left if is_dated else {row: cell for row, cell in left.items() if row not in dates}
    known = unit(own, header) if is_known(unit_text(own)) else ""
    return Column(name, header, known, numbers, names, {} if is_dated else dates, gaps, is_label)


def _named(header: str) -> tuple[str, str]:
    """Return a header's name and unit; a header whose unit nobody knows is all name."""
    for name, own in split(header):
        if is_known(unit_text(own)) or own in ("C", "-"):
            return name, "" if own == "-" else own
    return header, ""

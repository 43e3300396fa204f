"""Unit columns: a column ``unit`` says in what unit the numbers left of it are, each in its own row."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from zosimos.campaign.tables.cells import is_missing
from zosimos.campaign.tables.grid import Cell, Grid, Line, Quantity, shown
from zosimos.campaign.tables.headers import is_known, key, unit_for, unit_text
from zosimos.campaign.tables.matching import SPREADS, Column
from zosimos.core.errors import DataError

_WORDS = ("unit", "units", "einheit", "einheiten", "uom")


def unit_columns(
    columns: Sequence[Column], notes: Mapping[int, str], body: Sequence[Line], numeric: Collection[int]
) -> dict[int, Column]:
    """Return which notes are the units of which columns of numbers, by place: all that stands there must be units."""
    found = {}
    for place, header in notes.items():
        left = [one for one in columns if one.place in numeric and _is_of(header, place, one)]
        texts = [text for line in body if not is_missing(text := shown(line.at(place)))]
        if left and texts and all(is_known(unit_for(text, left[0].target.unit)) for text in texts):
            found[place] = left[0]
    return found


def with_units(grid: Grid, body: Sequence[Line], units: Mapping[int, Column], columns: Sequence[Column]) -> list[Line]:
    """Return lines in which the units stand in the cells that they belong to, and in those of their uncertainties.

    Raises:
        DataError: a number has no unit there, and others have one that is to be converted.
    """
    for place, column in units.items():
        _refuse_gap(grid, body, place, column)
    places = {
        place: [
            one.place
            for one in columns
            if one is column or (column.target.role == "outcome" and _is_spread_of(one, column) and not one.unit)
        ]
        for place, column in units.items()
    }
    return [_line(line, places) for line in body]


def _refuse_gap(grid: Grid, body: Sequence[Line], place: int, column: Column) -> None:
    own = column.target.unit
    texts = {line.number: shown(line.at(place)) for line in body}
    other = next(
        (text for text in texts.values() if not is_missing(text) and unit_for(text, own) != unit_text(own)), ""
    )
    for line in body if other and own else ():
        number = line.at(column.place)
        if is_missing(texts[line.number]) and (not isinstance(number, str) or shown(number)[-1:].isdigit()):
            raise DataError(
                f"{grid.place(line.number, place)}: {column.target.column} has no unit here, and {other} elsewhere",
                field=column.target.column,
                value=shown(number),
                allowed="a unit in every row, or in none",
                hint="write the unit into the cell",
            )


def _line(line: Line, places: Mapping[int, Sequence[int]]) -> Line:
    cells = list(line.cells)
    for place, numbers in places.items():
        unit = shown(cells[place]) if place < len(cells) else ""
        for number in () if is_missing(unit) else numbers:
            if number < len(cells):
                cells[number] = _with_unit(cells[number], unit)
    return replace(line, cells=cells)


def _with_unit(cell: Cell, unit: str) -> Cell:
    if isinstance(cell, float):
        return Quantity(cell, unit, f"{shown(cell)} {unit}")
    if isinstance(cell, str) and shown(cell)[-1:].isdigit():
        return f"{cell} {unit}"
    return cell  # it is empty or no number, or has a unit of its own


def _is_of(header: str, place: int, column: Column) -> bool:
    name = key(header)
    beside = any(name == word or name.startswith(f"{word}(") for word in _WORDS) and column.place == place - 1
    return beside or any(name == key(f"{column.target.column} {word}") for word in _WORDS)


def _is_spread_of(one: Column, column: Column) -> bool:
    return one.target.role in SPREADS and one.target.name == column.target.name

"""Cells of CSV files: rows of text one after another, and columns that grow block by block."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.columns import Column, Numbers, Texts
from zosimos.core.errors import DataError

Row: TypeAlias = tuple[int, list[str]]  # the number of its last line, its cells

_CELLS = 262_144  # held as text at a time


def read_rows(data: bytes, source: str) -> Iterator[Row]:
    """Yield the rows of CSV bytes that are not empty.

    Raises:
        DataError: the bytes are not UTF-8 or not CSV.
    """
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline=""), strict=True)
    try:
        for cells in reader:
            if cells and ((cells[0] and not cells[0].isspace()) or any(cell.strip() for cell in cells)):
                yield reader.line_num, cells
    except UnicodeDecodeError as error:
        raise _not_utf8(data, source) from error
    except csv.Error as error:
        raise DataError(f"{source}, line {reader.line_num}: {error}", field="file", value=source) from error


def blocks(rows: Iterator[Row], width: int) -> Iterator[list[Row]]:
    """Yield rows of ``width`` cells in blocks."""
    while block := list(islice(rows, max(1, _CELLS // width))):
        yield block


def checked_number(text: str, name: str, place: str) -> float:
    """Return a cell as a finite number.

    Raises:
        DataError: the cell is empty, not a number, NaN or infinite; ``place`` says where it stands.
    """
    try:
        value = float(text) if "_" not in text else math.nan  # Python's 1_000 is no number in a table
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(
            f"{place}: {name} is not a finite number",
            field=name,
            value=text or "(empty)",
            allowed="a finite number, with a point for decimals",
            hint="correct the cell, or remove the row if there is no value",
        )
    return value


class GrowingNumbers:
    """A column of numbers; ``reads`` while every cell reads as one, ``finite`` while all of them are finite."""

    def __init__(self) -> None:
        self.reads = self.finite = True
        self._blocks: list[NDArray[np.float64]] = []

    def add(self, cells: Sequence[str]) -> bool:
        """Take in a block of cells and say whether all of them are finite numbers."""
        try:
            found = np.array([float(cell) for cell in cells])
        except ValueError:
            self.reads = self.finite = False
        else:
            self.finite &= bool(np.isfinite(found).all()) and not any("_" in cell for cell in cells)
            self._blocks.append(found)
        if not self.finite:
            self._blocks.clear()
        return self.finite

    def column(self) -> Column:
        """Return the column."""
        return Numbers(np.concatenate(self._blocks))


class GrowingTexts:
    """A column of names."""

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.int32]] = []
        self._known: dict[str, int] = {}

    def add(self, cells: Sequence[str]) -> bool:
        """Take in a block of cells and say whether none of them is empty."""
        known = self._known
        self._blocks.append(np.array([known.setdefault(text, len(known)) for text in cells], dtype=np.int32))
        return "" not in known

    def column(self) -> Column:
        """Return the column."""
        return Texts(np.concatenate(self._blocks), tuple(self._known))


def _not_utf8(data: bytes, source: str) -> DataError:
    place = 0
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = error.start + len(data) - len(error.object)  # counted without the byte order mark
    line = data[:place].count(b"\n") + 1
    return DataError(
        f"{source} is not UTF-8 text: byte 0x{data[place]:02x} on line {line}",
        field="file",
        value=source,
        allowed="CSV in UTF-8",
        hint="save it as 'CSV UTF-8' in the spreadsheet program",
    )

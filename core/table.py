"""Tables: CSV files read strictly, so that a wrong file is refused with the line and column that is wrong."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zosimos.core.errors import DataError


@dataclass(frozen=True)
class Table:
    """A header and rows of text; ``source`` names the file in messages, ``lines`` gives each row's line in it."""

    source: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def column(self, name: str) -> list[str]:
        """Return a column's texts.

        Raises:
            DataError: there is no such column.
        """
        self.require([name])
        index = self.header.index(name)
        return [row[index] for row in self.rows]

    def require(self, names: Sequence[str]) -> None:
        """Refuse the table if one of the columns is missing."""
        missing = [name for name in names if name not in self.header]
        if missing:
            raise DataError(
                f"{self.source}: column {', '.join(map(repr, missing))} is missing",
                field=missing[0],
                value=", ".join(self.header),
                allowed=f"columns {', '.join(names)}",
                hint="add the column or correct its name in the header",
            )

    def refuse_others(self, names: Sequence[str], hint: str) -> None:
        """Refuse the table if it has a column besides these."""
        extra = [name for name in self.header if name not in names]
        if extra:
            raise DataError(
                f"{self.source}: column {', '.join(map(repr, extra))} is not expected",
                field=extra[0],
                value=", ".join(extra),
                allowed=f"columns {', '.join(names)}",
                hint=hint,
            )

    def number(self, row: int, name: str) -> float:
        """Return a cell as a finite number.

        Raises:
            DataError: the cell is empty, not a number, NaN or infinite.
        """
        text = self.rows[row][self.header.index(name)].strip()
        try:
            value = float(text) if "_" not in text else math.nan  # Python's 1_000 is no number in a table
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise DataError(
                f"{self.source}, line {self.lines[row]}: {name} is not a finite number",
                field=name,
                value=text or "(empty)",
                allowed="a finite number, with a point for decimals",
                hint="correct the cell, or remove the row if there is no value",
            )
        return value


def read_table(path: Path) -> Table:
    """Read a CSV file with a header line.

    Raises:
        DataError: the file cannot be read, is not UTF-8, has no header or rows, or has a ragged row.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"cannot read {path}: {error.strerror}", field="file", value=str(path), hint="check the path and its rights"
        ) from error
    return parse_table(data, str(path))


def parse_table(data: bytes, source: str) -> Table:
    """Read CSV bytes; ``source`` names them in messages. Raises the same errors as :func:`read_table`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(
            f"{source} is not UTF-8 text: byte 0x{data[error.start]:02x} on line {line}",
            field="file",
            value=source,
            allowed="CSV in UTF-8",
            hint="save it as 'CSV UTF-8' in the spreadsheet program",
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(tuple(cells))
                lines.append(reader.line_num)
    except csv.Error as error:
        raise DataError(f"{source}, line {reader.line_num}: {error}", field="file", value=source) from error
    if len(rows) < 2:
        raise DataError(f"{source} has no rows", field="file", value=source, allowed="a header and one row or more")
    header = tuple(name.strip() for name in rows[0])
    if len(set(header)) != len(header) or not all(header):
        raise DataError(
            f"{source}: a column has no name or the same name as another",
            field="header",
            value=", ".join(header),
            allowed="different names",
        )
    for row, line in zip(rows[1:], lines[1:], strict=True):
        if len(row) != len(header):
            raise DataError(
                f"{source}, line {line}: {len(row)} cells under {len(header)} columns",
                field="row",
                value=", ".join(row),
                allowed=f"{len(header)} cells",
                hint="quote cells that hold a comma",
            )
    return Table(source, header, tuple(rows[1:]), tuple(lines[1:]))

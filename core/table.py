"""Tables: CSV files read strictly, so that a wrong file is refused with the line and column that is wrong.

A message quotes a table only when it has one of the columns that are asked for. Else it may be any file that a campaign
file from somebody else names, such as one with passwords: then lines and columns are counted, not quoted.

The file's bytes are kept and read again for the columns that are asked for, a block of rows at a time: a million rows
never stand in memory as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, NoReturn, TypeAlias

from zosimos.core.cells import GrowingNumbers, GrowingTexts, Row, blocks, checked_number, read_rows
from zosimos.core.columns import Column
from zosimos.core.errors import DataError
from zosimos.core.files import read_file

Kind: TypeAlias = Literal["number", "text"]


@dataclass(frozen=True)
class Table:
    """A CSV file that was checked; ``source`` names it in messages.

    ``rows`` and ``lines`` make every row as text, which is meant for small tables; :meth:`read` is for large ones.
    """

    source: str
    header: tuple[str, ...]
    data: bytes = field(repr=False)

    @cached_property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The rows below the header, as text."""
        return tuple(tuple(cells) for _, cells in self._body())

    @cached_property
    def lines(self) -> tuple[int, ...]:
        """Each row's line in the file."""
        return tuple(line for line, _ in self._body())

    def _body(self) -> Iterator[Row]:
        rows = read_rows(self.data, self.source)
        next(rows)
        return rows

    def column(self, name: str) -> list[str]:
        """Return a column's texts.

        Raises:
            DataError: there is no such column.
        """
        self.require([name])
        index = self._places[name]
        return [cells[index] for _, cells in self._body()]

    @property
    def numeric(self) -> frozenset[str]:
        """The columns in which every cell reads as a number, be it infinite or none."""
        return self._profile[0]

    @property
    def constant(self) -> frozenset[str]:
        """The columns in which every cell holds the same text."""
        return self._profile[1]

    @cached_property
    def _profile(self) -> tuple[frozenset[str], frozenset[str]]:
        """The numeric columns and the constant ones; what reads as finite numbers is kept."""
        numbers = {name: GrowingNumbers() for name in self.header}
        firsts: dict[str, str] = {}
        constant = set(self.header)
        for block in blocks(self._body(), len(self.header)):
            for index, name in enumerate(self.header):
                cells = [row[index] for _, row in block]
                if name in constant and not all(cell == firsts.setdefault(name, cells[0]) for cell in cells):
                    constant.remove(name)
                if numbers[name].reads:
                    numbers[name].add(cells)
        self._kept.update({(name, "number"): found.column() for name, found in numbers.items() if found.finite})
        return frozenset(name for name, found in numbers.items() if found.reads), frozenset(constant)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.header)}

    def text(self, row: int, name: str) -> str:
        """Return a cell without the white space around it; empty where there is no such column."""
        return self.rows[row][self._places[name]].strip() if name in self._places else ""

    @cached_property
    def _kept(self) -> dict[tuple[str, Kind], Column]:
        """Columns that were read before."""
        return {}

    def read(self, kinds: Mapping[str, Kind]) -> dict[str, Column]:
        """Return columns as numbers or as names, a cell's white space around it aside; what was read is kept.

        Raises:
            DataError: a column is missing, a number is not finite or a name is empty; the first line with one is named.
        """
        self.require(list(kinds))
        new = {name: kind for name, kind in kinds.items() if (name, kind) not in self._kept}
        growing = {name: GrowingNumbers() if kind == "number" else GrowingTexts() for name, kind in new.items()}
        for block in blocks(self._body(), len(self.header)) if new else ():
            for name, column in growing.items():
                index = self._places[name]
                if not column.add([row[index].strip() for _, row in block]):
                    self._refuse(block, new)
        self._kept.update({(name, new[name]): column.column() for name, column in growing.items()})
        return {name: self._kept[name, kind] for name, kind in kinds.items()}

    def _refuse(self, block: Sequence[Row], kinds: Mapping[str, Kind]) -> NoReturn:
        """Refuse the first wrong cell of a block that has one."""
        for line, cells in block:
            for name, kind in kinds.items():
                text = cells[self._places[name]].strip()
                if kind == "number":
                    checked_number(text, name, f"{self.source}, line {line}")
                elif not text:
                    raise DataError(
                        f"{self.source}, line {line}: {name} is empty", field=name, value="(empty)", allowed="a name"
                    )
        raise AssertionError("no cell of the block is wrong")

    def require(self, names: Sequence[str]) -> None:
        """Refuse the table if one of the columns is missing."""
        missing = [name for name in names if name not in self._places]
        if missing:
            raise DataError(
                f"{self.source}: column {', '.join(map(repr, missing))} is missing",
                field=missing[0],
                value=self.columns(names),
                allowed=f"columns {', '.join(names)}",
                hint="add the column or correct its name in the header",
            )

    def columns(self, wanted: Iterable[str]) -> str:
        """Return the names of the columns, if one of them is wanted; else only how many there are."""
        return ", ".join(self.header) if not self._strange(wanted) else f"{len(self.header)} other columns"

    def _strange(self, wanted: Iterable[str]) -> bool:
        return not set(wanted) & set(self.header)

    def refuse_others(self, names: Sequence[str], hint: str) -> None:
        """Refuse the table if it has a column besides these."""
        known = set(names)
        extra = [name for name in self.header if name not in known]
        if extra:
            if self._strange(names):
                extra = [str(self._places[name] + 1) for name in extra]
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
        return checked_number(self.text(row, name), name, f"{self.source}, line {self.lines[row]}")


def read_table(path: Path) -> Table:
    """Read a CSV file with a header line.

    Raises:
        DataError: the file cannot be read, is not UTF-8, has no header or rows, or has a ragged row.
    """
    return parse_table(read_file(path, "file"), str(path))


def parse_table(data: bytes, source: str) -> Table:
    """Read CSV bytes; ``source`` names them in messages. Raises the same errors as :func:`read_table`."""
    rows = read_rows(data, source)
    header: tuple[str, ...] = ()
    count = 0
    for line, cells in rows:
        if not header:
            header = tuple(name.strip() for name in cells)
            continue
        count += 1
        if count == 1:
            _check_header(header, source)
        if len(cells) != len(header):
            raise DataError(
                f"{source}, line {line}: {len(cells)} cells under {len(header)} columns",
                field="row",
                value=f"{len(cells)} cells",
                allowed=f"{len(header)} cells",
                hint="quote cells that hold a comma",
            )
    if not count:
        raise DataError(f"{source} has no rows", field="file", value=source, allowed="a header and one row or more")
    return Table(source, header, data)


def _check_header(header: Sequence[str], source: str) -> None:
    seen: set[str] = set()
    for place, name in enumerate(header, start=1):
        if not name or name in seen:
            raise DataError(
                f"{source}: column {place} has no name or the same name as another",
                field="header",
                value=f"column {place}",
                allowed="different names",
            )
        seen.add(name)

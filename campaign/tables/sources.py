"""Sources: the one grid that is meant in a file, a text on standard input, or rows of a program."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zosimos.campaign.tables import sheets, texts
from zosimos.campaign.tables.grid import Cell, Grid, Line, no_rows, shown
from zosimos.campaign.tables.matching import Matched, Targets
from zosimos.core.errors import DataError
from zosimos.core.files import read_file

STANDARD_INPUT = Path("-")
_ABOVE = 60  # lines in which a header is looked for
_MOST_BYTES = 100_000_000


@dataclass(frozen=True)
class Head:
    """Where a grid's header stands (an index of its lines) and what its columns are."""

    grid: Grid
    index: int
    matched: Matched
    complete: bool

    @property
    def line(self) -> Line:
        """The header's line."""
        return self.grid.lines[self.index]


def load(path: Path, targets: Targets, sheet: str | None = None) -> Head:
    """Return the table that is meant in a file, with its header; ``-`` is standard input.

    Args:
        path: the file.
        targets: what its columns can be.
        sheet: the sheet that is meant, where a workbook has several.

    Raises:
        DataError: the file cannot be read, is no table, or several of its sheets may be meant.
    """
    if path == STANDARD_INPUT:
        data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise DataError("standard input is too large", field="file", allowed=f"{_MOST_BYTES} bytes at most")
        return parse(data, "standard input", targets, sheet)
    return parse(read_file(path, "file", at_most=_MOST_BYTES), str(path), targets, sheet)


def parse(data: bytes, source: str, targets: Targets, sheet: str | None = None) -> Head:
    """Return the table that is meant in a file's bytes. Arguments and errors as :func:`load`."""
    if (error := sheets.other_kind(data, source)) is not None:
        raise error
    if sheets.is_workbook(data):
        return _of_workbook(sheets.grids(data, source, sheet), source, targets)
    if sheet is not None:
        raise DataError(f"{source} is a text: it has no sheets", field="--sheet", value=sheet, hint="leave it out")
    text, encoding = texts.decoded(data, source)
    heads, error = _heads(texts.previews(text, encoding, source), targets)
    if not heads:
        raise error or no_rows(source)
    best = next((head for head in heads if head.complete), None) or max(heads, key=_fit)
    if error is not None and not best.complete:
        raise error
    grid = texts.whole(text, best.grid)
    return Head(grid, best.index, best.matched, best.complete)


def rows(given: Sequence[Mapping[str, Cell]], source: str, targets: Targets) -> Head:
    """Return rows that a program gives, by column, as a table; its first row has the number 1.

    Raises:
        DataError: there are none.
    """
    header = list(dict.fromkeys(name for row in given for name in row))
    body = [Line(number, [row.get(name, "") for name in header]) for number, row in enumerate(given, start=1)]
    grid = Grid(source, [Line(0, list(header)), *body])
    heads, error = _heads([grid], targets, above=1)
    if not heads:
        raise error or no_rows(source)
    return heads[0]


def _of_workbook(grids: Sequence[Grid], source: str, targets: Targets) -> Head:
    heads, error = _heads([grid for grid in grids if grid.lines], targets)
    serving = [head for head in heads if targets.serves(head.matched)]
    complete = [head for head in serving if head.complete] or serving
    if len(complete) > 1:
        which = ", ".join(repr(head.grid.sheet) for head in complete)
        raise DataError(
            f"{source}: several sheets have the columns: {which}",
            field="--sheet",
            value=which,
            allowed="one of them",
            hint=f"say which: --sheet {complete[0].grid.sheet!r}; or leave the results in one sheet",
        )
    if complete and (complete[0].complete or error is None):
        return _without(complete[0], [head for head in serving if head is not complete[0]])
    if error is not None or not heads:
        raise error or no_rows(source)
    return max(heads, key=_fit)


def _without(chosen: Head, others: Sequence[Head]) -> Head:
    """Return the table that was chosen of a workbook, which says what else has results there."""
    passed = [head.grid for head in others if len(head.grid.lines) > head.index + 1]
    remarks = [f"sheet {grid.sheet!r} has columns of results too, and is not read" for grid in passed]
    return replace(chosen, grid=replace(chosen.grid, remarks=[*chosen.grid.remarks, *remarks])) if remarks else chosen


def _heads(grids: Iterable[Grid], targets: Targets, above: int = _ABOVE) -> tuple[list[Head], DataError | None]:
    """Return the best header of each grid, and the first header's error; one that has everything ends the search."""
    found: list[Head] = []
    error: DataError | None = None
    for grid in grids:
        best: Head | None = None
        for index, line in enumerate(grid.lines[:above]):
            try:
                matched = targets.match(line.cells)
            except DataError as problem:
                place = grid.place(line.number)
                problem.message = f"{place}: {problem.message}"
                error = error or problem
                continue
            head = Head(grid, index, matched, targets.complete(matched))
            if best is None or _fit(head) > _fit(best):
                best = head
            if head.complete:
                break
        if best is not None:
            found.append(best)
            if best.complete and not grid.sheet:
                break
    return found, error


def _fit(head: Head) -> tuple[bool, int, int]:
    width = sum(bool(shown(cell)) for cell in head.line.cells)
    return head.complete, len(head.matched.columns), min(width, 2)

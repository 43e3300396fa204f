"""Tables: CSV and workbooks, a row a page, in which each value stands after the name of its column.

They are read as tables of results are (:mod:`zosimos.campaign.tables`): in bounded memory, and a formula counts as the
value that was saved with it, since nothing is evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median_low

from zosimos.agent.knowledge.document import Found, Page
from zosimos.agent.knowledge.plain import seen
from zosimos.campaign.tables import sheets, texts
from zosimos.campaign.tables.grid import Grid, Line, shown
from zosimos.core.errors import DataError

_ROWS = 5_000  # each of which is a passage of its own
_ABOVE = 20  # lines in which the header is looked for


def read_table(data: bytes, name: str) -> Found:
    """Return a CSV file or a workbook.

    Raises:
        DataError: it is no table, is protected or damaged, unpacks to too much, or has too many rows.
    """
    if (error := sheets.other_kind(data, name)) is not None:
        raise error
    grids = sheets.grids(data, name) if sheets.is_workbook(data) else [_of_text(data, name)]
    rows = sum(len(grid.lines) for grid in grids)
    if rows > _ROWS:
        raise DataError(
            f"{name} is too long for the library",
            field="FILES",
            value=f"{rows} rows",
            allowed=f"{_ROWS} rows at most",
            hint="keep what is to be read by people; results are for zosimos tell, and for sources of a campaign file",
        )
    remarks = tuple(dict.fromkeys(remark for grid in grids for remark in grid.remarks))
    return Found("", tuple(page for grid in grids for page in _pages(grid)), remarks)


def _of_text(data: bytes, name: str) -> Grid:
    text, encoding = texts.decoded(data, name)
    previews = texts.previews(text, encoding, name)
    return texts.whole(text, max(previews, key=_evenness))


def _evenness(grid: Grid) -> tuple[bool, int]:
    """Return whether most lines have as many cells as the first, and how many they have: decimal commas are uneven."""
    usual = median_low([len(line.cells) for line in grid.lines[1:]] or [0])
    return bool(grid.lines) and len(grid.lines[0].cells) == usual, usual


def _pages(grid: Grid) -> Iterator[Page]:
    head = _header(grid.lines)
    sheet = f"sheet {grid.sheet!r}, " if grid.sheet else ""
    names = [] if head is None else [_cell(cell) for cell in grid.lines[head].cells]
    for index, line in enumerate(grid.lines):
        text = (
            _row(line, names) if head is not None and index > head else "; ".join(filter(None, map(_cell, line.cells)))
        )
        if text and index != head:
            yield Page(f"{sheet}row {line.number}", text)


def _header(lines: Sequence[Line]) -> int | None:
    """Return which line names the columns: the first that is as wide as any near it, and has no numbers."""
    near = lines[:_ABOVE]
    width = max((_filled(line) for line in near), default=0)
    for index, line in enumerate(near):
        if _filled(line) >= max(1, 0.7 * width):
            return index if not any(isinstance(cell, float) or _is_number(cell) for cell in line.cells) else None
    return None


def _filled(line: Line) -> int:
    return sum(bool(shown(cell)) for cell in line.cells)


def _is_number(cell: object) -> bool:
    try:
        float(str(cell))
    except ValueError:
        return False
    return True


def _row(line: Line, names: Sequence[str]) -> str:
    cells = [_cell(cell) for cell in line.cells]
    named = [f"{names[i]}: {cell}" if i < len(names) and names[i] else cell for i, cell in enumerate(cells) if cell]
    return "; ".join(named)


def _cell(cell: object) -> str:
    return " ".join(seen(shown(cell))[0].split())  # type: ignore[arg-type]  # cells of grids are what it takes

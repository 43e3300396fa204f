"""The table of a design to fill in, in the form in which results are told, with what each run is for as notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from zosimos.campaign.control.tables import EXPERIMENT, FAILED, csv_text
from zosimos.campaign.tables.writing import WORKBOOK, check_writable, workbook
from zosimos.core.errors import DataError
from zosimos.core.files import cannot_write
from zosimos.core.writing import write_whole
from zosimos.planners.designs.design import Design

RUN, BLOCK, POINT = "design run", "design block", "design point"


def design_table(design: Design, names: Sequence[str], outcomes: Iterable[str]) -> tuple[list[str], list[list[Any]]]:
    """Return the header and a line for each run: values of the named parameters, and empty cells for results."""
    blocked = [BLOCK] if design.request.blocks > 1 else []
    header = [EXPERIMENT, *names, *outcomes, FAILED, RUN, *blocked, POINT]
    empty = [""] * (len(header) - len(names) - 3 - len(blocked))
    lines = [
        ["", *(row.values[name] for name in names), *empty, row.run, *([row.block] if blocked else []), row.point]
        for row in design.rows
    ]
    return header, lines


def write_design(design: Design, names: Sequence[str], outcomes: Iterable[str], path: Path) -> None:
    """Write the table as CSV or as a workbook; a file that is there, and may hold results, is never overwritten.

    Raises:
        DataError: it exists, or cannot be written.
    """
    check_writable(path)
    if path.exists():
        raise DataError(
            "there is a file of that name, which may hold results", field="-o", value=str(path), hint="name another"
        )
    header, lines = design_table(design, names, outcomes)
    data = workbook(header, lines) if path.suffix.lower() == WORKBOOK else csv_text(header, lines).encode()
    try:
        write_whole(path, [data])
    except OSError as error:
        raise cannot_write(path, error) from error

"""Writing: tables of proposals to fill in, as CSV or as a workbook; a table that is there already is kept."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from zosimos.campaign.control.tables import EXPERIMENT, FAILED, csv_text, measured_units
from zosimos.campaign.definition.names import UNCERTAINTY
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.state import State
from zosimos.core.errors import DataError
from zosimos.core.files import cannot_write
from zosimos.core.writing import write_whole

WORKBOOK = ".xlsx"
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_WIDEST, _NARROWEST = 40, 10  # characters of a column


def proposals_csv(state: State, experiments: Sequence[Experiment]) -> str:
    """Return proposals as CSV with empty columns for the results, as ``tell`` reads it back."""
    return csv_text(*_proposals(state, experiments))


def proposals_xlsx(state: State, experiments: Sequence[Experiment]) -> bytes:
    """Return the same as a workbook."""
    return workbook(*_proposals(state, experiments))


def workbook(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a table as an .xlsx workbook: numbers as numbers, texts that no program runs, the header frozen."""
    import openpyxl
    from openpyxl.styles import Font

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "results"
    sheet.freeze_panes = "B2"
    for number, row in enumerate(chain([header], rows), start=1):
        for place, value in enumerate(row, start=1):
            if value == "":
                continue
            cell = sheet.cell(number, place, _NOT_IN_XML.sub("", value) if isinstance(value, str) else value)
            if isinstance(value, str):
                cell.data_type = "s"  # else a text that begins with = would be a formula
                cell.number_format = "@"
            if number == 1:
                cell.font = Font(bold=True)
    for place, name in enumerate(header, start=1):
        width = max(_NARROWEST, min(_WIDEST, len(name) + 2))
        sheet.column_dimensions[openpyxl.utils.get_column_letter(place)].width = width
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def check_writable(path: Path) -> None:
    """Refuse a kind of table that is not written here, before anything is done for it.

    Raises:
        DataError: it is a spreadsheet other than .xlsx.
    """
    if path.suffix.lower() in (".xls", ".ods", ".xlsm", ".xlsb"):
        raise DataError(
            f"{path.suffix} is not written here", field="-o", value=str(path), allowed="a .csv or .xlsx file"
        )


def write_proposals(state: State, experiments: Sequence[Experiment], path: Path) -> Path | None:
    """Write proposals to a file, and return where a file that was there, and may hold results, is now.

    Raises:
        DataError: it cannot be written.
    """
    workbook = path.suffix.lower() == WORKBOOK
    data = proposals_xlsx(state, experiments) if workbook else proposals_csv(state, experiments).encode()
    kept = None
    try:
        kept = _aside(path)
        write_whole(path, [data])
    except OSError as error:
        if kept is not None:
            kept.replace(path)
        raise cannot_write(path, error) from error
    return kept


def _aside(path: Path) -> Path | None:
    """Move a file that is there to a name beside it that nothing has, and return that."""
    if not path.is_file():
        return None
    number = 1
    while (kept := path.with_name(f"{path.name}.bak{'' if number == 1 else number}")).exists():
        number += 1
    path.rename(kept)
    return kept


def _proposals(state: State, experiments: Sequence[Experiment]) -> tuple[list[str], list[list[Any]]]:
    outcomes = [column for name in measured_units(state) for column in (name, name + UNCERTAINTY)]
    header = [EXPERIMENT, *state.spec.space, *outcomes, FAILED]
    rows = [
        [item.id, *(item.values[name] for name in state.spec.space), *("" for _ in outcomes), ""]
        for item in experiments
    ]
    return header, rows

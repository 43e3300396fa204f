"""Writing: tables of proposals to fill in, as CSV or as a workbook."""

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
from zosimos.campaign.tables.titles import titles
from zosimos.core.digits import in_digits
from zosimos.core.errors import DataError

WORKBOOK = ".xlsx"
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_WHOLE = 1e15  # whole numbers below are floats without rounding
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


def encoded(text: str) -> bytes:
    """Return a table's text as UTF-8, marked as such where it matters: Excel takes what is not for Windows-1252."""
    return text.encode("utf-8" if text.isascii() else "utf-8-sig")


def _proposals(state: State, experiments: Sequence[Experiment]) -> tuple[list[str], list[list[Any]]]:
    """Return a table with units in its header, as far as it is read back as the names without them."""
    units, title = measured_units(state), titles(state)
    outcomes = [column for name in units for column in (title(name, units[name]), name + UNCERTAINTY)]
    knobs = [title(name, str(getattr(part, "unit", ""))) for name, part in state.spec.space.items()]
    rows = [
        [item.id, *(_set(state, name, item.values[name]) for name in state.spec.space), *("" for _ in outcomes), ""]
        for item in experiments
    ]
    return [EXPERIMENT, *knobs, *outcomes, FAILED], rows


def _set(state: State, name: str, value: Any) -> Any:
    """Return a value as it is to be set: whole steps without the rounding of sums, whole numbers without a point."""
    part = state.spec.space[name]
    step = getattr(part, "step", None) or getattr(part, "rounding", None)
    if not isinstance(value, float):
        return value
    settled = in_digits(value) if step is not None else value
    return int(settled) if step is not None and settled.is_integer() and abs(settled) < _WHOLE else settled

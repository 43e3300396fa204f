"""Sheets: .xlsx workbooks read in bounded memory, with what Excel does to values found out rather than taken over.

A formula counts as the value that was saved with it. Dates, errors and formulas without a value are cells that no
number column takes. openpyxl reads rows as they come, and is loaded only when there is a workbook.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Container, Iterator
from typing import Any

from zosimos.campaign.tables.grid import Cell, Flawed, Grid, Line, Merge, Quantity, letter, refuse_large, shown
from zosimos.campaign.tables.headers import is_known, unit_text
from zosimos.core.errors import DataError

_UNPACKED = 200_000_000  # bytes: more than a sheet of a hundred thousand rows takes
_BESIDE = 30_000_000  # bytes of a part that is no sheet and no picture, such as styles and texts that are shared
_PARTS = 2_000
_MOST = (("xl/styles.xml", b"<xf", 200_000), ("xl/sharedStrings.xml", b"<si", 2_000_000))
"""How much of what there may be: more would take minutes and gigabytes, and no program writes it."""
_TAGS = 10  # of a cell, at most, with its share of rows and of cells that are only painted
_ROWS = 1_048_576  # of a sheet of any program
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)")
_NUMBER = re.compile(rb'\br="(\d+)"')
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_CONTROL = re.compile(r"_x(000[9AD])_")  # as Excel writes line ends in cells
_LITERAL = re.compile(r'[0#?]((?:"[^"]*"|\\.|_.|\s)+)(?:;.*)?\Z', re.DOTALL)  # what a format shows behind a number
_MARKS = re.compile(r'_.|["\\]')  # in it: room as wide as a sign, quotes
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_COMMENTS = re.compile(r"xl/(?:comments/)?comment[^/]*\.xml")
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_STRUCK = "empty the cell, or take the line through it away if it counts"
_RETYPE = "format the column as text or number, and type the value again"


def other_kind(data: bytes, source: str) -> DataError | None:
    """Return why a file that is neither text nor .xlsx is not read, by how it begins; None if it may be one."""
    problem = ""
    hint = "save it as .xlsx or as 'CSV UTF-8' in the spreadsheet program"
    if data.startswith(_OLE):
        problem = "is an old Excel file (.xls)"
        if _ENCRYPTED in data:
            problem, hint = "is protected with a password", "save a copy without the password"
    elif data.startswith(b"PK\x03\x04"):
        problem = _kind_of_zip(data)
    elif data.lstrip()[:200].lower().startswith((b"<html", b"<!doctype html", b"<table", b"<?xml")):
        problem = "is a web page or XML, whatever its name says"
    elif data.startswith(b"%PDF"):
        problem = "is a PDF"
    elif data.startswith(b"{\\rtf"):
        problem = "is a text document (.rtf)"
    elif data.startswith(b"\x1f\x8b"):
        problem, hint = "is compressed (.gz)", "unpack it"
    elif data.lstrip().startswith((b"[{", b'{"')):
        problem = "is JSON"
    if not problem:
        return None
    return DataError(
        f"{source} {problem}: it is not read", field="file", value=source, allowed="CSV or .xlsx", hint=hint
    )


def _kind_of_zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            small = "xl/workbook.xml" in names and archive.getinfo("xl/workbook.xml").file_size <= _BESIDE
            strict = small and b"purl.oclc.org/ooxml" in archive.read("xl/workbook.xml")
    except (zipfile.BadZipFile, ValueError, RuntimeError, OSError, EOFError, zlib.error, LookupError):
        return "is damaged"
    if strict:
        return "is a workbook in the strict form of .xlsx"
    if "xl/workbook.xml" in names:
        return ""
    if any(name.endswith(".iwa") or name == "Index.zip" for name in names):
        return "is a Numbers file (.numbers)"
    if "xl/workbook.bin" in names:
        return "is a binary Excel file (.xlsb)"
    return "is an OpenDocument file (.ods)" if "content.xml" in names else "is an archive, not a table"


def is_workbook(data: bytes) -> bool:
    """Say whether bytes are an .xlsx workbook, or at least an archive."""
    return data.startswith(b"PK\x03\x04")


def grids(data: bytes, source: str, wanted: str | None = None) -> list[Grid]:
    """Return the sheets of a workbook that are not hidden, or the one that is wanted.

    Raises:
        DataError: it cannot be read, unpacks to more than anybody fills in, a sheet has too many rows, or the one that
            is wanted is not there.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl leaves out: styles, validations, drawings
            _refuse_bomb(archive, source)
            return list(_grids(data, archive, source, wanted))
    except DataError:
        raise
    except Exception as error:  # openpyxl and the parsers below it raise many kinds on files that are not whole
        raise DataError(
            f"{source} cannot be read as .xlsx: {type(error).__name__}",
            field="file",
            value=source,
            allowed="CSV or .xlsx",
            hint="open it in the spreadsheet program and save it again as .xlsx or as 'CSV UTF-8'",
        ) from error


def _grids(data: bytes, archive: zipfile.ZipFile, source: str, wanted: str | None) -> Iterator[Grid]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    if wanted is not None and wanted not in (sheet.title for sheet in book.worksheets):
        names = ", ".join(sheet.title for sheet in book.worksheets)
        raise DataError(f"{source} has no sheet {wanted!r}", field="--sheet", value=wanted, allowed=names)
    formulas: Any = None
    struck = _struck(book)
    comments = sum(archive.read(name).count(b"<comment ") for name in archive.namelist() if _COMMENTS.fullmatch(name))
    for sheet in book.worksheets:
        if sheet.title != wanted and (wanted is not None or sheet.sheet_state != "visible"):
            continue
        raw = archive.read(sheet._worksheet_path)  # noqa: SLF001 - openpyxl names a sheet's part nowhere else
        if formulas is None and _FORMULA.search(raw):
            formulas = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        beside = None if formulas is None else formulas[sheet.title]
        place = f"{source}, sheet {sheet.title!r},"
        values = raw.count(b"<v>") + raw.count(b"<is>")  # counted before they are read one by one
        refuse_large(place, 0, max(values, raw.count(b"<") // _TAGS))
        hidden = _hidden(raw, place)
        lines = list(_lines(sheet, beside, source, struck))
        count = sum(line.number in hidden for line in lines)
        remarks = [f"{count} hidden row{'s' if count > 1 else ''} read too"] if count else []
        remarks += (
            [f"{comments} comment{'s' if comments > 1 else ''} on cells of the workbook not read"] if comments else []
        )
        yield Grid(source, lines, sheet.title, merged=tuple(_merges(raw)), remarks=remarks)


def _refuse_bomb(archive: zipfile.ZipFile, source: str) -> None:
    """Refuse an archive that says it is larger than any table; zipfile unpacks no more than it says."""
    parts = archive.infolist()
    size = sum(part.file_size for part in parts)
    beside = [part for part in parts if not part.filename.startswith(("xl/worksheets/", "xl/media/"))]
    if (
        size > _UNPACKED
        or len(parts) > _PARTS
        or any(part.file_size > _BESIDE for part in beside)
        or any(archive.read(name).count(tag) > most for name, tag, most in _MOST if name in archive.namelist())
    ):
        raise DataError(
            f"{source} is too large once it is unpacked",
            field="file",
            value=f"{size} bytes in {len(parts)} parts",
            allowed=f"{_UNPACKED} bytes in {_PARTS} parts",
            hint="copy the table alone into a new workbook, or save it as 'CSV UTF-8'",
        )


def _hidden(raw: bytes, place: str) -> set[int]:
    """Return which rows are hidden.

    Raises:
        DataError: rows do not follow each other, or are more than a sheet has: openpyxl would pass over some, or count
            for hours.
    """
    found: set[int] = set()
    last = 0
    for row in _ROW.finditer(raw):
        said = row[1]
        number = _NUMBER.search(said)
        this = last + 1 if number is None else int(number[1][:9])
        if not last < this <= _ROWS:
            raise DataError(
                f"{place} has the row {this} after the row {last}",
                field="file",
                value=this,
                allowed=f"rows from 1 to {_ROWS}, one after the other",
                hint="open it in the spreadsheet program and save it again",
            )
        last = this
        if _HIDDEN.search(said):
            found.add(this)
    return found


def _struck(book: Any) -> frozenset[int]:
    """Return the numbers of the styles in which a text is crossed out."""
    fonts, styles = book._fonts, book._cell_styles  # noqa: SLF001 - a font for each cell would take minutes
    return frozenset(number for number, style in enumerate(styles) if fonts[style.fontId].strike)


def _lines(sheet: Any, formulas: Any, source: str, struck: Container[int]) -> Iterator[Line]:
    sheet.reset_dimensions()  # what a file says of its own size is not relied on
    count = cells = 0
    second: Iterator[Any] = iter(())
    if formulas is not None:
        formulas.reset_dimensions()
        second = formulas.iter_rows()
    for number, row in enumerate(sheet.iter_rows(), start=1):
        beside = next(second, ())
        found = [_cell(cell, beside[i] if i < len(beside) else None, number, i) for i, cell in enumerate(row)]
        for i, cell in enumerate(row):
            if found[i] != "" and getattr(cell, "_style_id", 0) in struck:
                found[i] = Flawed(shown(found[i]), "is crossed out", _STRUCK)
        while found and found[-1] == "":
            found.pop()
        if found:
            count, cells = count + 1, cells + len(found)
            refuse_large(f"{source}, sheet {sheet.title!r},", count, cells)
            yield Line(number, found)


def _cell(cell: Any, formula: Any, line: int, column: int) -> Cell:
    value = cell.value
    if value is None:
        if formula is not None and formula.data_type == "f":
            hint = "open the file in the spreadsheet program and save it again, or write the value in its place"
            return Flawed(f"(formula in {letter(column)}{line})", "is a formula that was saved without its value", hint)
        return ""
    if cell.data_type == "e":
        return Flawed(
            str(value), "is an error of a formula", "mend the formula, or empty the cell if there is no value"
        )
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.time):
        return Flawed(value.isoformat(), "is a time of day, in the format of the spreadsheet program", _RETYPE)
    if isinstance(value, dt.date):  # or a datetime, which is one
        midnight = isinstance(value, dt.datetime) and value.time() == dt.time()
        text = value.date().isoformat() if midnight and isinstance(value, dt.datetime) else value.isoformat()
        return Flawed(text, "is a date: the spreadsheet program may have made one of what was typed", _RETYPE)
    if isinstance(value, dt.timedelta):
        return Flawed(str(value), "is a span of time, in the format of the spreadsheet program", _RETYPE)
    if isinstance(value, int | float):
        return _number(value, cell.number_format or "General")
    return _CONTROL.sub(lambda found: chr(int(found[1], 16)), str(value))


def _number(value: float, form: str) -> Cell:
    """Return a number as it is seen: in percent, or with the unit that its format writes behind it."""
    if "%" in form:
        seen = float(f"{value * 100:.15g}")
        return Quantity(seen, "%", f"{shown(seen)} %")
    found = _LITERAL.search(form)
    unit = "" if found is None else _MARKS.sub("", found[1]).strip()
    if unit and unit_text(unit) != "dimensionless" and is_known(unit_text(unit)):
        return Quantity(float(value), unit, f"{shown(float(value))} {unit}")
    return float(value)


def _merges(raw: bytes) -> Iterator[Merge]:
    for left, first, right, last in _MERGE.findall(raw):
        yield Merge(int(first), int(last), _index(left), _index(right))


def _index(letters: bytes) -> int:
    index = 0
    for byte in letters:
        index = index * 26 + byte - 64
    return index - 1

"""Texts: tables of cells between commas, semicolons or tabs, in the encodings that spreadsheet programs write.

Which separator is meant is decided later, by the one that gives the columns that are looked for: a decimal comma and a
comma between cells cannot be told apart by counting.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Iterator, Sequence

from zosimos.campaign.tables.grid import Cell, Grid, Line, refuse_large
from zosimos.core.errors import DataError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_PREVIEW = 80  # lines: enough to find a header below what an instrument writes above it
_KANA = re.compile("[\u3041-\u30fc]")
_FORCED = re.compile(r'="((?:[^"]|"")*)"')  # a text that a spreadsheet program shall not take for a number
_LOOKED_AT = 4096  # bytes from which UTF-16 without a mark is known by its zeros


def decoded(data: bytes, source: str) -> tuple[str, str]:
    r"""Return a table's text, and the name of its encoding.

    Raises:
        DataError: it is not text.

    >>> decoded("größe;1\n".encode("cp1252"), "x.csv")
    ('größe;1\n', 'Windows-1252')
    """
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return _once(_as(data, codec, name, source), name, source)
    head = data[:_LOOKED_AT]
    for start, codec in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(head) >= 4 and head[start::2].count(0) > len(head) / 5 and not head[1 - start :: 2].count(0):
            return _lines(_as(data, codec, "UTF-16", source), source), "UTF-16"
    try:
        return _once(data.decode("utf-8"), "UTF-8", source)
    except UnicodeDecodeError:
        codec, name = _older(data)
        return _lines(_as(data, codec, f"UTF-8 or {name}", source), source), name


def _once(text: str, name: str, source: str) -> tuple[str, str]:
    """Return a text as it was before a program took its UTF-8 for Windows-1252 and wrote that as UTF-8 again."""
    if not text.isascii():
        with contextlib.suppress(UnicodeError):
            return _lines(
                text.removeprefix("\ufeff").encode("cp1252").decode("utf-8"), source
            ), f"{name}, encoded twice"
    return _lines(text, source), name


def _older(data: bytes) -> tuple[str, str]:
    """Return the encoding of a text that is none of Unicode's.

    Lines that end as on old Macintoshes are written by "CSV (Macintosh)". What is no Windows-1252, and has kana in it
    once it is read as Shift-JIS, comes from Japan. Anything else is Windows-1252, or refused.
    """
    if b"\r" in data and b"\n" not in data:
        return "mac_roman", "Mac OS Roman"
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        with contextlib.suppress(UnicodeDecodeError):
            if _KANA.search(data.decode("cp932")):
                return "cp932", "Shift-JIS"
    return "cp1252", "Windows-1252"


def _as(data: bytes, codec: str, name: str, source: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{source} is not {name} text: byte {error.start + 1}",
            field="file",
            value=source,
            allowed="CSV in UTF-8, UTF-16 or Windows-1252, or .xlsx",
            hint="save it as 'CSV UTF-8' or as .xlsx in the spreadsheet program",
        ) from error


def _lines(text: str, source: str) -> str:
    if "\0" in text:
        raise DataError(
            f"{source} is not text",
            field="file",
            value=source,
            allowed="CSV or .xlsx",
            hint="save the table as .xlsx or as 'CSV UTF-8' in the spreadsheet program",
        )
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return _unquoted(text) if text.startswith('"') else text


def _unquoted(text: str) -> str:
    """Return a text in which every line is one quoted cell, as if it had no column, with its lines as they were."""
    lines = [line.strip(" \t") for line in text.split("\n")]
    inner = [line[1:-1].replace('""', "") for line in lines if line]
    whole = all(len(line) > 1 and line[0] == line[-1] == '"' for line in lines if line)
    if not whole or any('"' in one for one in inner) or not any(mark in inner[0] for mark in _SEPARATORS):
        return text
    return "\n".join(line[1:-1].replace('""', '"') for line in lines)


def previews(text: str, encoding: str, source: str) -> list[Grid]:
    """Return how a table begins with each separator that it may have; the one it names (``sep=;``) alone."""
    named = text[:5].lower()
    if named.startswith("sep=") and len(text) > 4 and text[4] in _SEPARATORS:
        return [_grid(text, text[4], encoding, source, _PREVIEW)]
    head = text[: 1 << 20]
    wide = [separator for separator in _SEPARATORS if separator in head] or [","]
    return [_grid(text, separator, encoding, source, _PREVIEW) for separator in wide]


def whole(text: str, preview: Grid) -> Grid:
    """Return the whole table with the separator of one of its previews.

    Raises:
        DataError: a quoted cell does not end, or the table is too large.
    """
    separator = next(mark for mark, name in _SEPARATORS.items() if name == preview.separator)
    return _grid(text, separator, preview.encoding, preview.source, None)


def _grid(text: str, separator: str, encoding: str, source: str, most: int | None) -> Grid:
    rows = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=separator != "\t"
    )
    found: list[Line] = []
    try:
        for line in _filled(rows, source):
            found.append(line)
            if most is not None and len(found) >= most:
                break
    except csv.Error as error:
        if most is None:
            raise DataError(
                f"{source}, line {rows.line_num}: {error}",
                field="file",
                value=source,
                hint="close the quotes of the cell, or leave them out",
            ) from error
    return Grid(source, found, encoding=encoding, separator=_SEPARATORS[separator])


def _filled(rows: Iterator[list[str]], source: str) -> Iterator[Line]:
    count = cells = 0
    for row in rows:
        if count == 0 and len(row) <= 2 and row[:1] and row[0].lower().startswith("sep="):
            continue  # Excel's own line about the separator
        trimmed = _trimmed(row)
        if trimmed:
            count, cells = count + 1, cells + len(trimmed)
            refuse_large(source, count, cells)
            yield Line(rows.line_num, trimmed)  # type: ignore[attr-defined]  # it is csv's reader


def _trimmed(row: Sequence[str]) -> list[Cell]:
    """Return a row without the empty cells at its end."""
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return [found[1].replace('""', '"') if (found := _FORCED.fullmatch(cell)) else cell for cell in row[:end]]

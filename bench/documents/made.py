"""The documents as files: papers and a safety sheet as PDF, a table as a workbook, all else as it is kept here."""

from __future__ import annotations

import csv
import textwrap
from pathlib import Path

from documents.pdf import pdf

SOURCES = Path(__file__).with_name("sources")
AS_PDF = ("suzuki-flow", "suzuki-batch", "safety-toluene", "electrolyte-paper", "spincoat-paper")
AS_WORKBOOK = "conductivity"
_WIDTH, _LINES = 84, 38  # characters of a line, lines of a page: two pages each


def documents(folder: Path) -> list[Path]:
    """Write the documents into a folder and return their paths, in the order of their names."""
    made: list[Path] = []
    for source in sorted(SOURCES.iterdir()):
        data, name = source.read_bytes(), source.name
        if source.stem in AS_PDF:
            data, name = pdf(_pages(data.decode())), f"{source.stem}.pdf"
        path = folder / name
        if source.stem == AS_WORKBOOK:
            path = path.with_suffix(".xlsx")
            _workbook(source, path)
        else:
            path.write_bytes(data)
        made.append(path)
    return made


def _pages(text: str) -> list[list[str]]:
    """Return pages of lines; a page ends where the next paragraph's first lines would not fit."""
    pages: list[list[str]] = [[]]
    for paragraph in text.split("\n\n"):
        for line in paragraph.splitlines():
            for part in textwrap.wrap(line, _WIDTH):
                if len(pages[-1]) >= _LINES:
                    pages.append([])
                pages[-1].append(part)
        pages[-1].append("")
    return pages


def _workbook(source: Path, path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "conductivities"
    with source.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            sheet.append([float(cell) if cell.replace(".", "").lstrip("-").isdigit() else cell for cell in row])
    book.save(path)

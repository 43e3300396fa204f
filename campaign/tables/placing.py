"""Placing: a table of proposals takes its place whole, after all was recorded, and never that of results.

What a person may lose by it is looked at before anything is asked: a file that is no table of proposals, or one that
holds results that are not on record, is not replaced. The table is written beside its place before its proposals are
recorded, so that a command that fails leaves neither.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from zosimos.campaign.record.experiment import OPEN, Experiment
from zosimos.campaign.record.state import State
from zosimos.campaign.tables.grid import Cell, shown
from zosimos.campaign.tables.matching import Targets
from zosimos.campaign.tables.sources import load
from zosimos.campaign.tables.writing import WORKBOOK, check_writable, encoded, proposals_csv, proposals_xlsx
from zosimos.core.errors import DataError, ZosimosError
from zosimos.core.files import cannot_write, require_no_database
from zosimos.core.writing import write_whole

_LOCKS = ("~${}", ".~lock.{}#")  # what Excel and LibreOffice put beside a workbook that they have open
_FOREIGN = "it is no table of proposals"


class Place:
    """Where a table of proposals is to stand.

    Args:
        path: the file.
        force: whether a file that is there may be moved aside whatever it holds.
    """

    def __init__(self, path: Path, *, force: bool = False) -> None:
        self.path = path
        self._real = path.resolve() if path.is_symlink() else path
        self._force = force
        self._part: Path | None = None
        self._data: bytes = b""

    def check(self, state: State) -> None:
        """Refuse a place where the table cannot stand, or would take that of something that is nowhere else.

        Raises:
            DataError: says what is there, and what to do.
        """
        require_no_database(self.path, "-o")
        check_writable(self.path)
        folder = self.path.parent
        if not folder.is_dir():
            raise DataError(
                f"cannot write {self.path}: there is no folder {folder}",
                field="-o",
                value=str(self.path),
                hint=f"make the folder {folder} first, or name another",
            )
        if not os.access(folder, os.W_OK):
            raise DataError(
                f"cannot write {self.path}: the folder {folder} is read-only",
                field="-o",
                value=str(self.path),
                hint="name a file in another folder",
            )
        for lock in _LOCKS:
            if self.path.with_name(lock.format(self.path.name)).exists():
                raise DataError(
                    f"{self.path} is open in a spreadsheet program",
                    field="-o",
                    value=str(self.path),
                    hint="close it there, or name another file",
                )
        why = "" if self._force or not self._real.is_file() else _lost(self._real, state)
        if why:
            first = "" if why == _FOREIGN else f"tell its results first (zosimos tell {state.id} {self.path}), or "
            raise DataError(
                f"{self.path} is not replaced: {why}",
                field="-o",
                value=str(self.path),
                allowed="a new file, or a table of proposals whose results are on record",
                hint=f"{first}name another file; --force keeps it as {_aside(self.path).name}",
            )

    def prepare(self, state: State, experiments: Sequence[Experiment]) -> None:
        """Write the table beside its place.

        Raises:
            DataError: it cannot be written.
        """
        workbook = self.path.suffix.lower() == WORKBOOK
        made = proposals_xlsx(state, experiments) if workbook else encoded(proposals_csv(state, experiments))
        self._data = made
        if self._real.exists() and not self._real.is_file():  # a pipe or /dev/stdout: there is no beside
            return
        part = self._real.with_name(f".{self._real.name[:40]}.{os.getpid()}.part{self.path.suffix}")
        try:
            self._part = part
            write_whole(part, [made])
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def put(self) -> Path | None:
        """Put the table in its place, and return where a file that was there is now."""
        kept = None
        try:
            if self._part is None:
                write_whole(self.path, [self._data])
                return None
            if self._real.is_file():
                kept = _aside(self._real)
                self._real.rename(kept)
            self._part.replace(self._real)
        except OSError as error:
            if kept is not None:
                kept.replace(self._real)
            raise cannot_write(self.path, error) from error
        return kept

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._part is not None:
            with suppress(OSError):  # what brought us here says more
                self._part.unlink(missing_ok=True)


def _aside(path: Path) -> Path:
    """Return a name beside a file that nothing has."""
    number = 1
    while (kept := path.with_name(f"{path.name}.bak{'' if number == 1 else number}")).exists():
        number += 1
    return kept


def _lost(path: Path, state: State) -> str:
    """Say what would be lost with a file; empty if that is nothing."""
    if not path.stat().st_size:
        return ""
    targets = Targets(state)
    try:
        head = load(path, targets)
    except ZosimosError:
        return _FOREIGN
    roles = {column.place: column.target.role for column in head.matched.columns}
    named = next((place for place, role in roles.items() if role == "experiment"), None)
    if named is None:
        return _FOREIGN
    rows = 0
    for line in head.grid.lines[head.index + 1 :]:
        name = targets.id(_text(line.cells, named))
        told = name in state.experiments and state.experiments[name].status not in OPEN
        written = [place for place in range(len(line.cells)) if place != named and _text(line.cells, place)]
        results = [place for place in written if roles.get(place) != "parameter"]
        rows += bool((results or not name) and written and not told)
    return f"it holds results that are not on record ({rows} row{'s' if rows > 1 else ''})" if rows else ""


def _text(cells: Sequence[Cell], place: int) -> str:
    return shown(cells[place]).strip() if place < len(cells) else ""

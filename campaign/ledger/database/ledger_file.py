"""The file behind a SQLite ledger: whether the name it was opened by still leads to it, and a copy if it does not.

A file that is deleted, moved or replaced while it is open goes on taking what is written, and nobody will ever find it
there. So each write first compares the file behind the name with the one that was opened, by device and inode (which
SQLite itself relies on: https://www.sqlite.org/howtocorrupt.html, sections 2.5 and 4). What is on record is then saved
beside the name, from the connection that still has it.

Its log (``-wal`` and ``-shm``) is watched in the same way: with one that was deleted or replaced, other programs would
not see what is written here, nor this one what they write. And a file that was written over in place shows in its size
and date (:mod:`.overwritten`). A log that is left beside a name whose file is gone would be taken for a part of the
next file of that name (howtocorrupt.html, 1.4), so it is moved out of the way once a copy holds all that is in it.

SQLite keeps its journal beside the *name* of a file. Under two names, or mounted by itself in two places, one file
would get two journals, and be destroyed by them: such a file can be looked at, and is not written.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from zosimos.campaign.ledger.database.overwritten import is_overwritten, is_sound
from zosimos.campaign.ledger.database.sqlite import CHECKPOINT
from zosimos.core.errors import DamagedError, LedgerError

_INFO = "zosimos_file"
_LOG = "zosimos_log"
_BESIDE = ("-wal", "-shm")
_MOUNTS = Path("/proc/self/mountinfo")
_OPEN = Path("/proc/self/fd")

Identity = tuple[int, int]


class LedgerFile:
    """Watches over one file.

    Args:
        engine: the engine whose connections open it.
        path: its name.
        now: the time, for the names of copies.
    """

    def __init__(self, engine: Engine, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = path.absolute()  # the program may change its folder
        self._now = now
        self._first: Identity | None = None
        self._alone = False
        self._saved = ""
        self._sources: list[tuple[sqlite3.Connection, dict[Any, Any]]] = []
        self._seen: tuple[int, int] | None = None
        sa.event.listen(engine, "connect", self._opened)

    def require(self, connection: Connection, *, write: bool) -> None:
        """Refuse to write, inside the transaction, what nobody would find again, and to read another file.

        Raises:
            LedgerError: the file or its log was deleted, moved or replaced; says where what was on record is now. Or it
                has several names.
            DamagedError: it was written over.
        """
        if self._first is None or (not write and connection.info[_INFO] == self._first):
            return  # it is no plain file, or what was opened can still be read
        found = self._found()
        if found is None or not _identity(found) == connection.info[_INFO] == self._first:
            raise self._lost(connection, replaced=found is not None)
        if not self._alone:
            self._alone = found.st_nlink == 1 and not _is_mount(self._path)
        if not self._alone:
            raise LedgerError(
                "the ledger file has more than one name, under which SQLite would destroy it",
                field="ledger",
                value=str(self._path),
                allowed="a file with one name, in a folder that is mounted as a whole",
                hint="delete the other names (hard links; symbolic links do no harm), or copy the file to a place of "
                "its own; a container should mount the folder, not the file",
            )
        self._require_log(connection)
        self._require_contents(connection, found)

    def require_there(self) -> None:
        """Say that the file is gone, if that is why it cannot be opened again.

        Raises:
            LedgerError: it was deleted, moved or replaced; says where what was on record is now.
        """
        found = self._found()
        if self._first is not None and (found is None or _identity(found) != self._first):
            raise self._lost(None, replaced=found is not None)

    def _require_log(self, connection: Connection) -> None:
        """Refuse to write into a log that no other program finds; it stays the same while a connection is open."""
        found = self._log()
        infos = [info for source, info in self._sources if _is_open(source)]
        known = next((info[_LOG] for info in infos if _LOG in info), found)
        connection.info[_LOG] = known
        if known != found:
            name = self._path.name
            what = f"{name}-wal or {name}-shm, which belong to it, are gone, or others stand in their place"
            raise self._lost(connection, replaced=True, what=what)

    def _require_contents(self, connection: Connection, found: os.stat_result) -> None:
        """Refuse to write into a file that another program wrote over."""
        now = (found.st_size, found.st_mtime_ns)
        seen = self._seen or now
        if seen != now and is_overwritten(self._path, connection, seen[0], now[0]):
            raise self._written_over(connection)
        self._seen = now

    @cached_property
    def _logs(self) -> list[Path]:
        """The names of the log: beside the file itself, also where the ledger's name is a link."""
        file = self._path.resolve()
        return [file.with_name(file.name + ending) for ending in _BESIDE]

    def _log(self) -> list[Identity | None]:
        """Return which files are the log."""
        found = list[Identity | None]()
        for path in self._logs:
            try:
                found.append(_identity(path.stat()))
            except OSError:
                found.append(None)
        return found

    def _found(self) -> os.stat_result | None:
        try:
            return self._path.stat()
        except OSError:
            return None

    def _opened(self, source: sqlite3.Connection, record: Any) -> None:
        found = self._found()
        record.info[_INFO] = None if found is None else _identity(found)
        if found is None:  # gone already, or no plain file
            return
        self._first = self._first or _identity(found)
        if _identity(found) == self._first:
            self._sources = [one for one in self._sources if _is_open(one[0])] + [(source, record.info)]

    def _lost(self, connection: Connection | None, *, replaced: bool, what: str = "") -> LedgerError:
        what = what or ("another file stands" if replaced else "nothing stands") + " in its place now"
        source = self._source(connection)
        if source is not None and not self._saved:
            moved = "" if self._is_here() else _present_name(self._first)
            if moved:
                what = f"it is {moved} now" + (", and another file stands in its place" if replaced else "")
            self._saved = self._copied(source)
            if moved and not Path(f"{moved}-wal").exists():
                # What is only in the journal, which keeps the old name, would be missing from a file that was moved.
                with suppress(sqlite3.Error):
                    source.execute(CHECKPOINT).fetchall()
        return LedgerError(
            f"the ledger file was deleted, moved or replaced while it was in use: {what}",
            field="ledger",
            value=str(self._path),
            hint=self._saved or "nothing more was written; look for the file that was there, or restore a backup",
        )

    def _is_here(self) -> bool:
        found = self._found()
        return found is not None and _identity(found) == self._first

    def _written_over(self, connection: Connection) -> DamagedError:
        source = self._source(connection)
        if source is not None and not self._saved:
            self._saved = self._copied(source, sure=False)
        return DamagedError(
            "the ledger file was written over while it was in use: it holds something else than what was on record",
            field="ledger",
            value=str(self._path),
            hint=self._saved or "nothing more was written: restore a backup",
        )

    def _source(self, connection: Connection | None) -> sqlite3.Connection | None:
        """Return a connection that has the file that was opened and is not in the middle of something."""
        if connection is None:
            pass
        elif connection.info[_INFO] != self._first:
            connection.detach()  # it is closed and not used again
        elif (transaction := connection.get_transaction()) is not None:
            transaction.rollback()
        return next((one for one, _ in self._sources if _is_open(one) and not one.in_transaction), None)

    def _copied(self, source: sqlite3.Connection, *, sure: bool = True) -> str:
        """Save what is on record beside the file's name; return in words how to go on.

        Args:
            source: a connection that has it.
            sure: whether all of it can be read there.
        """
        stamp = self._now().strftime("%Y%m%dT%H%M%SZ")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            copy = _new_file(self._path, f"rescued-{stamp}")
            with closing(sqlite3.connect(copy)) as target:
                source.backup(target)
                whole = sure or is_sound(target)
        except (OSError, sqlite3.Error) as error:
            return f"nothing more was written, and what was on record could not be saved: {error}; restore a backup"
        if not whole:
            copy.unlink(missing_ok=True)
            return "nothing more was written, and what was on record cannot be read any more: restore a backup"
        self._take_log_away(copy)
        what = "all that was on record" if sure else "what can still be read"
        return (
            f"nothing more was written; {what} is saved in {copy}: move it to the ledger's name "
            "(once the other file is out of the way), check it with zosimos verify, and resume"
        )

    def _take_log_away(self, copy: Path) -> None:
        """Move the log that lies beside the name to the copy that holds all of it, if it is the one we used."""
        known = next((info[_LOG] for _, info in self._sources if _LOG in info), None)
        if known is None or self._is_here() or self._log()[0] != known[0]:
            return
        log, index = self._logs
        with suppress(OSError):
            log.rename(copy.with_name(copy.name.replace(".rescued-", ".log-of-")))
            index.unlink(missing_ok=True)


def _new_file(path: Path, ending: str) -> Path:
    """Make an empty file that only its owner can read, and that was not there before."""
    for number in range(100):
        copy = path.with_name(f"{path.name}.{ending}" + (f"-{number}" if number else ""))
        with suppress(FileExistsError):
            os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            return copy
    raise FileExistsError(f"{copy} and 99 others are there already")


def _is_open(source: sqlite3.Connection) -> bool:
    try:
        return source.total_changes >= 0
    except sqlite3.ProgrammingError:
        return False


def _identity(found: os.stat_result) -> Identity:
    return found.st_dev, found.st_ino


def _present_name(wanted: Identity | None) -> str:
    """Return the present name of a file that this process has open; empty if it has none, or that cannot be known."""
    with suppress(OSError):
        for one in list(_OPEN.iterdir()):
            with suppress(OSError):
                found = one.stat()
                if _identity(found) == wanted and found.st_nlink:
                    return str(one.readlink())
    return ""


def _is_mount(path: Path) -> bool:
    """Say whether a file is mounted by itself, as far as the system tells."""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False
    name = (
        str(path.resolve()).replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011").replace("\n", "\\012")
    )
    return any(line.split(" ")[4] == name for line in lines)

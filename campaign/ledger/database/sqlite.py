"""SQLite behind a ledger: its file's rights, reading what cannot be written, and what a file may not contain.

A new ledger can be read by its owner alone; SQLite gives its ``-wal`` and ``-shm`` the rights of the file.

A file that cannot be written is read all the same. SQLite's write-ahead log needs a file of its own (``-shm``), so on a
read-only medium the file is opened as one that nobody changes (``immutable``), or, if a log with events in it lies
beside it that cannot be used there, file and log are read as a copy.

A file from somebody else may be more than tables: a view or a trigger runs what its author wrote whenever the ledger is
used. Such a file is refused, and functions in its schema are not trusted (https://sqlite.org/security.html).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from zosimos.core.errors import TamperedError

_OWNER_ONLY = 0o600
_SAFE = ("trusted_schema=OFF", "cell_size_check=ON")

LOCK_S = 8
"""How long a writer waits for another one, in seconds."""
_LOOK_MS = 2
_PATIENT = f"busy_timeout={LOCK_S * 1000}"

READING = ("query_only=ON", _PATIENT)
"""Settings of a connection that may change nothing."""
WRITING = ("journal_mode=WAL", "synchronous=FULL", _PATIENT)
"""Settings of a connection that may write: a commit is on the disk when it is over."""
CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"
"""Moves the log into the file without waiting for anybody."""


def made_private(path: Path) -> None:
    """Make an empty file that only its owner may read, if there is none; what is wrong is said when it is opened."""
    with contextlib.suppress(OSError):
        os.close(os.open(path.resolve(), os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))


@dataclass(frozen=True)
class ReadOnly:
    """How a file that cannot be written is read.

    Args:
        path: the file.
        immutable: nobody changes it: there is no log beside it, and none can be made.
        copied: it is read as a copy, with its log.
    """

    path: Path
    immutable: bool
    copied: bool

    def opener(self) -> tuple[Callable[[], sqlite3.Connection], Callable[[], None]]:
        """Return what makes a connection, and what is to be called when no more are made.

        Raises:
            OSError: the copy cannot be made.
        """
        if not self.copied:
            return _connecting(self.path, "mode=ro" + ("&immutable=1" if self.immutable else "")), lambda: None
        folder = TemporaryDirectory(prefix="zosimos-")
        copy = Path(folder.name).resolve() / "ledger.db"
        for source, target in ((self.path, copy), (_log(self.path), _log(copy))):
            shutil.copyfile(source, target)
        return _connecting(copy, "mode=rw"), folder.cleanup


def read_only(path: Path) -> ReadOnly | None:
    """Return how a ledger's file is to be read if it cannot be written; None if it can, or is not there."""
    if not path.is_file():
        return None
    real = path.resolve()
    folder, file = os.access(real.parent, os.W_OK), os.access(real, os.W_OK)
    index = real.with_name(real.name + "-shm").exists()
    if file and (folder or (index and _log(real).exists())):
        return None
    logged = _log(real).exists() and _log(real).stat().st_size > 0
    return ReadOnly(real, immutable=not folder and not logged, copied=not folder and logged and not index)


def set_up(engine: Engine, pragmas: Iterable[str]) -> Engine:
    """Let an engine make connections that a ledger can trust, and return it.

    Args:
        engine: for a SQLite file, or for one in memory.
        pragmas: more settings of its connections.
    """

    def connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # the driver must not open transactions of its own
        connection.text_factory = _decoded
        for pragma in (*_SAFE, *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    sa.event.listen(engine, "connect", connected)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _decoded(data: bytes) -> str:
    """Return stored text; a byte that is no UTF-8 is replaced, so that verification can name the event it is in."""
    return data.decode("utf-8", "replace")


def _begin(connection: Connection) -> None:
    if not connection.get_execution_options().get("zosimos_write", False):
        connection.exec_driver_sql("BEGIN")
        return
    # SQLite looks for a free lock less and less often, in the end ten times a second. A runner on a slow disk lets go
    # of it for a moment only, in which an abort must get through: so it is made to look all the time.
    driver: Any = connection.connection.driver_connection
    patience_s = connection.get_execution_options().get("zosimos_patience_s")
    until = time.monotonic() + (LOCK_S if patience_s is None else patience_s)
    driver.execute(f"PRAGMA busy_timeout={_LOOK_MS}")
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                break
            except OperationalError as error:
                if "is locked" not in str(error.orig) or time.monotonic() >= until:
                    raise
    finally:
        driver.execute(f"PRAGMA {_PATIENT}")


def checkpoint(engine: Engine) -> None:
    """Move what is in the write-ahead log into the file, as far as nobody who reads it has to be waited for.

    The log belongs to a name of the file: a copy without it, or the file under another name, lacks what is only there.
    """
    if engine.dialect.name == "sqlite":
        with contextlib.closing(engine.raw_connection()) as connection:
            assert connection.driver_connection is not None
            connection.driver_connection.execute(CHECKPOINT).fetchall()


def check_schema(connection: Connection, tables: Iterable[sa.Table]) -> None:
    """Refuse a file whose tables are not a ledger's, or that would do something when they are used.

    Args:
        connection: to the file, which has the table ``meta`` or something of that name.
        tables: the ledger's.

    Raises:
        TamperedError: says what is in it.
    """
    known = {table.name: [column.name for column in table.columns] for table in tables}
    rows = list(connection.exec_driver_sql("SELECT type, name, rootpage FROM sqlite_master"))
    for kind, name, page in rows:
        if kind in ("view", "trigger") or (str(name).lower() in known and not page):
            raise _strange(f"{'a table of a module' if kind == 'table' else f'a {kind}'} {name!r}")
    for name, columns in known.items():
        found = list(connection.exec_driver_sql(f"PRAGMA table_xinfo({name})"))
        if sorted(str(row[1]) for row in found) != sorted(columns) or any(row[6] for row in found):
            raise _strange(f"a table {name!r} with other columns")


def _strange(what: str) -> TamperedError:
    return TamperedError(
        f"the file is no ledger as Zosimos makes it: it has {what}",
        field="ledger",
        value=what,
        allowed="the tables of a ledger, and nothing that acts when they are used",
        hint="nothing was read or changed: restore a backup, or ask whoever made the file",
    )


def _log(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def opening(path: Path) -> Callable[[], sqlite3.Connection]:
    """Return what opens a file to write to it; one that is gone by then is an error, and is not made again."""
    return _connecting(path.absolute(), "mode=rw")  # the program may change its folder


def _connecting(path: Path, how: str) -> Callable[[], sqlite3.Connection]:
    name = quote(os.fsencode(path.as_posix()), safe="/:")
    uri = f"file://{'' if name.startswith('/') else '/'}{name}?{how}"  # a drive's letter, or a path that begins with /
    return lambda: sqlite3.connect(uri, uri=True, check_same_thread=False)

"""Reading files that somebody named: regular files of a bounded size, and nothing that hangs or never ends.

A campaign file from somebody else may name a device, a pipe or an endless file. What is not a regular file is refused
before it is opened, since opening alone can hang (a pipe) or act (a device); what was opened is looked at again, since
it may have been exchanged in between; and no more is read than the limit.
"""

from __future__ import annotations

import difflib
import os
import sqlite3
import stat
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from zosimos.core.errors import DataError, InputError

TEXT_BYTES = 1_000_000
"""The most that a file of settings or of YAML may hold: what people write by hand."""

TABLE_BYTES = 500_000_000
"""The most that a file of data may hold: it is kept in the ledger whole, where a value has at most 1e9 bytes."""

_CHUNK = 65_536
_HEADER = 100  # bytes of a SQLite file's header: a shorter file is none
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite adds to the name of a database for the files that belong to it, which hold what was written last."""

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


_ENTRIES = 1000  # of a folder that are looked at for a name that was meant


def _near(path: Path, otherwise: str) -> str:
    """Return what to do about a file that is not there: the name beside it that was meant, or where it is looked for.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "monday.xlsx").write_bytes(b"")
    ...     _near(Path(folder) / "mondy.xlsx", "")
    "did you mean 'monday.xlsx'?"
    """
    try:
        with os.scandir(path.parent) as found:
            names = {Path(entry.name).stem: entry.name for entry in islice(found, _ENTRIES)}
        here = Path.cwd()
    except OSError:
        return otherwise
    folder = path.parent if path.is_absolute() else here / path.parent
    near = difflib.get_close_matches(path.stem, names, n=1)
    return f"did you mean {names[near[0]]!r}?" if near else f"{otherwise}; it is looked for in {folder}"


def read_file(
    path: Path,
    field: str,
    *,
    at_most: int = TABLE_BYTES,
    error: type[InputError] = DataError,
    hint: str = "check the name and the rights",
) -> bytes:
    """Return a regular file's bytes; links are followed.

    Args:
        path: the file.
        field: where it was named, for messages.
        at_most: the largest size that is read, in bytes.
        error: the class of what is raised.
        hint: what to do when it cannot be read.

    Raises:
        InputError: it cannot be read, is no regular file or is too large; of the class ``error``.

    >>> import tempfile
    >>> read_file(Path(tempfile.gettempdir()), "candidates")
    Traceback (most recent call last):
    zosimos.core.errors.DataError: cannot read ...: it is a directory...
    """
    try:
        _require_regular(path.stat(), path, field, error)
        descriptor = os.open(path, _FLAGS)
        with os.fdopen(descriptor, "rb") as file:
            opened = os.fstat(descriptor)
            _require_regular(opened, path, field, error)
            data = _bounded(file, opened.st_size, at_most)
            if data is not None:
                return data
    except FileNotFoundError as cause:
        near = _near(path, hint)
        raise error(f"cannot read {path}: {cause.strerror}", field=field, value=str(path), hint=near) from cause
    except (OSError, ValueError) as cause:  # ValueError: a path that no system has, such as one with a NUL
        why = getattr(cause, "strerror", None) or "no file has such a name"
        raise error(f"cannot read {path}: {why}", field=field, value=str(path), hint=hint) from cause
    raise error(
        f"{path} is too large",
        field=field,
        value=f"above {at_most} bytes",
        allowed=f"{at_most} bytes at most",
        hint="check that it is the file that was meant; leave out of it what is not needed",
    )


def in_home(path: Path) -> Path:
    """Return a path in which a first ``~`` is a person's home, as in a shell, which settings do not pass."""
    try:
        return path.expanduser() if path.parts[:1] == ("~",) else path
    except RuntimeError:  # who has no home may have a folder of that name
        return path


def require_no_database(path: Path, field: str) -> None:
    """Refuse to write over a SQLite file, such as a ledger whose name was typed by mistake, or over its log.

    Args:
        path: the file that is about to be written.
        field: where it was named, for messages.

    Raises:
        DataError: it is a SQLite file, or belongs to one.
    """
    owner = database_of(path)
    if is_database(path) or (owner is not None and is_database(owner)):
        what = "a database, such as a ledger" if owner is None else f"a part of the database {owner}"
        raise DataError(
            f"{path} is {what}: it is not written over",
            field=field,
            value=str(path),
            allowed="another file",
            hint="name another; a database that is not needed any more has to be removed by hand first",
        )


def database_of(path: Path) -> Path | None:
    """Return the database whose log a file is by its name, and by the name of a file beside it; None if it is none."""
    try:
        real = path.resolve()
        names = [real.name.removesuffix(end) for end in BESIDE if real.name.endswith(end)]
        return next((real.with_name(name) for name in names if name and real.with_name(name).is_file()), None)
    except (OSError, ValueError, RuntimeError):  # whoever uses the path says what is wrong
        return None


def cannot_write(path: Path, error: OSError) -> DataError:
    """Return the error that a file named with ``-o`` cannot be written."""
    return DataError(
        f"cannot write {path}: {error.strerror}",
        field="-o",
        value=str(path),
        hint="check the folder, its rights and the room on its disk",
    )


def kind_of(mode: int) -> str:
    """Return in words what a file is whose mode this is; empty if it is a regular one."""
    return "" if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "something else")


def is_database(path: Path) -> bool:
    """Say whether a regular file is a SQLite database, by its header; not whether it is whole.

    SQLite itself reads it: to open and close a file beside SQLite would take away the locks that this process has on it
    (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    """
    try:
        found = path.stat()
    except (OSError, ValueError):  # whoever writes it says what is wrong
        return False
    if not stat.S_ISREG(found.st_mode) or found.st_size < _HEADER:
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            connection.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        return error.sqlite_errorcode not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN)
    return True


def _bounded(file: BinaryIO, size: int, at_most: int) -> bytes | None:
    """Return all that a file holds, or None if that is more than ``at_most`` bytes, whatever its size is said to be."""
    if size > at_most:
        return None
    data = file.read(size + 1) or b""
    while len(data) > size:  # it has grown, or is one of those that the system makes up as they are read
        more = file.read(_CHUNK) or b""
        data += more
        if len(data) > at_most:
            return None
        if not more:
            break
    return data


def _require_regular(found: os.stat_result, path: Path, field: str, error: type[InputError]) -> None:
    kind = kind_of(found.st_mode)
    if kind:
        raise error(
            f"cannot read {path}: it is {kind}",
            field=field,
            value=str(path),
            allowed="a regular file",
            hint="name a file; save the output of a program in one first",
        )

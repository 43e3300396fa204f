"""Backups: a whole ledger as one SQLite file that Zosimos opens, verified before it gets its name.

A SQLite ledger is copied by SQLite's online backup, in one read transaction: in WAL mode, that holds up no writer. Of a
PostgreSQL ledger one snapshot is read. Only the record is kept: of claims, notes and caches a copy must know nothing.
A backup does not use a write-ahead log, so that it is one file, which may be copied and kept on a read-only medium.

A file ``NAME-wal`` left by another database would be taken for a part of a new ``NAME``
(https://www.sqlite.org/howtocorrupt.html), so a name with such a file beside it is refused.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from zosimos.campaign.ledger.claims import held_by
from zosimos.campaign.ledger.database.engine import normalised_url, readable_errors, sqlite_path
from zosimos.campaign.ledger.safekeeping.copying import copy_everything
from zosimos.campaign.ledger.safekeeping.marks import MARK, heads_beside
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head, verify
from zosimos.core.errors import LedgerError, LockedError, StateError
from zosimos.core.files import BESIDE

_RECORD = frozenset({"meta", "events", "artifacts"})
_HEADER = b"SQLite format 3\0"


@dataclass(frozen=True)
class Restored:
    """What a restored ledger holds, and where the one that it replaced is now, if there was one."""

    heads: Mapping[str, Head]
    replaced: Path | None = None


def back_up(ledger: Ledger, path: Path, *, force: bool = False) -> Mapping[str, Head]:
    """Write a backup of a whole ledger, while campaigns run, and return the head of each campaign in it.

    Args:
        ledger: what to keep.
        path: the file to write. It is readable by its owner only.
        force: whether a file that is there is replaced.

    Raises:
        LedgerError: the file is there or cannot be written, or the ledger cannot be read.
        TamperedError: the record is not what was written: no file was made.
    """
    _require_room(path, force=force, source=sqlite_path(ledger.url))
    with readable_errors(str(path)), _part(path, "-o") as part:
        if ledger.engine.dialect.name == "sqlite":
            _copy_sqlite(ledger, part)
        else:
            with Ledger(str(part)) as copy:
                copy_everything(ledger, copy)
        heads = _checked(part)
        _name(part, path, force=force)
    return heads


def restore(path: Path, url: str, *, replace: bool = False) -> Restored:
    """Make a ledger of a backup, verified before anything is written, and return the head of each campaign.

    Args:
        path: the backup.
        url: where the ledger is to be: a SQLite file, or a database without a campaign.
        replace: whether a SQLite ledger that is there is moved aside; it is kept under another name.

    Raises:
        LedgerError: the file is no backup, or damaged; or the place is taken.
        TamperedError: the record in it is not what was written.
        StateError: the place holds campaigns.
        LockedError: a campaign of the ledger that is there is running.
    """
    _require_backup(path)
    target = sqlite_path(normalised_url(url))
    with ExitStack() as stack:
        stack.enter_context(readable_errors(str(path)))
        folder = None if target is not None else stack.enter_context(TemporaryDirectory(prefix="zosimos-"))
        place = target if target is not None else Path(str(folder), path.name)
        part = stack.enter_context(_part(place, "--to", ".copied"))
        try:
            shutil.copyfile(path, part)
        except OSError as error:
            raise _unwritable(target or part, "--to", error) from error
        heads = _checked(part)
        if target is None:
            with Ledger(str(part)) as source, Ledger(url) as ledger:
                copy_everything(source, ledger)
                return Restored({name: verify(ledger, name, head) for name, head in heads.items()})
        # A file from somebody else may hold more than a record, such as a table of claims that nobody can write to.
        clean = stack.enter_context(_part(target, "--to"))
        with Ledger(str(part)) as source, Ledger(str(clean)) as ledger:
            copy_everything(source, ledger)
        heads = _checked(clean)
        replaced = _moved_aside(target, replace=replace) if target.exists() else None
        try:
            _require_room(target, force=False, field="--to")
            _name(clean, target, force=False)
        except BaseException:
            if replaced is not None:
                _renamed(replaced, target)
            raise
        _move_heads(target, replaced)
    return Restored(heads, replaced)


@contextmanager
def _part(path: Path, field: str, stage: str = "") -> Iterator[Path]:
    """Give the name of a file beside a path, for its owner only; what is left of it at the end is removed."""
    part = path.with_name(f".{path.name}{stage}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise _unwritable(path, field, error) from error
    try:
        yield part
    finally:
        for name in (part, *_beside(part)):
            name.unlink(missing_ok=True)


def _unwritable(path: Path, field: str, error: OSError) -> LedgerError:
    return LedgerError(
        f"{path} cannot be written: {error.strerror or error}",
        field=field,
        value=str(path),
        allowed="a file in a folder that can be written to",
        hint="name another place, or make room and the folder writable",
    )


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in BESIDE]


def _require_room(path: Path, *, force: bool, source: Path | None = None, field: str = "-o") -> None:
    if path.name.endswith(BESIDE):
        raise LedgerError(
            f"{path} has the name of a database's log, which SQLite would write over or delete",
            field=field,
            value=str(path),
            allowed=f"a name that does not end in {', '.join(BESIDE)}",
            hint="name another file",
        )
    if path.exists() and not (force and path.is_file()):
        raise LedgerError(
            f"{path} is there already",
            field=field,
            value=str(path),
            allowed="a new file",
            hint="name another, or replace it with --force",
        )
    if source is not None and path.exists() and path.samefile(source):
        raise LedgerError("a ledger is no backup of itself", field=field, value=str(path), allowed="another file")
    for left in _beside(path):
        if left.exists():
            raise LedgerError(
                f"{left.name} of another database lies beside it and would be taken for a part of it",
                field=field,
                value=str(left),
                hint="name another file; or move that one away, if no program uses it",
            )


def _require_backup(path: Path) -> None:
    """Refuse what is no SQLite file, and one that a program is writing to."""
    hint = "zosimos backup makes one"
    if not path.is_file():
        raise LedgerError(f"there is no file {path}", field="FILE", value=str(path), hint=hint)
    with readable_errors(str(path)), path.open("rb") as file:
        head = file.read(len(_HEADER))
    if head != _HEADER:
        raise LedgerError(f"{path} is no backup: it is no SQLite file", field="FILE", value=str(path), hint=hint)
    for beside in _beside(path):
        if beside.exists() and beside.stat().st_size and not beside.name.endswith("-shm"):
            raise LedgerError(
                f"{path} is a ledger in use, or left by a crash: {beside.name} holds a part of it",
                field="FILE",
                value=str(path),
                hint=f"zosimos backup --ledger {path} makes a backup of it, with that part",
            )


def _copy_sqlite(ledger: Ledger, part: Path) -> None:
    with closing(sqlite3.connect(part)) as copy:
        source = ledger.engine.raw_connection()
        try:
            # All pages in one step: one read transaction. Steps of fewer would begin again at each commit of others.
            source.driver_connection.backup(copy)  # type: ignore[union-attr]  # it is open
        finally:
            source.close()
        copy.isolation_level = None
        tables = [name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in tables:
            if name not in _RECORD and not name.startswith("sqlite_"):
                copy.execute('DELETE FROM "{}"'.format(name.replace('"', '""')))  # noqa: S608 - quoted
        copy.execute("DELETE FROM meta WHERE name LIKE ?", (MARK + "%",))


def _checked(part: Path) -> Mapping[str, Head]:
    """Check a copy as a database and as a record, make it one file, and return the head of each campaign.

    Raises:
        LedgerError: it is no ledger, or a damaged one.
    """
    with readable_errors(str(part)), closing(sqlite3.connect(part)) as copy:
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        others = copy.execute("SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index')").fetchall()
        found = copy.execute("PRAGMA integrity_check").fetchall()
    if found != [("ok",)]:
        raise _damaged(str(found[0][0]))
    if others or not tables >= _RECORD:  # a trigger could write something else than what is recorded
        raise LedgerError("the file is a database, but no ledger", field="ledger", hint="name a backup of a ledger")
    with Ledger(str(part)) as ledger:
        heads = {campaign: verify(ledger, campaign) for campaign in ledger.campaigns()}
    with closing(sqlite3.connect(part)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")
    return heads


def _damaged(what: str) -> LedgerError:
    return LedgerError(
        f"the file is damaged: {what}",
        field="ledger",
        allowed="a whole SQLite file",
        hint="it may have been copied in part, or while it was written: take another backup",
    )


def _name(part: Path, path: Path, *, force: bool) -> None:
    """Give a checked file its name, once it is on the disk; never over another unless that is wanted."""
    _to_disk(part)
    if force:
        part.replace(path)
    else:
        try:
            os.link(part, path)  # fails where the name is taken, whoever took it and when
        except FileExistsError:
            _require_room(path, force=False)
        except OSError:  # a file system without links
            _require_room(path, force=False)
            part.rename(path)
    with suppress(OSError):  # a folder cannot be opened everywhere
        _to_disk(path.parent)


def _to_disk(path: Path) -> None:
    # Windows takes to the disk only what is open for writing; a folder can only be read.
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _moved_aside(target: Path, *, replace: bool) -> Path:
    """Move a ledger with all that belongs to it to a name of its own, which is returned."""
    if not (replace and target.is_file()):
        raise StateError(
            f"{target} holds a ledger already",
            field="--to",
            value=str(target),
            allowed="a new place",
            hint="name another with --to; or --replace, which keeps the one that is there under another name",
        )
    try:
        _require_idle(target)
    except LockedError:
        raise
    except LedgerError:  # one that cannot be opened is what backups are for
        pass
    number = 1
    while (aside := target.with_name(f"{target.name}.replaced-{number}")).exists():
        number += 1
    _renamed(target, aside)
    return aside


def _renamed(path: Path, to: Path) -> None:
    """Give a ledger another name, with what belongs to it."""
    path.rename(to)
    for old, new in zip(_beside(path), _beside(to), strict=True):
        with suppress(FileNotFoundError):
            old.rename(new)


def _move_heads(target: Path, replaced: Path | None) -> None:
    """Move the heads that were kept of the ledger that is gone, to where it is now."""
    heads = heads_beside(target)
    if heads.is_dir():
        number = 1
        place = heads_beside(replaced or target.with_name(target.name + ".gone"))
        while (aside := place if number == 1 else place.with_name(f"{place.name}-{number}")).exists():
            number += 1
        heads.rename(aside)


def _require_idle(target: Path) -> None:
    with Ledger(str(target)) as ledger:
        for name in ledger.campaigns():
            if owner := held_by(ledger, name):
                raise LockedError(
                    f"campaign {name} is running",
                    field="campaign",
                    value=name,
                    allowed="a ledger of which no campaign runs",
                    hint=f"it is {owner}: stop it first",
                )

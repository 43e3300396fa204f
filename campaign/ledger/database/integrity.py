"""Integrity: do a ledger's table, its index and its file agree?

A chain is read through an index; what an index lacks is not seen by any view, and a database may go on answering from
a damaged file for a long time. So the table is read whole, without an index, and compared with what the index finds
for each campaign, and the database is asked to check its own file:

- SQLite: ``PRAGMA integrity_check``, the file's header, and the write-ahead log beside it
  (https://www.sqlite.org/fileformat2.html, sections 1.3 and 4.1; https://www.sqlite.org/howtocorrupt.html).
- PostgreSQL: a sequential scan against an index scan, and ``bt_index_check`` of the extension amcheck if it is there.

Nothing is written.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from zosimos.campaign.ledger.database.engine import MEMORY, shown, sqlite_path
from zosimos.campaign.ledger.database.postgres import patient
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import DamagedError
from zosimos.core.files import is_database

_MOST = 20  # findings of the database's own check that are named
_LOOK_S = 5.0  # a million events are looked at in less; a claim that was just taken must not get old
_INSTRUCTIONS = 100_000  # of SQLite's, between two looks at the time
_WAL_MAGIC = (0x377F0682, 0x377F0683)

# One row per campaign: how many events, and sums in which any that is missing or doubled shows.
_COUNTED = "SELECT campaign, count(*), sum(seq), min(seq), max(seq) FROM events"
_SQLITE_TABLE = f"{_COUNTED} NOT INDEXED GROUP BY campaign"
_SQLITE_INDEX = f"{_COUNTED} INDEXED BY sqlite_autoindex_events_1 GROUP BY campaign"
_SQLITE_ODD = (
    "SELECT count(*) FROM events NOT INDEXED WHERE typeof(campaign) <> 'text' OR typeof(seq) <> 'integer'"
    " OR typeof(prev) <> 'text' OR typeof(hash) <> 'text' OR typeof(text) <> 'text'"
)
_POSTGRES = "SELECT campaign, count(*), sum(seq), sum(hashtextextended(hash, 0)) FROM events GROUP BY campaign"
_POSTGRES_SCANS = {
    "table": ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"),
    "index": ("enable_seqscan", "enable_sort", "enable_hashagg"),
}


def damages(ledger: Ledger) -> list[str]:
    """Return in words what does not agree in a ledger's table, index and file; empty if all does.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    sqlite = ledger.engine.dialect.name == "sqlite"
    with ledger.reading() as connection:
        patient(connection)
        found = list(_sqlite(connection) if sqlite else _postgres(connection))
        page = int(connection.exec_driver_sql("PRAGMA page_size").scalar() or 0) if sqlite else 0
    path = sqlite_path(ledger.url)
    if path is not None and ledger.url != MEMORY:
        found += _file(path, page, written=not ledger.read_only)
    return found


def require_sound(ledger: Ledger) -> None:
    """Refuse to begin on a SQLite file whose pages do not fit each other; ``damages`` looks at more, and takes longer.

    So it is after a file was put in the place of another whose log was left beside it.

    Raises:
        DamagedError: they do not.
        LedgerError: the ledger cannot be read.
    """
    if ledger.engine.dialect.name != "sqlite":
        return
    until = time.monotonic() + _LOOK_S
    with ledger.reading() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: time.monotonic() > until, _INSTRUCTIONS)
        try:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        except DBAPIError as error:
            if "interrupted" not in str(error.orig):
                raise
            return  # so large that it is not looked at to its end
        finally:
            driver.set_progress_handler(None, 0)
    if found != "ok":
        raise DamagedError(
            f"the ledger file is damaged: {found}",
            field="ledger",
            value=shown(ledger.url),
            hint="another file may have been put in its place beside the -wal of the one before it: restore a backup, "
            "and look at the devices before you resume",
        )


def _sqlite(connection: Connection) -> Iterator[str]:
    for (line,) in connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST})"):
        if line != "ok":
            yield f"the file is damaged: {line}"
    try:
        yield from _compared(_rows(connection, _SQLITE_TABLE), _rows(connection, _SQLITE_INDEX))
        odd = connection.exec_driver_sql(_SQLITE_ODD).scalar()
    except DBAPIError as error:
        yield f"the file is damaged: {error.orig}"
        return
    if odd:
        yield f"{odd} rows of the table hold what no event is: another program wrote them"


def _postgres(connection: Connection) -> Iterator[str]:
    found = {}
    for name, disabled in _POSTGRES_SCANS.items():
        for setting in ("enable_seqscan", *_POSTGRES_SCANS["table"], "enable_sort", "enable_hashagg"):
            connection.exec_driver_sql(f"SET LOCAL {setting} = {'off' if setting in disabled else 'on'}")
        found[name] = _rows(connection, _POSTGRES)
    yield from _compared(found["table"], found["index"])
    if connection.exec_driver_sql("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'").first() is not None:
        try:
            with connection.begin_nested():
                connection.exec_driver_sql("SELECT bt_index_check('events_pkey'::regclass, true)")
        except DBAPIError as error:
            if "permission denied" not in str(error.orig):  # what may not be asked says nothing
                yield f"the index is damaged: {error.orig}"


def _rows(connection: Connection, query: str) -> dict[str, tuple[object, ...]]:
    return {str(row[0]): tuple(row[1:]) for row in connection.exec_driver_sql(query)}


def _compared(table: dict[str, tuple[object, ...]], index: dict[str, tuple[object, ...]]) -> Iterator[str]:
    for campaign in sorted(table.keys() | index.keys()):
        stored, listed = table.get(campaign, (0,)), index.get(campaign, (0,))
        if stored != listed:
            yield (
                f"the index is damaged: it finds {listed[0]} events of campaign {campaign}, "
                f"and the table holds {stored[0]}, or others"
            )


def _file(path: Path, page: int, *, written: bool) -> Iterator[str]:
    """Look at the file as it lies on the disk, and at the log beside it, which one that is only read need not have."""
    if not path.is_file():
        yield f"the file {path} is gone, and this program still has it open: nothing written now will be found again"
        return
    if not is_database(path):  # it may lack pages that are in the log: a full disk cuts a checkpoint short
        yield f"the file {path} is no database any more"
        return
    wal = path.with_name(path.name + "-wal")
    if wal.exists():
        yield from _log(wal, page)
    elif written:
        yield f"the log {wal.name} is gone while the ledger is open: what was committed last may be lost"


def _log(wal: Path, page: int) -> Iterator[str]:
    with wal.open("rb") as file:
        head = file.read(32)
    if len(head) < 32:
        return  # an empty one: all is in the file
    magic, _, size = struct.unpack(">III", head[:12])
    if magic not in _WAL_MAGIC or size != page:
        yield f"the log {wal.name} belongs to another file: what was committed last may be lost"

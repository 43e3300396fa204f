"""The database behind a ledger: its URL, how connections are made, and what their errors mean in words.

No call waits for ever. SQLite waits ``LOCK_S`` for another writer. A PostgreSQL server has ``CONNECT_S`` to answer a
new connection, and one whose packets are lost without a word is given up after ``SILENT_S`` (keep-alives while it is
waited for, the TCP user timeout while something is sent). A server ends a transaction whose client went away after
``IDLE_S``, so that what such a client holds is free again. Whoever names one of these settings in the URL has it
their way.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from zosimos.core.errors import DamagedError, LedgerAwayError, LedgerError

MEMORY = "sqlite://"
"""The URL of a ledger that is kept in memory, and gone when it is closed."""


def normalised_url(url: str) -> str:
    """Return a full SQLAlchemy URL for a URL or the path of a SQLite file.

    >>> normalised_url("postgresql://lab@db/runs")
    'postgresql+psycopg://lab@db/runs'
    """
    if "://" not in url:
        return f"sqlite:///{Path(url)}"
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def sqlite_path(url: str) -> Path | None:
    """Return the file behind a SQLite URL, or None for another store."""
    parsed = sa.make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


LOCK_S = 8
"""How long a writer waits for another one, in seconds."""
CONNECT_S = 5
SILENT_S = 8
IDLE_S = 10
_LOOK_MS = 2
_POSTGRES = {
    "connect_timeout": CONNECT_S,
    "keepalives_idle": 2,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": SILENT_S * 1000,
}
_ON_THE_SERVER = (
    f"-c lock_timeout={LOCK_S}s -c idle_in_transaction_session_timeout={IDLE_S}s"
    " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
)

_URL_HINT = "give the path of a SQLite file, or postgresql://user@host/database"


def make_engine(url: str) -> Engine:
    """Return the engine for a URL; nothing is opened yet."""
    try:
        path = sqlite_path(url)
    except ValueError as error:  # such as a port that is no number
        raise LedgerError("not a ledger's URL", field="ledger", value=shown(url), hint=_URL_HINT) from error
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    # In memory there is as much as there are connections to it: one, whatever thread asks.
    options: dict[str, Any] = {}
    if url == MEMORY:
        options = {"poolclass": sa.StaticPool, "connect_args": {"check_same_thread": False}}
    elif path is None:  # a connection that died while nobody used it is replaced, and is no error
        options = {"pool_pre_ping": True, "connect_args": _deadlines(url)}
    try:
        engine = sa.create_engine(url, **options)
    except ModuleNotFoundError as error:
        hint = "pip install 'zosimos[postgres]'" if error.name == "psycopg" else _URL_HINT
        raise LedgerError(
            f"the ledger {shown(url)} needs the module {error.name}", field="ledger", value=shown(url), hint=hint
        ) from error
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _configure_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _deadlines(url: str) -> dict[str, Any]:
    """Return what keeps a PostgreSQL connection from waiting for ever, but for what its URL says otherwise."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "postgresql":
        return {}
    own = {name: value for name, value in _POSTGRES.items() if name not in parsed.query}
    asked = parsed.query.get("options", ())
    return {**own, "options": " ".join([_ON_THE_SERVER, *([asked] if isinstance(asked, str) else asked)])}


def _configure_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver must not open transactions of its own
    connection.text_factory = _decoded
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={LOCK_S * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _decoded(data: bytes) -> str:
    """Return stored text; a byte that is no UTF-8 is replaced, so that verification can name the event it is in."""
    return data.decode("utf-8", "replace")


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get("zosimos_write", False):
        connection.exec_driver_sql("BEGIN")
        return
    # SQLite looks for a free lock less and less often, in the end ten times a second. A runner on a slow disk lets go
    # of it for a moment only, in which an abort must get through: so it is made to look all the time.
    driver: Any = connection.connection.driver_connection
    until = time.monotonic() + LOCK_S
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
        driver.execute(f"PRAGMA busy_timeout={LOCK_S * 1000}")


_REASONS = {
    "disk is full": "free space on the disk, then resume: nothing was half written",
    "readonly": "make the file and its folder writable",
    "read-only": "make the file and its folder writable",
    "unable to open": "check that the folder exists and is writable",
    "not a database": "the file is not a Zosimos ledger: name another, or restore a backup",
    "malformed": "the file is damaged: restore a backup and check it with zosimos verify",
    "no space left": "free space on the disk of the database, then resume: nothing was half written",
    "invalid page": "the database is damaged: restore a backup and check it with zosimos verify",
    "could not read block": "the database is damaged: restore a backup and check it with zosimos verify",
    "no such table": "the file was changed by another program: restore a backup and check it with zosimos verify",
    "disk i/o error": "the disk failed to write: check it, then resume; nothing was half written",
    "input/output error": "the disk failed: check it, then resume; nothing was half written",
    "is locked": f"another program holds the file for over {LOCK_S} s: close it and try again",
    "lock timeout": f"another program holds the campaign for over {LOCK_S} s: end it and try again",
    "connection": "check that the database server runs and that the URL is right",
    "name resolution": "check the network, and that the URL names the right host",
}
_DAMAGED = frozenset({"not a database", "malformed", "invalid page", "could not read block", "no such table"})
"""The reasons that show that the file is not what was written."""
_AWAY = frozenset(_REASONS) - _DAMAGED - {"readonly", "read-only", "unable to open"}
"""The reasons that may pass by themselves, or with a person's help, while a program waits."""


@contextmanager
def readable_errors(url: str) -> Iterator[None]:
    """Turn what the database and the disk say into a LedgerError with a hint."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        cause = str(getattr(error, "orig", None) or error).strip()
        lost = "connection" if getattr(error, "connection_invalidated", False) else ""
        words = next((words for words in _REASONS if words in cause.lower()), lost)
        kind = LedgerAwayError if words in _AWAY else DamagedError if words in _DAMAGED else LedgerError
        hint = _REASONS.get(words, "see the cause above")
        raise kind(f"the ledger cannot be used: {cause}", field="ledger", value=shown(url), hint=hint) from error


def shown(url: str) -> str:
    """Return a URL as people may see it, without its password."""
    try:
        return sa.make_url(url).render_as_string()
    except (ArgumentError, ValueError):
        return "(not a URL)"

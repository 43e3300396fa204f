"""The database behind a ledger: its URL, how connections are made, and what their errors mean in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from zosimos.core.errors import LedgerAwayError, LedgerError

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
    shared = {"poolclass": sa.StaticPool, "connect_args": {"check_same_thread": False}} if url == MEMORY else {}
    try:
        engine = sa.create_engine(url, **shared)
    except ModuleNotFoundError as error:
        hint = "pip install 'zosimos[postgres]'" if error.name == "psycopg" else _URL_HINT
        raise LedgerError(
            f"the ledger {shown(url)} needs the module {error.name}", field="ledger", value=shown(url), hint=hint
        ) from error
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _configure_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver must not open transactions of its own
    connection.text_factory = _decoded
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _decoded(data: bytes) -> str:
    """Return stored text; a byte that is no UTF-8 is replaced, so that verification can name the event it is in."""
    return data.decode("utf-8", "replace")


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("zosimos_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


_REASONS = {
    "disk is full": "free space on the disk, then resume: nothing was half written",
    "readonly": "make the file and its folder writable",
    "read-only": "make the file and its folder writable",
    "unable to open": "check that the folder exists and is writable",
    "not a database": "the file is not a Zosimos ledger: name another, or restore a backup",
    "malformed": "the file is damaged: restore a backup and check it with zosimos verify",
    "disk i/o error": "the disk failed to write: check it, then resume; nothing was half written",
    "is locked": "another program holds the file for over 30 s: close it and try again",
    "connection": "check that the database server runs and that the URL is right",
}
_AWAY = frozenset({"disk is full", "disk i/o error", "is locked", "connection"})
"""The reasons that may pass by themselves, or with a person's help, while a program waits."""


@contextmanager
def readable_errors(url: str) -> Iterator[None]:
    """Turn what the database and the disk say into a LedgerError with a hint."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        cause = str(getattr(error, "orig", None) or error).strip()
        words = next((words for words in _REASONS if words in cause.lower()), "")
        kind, hint = (LedgerAwayError if words in _AWAY else LedgerError), _REASONS.get(words, "see the cause above")
        raise kind(f"the ledger cannot be used: {cause}", field="ledger", value=shown(url), hint=hint) from error


def shown(url: str) -> str:
    """Return a URL as people may see it, without its password."""
    try:
        return sa.make_url(url).render_as_string()
    except (ArgumentError, ValueError):
        return "(not a URL)"

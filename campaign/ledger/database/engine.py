"""The database behind a ledger: its URL, how connections are made, and what their errors mean in words."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from zosimos.campaign.ledger.database.postgres import deadlines, limited
from zosimos.campaign.ledger.database.sqlite import (
    LOCK_S,
    READING,
    WRITING,
    ReadOnly,
    made_private,
    opening,
    read_only,
    set_up,
)
from zosimos.core.errors import DamagedError, LedgerAwayError, LedgerError
from zosimos.core.files import database_of, in_home, kind_of
from zosimos.core.masking import masked, masked_url

MEMORY = "sqlite://"
"""The URL of a ledger that is kept in memory, and gone when it is closed."""

_URL_HINT = "give the path of a SQLite file, or postgresql://user@host/database"
_SERVER = re.compile(
    r"\s*(?:postgres\w*:|(?:host|hostaddr|port|dbname|user|service)\s*=)|.*\bpassword\s*=", re.IGNORECASE
)
"""What reads like a server's address and is no URL."""


def normalised_url(url: str) -> str:
    """Return a full SQLAlchemy URL for a URL or the path of a SQLite file, which may begin with ``~``.

    Raises:
        LedgerError: it reads like a server's address and is no URL: as a file it would be made, password in its name.

    >>> normalised_url("postgresql://lab@db/runs")
    'postgresql+psycopg://lab@db/runs'
    >>> sqlite_path(normalised_url("100%25 ?.db")).name
    '100%25 ?.db'
    """
    if url.removeprefix("sqlite:///") == ":memory:":  # another way to say it, and no file's name
        return MEMORY
    if "://" not in url:
        if _SERVER.match(url):
            raise LedgerError("not a ledger's URL", field="ledger", value=shown(url), hint=_URL_HINT)
        # In a path these two mean nothing; in a URL, another file would be used without a word.
        return f"sqlite:///{in_home(Path(url))}".replace("%", "%25").replace("?", "%3F")
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def sqlite_path(url: str) -> Path | None:
    """Return the file behind a SQLite URL, or None for another store."""
    parsed = sa.make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def reading_only(url: str) -> ReadOnly | None:
    """Return how a ledger is read that cannot be written; None if it can, as far as its file's rights say."""
    path = sqlite_path(url)
    return None if path is None else read_only(path)


def make_engine(url: str, *, new: bool = True) -> Engine:
    """Return the engine for a URL; ``new``: a file that is missing is made, which only its owner may read."""
    try:
        path = sqlite_path(url)
        options = sa.make_url(url).query
    except ValueError:  # such as a port that is no number; Python's own message would quote it
        raise LedgerError("not a ledger's URL", field="ledger", value=shown(url), hint=_URL_HINT) from None
    if path is not None and options:
        raise LedgerError(
            "a SQLite file takes no options",
            field="ledger",
            value=shown(url),
            hint="give the path of the file alone, without ? in it",
        )
    if path is not None:
        return _sqlite_engine(url, path, new=new)
    # In memory there is as much as there are connections to it: one, whatever thread asks.
    how: dict[str, Any] = {"poolclass": sa.StaticPool, "connect_args": {"check_same_thread": False}}
    if url != MEMORY:  # a connection that died while nobody used it is replaced, and is no error
        how = {"pool_pre_ping": True, "connect_args": deadlines(url)}
    try:
        engine = sa.create_engine(url, **how)
    except ModuleNotFoundError as error:
        hint = "pip install 'zosimos[postgres]'" if error.name == "psycopg" else _URL_HINT
        raise LedgerError(
            f"the ledger {shown(url)} needs the module {error.name}", field="ledger", value=shown(url), hint=hint
        ) from error
    return set_up(engine, WRITING) if engine.dialect.name == "sqlite" else limited(engine)


def _sqlite_engine(url: str, path: Path, *, new: bool) -> Engine:
    """Return the engine for a SQLite file: one that reads only, where it cannot be written."""
    if path.exists() and not path.is_file() and not path.is_dir():
        kind = kind_of(path.stat().st_mode)
        raise LedgerError(
            f"the ledger cannot be used: it is {kind}",
            field="ledger",
            value=shown(url),
            allowed="a regular file",
            hint=_URL_HINT,
        )
    if (owner := database_of(path)) is not None:
        raise LedgerError(
            f"the ledger cannot be used: the file is the log of {owner}, by its name",
            field="ledger",
            value=shown(url),
            allowed="the file of a ledger itself",
            hint=f"name {owner}",
        )
    how = read_only(path)
    if how is None:
        if new:
            path.parent.mkdir(parents=True, exist_ok=True)
            made_private(path)
        return set_up(sa.create_engine("sqlite://", creator=opening(path), poolclass=sa.QueuePool), WRITING)
    creator, closed = how.opener()
    engine = set_up(sa.create_engine("sqlite://", creator=creator, poolclass=sa.QueuePool), READING)
    sa.event.listen(engine, "engine_disposed", lambda _: closed())
    return engine


_REASONS = {
    "disk is full": "free space on the disk, then resume: nothing was half written",
    "readonly": "make the file and its folder writable",
    "read-only": "make the file and its folder writable",
    "unable to open": "check that the folder exists and is writable",
    "permission denied": "make the file, and the -wal beside it if there is one, readable",
    "not a database": "the file is not a Zosimos ledger: name another, or restore a backup",
    "malformed": "the file is damaged: restore a backup and check it with zosimos verify",
    "no space left": "free space on the disk of the database, then resume: nothing was half written",
    "invalid page": "the database is damaged: restore a backup and check it with zosimos verify",
    "could not read block": "the database is damaged: restore a backup and check it with zosimos verify",
    "no such table": "the file was changed by another program: restore a backup and check it with zosimos verify",
    "disk i/o error": "the disk failed, or is full: check it, then resume; nothing was half written",
    "input/output error": "the disk failed: check it, then resume; nothing was half written",
    "is locked": f"another program holds the file for over {LOCK_S} s: close it and try again",
    "lock timeout": f"another program holds the campaign for over {LOCK_S} s: end it and try again",
    "connection": "check that the database server runs and that the URL is right",
    "name resolution": "check the network, and that the URL names the right host",
}
_DAMAGED = frozenset({"not a database", "malformed", "invalid page", "could not read block", "no such table"})
"""The reasons that show that the file is not what was written."""
_AWAY = frozenset(_REASONS) - _DAMAGED - {"readonly", "read-only", "unable to open", "permission denied"}
"""The reasons that may pass by themselves, or with a person's help, while a program waits."""


@contextmanager
def readable_errors(url: str) -> Iterator[None]:
    """Turn what the database and the disk say into a LedgerError with a hint."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        found = str(getattr(error, "orig", None) or error).strip()
        cause = masked(found, [url])
        lost = "connection" if getattr(error, "connection_invalidated", False) else ""
        words = next((words for words in _REASONS if words in cause.lower()), lost)
        kind = LedgerAwayError if words in _AWAY else DamagedError if words in _DAMAGED else LedgerError
        hint = _REASONS.get(words, "see the cause above")
        safe = error if masked(str(error), [url]) == str(error) else None  # a traceback would show what it says
        raise kind(f"the ledger cannot be used: {cause}", field="ledger", value=shown(url), hint=hint) from safe


def shown(url: str) -> str:
    """Return a URL as people may see it, without its password, whatever is wrong with it."""
    return masked_url(url)

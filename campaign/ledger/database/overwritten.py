"""Whether a SQLite file was written over by a program that knows nothing of databases, such as ``cp``.

Such a file keeps its inode, and a connection that has its pages in memory notices nothing: it goes on writing into the
log, and what it wrote is mixed with the other file's pages at the next checkpoint. A fresh connection sees what is on
the disk. Only checkpoints change the file itself, which is seldom; so whenever its size or its date is another one,
both connections are asked the same questions. A file that became smaller, which SQLite makes it by a ``VACUUM`` only,
is checked page by page.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import Connection

from zosimos.campaign.ledger.database.sqlite import opening

_QUESTIONS = (
    "SELECT rootpage, hex(name) FROM sqlite_master ORDER BY 1, 2",
    "SELECT hex(name), hex(value) FROM meta ORDER BY 1, 2",  # the note of a campaign that runs, among others
    "SELECT rowid, hex(hash) FROM events ORDER BY rowid DESC LIMIT 1",
)
_SAYS_NOTHING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


def is_overwritten(path: Path, connection: Connection, before: int, now: int) -> bool:
    """Say whether a file holds something else than a connection to it, which is in a transaction, knows.

    Args:
        path: the file.
        connection: it has changed nothing yet.
        before: how many bytes the file had when it was looked at before.
        now: how many it has.
    """
    if now == 0 < before:  # SQLite would delete the log of an empty file, which has all that is left
        return True
    ours = [list(map(tuple, connection.exec_driver_sql(question))) for question in _QUESTIONS]
    try:
        with closing(opening(path)()) as fresh:
            if [fresh.execute(question).fetchall() for question in _QUESTIONS] != ours:
                return True
            return now < before and not is_sound(fresh)
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorcode & 0xFF not in _SAYS_NOTHING


def is_sound(connection: sqlite3.Connection) -> bool:
    """Say whether the pages of a file fit each other."""
    try:
        return connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        return False

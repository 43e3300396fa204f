"""The execution lock: one process at a time runs a campaign, and the lock dies with that process.

On SQLite it is a lock of the operating system on a file beside the ledger (released by the kernel when the process
ends, however it ends); on PostgreSQL it is an advisory lock held by a connection of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from filelock import FileLock, Timeout

from zosimos.campaign.ledger.engine import MEMORY, readable_errors, sqlite_path
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import LockedError
from zosimos.core.filenames import file_name


@contextmanager
def execution_lock(ledger: Ledger, campaign: str) -> Iterator[Callable[[], None]]:
    """Hold the right to execute a campaign; gives a function that raises LedgerError once the right was lost.

    Raises:
        LockedError: another process holds it.
    """
    if ledger.url == MEMORY:  # no other process can see it
        yield lambda: None
        return
    path = sqlite_path(ledger.url)
    if path is None:
        with _advisory_lock(ledger, campaign) as still_ours:
            yield still_ours
        return
    folder = path.with_name(path.name + ".locks")
    lock = FileLock(folder / f"{file_name(campaign)}.lock")
    with readable_errors(ledger.url):
        folder.mkdir(exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise _held(campaign) from error
    try:
        yield lambda: None  # the operating system takes it away from nobody but the dead
    finally:
        lock.release()


@contextmanager
def _advisory_lock(ledger: Ledger, campaign: str) -> Iterator[Callable[[], None]]:
    # The lock lives as long as this connection: it is closed, not returned to the pool, when the work ends.
    with readable_errors(ledger.url):
        connection = ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()
    try:
        key = sa.func.hashtextextended(f"execute {campaign}", 0)
        with readable_errors(ledger.url):
            free = connection.execute(sa.select(sa.func.pg_try_advisory_lock(key))).scalar()
        if not free:
            raise _held(campaign)

        def still_ours() -> None:
            # A dropped connection frees the lock on the server, and says so only when it is used again.
            with readable_errors(ledger.url):
                connection.execute(sa.select(1))

        yield still_ours
    finally:
        connection.close()


def _held(campaign: str) -> LockedError:
    return LockedError(
        f"another process is running campaign {campaign}",
        field="campaign",
        value=campaign,
        allowed="one process at a time",
        hint="steer, pause or watch it from here; or stop that process first",
    )

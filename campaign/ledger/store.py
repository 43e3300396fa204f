"""The ledger's store: events and artifacts in SQLite (default) or PostgreSQL, through the same SQLAlchemy code.

Durability: SQLite runs in WAL mode with ``synchronous=FULL``, so that a commit is on the disk when ``append`` returns.
Order: an append reads the head inside its own write transaction (SQLite: ``BEGIN IMMEDIATE``; PostgreSQL: an advisory
transaction lock for the campaign), so any number of processes may append to one chain.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zosimos.campaign.ledger.appending import Appending
from zosimos.campaign.ledger.chain import linked
from zosimos.campaign.ledger.database.engine import (
    MEMORY,
    make_engine,
    normalised_url,
    readable_errors,
    reading_only,
    shown,
    sqlite_path,
)
from zosimos.campaign.ledger.database.ledger_file import LedgerFile
from zosimos.campaign.ledger.database.postgres import lock, patient
from zosimos.campaign.ledger.database.sqlite import check_schema
from zosimos.campaign.ledger.database.tables import (
    ARTIFACTS,
    CAMPAIGNS,
    EVENTS,
    FROM,
    META,
    METADATA,
    PUT_ARTIFACT,
    PUT_NOTE,
    ROWS,
    SOME,
)
from zosimos.campaign.ledger.events import GENESIS, Draft, Event, opened, sealed
from zosimos.core.canonical import digest
from zosimos.core.errors import LedgerError, NewerVersionError, NotFoundError, TamperedError

SCHEMA_VERSION = 1
_AT_ONCE = 2_000  # rows that a long reading holds at a time

Build = Callable[[Sequence[Event]], Sequence[Draft]]


class Ledger:
    """An open ledger.

    Args:
        url: a SQLAlchemy URL (``sqlite:///file.db``, ``postgresql://...``) or the path of a SQLite file.
        new: whether a file that is missing is made.

    Raises:
        LedgerError: the store cannot be opened.
        NewerVersionError: its schema is newer than this Zosimos knows.
    """

    def __init__(self, url: str, *, new: bool = True) -> None:
        self.url = normalised_url(url)
        # What is kept in memory has one connection, which is one thread's at a time.
        self._alone: AbstractContextManager[object] = threading.RLock() if self.url == MEMORY else nullcontext()
        with readable_errors(self.url):
            self.engine = make_engine(self.url, new=new)
            self.read_only = reading_only(self.url) is not None
            path = None if self.read_only or self.url == MEMORY else sqlite_path(self.url)
            self._file = LedgerFile(self.engine, path) if path is not None else None
            try:
                self._prepare()
                self._check_schema()
            except BaseException:
                self.engine.dispose()
                raise

    def _prepare(self) -> None:
        with self._transaction(write=False) as connection:
            if sa.inspect(connection).has_table("meta"):
                if connection.dialect.name == "sqlite":
                    check_schema(connection, (META, EVENTS, ARTIFACTS))
                return
        with self._transaction(write=True) as connection:
            lock(connection, "schema")  # two processes may find the store empty at the same time
            METADATA.create_all(connection)
            if connection.execute(sa.select(META)).first() is None:
                connection.execute(sa.insert(META).values(name="schema", value=str(SCHEMA_VERSION)))

    def _check_schema(self) -> None:
        with self._transaction(write=False) as connection:
            row = connection.execute(sa.select(META.c.value).where(META.c.name == "schema")).first()
        found = row[0] if row is not None else "missing"
        if found != str(SCHEMA_VERSION):
            raise NewerVersionError(
                f"the ledger {shown(self.url)} has schema {found}",
                field="ledger",
                value=found,
                allowed=str(SCHEMA_VERSION),
                hint="install the Zosimos that wrote it; nothing was changed",
            )

    def close(self) -> None:
        """Release the store's connections."""
        self.engine.dispose()

    def reconnect(self) -> None:
        """Use new connections from now on: the old ones may be dead, or in the hands of work that was left behind."""
        if self.url != MEMORY:
            self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _transaction(
        self, *, write: bool, patience_s: float | None = None, isolation: str | None = None
    ) -> Iterator[Connection]:
        if write and self.read_only:
            raise LedgerError(
                "the ledger can be read but not changed: its file or its folder is read-only",
                field="ledger",
                value=shown(self.url),
                allowed="looking: list, status, show, verify, export, report, replay",
                hint="make the file and its folder writable, or copy the ledger to where it can be changed",
            )
        options: dict[str, Any] = {"zosimos_write": write, "zosimos_patience_s": patience_s}
        if isolation is not None:
            options["isolation_level"] = isolation
        with (
            self._alone,
            self._not_outlived(),
            self._connected().execution_options(**options) as connection,
            connection.begin(),
        ):
            if self._file is not None:
                self._file.require(connection, write=write)
            yield connection

    def _connected(self) -> Connection:
        try:
            return self.engine.connect()
        except sa.exc.OperationalError:
            if self._file is not None:
                self._file.require_there()
            raise

    @contextmanager
    def _not_outlived(self) -> Iterator[None]:
        """Close a connection that was in use while all were replaced: nobody would take it again, or close it."""
        pool = self.engine.pool
        try:
            yield
        finally:
            if self.engine.pool is not pool:  # it was given back to one that nobody takes from
                pool.dispose()

    @contextmanager
    def writing(self, *, patience_s: float | None = None) -> Iterator[Connection]:
        """Give a write transaction to what is kept beside the chains, such as claims.

        Args:
            patience_s: how long to wait while others write, if not as long as usual (a server's writers do not wait for
                each other here).

        Raises:
            LedgerError: the store cannot be written, or others write for longer than that.
        """
        with readable_errors(self.url), self._transaction(write=True, patience_s=patience_s) as connection:
            yield connection

    @contextmanager
    def appending(self, campaign: str, *, after: int, previous: str = GENESIS) -> Iterator[Appending]:
        """Open a write transaction on a campaign's chain, which is committed when the block ends well.

        It keeps all other writers out from its beginning, so what it gives is all there is.

        Args:
            campaign: the chain.
            after: the last sequence number the caller knows (0: none).
            previous: the hash of that event.

        Raises:
            LedgerError: the transaction failed. Nothing was written, unless it was lost while it was being committed:
                then only the chain can tell.
            TamperedError: the event that the caller knows as the head is gone or changed.
        """
        with readable_errors(self.url), self._transaction(write=True) as connection:
            lock(connection, campaign)
            rows = connection.execute(FROM, {"campaign_": campaign, "seq_": after}).all()
            if after and (not rows or rows[0][1] != previous):
                raise TamperedError(
                    f"campaign {campaign}: event {after} is no longer what it was when it was read",
                    field="event",
                    value=after,
                    hint="another program changed the ledger while it was in use: restore it from a backup",
                )
            foreign = list(linked(campaign, rows[bool(after) :], after, previous))
            yield Appending(connection, foreign, foreign[-1].hash if foreign else previous)

    def append(
        self,
        campaign: str,
        at: Callable[[], str],
        build: Build,
        *,
        after: int,
        previous: str = GENESIS,
        check: Callable[[Event], None] = lambda _: None,
    ) -> list[Event]:
        """Append to a campaign's chain in one transaction, and return the others' events and then the caller's.

        Args:
            campaign: the chain.
            at: gives the time to stamp, called when the new events are known.
            build: called inside the transaction with the events that others appended after ``after``; returns the
                drafts to append, none to append nothing.
            after: the last sequence number the caller knows (0: none).
            previous: the hash of that event.
            check: called with each of the caller's events before any is inserted; what it raises leaves the ledger as
                it was.

        Raises:
            LedgerError: as :meth:`appending`.
        """
        with self.appending(campaign, after=after, previous=previous) as chain:
            drafts = build(chain.foreign)
            moment = at() if drafts else ""
            seq, head = after + len(chain.foreign), chain.head
            new: list[Event] = []
            for draft in drafts:
                event = sealed(campaign, seq + 1, moment, draft, head)
                check(event)
                new.append(event)
                seq, head = event.seq, event.hash
            chain.insert(new)
        return [*chain.foreign, *new]

    @contextmanager
    def reading(self, *, steady: bool = False) -> Iterator[Connection]:
        """Give a connection to look at the store with; ``steady``: as it stands now, whatever is written meanwhile."""
        level = "REPEATABLE READ" if steady and self.engine.dialect.name == "postgresql" else None
        with readable_errors(self.url), self._transaction(write=False, isolation=level) as connection:
            yield connection

    def events(self, campaign: str, after: int = 0, previous: str | None = None) -> list[Event]:
        """Return a campaign's events with a sequence number above ``after``, in order.

        Args:
            campaign: the chain.
            after: a number; 0 for all of it.
            previous: the hash of the event of that number, if it is known.

        Raises:
            TamperedError: one of them does not follow the one before it.
        """
        return list(self.each(campaign, after, previous=previous))

    def each(
        self, campaign: str, after: int = 0, through: int | None = None, previous: str | None = None
    ) -> Iterator[Event]:
        """Yield a campaign's events after one number and up to another, in order; a few thousand are read at once.

        Args:
            campaign: the chain.
            after: a number; 0 for all of it.
            through: the last number wanted, if not all.
            previous: the hash of the event numbered ``after``, if it is known.

        Raises:
            TamperedError: one of them does not follow the one before it.
        """
        previous, more = (previous if after else GENESIS), True
        while more:
            with readable_errors(self.url), self._transaction(write=False) as connection:
                wanted = {"campaign_": campaign, "seq_": after + 1, "count_": _AT_ONCE}
                rows = connection.execute(SOME, wanted).all()
            more = len(rows) == _AT_ONCE
            for event in linked(campaign, rows, after, previous):
                if through is not None and event.seq > through:
                    return
                yield event
                after, previous = event.seq, event.hash

    def end(self, campaign: str, seq: int | None = None) -> tuple[int, str] | None:
        """Return the number and the hash of a campaign's last event, or of that number; None if there is none."""
        query = sa.select(EVENTS.c.seq, EVENTS.c.hash).where(EVENTS.c.campaign == campaign)
        query = query.order_by(EVENTS.c.seq.desc()).limit(1) if seq is None else query.where(EVENTS.c.seq == seq)
        with readable_errors(self.url), self._transaction(write=False) as connection:
            row = connection.execute(query).first()
        return None if row is None else (int(row[0]), str(row[1]))

    def last(self, campaign: str) -> int:
        """Return the sequence number of a campaign's last event; 0 if there is none."""
        end = self.end(campaign)
        return 0 if end is None else end[0]

    def first(self, campaign: str) -> Event:
        """Return a campaign's first event.

        Raises:
            NotFoundError: there is no such campaign.
        """
        with readable_errors(self.url), self._transaction(write=False) as connection:
            row = connection.execute(FROM.limit(1), {"campaign_": campaign, "seq_": 1}).first()
        if row is None:
            raise NotFoundError(f"the ledger has no campaign {campaign}", field="campaign", value=campaign)
        return opened(*row)

    def rows(self, campaign: str, after: int = 0) -> Iterator[tuple[int, str, str, str]]:
        """Yield a campaign's rows as they are stored, (seq, prev, hash, text), in order, a few at a time in memory.

        Each portion is read by itself, so that a long reading keeps nobody from writing; what is appended meanwhile
        comes too.
        """
        while portion := self._portion(campaign, after):
            yield from portion
            after = portion[-1][0]

    def _portion(self, campaign: str, after: int) -> list[tuple[int, str, str, str]]:
        query = ROWS.where(EVENTS.c.campaign == campaign, EVENTS.c.seq > after).limit(_AT_ONCE)
        with readable_errors(self.url), self._transaction(write=False) as connection:
            return [tuple(row) for row in connection.execute(query)]

    def stored(self, campaign: str) -> list[tuple[int, str, str, str]]:
        """Return a campaign's rows as they are stored: (seq, prev, hash, text), in order."""
        return list(self.rows(campaign))

    def campaigns(self) -> list[str]:
        """Return the ids of all campaigns, oldest first."""
        with readable_errors(self.url), self._transaction(write=False) as connection:
            found = list(connection.execute(CAMPAIGNS).scalars())
        if not all(isinstance(campaign, str) for campaign in found):
            raise TamperedError(
                "an event of the ledger belongs to no campaign",
                field="campaign",
                hint="another program changed the ledger: restore it from a backup",
            )
        return found

    def note(self, name: str) -> str:
        """Return what a program left for others beside the chains; empty if nothing."""
        query = sa.select(META.c.value).where(META.c.name == name)
        with readable_errors(self.url), self._transaction(write=False) as connection:
            row = connection.execute(query).first()
        return "" if row is None else str(row[0])

    def told(self, name: str) -> Mapping[str, Any]:
        """Return what a note of JSON tells; empty if there is none, or it tells nothing that anybody can read."""
        try:
            found = json.loads(self.note(name) or "{}")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def put_note(self, name: str, value: str) -> None:
        """Leave something for others beside the chains; an empty value takes it away."""
        with readable_errors(self.url), self._transaction(write=True) as connection:
            if value:
                connection.execute(PUT_NOTE, {"name": name, "value": value})
            else:
                connection.execute(sa.delete(META).where(META.c.name == name))

    def put_artifact(self, data: bytes) -> str:
        """Store bytes under their digest, once, and return that name."""
        name = digest(data)
        with readable_errors(self.url), self._transaction(write=True) as connection:
            patient(connection)
            if connection.execute(sa.select(ARTIFACTS.c.name).where(ARTIFACTS.c.name == name)).first() is None:
                connection.execute(PUT_ARTIFACT, {"name": name, "data": data})
        return name

    def artifact(self, name: str) -> bytes:
        """Return an artifact's bytes.

        Raises:
            NotFoundError: there is none of that name.
        """
        query = sa.select(sa.cast(ARTIFACTS.c.data, sa.LargeBinary)).where(ARTIFACTS.c.name == name)
        with readable_errors(self.url), self._transaction(write=False) as connection:
            patient(connection)
            row = connection.execute(query).first()
        if row is None:
            raise NotFoundError(f"the ledger has no artifact {name}", field="artifact", value=name)
        return bytes(row[0])

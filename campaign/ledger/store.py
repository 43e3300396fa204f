"""The ledger's store: events and artifacts in SQLite (default) or PostgreSQL, through the same SQLAlchemy code.

Durability: SQLite runs in WAL mode with ``synchronous=FULL``, so that a commit is on the disk when ``append`` returns.
Order: an append reads the head inside its own write transaction (SQLite: ``BEGIN IMMEDIATE``; PostgreSQL: an advisory
transaction lock for the campaign), so any number of processes may append to one chain.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zosimos.campaign.ledger.engine import MEMORY, make_engine, normalised_url, readable_errors, shown
from zosimos.campaign.ledger.events import GENESIS, Draft, Event, opened, sealed
from zosimos.core.canonical import digest
from zosimos.core.errors import NewerVersionError, NotFoundError, TamperedError

SCHEMA_VERSION = 1
_metadata = sa.MetaData()
_meta = sa.Table("meta", _metadata, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text))
_events = sa.Table(
    "events",
    _metadata,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("prev", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
_artifacts = sa.Table(
    "artifacts",
    _metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
_FROM = (
    sa.select(_events.c.text, _events.c.hash)
    .where(_events.c.campaign == sa.bindparam("campaign_"), _events.c.seq >= sa.bindparam("seq_"))
    .order_by(_events.c.seq)
)
_LAST = sa.select(sa.func.max(_events.c.seq)).where(_events.c.campaign == sa.bindparam("campaign_"))
_SOME = _FROM.limit(sa.bindparam("count_"))
_CAMPAIGNS = sa.text(
    # From one id to the next by the index: DISTINCT would go over every event.
    "WITH RECURSIVE known(campaign) AS (SELECT min(campaign) FROM events UNION ALL "
    "SELECT (SELECT min(campaign) FROM events WHERE campaign > known.campaign) FROM known "
    "WHERE known.campaign IS NOT NULL) SELECT campaign FROM known WHERE campaign IS NOT NULL ORDER BY campaign"
)
_INSERT = sa.insert(_events)
_AT_ONCE = 2_000

Build = Callable[[Sequence[Event]], Sequence[Draft]]


@contextmanager
def _patient(connection: Connection, patience_ms: int) -> Iterator[None]:
    """Let a connection wait that long for others that write; afterwards it waits as long as before."""
    if connection.dialect.name != "sqlite":  # a server's writers here do not wait for each other
        yield
        return
    driver: Any = connection.connection.driver_connection  # of which no statement begins a transaction
    ((usual,),) = driver.execute("PRAGMA busy_timeout").fetchall()
    driver.execute(f"PRAGMA busy_timeout={int(patience_ms)}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout={int(usual)}")


class Ledger:
    """An open ledger.

    Args:
        url: a SQLAlchemy URL (``sqlite:///file.db``, ``postgresql://...``) or the path of a SQLite file.

    Raises:
        LedgerError: the store cannot be opened.
        NewerVersionError: its schema is newer than this Zosimos knows.
    """

    def __init__(self, url: str) -> None:
        self.url = normalised_url(url)
        # What is kept in memory has one connection, which is one thread's at a time.
        self._alone: AbstractContextManager[object] = threading.RLock() if self.url == MEMORY else nullcontext()
        with readable_errors(self.url):
            self.engine = make_engine(self.url)
            try:
                self._prepare()
                self._check_schema()
            except BaseException:
                self.engine.dispose()
                raise

    def _prepare(self) -> None:
        with self._transaction(write=False) as connection:
            if sa.inspect(connection).has_table("meta"):
                return
        with self._transaction(write=True) as connection:
            if connection.dialect.name == "postgresql":  # two processes may find the store empty at the same time
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended("schema", 0))))
            _metadata.create_all(connection)
            if connection.execute(sa.select(_meta)).first() is None:
                connection.execute(sa.insert(_meta).values(name="schema", value=str(SCHEMA_VERSION)))

    def _check_schema(self) -> None:
        with self._transaction(write=False) as connection:
            row = connection.execute(sa.select(_meta.c.value).where(_meta.c.name == "schema")).first()
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Connection]:
        with (
            self._alone,
            self.engine.connect().execution_options(zosimos_write=write) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def beside(self, *, write: bool, patience_ms: int = 30_000) -> Iterator[Connection]:
        """Yield a connection in a transaction of its own, for what is kept beside the chains.

        Args:
            write: whether something is to be written.
            patience_ms: how long to wait while others write.

        Raises:
            LedgerError: it cannot be read or written, or others write for longer than that.
        """
        with (
            readable_errors(self.url),
            self._alone,
            self.engine.connect().execution_options(zosimos_write=write) as connection,
            _patient(connection, patience_ms),
            connection.begin(),
        ):
            yield connection

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
        """Append to a campaign's chain in one transaction that reads its head, and return what is new.

        Args:
            campaign: the chain.
            at: gives the time to stamp, called when the new events are known.
            build: called inside the transaction with the events that others appended after ``after``; returns the
                drafts to append, none to append nothing.
            after: the last sequence number the caller knows (0: none).
            previous: the hash of that event.
            check: called inside the transaction with each of the caller's events before any is inserted; what it
                raises leaves the ledger as it was.

        Returns:
            The others' events and then the caller's.

        Raises:
            LedgerError: the transaction failed; nothing was written.
            TamperedError: the event that the caller knows as the head is gone or changed.
        """
        with readable_errors(self.url), self._transaction(write=True) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(campaign, 0))))
            rows = connection.execute(_FROM, {"campaign_": campaign, "seq_": after}).all()
            if after and (not rows or rows[0][1] != previous):
                raise TamperedError(
                    f"campaign {campaign}: event {after} is no longer what it was when it was read",
                    field="event",
                    value=after,
                    hint="another program changed the ledger while it was in use: restore it from a backup",
                )
            foreign = [opened(text, hash_) for text, hash_ in (rows[1:] if after else rows)]
            seq, head = (foreign[-1].seq, foreign[-1].hash) if foreign else (after, previous)
            drafts = build(foreign)
            moment = at() if drafts else ""
            new: list[Event] = []
            values = []
            for draft in drafts:
                event = sealed(campaign, seq + 1, moment, draft, head)
                check(event)
                values.append(
                    {"campaign": campaign, "seq": event.seq, "prev": head, "hash": event.hash, "text": event.text}
                )
                new.append(event)
                seq, head = event.seq, event.hash
            if values:
                connection.execute(_INSERT, values)
        return foreign + new

    def events(self, campaign: str, after: int = 0) -> list[Event]:
        """Return a campaign's events with a sequence number above ``after``, in order."""
        with readable_errors(self.url), self._transaction(write=False) as connection:
            rows = connection.execute(_FROM, {"campaign_": campaign, "seq_": after + 1}).all()
        return [opened(text, hash_) for text, hash_ in rows]

    def each(self, campaign: str, after: int = 0, through: int | None = None) -> Iterator[Event]:
        """Yield a campaign's events after one number and up to another, in order; a few thousand are read at once."""
        more = True
        while more:
            with readable_errors(self.url), self._transaction(write=False) as connection:
                wanted = {"campaign_": campaign, "seq_": after + 1, "count_": _AT_ONCE}
                rows = connection.execute(_SOME, wanted).all()
            more = len(rows) == _AT_ONCE
            for text, hash_ in rows:
                event = opened(text, hash_)
                if through is not None and event.seq > through:
                    return
                yield event
                after = event.seq

    def end(self, campaign: str, seq: int | None = None) -> tuple[int, str] | None:
        """Return the number and the hash of a campaign's last event, or of that number; None if there is none."""
        query = sa.select(_events.c.seq, _events.c.hash).where(_events.c.campaign == campaign)
        query = query.order_by(_events.c.seq.desc()).limit(1) if seq is None else query.where(_events.c.seq == seq)
        with readable_errors(self.url), self._transaction(write=False) as connection:
            row = connection.execute(query).first()
        return None if row is None else (int(row[0]), str(row[1]))

    def last(self, campaign: str) -> int:
        """Return the sequence number of a campaign's last event; 0 if there is none."""
        with readable_errors(self.url), self._transaction(write=False) as connection:
            return connection.execute(_LAST, {"campaign_": campaign}).scalar() or 0

    def first(self, campaign: str) -> Event:
        """Return a campaign's first event.

        Raises:
            NotFoundError: there is no such campaign.
        """
        with readable_errors(self.url), self._transaction(write=False) as connection:
            row = connection.execute(_FROM.limit(1), {"campaign_": campaign, "seq_": 1}).first()
        if row is None:
            raise NotFoundError(f"the ledger has no campaign {campaign}", field="campaign", value=campaign)
        return opened(*row)

    def stored(self, campaign: str) -> list[tuple[int, str, str, str]]:
        """Return a campaign's rows as they are stored: (seq, prev, hash, text), in order."""
        query = (
            sa.select(_events.c.seq, _events.c.prev, _events.c.hash, _events.c.text)
            .where(_events.c.campaign == campaign)
            .order_by(_events.c.seq)
        )
        with readable_errors(self.url), self._transaction(write=False) as connection:
            return [tuple(row) for row in connection.execute(query)]

    def campaigns(self) -> list[str]:
        """Return the ids of all campaigns, oldest first."""
        with readable_errors(self.url), self._transaction(write=False) as connection:
            return list(connection.execute(_CAMPAIGNS).scalars())

    def note(self, name: str) -> str:
        """Return what a program left for others beside the chains; empty if nothing."""
        query = sa.select(_meta.c.value).where(_meta.c.name == name)
        with readable_errors(self.url), self._transaction(write=False) as connection:
            row = connection.execute(query).first()
        return "" if row is None else str(row[0])

    def put_note(self, name: str, value: str) -> None:
        """Leave something for others beside the chains; an empty value takes it away."""
        with readable_errors(self.url), self._transaction(write=True) as connection:
            connection.execute(sa.delete(_meta).where(_meta.c.name == name))
            if value:
                connection.execute(sa.insert(_meta).values(name=name, value=value))

    def put_artifact(self, data: bytes) -> str:
        """Store bytes under their digest, once, and return that name."""
        name = digest(data)
        with readable_errors(self.url), self._transaction(write=True) as connection:
            if connection.execute(sa.select(_artifacts.c.name).where(_artifacts.c.name == name)).first() is None:
                connection.execute(sa.insert(_artifacts).values(name=name, data=data))
        return name

    def artifact(self, name: str) -> bytes:
        """Return an artifact's bytes.

        Raises:
            NotFoundError: there is none of that name.
        """
        query = sa.select(sa.cast(_artifacts.c.data, sa.LargeBinary)).where(_artifacts.c.name == name)
        with readable_errors(self.url), self._transaction(write=False) as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFoundError(f"the ledger has no artifact {name}", field="artifact", value=name)
        return bytes(row[0])

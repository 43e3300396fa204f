"""Copying chains between ledgers, SQLite or PostgreSQL: texts and hashes byte for byte, in one transaction.

A copy is a prefix of its original, and may be continued. Two places in which one campaign was run on have chains that
part: neither is a prefix of the other, and no copy between them is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zosimos.campaign.ledger.database.engine import shown, sqlite_path
from zosimos.campaign.ledger.database.postgres import lock, patient
from zosimos.campaign.ledger.database.tables import ARTIFACTS, CAMPAIGNS, EVENTS, PUT_ARTIFACT, ROWS
from zosimos.campaign.ledger.events import GENESIS, artifact_names, chained
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head, verify
from zosimos.core.canonical import digest
from zosimos.core.errors import LedgerError, NotFoundError, StateError, TamperedError

_LARGEST = 2**31  # one more than the largest integer that both kinds of database keep in such a column
_PAGE = 1000  # rows that are held in memory at a time
_START = Head(0, GENESIS)

Row: TypeAlias = tuple[int, str, str, str]


@dataclass(frozen=True)
class Copied:
    """What a copy did: the head that both places have now, and how many events and artifacts were new there."""

    campaign: str
    head: Head
    events: int
    artifacts: int


def copy_campaign(source: Ledger, campaign: str, target: Ledger) -> Copied:
    """Copy a campaign with the artifacts that it names, or continue an earlier copy of it.

    Args:
        source: where it is. It may be running: what is copied is how it stood at one moment.
        campaign: its id.
        target: where it goes.

    Raises:
        NotFoundError: the source has no such campaign.
        TamperedError: it is not what was written, here or there.
        StateError: the chain there has parted from this one, or goes on where this one ends; nothing was written.
    """
    verify(source, campaign)
    with source.reading(steady=True) as here, _writing(target, campaign) as there:
        patient(here)
        ours, theirs = last_head(here, campaign), last_head(there, campaign)
        _require_prefix(here, there, campaign, ours, theirs)
        head, artifacts = theirs, 0
        for page in pages(here, campaign, theirs.seq, ours.seq):
            names = {name for row in page for name in artifact_names(json.loads(row[3])["body"])}
            artifacts += sum(_copied_artifact(here, there, name) for name in sorted(names))
            head = _insert(there, campaign, page, head)
    return Copied(campaign, verify(target, campaign, ours), ours.seq - theirs.seq, artifacts)


def copy_everything(source: Ledger, target: Ledger) -> None:
    """Copy all chains and artifacts, as they stand at one moment, into a ledger that has no campaign.

    Raises:
        StateError: the target has one.
        TamperedError: a chain is not what was written; nothing was copied.
    """
    with source.reading(steady=True) as here, _writing(target, "everything") as there:
        patient(here)
        if there.execute(CAMPAIGNS).first() is not None:
            raise holds_campaigns(target.url)
        for campaign in list(here.execute(CAMPAIGNS).scalars()):
            head = _START
            for page in pages(here, campaign, 0, last_head(here, campaign).seq):
                head = _insert(there, campaign, page, head)
        for name in list(here.execute(sa.select(ARTIFACTS.c.name).order_by(ARTIFACTS.c.name)).scalars()):
            _copied_artifact(here, there, name)


def holds_campaigns(url: str) -> StateError:
    """Return the error that a place for a whole ledger is taken."""
    return StateError(
        f"{shown(url)} holds campaigns already",
        field="--to",
        value=shown(url),
        allowed="a new place: nothing is written over a record",
        hint="name another file, database or schema (--replace moves files only); zosimos copy ID adds one campaign",
    )


@contextmanager
def _writing(ledger: Ledger, key: str) -> Iterator[Connection]:
    with ledger.writing() as connection:
        patient(connection)  # artifacts are moved whole
        lock(connection, key)  # appends to this chain take it, too
        yield connection


def last_head(connection: Connection, campaign: str) -> Head:
    """Return the end of a campaign's chain; event 0 if there is none."""
    query = sa.select(EVENTS.c.seq, EVENTS.c.hash).where(EVENTS.c.campaign == campaign)
    row = connection.execute(query.order_by(EVENTS.c.seq.desc()).limit(1)).first()
    return _START if row is None else Head(*row)


def hashes_at(connection: Connection, campaign: str, seqs: Sequence[int]) -> dict[int, str]:
    """Return the hashes of some of a campaign's events by number, of those that there are."""
    # A number from a file may be larger than the database's own: there is no such event.
    query = sa.select(EVENTS.c.seq, EVENTS.c.hash).where(
        EVENTS.c.campaign == campaign, EVENTS.c.seq.in_([seq for seq in seqs if seq < _LARGEST])
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def hash_at(connection: Connection, campaign: str, seq: int) -> str:
    """Return the hash of a campaign's event; empty if there is none of that number."""
    return hashes_at(connection, campaign, [seq]).get(seq, "")


def pages(connection: Connection, campaign: str, after: int, through: int) -> Iterator[list[Row]]:
    """Yield a chain's rows after an event and up to another, in order, some at a time."""
    for low in range(after, through, _PAGE):
        high = min(low + _PAGE, through)
        among = (EVENTS.c.campaign == campaign, EVENTS.c.seq > low, EVENTS.c.seq <= high)
        yield [tuple(row) for row in connection.execute(ROWS.where(*among))]


def _insert(connection: Connection, campaign: str, page: list[Row], head: Head) -> Head:
    """Append rows to a chain whose head is given, each checked, and return the new head."""
    for seq, prev, hash_, text in page:
        if (seq, prev) != (head.seq + 1, head.hash) or chained(prev, text) != hash_:
            raise TamperedError(
                f"campaign {campaign}: event {head.seq + 1} is not what was written",
                field="event",
                value=head.seq + 1,
                allowed="the chain as it was written",
                hint="zosimos verify says more; nothing was copied",
            )
        head = Head(seq, hash_)
    values = [{"campaign": campaign, "seq": s, "prev": p, "hash": h, "text": t} for s, p, h, t in page]
    if values:
        connection.execute(sa.insert(EVENTS), values)
    return head


def _copied_artifact(here: Connection, there: Connection, name: str) -> bool:
    """Copy an artifact that is not there yet; say whether it was new."""
    if there.execute(sa.select(ARTIFACTS.c.name).where(ARTIFACTS.c.name == name)).first() is not None:
        return False
    # Cast, as a changed database may hold a text in place of bytes.
    query = sa.select(sa.cast(ARTIFACTS.c.data, sa.LargeBinary)).where(ARTIFACTS.c.name == name)
    row = here.execute(query).first()
    if row is None:
        raise NotFoundError(f"the ledger has no artifact {name}", field="artifact", value=name)
    data = bytes(row[0])
    if digest(data) != name:
        raise TamperedError(
            f"artifact {name} was changed",
            field="artifact",
            value=digest(data),
            allowed=name,
            hint="restore the ledger from a backup; nothing was copied",
        )
    there.execute(PUT_ARTIFACT, {"name": name, "data": data})
    return True


def _require_prefix(here: Connection, there: Connection, campaign: str, ours: Head, theirs: Head) -> None:
    """Refuse a target whose chain is no beginning of ours."""
    if ours == _START:
        raise NotFoundError(f"the ledger has no campaign {campaign}", field="campaign", value=campaign)
    shorter = min(ours.seq, theirs.seq)
    if shorter and hash_at(here, campaign, shorter) != hash_at(there, campaign, shorter):
        raise StateError(
            f"campaign {campaign} was run on in both places: their records have parted",
            field="--to",
            value=f"event {_parted(here, there, campaign, shorter)} is the first that differs",
            allowed="a place without this campaign, or with the beginning of this very record",
            hint="keep both: they are two records under one id; go on in one of the places only",
        )
    if theirs.seq > ours.seq:
        raise StateError(
            f"campaign {campaign} goes on there where it ends here",
            field="--to",
            value=f"event {theirs.seq} there, event {ours.seq} here",
            allowed="a record that is not ahead of this one",
            hint="copy it the other way round, from there to here",
        )


def _parted(here: Connection, there: Connection, campaign: str, last: int) -> int:
    """Return the first event in which two chains differ, of which the last in both is one."""
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        if hash_at(here, campaign, middle) == hash_at(there, campaign, middle):
            low = middle
        else:
            high = middle
    return high


def require_other(source: str, target: str) -> None:
    """Refuse to copy a ledger into itself.

    Raises:
        LedgerError: both URLs are the same, or lead to one file: whoever relied on the copy would have none.
    """
    if source == target or _one_file(sqlite_path(source), sqlite_path(target)):
        raise LedgerError(
            "the ledger would be copied into itself",
            field="--to",
            value=shown(target),
            allowed="another file or database",
        )


def _one_file(source: Path | None, target: Path | None) -> bool:
    try:
        return source is not None and target is not None and source.samefile(target)
    except OSError:  # one of them is not there yet
        return False

"""Where snapshots are stored: a table beside the chains, of texts that anybody may throw away.

A snapshot has a *core* and any number of *pages*, which the core names by the SHA-256 of their texts. A core is written
in the transaction that sees all its pages there, so it never names what is missing. The table is made when it is first
needed; a ledger without it, or one that cannot be written, works as well, only slower.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import LedgerError

Outcome: TypeAlias = Literal["stored", "later", "missing", "away"]
_TABLE = sa.Table(
    "snapshots",
    sa.MetaData(),
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("part", sa.Text, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
_CORE = "core"
_PATIENCE_S = 0.2
_DIGITS = 18
"""Of the number of an event: what is longer is none, and no database takes it."""
_AT_ONCE = 20
"""Pages written in one transaction: those who append meanwhile wait for no more than that."""


def name_of(text: str) -> str:
    """Return the SHA-256 of a text, which is a page's name."""
    return hashlib.sha256(text.encode()).hexdigest()


def stored_core(ledger: Ledger, campaign: str) -> str | None:
    """Return the core of a campaign's snapshot as it was written; None if there is none, or it is not."""
    return _text(ledger, campaign, _CORE)


def stored_page(ledger: Ledger, campaign: str, name: str) -> str | None:
    """Return a page as it was written; None if there is none, or it is not."""
    text = _text(ledger, campaign, name)
    return None if text is None or name_of(text) != name else text


def _text(ledger: Ledger, campaign: str, part: str) -> str | None:
    query = sa.select(_TABLE.c.text, _TABLE.c.hash).where(_TABLE.c.campaign == campaign, _TABLE.c.part == part)
    try:
        with ledger.reading() as connection:
            row = connection.execute(query).first()
    except LedgerError:  # as a rule: no table. Where the ledger is away, the next who reads events says so
        return None
    return str(row[0]) if row is not None and _whole(row) else None


def _whole(row: Sequence[object]) -> bool:
    """Say whether a text is what was written; another program may have put there what is no text at all."""
    return isinstance(row[0], str) and name_of(row[0]) == row[1]


def store(
    ledger: Ledger,
    campaign: str,
    core: str,
    pages: Mapping[str, str],
    named: Collection[str],
    wanted: Callable[[], bool] = lambda: True,
) -> Outcome:
    """Store a snapshot unless a later one of the same format is there; say what came of it.

    ``missing``: a page that it names is not there any more; ``away``: the ledger is read-only, or others write, or
    nobody waits for it any more.

    Args:
        ledger: where.
        campaign: of which campaign.
        core: its core; the first line is the format and the number of the event up to which it goes.
        pages: texts of new pages by name.
        named: the names of all pages that the core needs, those stored earlier included.
        wanted: whether to go on, asked before each transaction.
    """
    names = list(pages)
    try:
        for start in range(0, len(names), _AT_ONCE):
            if not wanted():
                return "away"
            with ledger.writing(patience_s=_PATIENCE_S) as connection:
                _TABLE.create(connection, checkfirst=True)
                for name in names[start : start + _AT_ONCE]:
                    _put(connection, campaign, name, pages[name])
        if not wanted():
            return "away"
        with ledger.writing(patience_s=_PATIENCE_S) as connection:
            _TABLE.create(connection, checkfirst=True)
            return _put_core(connection, campaign, core, set(named))
    except LedgerError:
        return "away"


def drop(ledger: Ledger, campaign: str) -> bool:
    """Throw a campaign's snapshot away; say whether that could be done."""
    try:
        with ledger.writing(patience_s=_PATIENCE_S) as connection:
            if sa.inspect(connection).has_table(_TABLE.name):
                connection.execute(sa.delete(_TABLE).where(_TABLE.c.campaign == campaign))
    except LedgerError:
        return False
    return True


def _put(connection: Connection, campaign: str, part: str, text: str) -> None:
    connection.execute(sa.delete(_TABLE).where(_TABLE.c.campaign == campaign, _TABLE.c.part == part))
    connection.execute(sa.insert(_TABLE).values(campaign=campaign, part=part, hash=name_of(text), text=text))


def _put_core(connection: Connection, campaign: str, core: str, named: set[str]) -> Outcome:
    if connection.dialect.name == "postgresql":
        key = sa.func.hashtextextended(f"snapshot {campaign}", 0)
        if not connection.execute(sa.select(sa.func.pg_try_advisory_xact_lock(key))).scalar():
            return "away"
    own = _TABLE.c.campaign == campaign
    row = connection.execute(sa.select(_TABLE.c.text, _TABLE.c.hash).where(own, _TABLE.c.part == _CORE)).first()
    if row is not None and _whole(row) and _later(connection, campaign, row[0], core):
        return "later"
    there = set(connection.execute(sa.select(_TABLE.c.part).where(own)).scalars()) - {_CORE}
    if not named <= there:
        return "missing"
    _put(connection, campaign, _CORE, core)
    for name in there - named:  # of an older snapshot: whoever still reads that one goes back to the events
        connection.execute(sa.delete(_TABLE).where(own, _TABLE.c.part == name))
    return "stored"


def _later(connection: Connection, campaign: str, there: str, core: str) -> bool:
    """Say whether a core is of the same format as another, goes further, and is one of the chain as it is."""
    first, _, rest = there.partition("\n")
    format_, _, seq = first.partition(" ")
    other, _, own = core.partition("\n")[0].partition(" ")
    if format_ != other or not seq.isdecimal() or len(seq) > _DIGITS or int(seq) <= int(own):
        return False
    query = sa.text("SELECT hash FROM events WHERE campaign = :campaign AND seq = :seq")
    head = connection.execute(query, {"campaign": campaign, "seq": int(seq)}).scalar()
    return bool(head == rest.partition("\n")[0])

"""Ledgers that hold what today's program would refuse: rows written past it, with hashes that hold."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

import sqlalchemy as sa

from zosimos.campaign.ledger.database.engine import sqlite_path
from zosimos.campaign.ledger.events import GENESIS, Draft, Event, sealed
from zosimos.campaign.ledger.safekeeping.marks import heads_beside
from zosimos.campaign.ledger.store import Ledger

MISFIT = Draft("experiment.started", {"experiment": "e0099"})  # an experiment that nobody proposed


def spoil(ledger: Ledger, campaign: str, *drafts: Draft) -> list[Event]:
    """Append events as an older version might have stored them: the chain is right, they may make no sense."""
    last = ledger.events(campaign)[-1]
    return _insert(ledger, campaign, [(last.at, draft) for draft in drafts or (MISFIT,)], last.seq, last.hash)


def spoil_at(ledger: Ledger, campaign: str, place: int, draft: Draft = MISFIT) -> list[Event]:
    """Write a campaign's events again with a misfit before the event of that number, and a right chain of hashes."""
    events = ledger.events(campaign)
    forget_heads(ledger)
    with ledger.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM events WHERE campaign = :c AND seq >= :s"), {"c": campaign, "s": place})
    drafts = [
        (events[place - 2].at, draft),
        *((event.at, Draft(event.kind, event.body)) for event in events[place - 1 :]),
    ]
    return _insert(ledger, campaign, drafts, place - 1, events[place - 2].hash if place > 1 else GENESIS)


def forget_heads(ledger: Ledger) -> None:
    """Remove the heads that are kept beside a ledger's file, as one that was never written to has none."""
    path = sqlite_path(ledger.url)
    if path is not None:
        shutil.rmtree(heads_beside(path), ignore_errors=True)


def _insert(ledger: Ledger, campaign: str, drafts: Iterable[tuple[str, Draft]], seq: int, previous: str) -> list[Event]:
    made = []
    with ledger.engine.begin() as connection:
        for at, draft in drafts:
            event = sealed(campaign, seq + 1, at, draft, previous)
            row = {"campaign": campaign, "seq": event.seq, "prev": previous, "hash": event.hash, "text": event.text}
            connection.execute(sa.text("INSERT INTO events VALUES (:campaign, :seq, :prev, :hash, :text)"), row)
            made.append(event)
            seq, previous = event.seq, event.hash
    return made

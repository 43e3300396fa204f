"""One write transaction on a campaign's chain."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from zosimos.campaign.ledger.database.tables import INSERT
from zosimos.campaign.ledger.events import Event


class Appending:
    """A write transaction on a campaign's chain.

    Args:
        connection: what it runs on.
        foreign: the events that others appended after those the caller knows.
        head: the hash of the last event there is.

    Attributes:
        own: the events that were inserted.
    """

    def __init__(self, connection: Connection, foreign: Sequence[Event], head: str) -> None:
        self.foreign = foreign
        self.head = head
        self.own: list[Event] = []
        self._connection = connection

    def insert(self, events: Sequence[Event]) -> None:
        """Insert events that were sealed after the head, in order."""
        values = []
        for event in events:
            row = {"campaign": event.campaign, "seq": event.seq, "prev": self.head}
            values.append({**row, "hash": event.hash, "text": event.text})
            self.head = event.hash
        if values:
            self._connection.execute(INSERT, values)
        self.own.extend(events)

"""A campaign's chain as something to go through, as often as it takes, a few thousand events in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zosimos.campaign.ledger.events import Event
from zosimos.campaign.ledger.store import Ledger


@dataclass(frozen=True)
class WholeChain:
    """All events of a campaign in order, read again each time somebody goes through them."""

    ledger: Ledger
    campaign: str

    def __iter__(self) -> Iterator[Event]:
        """Yield the events; each is checked against the one before it."""
        return self.ledger.each(self.campaign)

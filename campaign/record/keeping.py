"""Keeping: when a snapshot of a state is taken, and how a campaign is read with one.

Whoever appends to a campaign takes one every ``EVERY`` events; whoever had to fold more than ``WORTH`` events beyond the
last takes one when their own work is done. A failure costs nothing but time: the next try comes after as many events.
"""

from __future__ import annotations

from collections.abc import Iterable

from zosimos.campaign.ledger.engine import MEMORY
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record import snapshots
from zosimos.campaign.record.fold import readable_from
from zosimos.campaign.record.state import State

EVERY = 1_000
"""Events after which a process that appends takes the next snapshot."""
WORTH = 500
"""Events beyond the last snapshot that make a new one worth its while for who only had to read them."""


def current(ledger: Ledger, campaign: str) -> State:
    """Return a campaign's state, as far as its events can be read, from its snapshot and the events after it.

    Raises:
        NotFoundError: there are no events.
        LedgerError: the very first does not fit, or the ledger cannot be read.
    """

    def start() -> tuple[State, Iterable[Event]]:
        state = snapshots.restored(ledger, campaign) or State(campaign)
        return state, ledger.each(campaign, state.seq)

    return readable_from(start)


class Keeping:
    """Takes snapshots of one campaign into its ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._tried = 0

    def due(self, state: State) -> bool:
        """Say whether it is time for a process that appends."""
        return state.seq - max(state.shelf.seq, self._tried) >= EVERY

    def keep(self, state: State) -> None:
        """Keep a snapshot of a state, if it is worth it and can be done."""
        if state.seq - max(state.shelf.seq, self._tried) < WORTH and not state.shelf.lost():
            return
        if self._ledger.url == MEMORY:
            return
        self._tried = state.seq
        taken = snapshots.taken(state)
        if taken is not None:
            snapshots.settle(state, taken, snapshots.write(self._ledger, taken))

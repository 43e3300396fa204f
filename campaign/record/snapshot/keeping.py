"""Keeping: when a snapshot of a state is taken, and how a campaign is read with one.

Whoever appends to a campaign takes one every so many events; whoever had to fold many events beyond the
last takes one when their own work is done. A failure costs nothing but time: the next try comes after as many events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from zosimos.campaign.ledger.database.engine import MEMORY
from zosimos.campaign.ledger.events import GENESIS, Event
from zosimos.campaign.ledger.snapshots import drop
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import readable
from zosimos.campaign.record.snapshot import sizes, snapshots
from zosimos.campaign.record.snapshot.restoring import restored
from zosimos.campaign.record.standing import front
from zosimos.campaign.record.state import State
from zosimos.core.errors import DamagedError, LedgerAwayError


def current(ledger: Ledger, campaign: str) -> State:
    """Return a campaign's state, as far as its events can be read, from its snapshot and the events after it.

    Raises:
        NotFoundError: there are no events.
        LedgerError: the very first does not fit, or the ledger cannot be read.
    """
    after = _After(ledger, campaign)
    found = readable(campaign, after, after.begin)
    if found.broken is None or not found.shelf.seq:
        return found
    # What does not fit after a snapshot may fit after the events themselves, such as a repair of what it goes beyond.
    after = _After(ledger, campaign, kept=False)
    return readable(campaign, after, after.begin)


class _After:
    """The events after a campaign's snapshot, to be gone through as often as it takes; all events if there is none."""

    def __init__(self, ledger: Ledger, campaign: str, *, kept: bool = True) -> None:
        self._ledger, self._campaign, self._kept = ledger, campaign, kept
        self._seq, self._head = 0, GENESIS

    def begin(self) -> State:
        """Return the state before the events that come next."""
        found = restored(self._ledger, self._campaign) if self._kept else None
        state = found or State(self._campaign)
        self._seq, self._head = state.seq, state.head
        return state

    def __iter__(self) -> Iterator[Event]:
        return self._ledger.each(self._campaign, self._seq, previous=self._head)


class Keeping:
    """Takes snapshots of one campaign into its ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._tried = 0

    def due(self, state: State) -> bool:
        """Say whether it is time for a process that appends."""
        return self._behind(state) >= sizes.EVERY

    def keep(self, state: State) -> None:
        """Keep a snapshot of a state, if it is worth it and can be done."""
        if self._behind(state) < sizes.WORTH and not state.shelf.lost():
            return
        taken = self.take(state)
        if taken is not None:
            outcome: snapshots.Outcome = "away"
            try:
                outcome = snapshots.write(self._ledger, taken)
            finally:  # whatever ended it: what it did not store is what the next one must hold
                snapshots.settle(state, taken, outcome)

    def take(self, state: State) -> snapshots.Snapshot | None:
        """Return a snapshot of a state that holds nothing but what is stored; None if it cannot be kept.

        For who writes it elsewhere: :func:`zosimos.campaign.record.snapshot.snapshots.write` may run in any thread, and
        :func:`~zosimos.campaign.record.snapshot.snapshots.settle` must follow where the state is changed.
        """
        self._tried = state.seq
        return snapshots.taken(state)

    def _behind(self, state: State) -> int:
        """Return how many events came since the last try; none count in memory, where nobody reads a snapshot."""
        return 0 if self._ledger.url == MEMORY else state.seq - max(state.shelf.seq, self._tried)


def _differing(found: State, state: State) -> list[str]:
    """Return what of a state that came of a snapshot is not what the events say; empty if no snapshot was used."""
    if not found.shelf.seq or found.seq != state.seq:  # there is none, or something was appended meanwhile
        return []
    compared = [field.name for field in fields(State) if field.compare]
    differing = [name for name in compared if getattr(found, name) != getattr(state, name)]
    if front(found) != front(state):
        differing.append("best")
    if found.shelf.lost():
        differing.append("pages")
    return differing


def snapshot_differs(ledger: Ledger, campaign: str, state: State) -> str:
    """Say in words how a campaign's snapshot differs from its events, and throw it away then; empty if it does not.

    Args:
        ledger: where both are.
        campaign: which.
        state: what all its events lead to, folded from event 1 without a snapshot.

    Raises:
        DamagedError: it differs and cannot be thrown away, as in a ledger that is only read: others still go by it.
    """
    try:
        differing = _differing(current(ledger, campaign), state)
    except LedgerAwayError:
        raise
    except Exception as error:  # noqa: BLE001 - whoever forged one may have put anything into it
        differing = [f"it cannot be read ({type(error).__name__})"]
    if not differing:
        return ""
    found = f"the snapshot of campaign {campaign} was not what its events say: {', '.join(differing)}"
    if not drop(ledger, campaign):
        raise DamagedError(
            f"{found}; it is still there",
            field="snapshot",
            value=campaign,
            allowed="a snapshot that says what the events say, or none",
            hint="verify it again where the ledger can be written, which throws it away",
        )
    return f"{found}; it was thrown away"

"""The record: a campaign's state kept in step with its ledger. The one stateful thing in the middle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from zosimos.campaign.fold import apply, fold
from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.state import State
from zosimos.core.errors import StateError

Moment = Callable[[], str]


class Record:
    """A campaign's chain and the state it leads to.

    Every write goes through :meth:`commit`: inside one transaction it takes in what other processes appended, lets
    the caller decide on the state as it is then, and appends what the caller wants.

    Args:
        ledger: where it is.
        campaign: its id.
        events: all its events, if they were read already.

    Raises:
        NotFoundError: the ledger has no such campaign.
    """

    def __init__(self, ledger: Ledger, campaign: str, events: Iterable[Event] | None = None) -> None:
        self.ledger = ledger
        self.state = fold(campaign, ledger.events(campaign) if events is None else events)

    @classmethod
    def created(cls, ledger: Ledger, campaign: str, body: Mapping[str, object], at: Moment) -> Record:
        """Start a chain with its first event, and return its record.

        Raises:
            StateError: there is a campaign of that id.
        """

        def first(foreign: Sequence[Event]) -> Sequence[Draft]:
            if foreign:
                raise StateError(f"campaign {campaign} exists already", field="campaign", value=campaign)
            return [Draft("campaign.created", body)]

        ledger.append(campaign, at, first, after=0)
        return cls(ledger, campaign)

    @property
    def campaign(self) -> str:
        """The campaign's id."""
        return self.state.id

    def sync(self) -> bool:
        """Take in what other processes appended; say whether there was anything."""
        events = self.ledger.events(self.campaign, self.state.seq)
        for event in events:
            apply(self.state, event)
        return bool(events)

    def commit(self, build: Callable[[State], Sequence[Draft]], at: Moment) -> list[Event]:
        """Append what ``build`` returns for the state at that moment, in one transaction; return the new events.

        Args:
            build: called with the state, up to date; returns the drafts, none to write nothing. What it raises
                leaves the ledger as it was.
            at: gives the time to stamp.
        """
        state = self.state

        def inside(foreign: Sequence[Event]) -> Sequence[Draft]:
            for event in foreign:
                apply(state, event)
            return build(state)

        events = self.ledger.append(state.id, at, inside, after=state.seq, previous=state.head)
        own = [event for event in events if event.seq > state.seq]
        for event in own:
            apply(state, event)
        return own

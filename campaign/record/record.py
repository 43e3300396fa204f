"""The record: a campaign's state kept in step with its ledger. The one stateful thing in the middle.

No event enters the ledger that cannot be read back: each is taken into the state before it is inserted, inside the same
transaction. If it does not fit, or the transaction fails later, nothing is stored and the state is read again.

A record may hold an event that does not fit all the same (an older version stored it). It is read up to that event and
takes no further one. To stop the program that runs such a campaign, a note is left beside the chain
(:meth:`Record.request_stop`), which the runner looks for at each turn (:meth:`Record.stop_wanted`).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence

from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import apply, readable
from zosimos.campaign.record.keeping import Keeping, current
from zosimos.campaign.record.state import Broken, State
from zosimos.campaign.record.tokens import TokenSource, random_token, with_tokens
from zosimos.core.errors import FencedError, LedgerError, StateError

Moment = Callable[[], str]


class Record:
    """A campaign's chain and the state it leads to.

    Every write goes through :meth:`commit`: inside one transaction it takes in what other processes appended, lets
    the caller decide on the state as it is then, and appends what the caller wants.

    A runner sets ``session`` to the number of the session it opened. From then on each of its appends is refused once
    another session was opened, whatever any lock says: that is checked on the chain itself, inside the transaction.

    Args:
        ledger: where the chain is.
        campaign: its id.
        events: all its events, if they were read already.
        tokens: gives the random part of each new question's token.

    Raises:
        NotFoundError: the ledger has no such campaign.
        LedgerError: not even its first event can be read.
    """

    def __init__(
        self,
        ledger: Ledger,
        campaign: str,
        events: Sequence[Event] | None = None,
        *,
        tokens: TokenSource = random_token,
    ) -> None:
        self.ledger = ledger
        self.state = current(ledger, campaign) if events is None else readable(campaign, events)
        self.session: int | None = None
        self._tokens = tokens
        self._keeping = Keeping(ledger)
        self._ahead = False  # whether the state holds events whose transaction did not end well

    @classmethod
    def created(
        cls,
        ledger: Ledger,
        campaign: str,
        body: Mapping[str, object],
        at: Moment,
        tokens: TokenSource = random_token,
    ) -> Record:
        """Start a chain with its first event, and return its record.

        Raises:
            StateError: there is a campaign of that id.
            LedgerError: the event makes no sense; nothing was stored.
        """

        def first(foreign: Sequence[Event]) -> Sequence[Draft]:
            if foreign:
                raise StateError(f"campaign {campaign} exists already", field="campaign", value=campaign)
            return [Draft("campaign.created", body)]

        ledger.append(campaign, at, first, after=0, check=lambda event: apply(State(campaign), event))
        return cls(ledger, campaign, tokens=tokens)

    @property
    def campaign(self) -> str:
        """The campaign's id."""
        return self.state.id

    @property
    def broken(self) -> Broken | None:
        """The event at which the record stops making sense, if there is one."""
        return self.state.broken

    def require_whole(self) -> None:
        """Refuse to go on with a record that cannot be read to its end.

        Raises:
            LedgerError: says which event does not fit, and what still works.
        """
        if self.broken is not None:
            raise LedgerError(
                f"the record of campaign {self.campaign} can be read but not changed: {self.broken}",
                field="event",
                value=self.broken.seq,
                allowed=f"a record that makes sense to its end; this one does up to event {self.broken.seq - 1}",
                hint="status, show, export and report work up to there, pause and abort stop what runs; restore the "
                "ledger from a backup, or start a new campaign from its file",
            )

    def sync(self) -> bool:
        """Take in what other processes appended; say whether there was anything.

        Raises:
            LedgerError: one of the events does not fit; from then on the record is ``broken``.
        """
        self._caught_up()
        if self.broken is not None:
            return False
        events = self.ledger.events(self.campaign, self.state.seq)
        self._take(events)
        return bool(events)

    def commit(self, build: Callable[[State], Sequence[Draft]], at: Moment) -> list[Event]:
        """Append what ``build`` returns for the state at that moment, in one transaction; return the new events.

        Args:
            build: called with the state, up to date; returns the drafts, none to write nothing. What it raises
                leaves the ledger as it was. Questions get their tokens here.
            at: gives the time to stamp.

        Raises:
            LedgerError: the ledger cannot be written, a draft does not fit, or the record is broken.
            FencedError: another runner opened a session after this one's.
        """
        self._caught_up()
        self.require_whole()
        state = self.state
        own: list[Event] = []

        def inside(foreign: Sequence[Event]) -> Sequence[Draft]:
            self._take(foreign)
            self._require_own_session()
            return with_tokens(state, build(state), self._tokens)

        def check(event: Event) -> None:
            self._ahead = True
            try:
                apply(state, event)
            except LedgerError as error:
                raise LedgerError(
                    f"nothing was stored: {error.message}",
                    field="event",
                    value=event.kind,
                    allowed="an event that fits the record",
                    hint="the record is as it was; please report how you came here",
                ) from error
            own.append(event)

        try:
            self.ledger.append(state.id, at, inside, after=state.seq, previous=state.head, check=check)
        except BaseException as error:
            with contextlib.suppress(LedgerError):  # where it cannot be read now, it is before the next use
                self._caught_up()
            if isinstance(error, UnicodeEncodeError):  # such as a reason typed in another encoding
                raise LedgerError(
                    "nothing was stored: a text holds half a character",
                    field="text",
                    value=error.object[: error.start].rpartition('"')[2] + "...",
                    allowed="texts of whole characters",
                    hint="write it again; at a terminal, check that it uses UTF-8",
                ) from error
            raise
        self._ahead = False
        if self._keeping.due(state):
            self.keep()
        return own

    def keep(self) -> None:
        """Keep a snapshot of the state in the ledger, if it is worth it and can be done; nothing depends on it."""
        if not self._ahead:
            self._keeping.keep(self.state)

    def request_stop(self, verb: str, by: str, reason: str) -> None:
        """Ask whoever runs the campaign to stop and bring its devices to safety, without appending anything."""
        self.ledger.put_note(self._note, json.dumps({"verb": verb, "by": by, "reason": reason}))

    def stop_wanted(self) -> str:
        """Return in words who asked to stop without appending, and why; empty if nobody did."""
        text = self.ledger.note(self._note)
        if not text:
            return ""
        asked = json.loads(text)
        why = f": {asked['reason']}" if asked["reason"] else ""
        return f"{asked['by']} asked to {asked['verb']} a campaign whose record cannot be changed{why}"

    def clear_stop(self) -> None:
        """Take away an earlier request, which was for a runner that is gone."""
        if self.ledger.note(self._note):
            self.ledger.put_note(self._note, "")

    @property
    def _note(self) -> str:
        return f"stop {self.campaign}"

    def _require_own_session(self) -> None:
        if self.session is not None and self.state.sessions != self.session:
            raise FencedError(
                f"another process took campaign {self.campaign} over: session {self.state.sessions} was opened",
                field="session",
                value=self.session,
                allowed="only the last session may write",
                hint="nothing more is done here; zosimos status shows how it goes on there",
            )

    def _take(self, events: Sequence[Event]) -> None:
        try:
            for event in events:
                apply(self.state, event)
        except LedgerError:
            self._ahead = True  # the event may have changed something before it failed
            with contextlib.suppress(LedgerError):
                self._caught_up()
            raise

    def _caught_up(self) -> None:
        """Read the chain again if the state holds what the ledger does not."""
        if self._ahead:
            self.state.become(current(self.ledger, self.campaign))
            self._ahead = False

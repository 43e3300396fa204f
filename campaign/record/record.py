"""The record: a campaign's state kept in step with its ledger. The one stateful thing in the middle.

No event enters the ledger that cannot be read back: each is taken into the state before it is inserted, inside the same
transaction. If it does not fit, nothing is stored and the state is read again. If the transaction fails later, the
chain tells what became of it (:meth:`Record.settle`): a connection that is lost while a transaction is committed says
nothing about it. The hash of an event is made of all before it, so nothing else can be taken for it.

A record may hold an event that does not fit all the same (an older version stored it). It is read up to that event and
takes no further one, until a person sets aside what does not fit (:mod:`zosimos.campaign.control.repairing`). To stop
the program that runs such a campaign, a note is left beside the chain (:meth:`Record.request_stop`), which the runner
looks for at each turn (:meth:`Record.stop_wanted`), and which the repair puts on record.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from zosimos.campaign.ledger.events import Draft, Event, sealed
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import apply
from zosimos.campaign.record.repairs import counting
from zosimos.campaign.record.snapshot.keeping import Keeping, current
from zosimos.campaign.record.snapshot.snapshots import Snapshot
from zosimos.campaign.record.state import Broken, State
from zosimos.campaign.record.tokens import TokenSource, random_token, with_tokens
from zosimos.core.errors import DamagedError, FencedError, LedgerAwayError, LedgerError, StateError

_VERBS = ("pause", "halt", "abort")

Moment = Callable[[], str]
BuildDrafts: TypeAlias = Callable[[State], Sequence[Draft]]
Found: TypeAlias = list[Event] | State
"""What became of events: those that follow them on the chain, or, if they are not on it, the state as it is."""


class Record:
    """A campaign's chain and the state it leads to.

    Every write goes through :meth:`commit`: inside one transaction it takes in what other processes appended, lets
    the caller decide on the state as it is then, and appends what the caller wants.

    A runner sets ``session`` to the number of the session it opened. From then on each of its appends is refused once
    another session was opened, whatever any lock says: that is checked on the chain itself, inside the transaction.

    Args:
        ledger: where the chain is.
        campaign: its id.
        state: what all its events lead to, if they were read already.
        tokens: gives the random part of each new question's token.

    Raises:
        NotFoundError: the ledger has no such campaign.
        LedgerError: not even its first event can be read.
    """

    def __init__(
        self,
        ledger: Ledger,
        campaign: str,
        state: State | None = None,
        *,
        tokens: TokenSource = random_token,
    ) -> None:
        self.ledger = ledger
        self.state = current(ledger, campaign) if state is None else state
        self.session: int | None = None
        self._tokens = tokens
        self._keeping = Keeping(ledger)
        self._ahead: list[Event] = []  # in the state, and not known to be in the ledger
        self._base = (0, "")  # the event before the first of them
        self._torn = False  # whether an event was taken in by half
        self._seen = 0  # the last event there was when a record was found to be broken

    @classmethod
    def created(
        cls,
        ledger: Ledger,
        campaign: str,
        body: Mapping[str, object],
        at: Moment,
        tokens: TokenSource = random_token,
        more: Sequence[Draft] = (),
    ) -> Record:
        """Start a chain with its first event and those that come with it, and return its record.

        Raises:
            StateError: there is a campaign of that id.
            LedgerError: the event makes no sense; nothing was stored.
        """

        def first(foreign: Sequence[Event]) -> Sequence[Draft]:
            if foreign:
                raise StateError(f"campaign {campaign} exists already", field="campaign", value=campaign)
            return [Draft("campaign.created", body), *more]

        state = State(campaign)
        ledger.append(campaign, at, first, after=0, check=lambda event: _fitting(state, event))
        return cls(ledger, campaign, tokens=tokens)

    @property
    def campaign(self) -> str:
        """The campaign's id."""
        return self.state.id

    def events(self) -> list[Event]:
        """Return all events that count, in order."""
        return list(counting(self.ledger.events(self.campaign)))

    @property
    def broken(self) -> Broken | None:
        """The event at which the record stops making sense, if there is one."""
        return self.state.broken

    def require_whole(self) -> None:
        """Refuse to go on with a record that cannot be read to its end.

        Raises:
            DamagedError: says which event does not fit, and what still works.
        """
        if self.broken is not None:
            raise DamagedError(
                f"the record of campaign {self.campaign} can be read but not changed: {self.broken}",
                field="event",
                value=self.broken.seq,
                allowed=f"a record that makes sense to its end; this one does up to event {self.broken.seq - 1}",
                hint="status, show, export and report work up to there, pause and abort stop what runs; "
                f"zosimos repair {self.campaign} sets the rest aside and lets the campaign go on from there",
            )

    def sync(self) -> bool:
        """Take in what other processes appended; say whether there was anything.

        Raises:
            LedgerError: one of the events does not fit; from then on the record is ``broken``.
            FencedError: another runner opened a session after this one's.
        """
        self.settle()
        if self.broken is not None:
            return self._mended()
        events = self.ledger.events(self.campaign, self.state.seq, self.state.head)
        self.take(events)
        self.require_own_session()
        return bool(events)

    def commit(self, build: BuildDrafts, at: Moment) -> list[Event]:
        """Append what ``build`` returns for the state at that moment, in one transaction; return the new events.

        Args:
            build: called with the state, up to date; returns the drafts, none to write nothing. What it raises
                leaves the ledger as it was. Questions get their tokens here.
            at: gives the time to stamp.

        Raises:
            LedgerError: the ledger cannot be written, a draft does not fit, or the record is broken.
            FencedError: another runner opened a session after this one's.
        """
        self.settle()
        self.require_whole()
        return self._append(lambda foreign: self.enter(foreign, build, at))

    def repair(self, build: Callable[[Sequence[Event]], Sequence[Draft]], at: Moment) -> list[Event]:
        """Append what sets aside all from the first event that does not fit, in one transaction; return the new events.

        Args:
            build: called with the events from that one through the last there is; returns a ``record.repaired`` and
                what follows from it. What it raises leaves the ledger as it was.
            at: gives the time to stamp.

        Raises:
            LedgerError: the ledger cannot be written, or a draft does not fit.
        """
        self.settle()
        return self._append(lambda aside: self._seal(build(aside), aside[-1] if aside else None, at))

    def _append(self, inside: Callable[[Sequence[Event]], list[Event]]) -> list[Event]:
        own: list[Event] = []
        try:
            with self.ledger.appending(self.campaign, after=self.state.seq, previous=self.state.head) as chain:
                own = inside(chain.foreign)
                chain.insert(own)
        except BaseException as error:
            with contextlib.suppress(LedgerError):  # where it cannot be read now, it is before the next use
                if self.settle() and own and isinstance(error, LedgerAwayError):
                    return own
            raise
        self.kept()
        if self._keeping.due(self.state):
            self.keep()
        return own

    def keep(self) -> None:
        """Keep a snapshot of the state in the ledger, if it is worth it and can be done; nothing depends on it."""
        if not self.ahead:
            self._keeping.keep(self.state)

    def snapshot_due(self) -> Snapshot | None:
        """Return a snapshot to be kept by whoever has the database's part done elsewhere; None if there is no need."""
        return self._keeping.take(self.state) if not self.ahead and self._keeping.due(self.state) else None

    # --- the parts of a commit, for who has the database's part done elsewhere

    def enter(self, foreign: Sequence[Event], build: BuildDrafts, at: Moment) -> list[Event]:
        """Take in others' events and then what ``build`` returns, sealed; return that to be inserted.

        The state is ahead of the ledger from here on, until :meth:`kept` or :meth:`settle`.

        Raises:
            LedgerError: a draft does not fit, or another runner took over: nothing of it may be stored.
        """
        self.take(foreign)
        self.require_own_session()
        return self._seal(with_tokens(self.state, build(self.state), self._tokens), None, at)

    def _seal(self, drafts: Sequence[Draft], last: Event | None, at: Moment) -> list[Event]:
        """Take drafts in as the next events; return them to be inserted.

        Args:
            drafts: what to append.
            last: the event that they follow on the chain, if that is not the last one in the state.
            at: gives the time to stamp.
        """
        state = self.state
        seq, head = (state.seq, state.head) if last is None else (last.seq, last.hash)
        self._base = seq, head
        moment = at() if drafts else ""
        for number, draft in enumerate(drafts, start=seq + 1):
            event = sealed(state.id, number, moment, draft, head)
            self._fit(event)
            self._ahead.append(event)
            head = event.hash
        return list(self._ahead)

    def kept(self) -> None:
        """Take note that what was entered is stored."""
        self._ahead.clear()

    @property
    def ahead(self) -> bool:
        """Whether the state may hold what the ledger does not."""
        return bool(self._ahead) or self._torn

    def settle(self) -> bool:
        """Find out what became of events that were entered and not known to be kept; say whether they are stored.

        If they are not, the state is read again.
        """
        return self.ahead and self.settled(self.look_up())

    def look_up(self) -> Found:
        """Read from the ledger what :meth:`settle` needs; changes nothing, so it may run beside the loop.

        It waits for the write lock, so that no transaction is left that could still store the events later.
        """
        if not self._torn:
            seq, head = self._base
            with self.ledger.appending(self.campaign, after=seq, previous=head) as chain:
                later = list(chain.foreign)
            if [event.hash for event in later[: len(self._ahead)]] == [event.hash for event in self._ahead]:
                return later[len(self._ahead) :]
        found = current(self.ledger, self.campaign)
        found.complete()
        return found

    def settled(self, found: Found) -> bool:
        """Take in what was looked up; say whether the events that were entered are stored."""
        stored = not isinstance(found, State)
        if isinstance(found, State):
            self.state.become(found)
        self._ahead.clear()
        self._torn = False
        if not isinstance(found, State):
            self.take(found)
        return stored

    def take(self, events: Sequence[Event]) -> None:
        """Take in events that others appended.

        Raises:
            LedgerError: one does not fit; from then on the record is ``broken``.
        """
        try:
            for event in events:
                self._torn = True  # an event may change something before it fails
                apply(self.state, event)
                self._torn = False
        except LedgerError:
            with contextlib.suppress(LedgerError):
                self.settle()
            raise

    # --- stopping without appending

    def request_stop(self, verb: str, by: str, reason: str) -> None:
        """Ask whoever runs the campaign to stop and bring its devices to safety, without appending anything.

        What was asked for stays, whoever asks for less after it: a halt is more than a pause, an abort more than both.
        """
        asked = self.stop_asked().get("verb")
        if asked is None or _VERBS.index(verb) >= _VERBS.index(asked):
            self.ledger.put_note(self._note, json.dumps({"verb": verb, "by": by, "reason": reason}))

    def stop_asked(self) -> Mapping[str, str]:
        """Return the verb, the person and the reason of a stop asked for without appending; empty if nobody did."""
        if not self.ledger.note(self._note):
            return {}
        told = self.ledger.told(self._note)
        asked = {name: told.get(name) for name in ("verb", "by", "reason")}
        if asked["verb"] in _VERBS and all(isinstance(value, str) for value in asked.values()):
            return {name: str(value) for name, value in asked.items()}
        return {"verb": "pause", "by": "somebody", "reason": "the note that asks for it cannot be read"}

    def stop_wanted(self) -> str:
        """Return in words who asked to stop without appending, and why; empty if nobody did."""
        asked = self.stop_asked()
        if not asked:
            return ""
        why = f": {asked['reason']}" if asked["reason"] else ""
        return f"{asked['by']} asked to {asked['verb']} a campaign whose record cannot be changed{why}"

    def clear_stop(self) -> None:
        """Take away an earlier request, which was for a runner that is gone."""
        if self.ledger.note(self._note):
            self.ledger.put_note(self._note, "")

    @property
    def _note(self) -> str:
        return f"stop {self.campaign}"

    def require_own_session(self) -> None:
        """Refuse to go on in a session that another one followed.

        Raises:
            FencedError: another runner took over.
        """
        if self.session is not None and self.state.sessions != self.session:
            raise FencedError(
                f"another process took campaign {self.campaign} over: session {self.state.sessions} was opened",
                field="session",
                value=self.session,
                allowed="only the last session may write",
                hint="nothing more is done here; zosimos status shows how it goes on there",
            )

    def _fit(self, event: Event) -> None:
        self._torn = True
        _fitting(self.state, event)
        self._torn = False

    def _mended(self) -> bool:
        """Read a broken record again if something was appended; say whether it is whole now."""
        last = self.ledger.last(self.campaign)
        if last == self._seen:
            return False
        self._seen, self._torn = last, True
        self.settle()
        return self.broken is None


def _fitting(state: State, event: Event) -> None:
    """Take in an event that is about to be stored.

    Raises:
        LedgerError: it does not fit; the state may hold half of it.
    """
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

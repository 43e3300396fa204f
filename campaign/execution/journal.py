"""The journal: the record as the event loop uses it. The one place where the loop meets the disk and the network.

Theory of operation: on the wall clock each transaction runs in a thread beside the loop. In its middle the thread
hands over to the loop, which takes in what others appended, decides what to write and takes that into the state; then
the thread stores it. So the state is changed on the loop's thread only, commits go one after the other in the order in
which they were asked for, and who asked goes on once the events are on the disk.

Between the two the state holds events that are not stored yet. Nothing can come of that: whatever has consequences, an
effect or a decision, is itself a commit, which waits for those before it and is refused if one of them failed.
Displays are shown the state at a moment when no commit is under way (:meth:`Journal.quiet`).

A transaction that waits for the loop keeps all writers out. If the loop has no time at once (it may itself be waiting
to write, through another record), the thread lets go and begins again when the loop turns.

The ledger has ``ANSWER_S`` to answer. What fails at once is tried again for ``AGAIN_S``: a server that was restarted, a
connection that was cut. Whether a transaction that failed was stored is read from the chain. After that the ledger is
away, and this journal takes nothing any more: the session ends, and the next one begins with what the chain holds. A
thread that was left behind can only do what it was given before: it meets nobody to fill its transaction, or what it
stores in the end is found on the chain.

In simulated time everything is done in place, while the loop stands still.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.exchanges import keep
from zosimos.campaign.record.record import BuildDrafts, Moment, Record
from zosimos.campaign.record.snapshot import snapshots
from zosimos.campaign.record.state import State
from zosimos.core import background
from zosimos.core.background import LeftBehindError
from zosimos.core.clock import Clock
from zosimos.core.errors import FencedError, LedgerAwayError, LedgerError

T = TypeVar("T")

ANSWER_S = 9.0
"""How long the ledger may take to answer: more than its own deadlines, and noticed within 10 s."""
AGAIN_S = 2.0
"""How long what fails at once is tried again before the devices are stopped."""
CACHE_S = 1.0
"""How long a snapshot may take, which every commit waits for and nothing depends on."""
_SLOW_S = 0.5
"""A commit that takes longer shows a disk or network on which no snapshot is tried."""
READ_S = 300.0
"""How long the whole record may take to be read again."""
_PAUSE_S = 0.1
_MOMENT_S = 0.01
_HOLD_S = 0.25  # how long a transaction waits for the loop, which keeps every other writer out; twice as long each time


class Journal:
    """A record, for one session of an event loop.

    Args:
        record: the record.
        clock: the time the loop runs on.
    """

    def __init__(self, record: Record, clock: Clock) -> None:
        self._record = record
        self._clock = clock
        self._turn = asyncio.Lock()
        self._over: LedgerError | None = None

    @property
    def state(self) -> State:
        """The campaign's state."""
        return self._record.state

    async def commit(self, build: BuildDrafts, at: Moment) -> list[Event]:
        """Append what ``build`` returns, and return it once it is on the disk; as :meth:`Record.commit`.

        Whoever is cancelled meanwhile is cancelled when the commit is over: it is on record then, or it is not.

        Raises:
            LedgerError: nothing was stored.
            FencedError: another runner took over; nothing is taken any more.
            LedgerAwayError: the ledger does not answer; nothing is taken any more.
        """
        if self._clock.simulated:
            return self._record.commit(build, at)
        return await _seen_through(asyncio.ensure_future(self._committed(build, at)))

    async def catch_up(self) -> None:
        """Find out what the ledger holds after it was away.

        Raises:
            LedgerAwayError: it still is.
        """
        ledger = self._record.ledger
        if self._clock.simulated:
            ledger.reconnect()
            self._record.sync()
            return
        await self._beside(ledger.reconnect)
        await self._beside(ledger.last, self._record.campaign)
        async with self._turn:
            if self._record.ahead:
                self._record.settled(await self._beside(self._record.look_up, limit_s=READ_S))
        await self.sync()

    async def stop_wanted(self) -> str:
        """Return in words who asked to stop without appending, and why; as :meth:`Record.stop_wanted`."""
        return await self.call(self._record.stop_wanted)

    async def sync(self) -> bool:
        """Take in what other processes appended; say whether there was anything.

        Raises:
            FencedError: another runner took over.
            LedgerAwayError: the ledger does not answer; nothing is taken any more.
        """
        record = self._record
        last = await self.call(record.ledger.last, record.campaign)
        if last <= record.state.seq:
            return False
        if self._clock.simulated:
            return record.sync()
        while record.broken is None and last > record.state.seq:
            if self._turn.locked():  # the commit under way takes it in, or the next: an abort does not queue up
                await asyncio.sleep(_MOMENT_S)
                continue
            async with self._turn:
                await self._settled()
                record.take(await self.call(record.ledger.events, record.campaign, record.state.seq, record.state.head))
                record.require_own_session()
        return True

    async def quiet(self) -> None:
        """Wait for a moment when no commit is under way: all that the state holds is stored.

        Raises:
            LedgerAwayError: it may hold what was never stored; nothing is taken any more.
        """
        if self._clock.simulated:
            self._record.settle()
            return
        async with self._turn:
            if self._record.ahead:  # the commit under way failed
                self._require_here()
                await self._patiently(self._settled)

    async def keep_exchanges(self, exchanges: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
        """Store what models were asked and answered, and return its names; as :func:`exchanges.keep`.

        Raises:
            LedgerAwayError: the ledger does not answer; nothing is taken any more.
        """
        return await self.call(keep, self._record.ledger, exchanges)

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Ask the ledger something that may be asked again, beside the loop.

        Raises:
            LedgerAwayError: it does not answer; nothing is taken any more.
        """
        if self._clock.simulated:
            return function(*args)
        self._require_here()
        return await self._patiently(lambda: self._beside(function, *args))

    async def _committed(self, build: BuildDrafts, at: Moment) -> list[Event]:
        async with self._turn:
            self._require_here()
            before: list[Event] = []

            async def attempt() -> list[Event]:
                nonlocal before
                if await self._settled() and before:
                    return before  # the last attempt, which seemed to fail, was stored
                self._record.require_whole()
                filling = _Filling(self._record, build, at)
                began = asyncio.get_running_loop().time()
                try:
                    await self._beside(filling.store)
                finally:
                    filling.over, before = True, filling.events
                self._record.kept()
                if asyncio.get_running_loop().time() - began < _SLOW_S:
                    await self._snapshot_kept()
                return filling.events

            try:
                return await self._patiently(attempt)
            except LedgerAwayError:
                raise
            except BaseException as error:
                if isinstance(error, FencedError):
                    self._over = error
                with suppress(LedgerError):  # where it cannot be read now, it is before the next commit
                    await self._settled()
                raise

    async def _snapshot_kept(self) -> None:
        """Keep a snapshot of the state, if it is time for one: nothing depends on it, and no commit is under way."""
        snapshot = self._record.snapshot_due()
        if snapshot is not None:
            outcome: snapshots.Outcome = "away"
            over = threading.Event()
            try:
                with suppress(LedgerError):
                    write = partial(snapshots.write, wanted=lambda: not over.is_set())
                    outcome = await self._beside(write, self._record.ledger, snapshot, limit_s=CACHE_S)
            finally:  # whatever ended it: what it did not store is what the next one must hold
                over.set()
                snapshots.settle(self._record.state, snapshot, outcome)

    async def _settled(self) -> bool:
        return self._record.ahead and self._record.settled(await self._beside(self._record.look_up))

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try again what fails because the ledger is away, for a moment; then take nothing any more."""
        loop = asyncio.get_running_loop()
        until = loop.time() + AGAIN_S
        while True:
            try:
                return await attempt()
            except LedgerAwayError as error:
                if loop.time() >= until:
                    self._over = error
                    raise
            await asyncio.sleep(_PAUSE_S)

    async def _beside(self, function: Callable[..., T], *args: Any, limit_s: float | None = None) -> T:
        limit = ANSWER_S if limit_s is None else limit_s
        try:
            return await background.within(limit, function, *args)
        except LeftBehindError as error:
            raise LedgerAwayError(
                f"the ledger did not answer for {limit:g} s",
                field="ledger",
                hint="check the disk or the network between here and the database server",
            ) from error

    def _require_here(self) -> None:
        if self._over is not None:
            raise self._over


class _Filling:
    """What goes on between the thread that holds a transaction and the loop that says what it stores."""

    def __init__(self, record: Record, build: BuildDrafts, at: Moment) -> None:
        self.events: list[Event] = []
        self.over = False
        self._record = record
        self._build = build
        self._at = at
        self._loop = asyncio.get_running_loop()
        self._start = record.state.seq, record.state.head
        self._turned = threading.Event()

    def store(self) -> None:
        """Run the transaction, in the thread: again and again, if need be, until the loop has time for it."""
        ledger, campaign, hold_s = self._record.ledger, self._record.campaign, _HOLD_S
        while True:
            seq, head = self._start
            with ledger.appending(campaign, after=seq, previous=head) as chain:
                filled = self._handed_over(chain.foreign, hold_s)
                if filled:
                    chain.insert(self.events)
            if filled:
                return
            self._turned.wait()
            hold_s *= 2.0  # a loop that is always busy gets its turn in the end

    def _handed_over(self, foreign: Sequence[Event], hold_s: float) -> bool:
        """Have the loop fill the transaction; say whether it had time to."""
        self._turned.clear()
        filled: Future[None] = Future()
        self._loop.call_soon_threadsafe(self._fill, foreign, filled)
        try:
            filled.result(hold_s)
        except TimeoutError:
            if filled.cancel():
                return False
            filled.result()
        return True

    def _fill(self, foreign: Sequence[Event], filled: Future[None]) -> None:
        """Say what to store, on the loop's thread, unless nobody waits for it any more."""
        if not filled.set_running_or_notify_cancel():
            self._start = self._record.state.seq, self._record.state.head
            self._turned.set()
        elif self.over:
            filled.set_exception(LedgerAwayError("it answered too late"))
        else:
            try:
                self.events = self._record.enter(foreign, self._build, self._at)
            except BaseException as error:  # noqa: BLE001 - raised where the transaction is, which it undoes
                filled.set_exception(error)
            else:
                filled.set_result(None)


async def _seen_through(doing: asyncio.Future[T]) -> T:
    """Wait for something that must not be cut short; who is cancelled meanwhile is cancelled after it."""
    cancelled: asyncio.CancelledError | None = None
    while not doing.done():
        try:
            await asyncio.wait({doing})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        doing.exception()  # who was cancelled looks at the state, or asks no more
        raise cancelled
    return doing.result()

"""A session: one process running one campaign, from claiming it to letting it go.

While the ledger is away the devices stand still and the process waits; then a new session goes on, as after a crash.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from zosimos.campaign.decisions.asking import MakeAdvisor
from zosimos.campaign.decisions.decide import Decide, decide
from zosimos.campaign.execution.journal import Journal
from zosimos.campaign.execution.loop import Ending, Runner
from zosimos.campaign.execution.outage import Outage
from zosimos.campaign.ledger.claims import Claim, execution_claim
from zosimos.campaign.ledger.database.integrity import require_sound
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.safekeeping.marks import in_use
from zosimos.campaign.ledger.safekeeping.watching import Watcher
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.campaign.setup import reopened as reopened  # programs know it from here
from zosimos.core import background, signals
from zosimos.core import clock as clocks
from zosimos.core.clock import Clock, ClockKind
from zosimos.core.errors import LedgerAwayError, LedgerError, StateError

_log = logging.getLogger("zosimos")


def run_campaign(
    record: Record,
    setup: Setup,
    *,
    kind: ClockKind | None = None,
    pace: float | None = None,
    wait_for_people: bool = True,
    changed: Callable[[State], None] = lambda _: None,
    decide: Decide = decide,
    advisor: MakeAdvisor | None = None,
    wire: Path | None = None,
    unattended: bool = False,
    witness: str = "",
    notice: Callable[[str], None] = _log.warning,
) -> Ending:
    """Run a campaign in this process until it ends or cannot go on.

    SIGINT and SIGTERM end it in good order; a second one at once.

    Args:
        record: its record.
        setup: its setup.
        kind: the time to run on, if not the campaign's own.
        pace: real seconds for each simulated second, if not the campaign's own.
        wait_for_people: whether to wait for approvals and other answers, or end with ``waiting``.
        changed: called after each turn of the loop.
        decide: chooses candidates.
        advisor: returns the advisor that the campaign file names; None: nobody is asked.
        wire: the folder for wire traces, if they are wanted.
        unattended: whether operators are taken to have done what they are asked (a rehearsal).
        witness: a file or web address that heads of the chain are written to; empty: none.
        notice: called with words, from any thread: what is waited for (another process that ran the campaign before,
            or the ledger), and that the witness cannot be written to.

    Raises:
        SettingsError: the witness is none.
        TamperedError: events that were on record are gone.
        LockedError: another process runs it.
        LedgerError: the record cannot be read or written.
        LedgerAwayError: it did not answer, and not again within ``outage.PATIENCE_S``.
        StateError: an event loop runs in this thread already.
    """
    if _in_a_loop():
        raise StateError(
            "an event loop runs in this thread already, as in a notebook",
            field="run_campaign",
            hint="await arun_campaign(record, setup) instead",
        )
    make = partial(
        Runner,
        record,
        setup,
        decide=decide,
        wait_for_people=wait_for_people,
        wire=wire,
        unattended=unattended,
        advisor=advisor,
    )
    session = _Session(record, kind or setup.clock, pace, make, changed, witness, notice)
    try:
        return session.blocking(orderly=True)
    finally:
        session.last_head()


async def arun_campaign(
    record: Record,
    setup: Setup,
    *,
    kind: ClockKind | None = None,
    pace: float | None = None,
    wait_for_people: bool = True,
    changed: Callable[[State], None] = lambda _: None,
    decide: Decide = decide,
    advisor: MakeAdvisor | None = None,
    wire: Path | None = None,
    unattended: bool = False,
    witness: str = "",
    notice: Callable[[str], None] = _log.warning,
) -> Ending:
    """Run a campaign from inside a running event loop, such as a notebook's or a web server's.

    On the wall clock it runs on that loop. Simulated time needs a loop of its own, which runs in a thread: ``changed``
    is called there, and the record must not be used elsewhere until this returns. No signal is handled. Cancelling the
    wait ends the run in good order, as SIGTERM ends :func:`run_campaign`, and then raises ``CancelledError``.

    Arguments and errors are those of :func:`run_campaign`.
    """
    make = partial(
        Runner,
        record,
        setup,
        decide=decide,
        wait_for_people=wait_for_people,
        wire=wire,
        unattended=unattended,
        advisor=advisor,
    )
    session = _Session(record, kind or setup.clock, pace, make, changed, witness, notice)
    running: asyncio.Future[Ending]
    if session.kind == "wall":
        running = asyncio.create_task(session.here(), name=f"campaign {record.campaign}")
    else:
        running = asyncio.wrap_future(background.started(session.blocking))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        session.stop("cancelled by its caller")
        await asyncio.gather(running, return_exceptions=True)
        raise
    finally:
        await asyncio.wrap_future(background.started(session.last_head))


class _Session:
    """One run of a campaign, under its claim: what the blocking and the asynchronous entry share."""

    def __init__(
        self,
        record: Record,
        kind: ClockKind,
        pace: float | None,
        make: Callable[..., Runner],
        changed: Callable[[State], None],
        witness: str,
        notice: Callable[[str], None],
    ) -> None:
        self.kind = kind
        self._record = record
        self._pace = pace
        self._make = make
        self._changed = changed
        self._watcher = Watcher(*self._whose, witness, trouble=notice)
        self._notice = notice
        self._begun = False
        self._runner: Runner | None = None
        self._outage: Outage | None = None
        self._stopping = ""

    def stop(self, reason: str) -> None:
        """End the run in good order; from any thread, also before it has begun and while the ledger is away."""
        self._stopping = self._stopping or reason
        if self._runner is not None:
            self._runner.stop(reason)
        outage = self._outage
        if outage is not None:
            outage.give_up()

    def blocking(self, *, orderly: bool = False) -> Ending:
        """Run on a loop of its own until the run ends; ``orderly``: signals stop it in good order."""
        with execution_claim(*self._whose, notice=self._notice) as claim, self._own_session():

            async def main(clock: Clock) -> Ending:
                with _orderly_signals(self.stop) if orderly else nullcontext():
                    return await self._through(clock, claim)

            # Simulated time goes on from the last event, so that what was waited for before a crash stays waited for.
            state = self._record.state
            epoch = None if self.kind == "wall" else datetime.fromisoformat(state.at)
            return clocks.run(main, self.kind, epoch=epoch, pace=state.spec.pace if self._pace is None else self._pace)

    async def here(self) -> Ending:
        """Run on the loop that runs already, on the wall clock."""
        claiming = execution_claim(*self._whose, notice=self._notice)
        async with background.entered(claiming) as claim, background.entered(self._own_session()):
            return await self._through(Clock("wall"), claim)

    def last_head(self) -> None:
        """Take the last head of the run to where it is kept; the chain is asked, as the state may be ahead of it."""
        if not self._begun:  # it was refused, and the head that is kept may be why
            return
        with suppress(LedgerError):  # one that is away has said what it could
            self._watcher.seen(Head(*(self._record.ledger.end(self._record.campaign) or (0, ""))))
        self._watcher.close()

    async def _through(self, clock: Clock, claim: Claim) -> Ending:
        """Run one session after the other: a new one each time the ledger was away and answers again."""
        before: Sequence[Draft] = ()
        while True:
            runner = self._made(clock, claim, before)
            try:
                return await runner.run()
            except LedgerAwayError as error:
                if self._outage is None and not runner.opened:
                    raise  # nothing was begun that could go on
                outage = self._outage = self._outage or Outage(error, clock, runner.unconfirmed)
                outage.error, self._runner = error, None
                if runner.opened:
                    self._notice(outage.begun())
            while await outage.rest(self._stopping):
                try:
                    await self._back(clock, claim)
                    break
                except LedgerAwayError as error:
                    outage.error = error
            else:
                return Ending("interrupted", self._stopping)
            before = [outage.over()]

    def _turned(self, state: State) -> None:
        """Pass on that the loop has turned: to the caller, and to what takes the head to where it is kept."""
        self._changed(state)
        self._watcher.seen(Head(state.seq, state.head))

    def _opened(self) -> None:
        """Take note that a session is on record: an outage before it is over."""
        if self._outage is not None:
            self._notice(self._outage.ended())
            self._outage = None

    async def _back(self, clock: Clock, claim: Claim) -> None:
        """Catch up with a ledger that may answer again, and make sure that the campaign is still ours to run.

        Raises:
            LedgerAwayError: it does not answer.
            FencedError: somebody else runs the campaign.
        """
        journal = Journal(self._record, clock)
        await journal.catch_up()
        await journal.call(claim.renew)

    @property
    def _whose(self) -> tuple[Ledger, str]:
        return self._record.ledger, self._record.campaign

    @contextmanager
    def _own_session(self) -> Iterator[None]:
        """Make the record ready for a session of its own, and free again for whoever uses it afterwards."""
        self._record.session = None
        try:
            require_sound(self._record.ledger)
            with in_use(*self._whose):
                self._begun = True
                self._record.sync()
                self._record.require_whole()
                self._record.clear_stop()
                self._record.keep()  # before any device is touched, in case there is much to write
                self._record.state.complete()  # a loop that runs never waits for a page
                yield
        finally:
            self._record.session = None

    def _made(self, clock: Clock, claim: Claim, before: Sequence[Draft]) -> Runner:
        self._runner = self._make(clock, claim=claim, before=before, opened=self._opened, changed=self._turned)
        if self._stopping:
            self._runner.stop(self._stopping)
        return self._runner


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _orderly_signals(stop: Callable[[str], None]) -> AbstractContextManager[None]:
    """Let SIGINT, SIGTERM and Windows' SIGBREAK stop a run in good order; a second one does what it always did."""
    if threading.current_thread() is not threading.main_thread():
        return nullcontext()
    names = ("SIGINT", "SIGTERM", "SIGBREAK")  # the last is what a process group of its own hears on Windows
    return signals.heard(names, lambda number: stop(f"asked to stop by {signal.Signals(number).name}"), once=True)

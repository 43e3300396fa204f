"""A session: one process running one campaign, from taking the lock to letting it go."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from zosimos.campaign.decisions.decide import Decide, decide
from zosimos.campaign.execution.loop import Ending, Runner
from zosimos.campaign.ledger.locks import execution_lock
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.campaign.setup import reopened as reopened  # programs know it from here
from zosimos.core import background
from zosimos.core import clock as clocks
from zosimos.core.clock import Clock, ClockKind
from zosimos.core.errors import StateError


def run_campaign(
    record: Record,
    setup: Setup,
    *,
    kind: ClockKind | None = None,
    pace: float | None = None,
    wait_for_people: bool = True,
    changed: Callable[[State], None] = lambda _: None,
    decide: Decide = decide,
    wire: Path | None = None,
    unattended: bool = False,
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
        wire: the folder for wire traces, if they are wanted.
        unattended: whether operators are taken to have done what they are asked (a rehearsal).

    Raises:
        LockedError: another process runs it.
        LedgerError: the record cannot be read or written.
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
        changed=changed,
        wire=wire,
        unattended=unattended,
    )
    return _Session(record, kind or setup.clock, pace, make).blocking(signals=True)


async def arun_campaign(
    record: Record,
    setup: Setup,
    *,
    kind: ClockKind | None = None,
    pace: float | None = None,
    wait_for_people: bool = True,
    changed: Callable[[State], None] = lambda _: None,
    decide: Decide = decide,
    wire: Path | None = None,
    unattended: bool = False,
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
        changed=changed,
        wire=wire,
        unattended=unattended,
    )
    session = _Session(record, kind or setup.clock, pace, make)
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


class _Session:
    """One run of a campaign, under its execution lock: what the blocking and the asynchronous entry share."""

    def __init__(self, record: Record, kind: ClockKind, pace: float | None, make: Callable[..., Runner]) -> None:
        self.kind = kind
        self._record = record
        self._pace = pace
        self._make = make
        self._runner: Runner | None = None
        self._stopping = ""

    def stop(self, reason: str) -> None:
        """End the run in good order; from any thread, also before it has begun."""
        self._stopping = reason
        if self._runner is not None:
            self._runner.stop(reason)

    def blocking(self, *, signals: bool = False) -> Ending:
        """Run on a loop of its own until the run ends."""
        with self._locked() as still_ours:

            async def main(clock: Clock) -> Ending:
                runner = self._made(clock, still_ours)
                with _orderly_signals(runner) if signals else nullcontext():
                    return await runner.run()

            # Simulated time goes on from the last event, so that what was waited for before a crash stays waited for.
            state = self._record.state
            epoch = None if self.kind == "wall" else datetime.fromisoformat(state.at)
            return clocks.run(main, self.kind, epoch=epoch, pace=state.spec.pace if self._pace is None else self._pace)

    async def here(self) -> Ending:
        """Run on the loop that runs already, on the wall clock."""
        with self._locked() as still_ours:
            return await self._made(Clock("wall"), still_ours).run()

    @contextmanager
    def _locked(self) -> Iterator[Callable[[], None]]:
        with execution_lock(self._record.ledger, self._record.campaign) as still_ours:
            self._record.sync()
            self._record.require_whole()
            self._record.clear_stop()
            yield still_ours

    def _made(self, clock: Clock, still_ours: Callable[[], None]) -> Runner:
        self._runner = self._make(clock, still_ours=still_ours)
        if self._stopping:
            self._runner.stop(self._stopping)
        return self._runner


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@contextmanager
def _orderly_signals(runner: Runner) -> Iterator[None]:
    """Let SIGINT, SIGTERM and Windows' SIGBREAK stop the runner in good order; put the old handlers back afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {}

    def handle(number: int, _: FrameType | None) -> None:
        signal.signal(number, before[number])  # a second signal does what it always did
        runner.stop(f"asked to stop by {signal.Signals(number).name}")

    names = ("SIGINT", "SIGTERM", "SIGBREAK")  # the last is what a process group of its own hears on Windows
    for wanted in (getattr(signal, name) for name in names if hasattr(signal, name)):
        before[wanted] = signal.getsignal(wanted)
        signal.signal(wanted, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

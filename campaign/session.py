"""A session: one process running one campaign, from taking the lock to letting it go."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

from zosimos.campaign.decide import Decide, decide
from zosimos.campaign.ledger.locks import execution_lock
from zosimos.campaign.loop import Ending, Runner
from zosimos.campaign.record import Record
from zosimos.campaign.setup import Setup, assemble
from zosimos.campaign.spec.model import CampaignSpec
from zosimos.campaign.state import State
from zosimos.core import clock as clocks
from zosimos.core.clock import Clock, ClockKind


def reopened(record: Record) -> Setup:
    """Return the setup of a campaign from its record alone: the first spec and the files kept as artifacts.

    Raises:
        NotFoundError: an artifact is missing.
    """
    files = {role: record.ledger.artifact(name) for role, name in record.state.files.items()}
    return assemble(record.state.specs[0], files)


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
    """
    kind = kind or setup.clock
    spec: CampaignSpec = record.state.spec
    with execution_lock(record.ledger, record.campaign) as still_ours:
        record.sync()
        record.require_whole()
        record.clear_stop()

        async def main(clock: Clock) -> Ending:
            runner = Runner(
                record,
                setup,
                clock,
                decide=decide,
                wait_for_people=wait_for_people,
                changed=changed,
                still_ours=still_ours,
                wire=wire,
                unattended=unattended,
            )
            with _orderly_signals(runner):
                return await runner.run()

        # Simulated time goes on from the last event, so that what was waited for before a crash stays waited for.
        epoch = None if kind == "wall" else datetime.fromisoformat(record.state.at)
        return clocks.run(main, kind, epoch=epoch, pace=spec.pace if pace is None else pace)


@contextmanager
def _orderly_signals(runner: Runner) -> Iterator[None]:
    """Let SIGINT and SIGTERM stop the runner in good order; put the old handlers back afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before: dict[int, Any] = {}

    def handle(number: int, _: FrameType | None) -> None:
        signal.signal(number, before[number])  # a second signal does what it always did
        loop.call_soon_threadsafe(runner.stop, f"asked to stop by {signal.Signals(number).name}")

    for wanted in (signal.SIGINT, signal.SIGTERM):
        before[wanted] = signal.getsignal(wanted)
        signal.signal(wanted, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

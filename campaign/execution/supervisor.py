"""The supervisor: reacts to an abort, a halt or a signal at once, whatever else is under way, and makes devices safe.

Theory of operation: everything that takes long (preparing the lab, recovering, deciding, experiments) runs as tasks of
one event loop, or in threads beside it. The supervisor watches the record and what signals ask for. When there is no
time to lose it gives up waiting for the others, so that its caller can stop the devices first and tidy up afterwards.
It also keeps the claim on the campaign, and takes down when the wall clock was set.

In virtual time it does not watch by itself, because the order of events must not depend on real time: there the loop
looks at the record once in each turn, and the decider asks :meth:`Supervisor.must_end` while the loop stands still.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from zosimos.campaign.execution.journal import Journal
from zosimos.campaign.lab import Executor
from zosimos.campaign.ledger.claims import Claim
from zosimos.campaign.ledger.events import Draft
from zosimos.core.clock import Clock, Jumps
from zosimos.core.errors import LedgerError, ZosimosError

T = TypeVar("T")

LOOK_S = 0.1  # real seconds between looks at the record: an abort is acted on within 0.3 s


class Supervisor:
    """Watches one campaign while it runs in this process.

    Args:
        journal: the campaign's record.
        clock: the time it runs on.
        claim: the right to run it.
    """

    def __init__(self, journal: Journal, clock: Clock, claim: Claim) -> None:
        self._journal = journal
        self._clock = clock
        self._claim = claim
        self._jumps = Jumps()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = asyncio.Event()
        self._guarded: list[asyncio.Task[Any]] = []
        self.news = asyncio.Event()
        self.stopping = ""

    def stop(self, reason: str) -> None:
        """Ask for an orderly end. May be called from a signal handler and from any thread."""
        self.stopping = self.stopping or reason
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    async def look(self, *, read: bool = True) -> None:
        """Take in what other processes appended, if they did.

        Args:
            read: whether to ask the ledger; a commit that was just made has done so.

        Raises:
            LedgerError: the record cannot be read, or the right to run the campaign was lost.
        """
        await self.keep_claim()
        if not self._clock.simulated and (seconds := self._jumps.seconds()):
            jumped = Draft("clock.jumped", {"seconds": round(seconds, 3)})
            await self._journal.commit(lambda _: [jumped], lambda: self._clock.now().isoformat())
        if read and await self._journal.sync():
            self.news.set()

    async def keep_claim(self) -> None:
        """Renew the claim if that is due, and refuse to go on without it.

        Raises:
            LedgerError: it cannot be renewed, or another has it.
        """
        if self._claim.due:  # before it is asked: a process that stood still for long may still own the campaign
            await self._journal.call(self._claim.renew)
        self._claim.require()

    def must_end(self) -> bool:
        """Say whether there is no time to lose, as the record was when it was last looked at."""
        return bool(self.stopping) or self.cut_short()

    def unwanted(self) -> bool:
        """Look at the record, in simulated time, and say whether to give up what is being computed."""
        looking = self.look()
        try:
            looking.send(None)  # in simulated time it waits for nothing
        except StopIteration:
            return self.must_end()
        finally:
            looking.close()
        return self.must_end()

    async def guard(self, work: Coroutine[Any, Any, T], urgent: Callable[[], bool] | None = None) -> T | None:
        """Run work to its end, or give up waiting for it at once when there is no time to lose.

        Args:
            work: what to run.
            urgent: what there is no time to lose for, if not :meth:`must_end`.

        Returns:
            Its result, or None if it was given up; it may still take a moment to end (:meth:`ended`).

        Raises:
            LedgerError: the record cannot be read any more.
        """
        self._loop = asyncio.get_running_loop()
        doing = asyncio.create_task(work)
        watching = asyncio.create_task(self._watch(urgent or self.must_end))
        self._guarded.append(doing)
        try:
            await asyncio.wait({doing, watching}, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                return doing.result()
            watching.result()
        finally:
            doing.cancel()
            watching.cancel()
        return None

    async def ended(self) -> None:
        """Wait for work that was given up."""
        await asyncio.gather(*self._guarded, return_exceptions=True)
        self._guarded.clear()

    async def rest(self, *events: asyncio.Future[Any], limit_s: float | None) -> None:
        """Wait for the first of some events, for news, and at most for ``limit_s`` of real time (None: no limit)."""
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(self.news.wait())]
        if limit_s is not None:
            waits.append(asyncio.create_task(self._clock.outside(limit_s)))
        try:
            await asyncio.wait([*events, *waits], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def aborted(self) -> bool:
        """Say whether the campaign was aborted, as the record was when it was last looked at."""
        return self._journal.state.status == "aborted"

    def cut_short(self) -> bool:
        """Say whether a person halted or aborted the campaign, as the record was when it was last looked at.

        A halt counts though the campaign was continued since: nobody had the devices stand still meanwhile.
        """
        state = self._journal.state
        return state.halted or state.owed or self.aborted()

    async def _watch(self, urgent: Callable[[], bool]) -> None:
        """Return as soon as there is no time to lose."""
        while True:
            self._asked.clear()  # before looking, so that what is asked for after it still wakes the wait
            if urgent():
                return
            if self._clock.kind == "virtual":
                await self._asked.wait()
                continue
            asked, pause = asyncio.create_task(self._asked.wait()), asyncio.create_task(self._clock.outside(LOOK_S))
            try:
                await asyncio.wait({asked, pause}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                asked.cancel()
                pause.cancel()
            await self.look()
            if wanted := await self._journal.stop_wanted():
                raise LedgerError(wanted, field="campaign", value=self._journal.state.id, hint="see zosimos status")

    def _wake(self) -> None:
        self._asked.set()
        self.news.set()


async def safe(executor: Executor) -> Mapping[str, str]:
    """Bring every device into its safe state; return the devices that did not confirm it, each with the reason.

    A laboratory that fails at it altogether is an entry of its own: no error may hide why the devices are stopped.
    """
    try:
        return dict(await executor.safe_state() or {})
    except Exception as error:  # noqa: BLE001 - on record as unconfirmed, and shown to a person
        words = error.message if isinstance(error, ZosimosError) else f"{type(error).__name__}: {error}"
        return {"laboratory": f"it could not be brought into its safe state: {words}"}


def stopped(reason: str, unconfirmed: Mapping[str, str]) -> Draft:
    """Return what records that devices were stopped, and which of them did not confirm it."""
    return Draft("devices.stopped", {"reason": reason, "unconfirmed": dict(unconfirmed)})

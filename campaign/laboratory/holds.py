"""Who holds what: devices that several experiments share, and stations that one experiment occupies.

Waiting is in order of arrival. What an interrupted experiment held when the program died is held for it again from the
start, and an experiment whose last effect has an unknown outcome keeps what it holds, so that nobody else uses a pump
with its liquid in the syringe. What an experiment held that is over is free.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

from zosimos.campaign.executor import BlockedError
from zosimos.core.clock import Clock
from zosimos.core.errors import ExecutionError, OutcomeUnknownError

_LOOK_S = 0.5  # real seconds between looks whether a person has ended the experiment that holds a thing
_OVER = frozenset({"measured", "failed", "cancelled"})


class Holds:
    """Exclusive use of named things by named owners.

    Args:
        clock: the time to wait on.
        status: gives an owner's status; empty for one that is no experiment.
        reserved: who holds what from the start.
    """

    def __init__(self, clock: Clock, status: Callable[[str], str], reserved: Mapping[str, str]) -> None:
        self._clock = clock
        self._status = status
        self._owner: dict[str, str] = dict(reserved)
        self._waiting: list[asyncio.Future[None]] = []

    @asynccontextmanager
    async def holding(self, thing: str, owner: str) -> AsyncIterator[None]:
        """Hold a thing for the length of a block; wait until it is free.

        Whatever ends a block but success or a failed experiment (a stop, a ledger that cannot be written) ends the
        session: then nobody else gets it.
        """
        await self.take(lambda: [thing], owner)
        try:
            yield
        except OutcomeUnknownError:
            raise  # it stays the owner's until its outcome is known
        except ExecutionError:
            self.release(thing)
            raise
        self.release(thing)

    async def take(self, things: Callable[[], Iterable[str]], owner: str) -> str:
        """Take the first of several things that is the owner's already or free, and return it; wait for one.

        Args:
            things: gives what would do, asked anew each time something was let go.
            owner: who takes it.

        Raises:
            ExecutionError: nothing would do any more.
            BlockedError: all that would do is held by experiments that only a person can resolve.
        """
        while True:
            wanted = list(things())
            if not wanted:
                raise ExecutionError("nothing that could be used is left", field="stations")
            mine = [thing for thing in wanted if self._owner.get(thing) == owner]
            free = [thing for thing in wanted if thing not in self._owner or self._status(self._owner[thing]) in _OVER]
            if mine or free:
                found = (mine or free)[0]
                self._owner[found] = owner
                return found
            if all(self._status(self._owner[thing]) == "uncertain" for thing in wanted):
                raise BlockedError(f"{', '.join(wanted)} is held until {self._owner[wanted[0]]} is resolved")
            await self._change()

    def release(self, thing: str) -> None:
        """Let a thing go; all who wait look again, in order."""
        self._owner.pop(thing, None)
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)

    async def _change(self) -> None:
        """Wait until something was let go, or for a while."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        look = asyncio.ensure_future(self._clock.outside(_LOOK_S))
        try:
            await asyncio.wait([turn, look], return_when=asyncio.FIRST_COMPLETED)
        finally:
            look.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await look

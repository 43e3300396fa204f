"""Who holds what: devices that several experiments share, and stations that one experiment occupies.

Waiting is in order of arrival. What an interrupted experiment held when the program died is held for it again from the
start, and an experiment whose last effect has an unknown outcome keeps what it holds, so that nobody else uses a pump
with its liquid in the syringe. What an experiment held that is over is free.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from zosimos.campaign.lab import BlockedError
from zosimos.core.clock import Clock
from zosimos.core.errors import ExecutionError, OutcomeUnknownError

_LOOK_S = 0.5  # real seconds between looks whether a person has ended the experiment that holds a thing
OVER = frozenset({"measured", "failed", "cancelled", "retracted"})


_STUCK = frozenset({"uncertain", "asked"})


@dataclass(eq=False)
class _Waiting:
    """Somebody in the queue: what wakes them, and what they want."""

    turn: asyncio.Future[None]
    wanted: list[str] = field(default_factory=list)


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
        self._queue: list[_Waiting] = []

    @asynccontextmanager
    async def holding(
        self, thing: str, owner: str, live: Callable[[], bool]
    ) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """Give a function to call before each use of a thing: it takes the thing, which is held to the block's end.

        An experiment that is entered again goes through what is on record without holding anything; else it would let
        go what is held for it further on. Whatever ends a block but success or a failed experiment (a stop, a ledger
        that cannot be written) ends the session: then nobody else gets the thing.

        Args:
            thing: what is to be held.
            owner: by whom.
            live: says whether what comes next is not on record yet.
        """
        held = False

        async def grip() -> None:
            nonlocal held
            if not held and live():
                await self.take(lambda: [thing], owner)
                held = True

        def end() -> None:
            if held or (live() and self._owner.get(thing) == owner):
                self.release(thing)

        try:
            yield grip
        except OutcomeUnknownError:
            raise  # it stays the owner's until its outcome is known
        except ExecutionError:
            end()
            raise
        end()

    async def take(self, things: Callable[[], Iterable[str]], owner: str) -> str:
        """Take the first of several things that is the owner's already or free, and return it; wait for one.

        Args:
            things: gives what would do, asked again each time something was let go.
            owner: who takes it.

        Raises:
            ExecutionError: nothing would do any more.
            BlockedError: all that would do is held by experiments that wait for a person.
        """
        me = _Waiting(asyncio.get_running_loop().create_future())
        try:
            while True:
                me.wanted = list(things())
                if not me.wanted:
                    raise ExecutionError("nothing that could be used is left", field="stations")
                found = self._within_reach(me, owner)
                if found is not None:
                    self._owner[found] = owner
                    return found
                if all(self._status(self._owner.get(thing, "")) in _STUCK for thing in me.wanted):
                    who = self._owner[me.wanted[0]]
                    raise BlockedError(f"{', '.join(me.wanted)} is held until a person has answered for {who}")
                if me not in self._queue:
                    self._queue.append(me)
                await self._change(me)
        finally:
            if me in self._queue:
                self._queue.remove(me)
                self._wake()

    def _within_reach(self, me: _Waiting, owner: str) -> str | None:
        """Return what is the owner's already, or free and wanted by nobody who came before."""
        before = self._queue[: self._queue.index(me)] if me in self._queue else self._queue
        asked_for = {thing for waiting in before for thing in waiting.wanted}
        for thing in me.wanted:
            holder = self._owner.get(thing)
            free = holder is None or self._status(holder) in OVER
            if holder == owner or (free and thing not in asked_for):
                return thing
        return None

    def release(self, thing: str) -> None:
        """Let a thing go; all who wait look again, in order."""
        self._owner.pop(thing, None)
        self._wake()

    def _wake(self) -> None:
        for waiting in self._queue:
            if not waiting.turn.done():
                waiting.turn.set_result(None)

    async def _change(self, me: _Waiting) -> None:
        """Wait until something was let go, or for a while."""
        look = asyncio.ensure_future(self._clock.outside(_LOOK_S))
        try:
            await asyncio.wait([me.turn, look], return_when=asyncio.FIRST_COMPLETED)
        finally:
            look.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await look
        me.turn = asyncio.get_running_loop().create_future()

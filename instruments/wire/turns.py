"""Turns on a wire: one speaks at a time, and a stop goes before everyone.

- Whoever has the turn may take it again within it: the session contract speaks inside the exchange that opened the
  port.
- A stop does not queue. Its first word cuts off the exchange under way, whose reply nobody can claim any more, and all
  others wait until the stop is over.
- Each stop that spoke begins a new *era*. An effect that was asked for in an earlier era must not be sent any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from zosimos.core.errors import ReplyError


class Turns:
    """Who may speak on one device's wire.

    Args:
        device: its name, for messages.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None
        self._cutter: asyncio.Timeout | None = None
        self._left = asyncio.Event()
        self._stopper: asyncio.Task[Any] | None = None
        self._stopped = asyncio.Event()
        self.era = 0
        """How many stops have spoken."""

    @property
    def stopping(self) -> bool:
        """Whether the task that asks is the one that stops the device."""
        return self._stopper is not None and self._stopper is asyncio.current_task()

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Speak, once it is one's turn.

        Raises:
            ReplyError: a stop cut the exchange off.
        """
        task = asyncio.current_task()
        if self.stopping:
            await self._cut()
            yield
        elif task is self._holder:
            yield
        else:
            async with self._lock:
                while self._stopper is not None:
                    await self._stopped.wait()
                async with self._held(task):
                    yield

    @asynccontextmanager
    async def stop(self) -> AsyncIterator[None]:
        """Let the present task go before everyone; one task at a time may do this."""
        self._stopper = asyncio.current_task()
        self._stopped.clear()
        try:
            yield
        finally:
            self._stopper = None
            self._stopped.set()

    @asynccontextmanager
    async def _held(self, task: asyncio.Task[Any] | None) -> AsyncIterator[None]:
        cutter = asyncio.timeout(None)
        self._holder, self._cutter = task, cutter
        self._left.clear()
        try:
            async with cutter:
                yield
        except TimeoutError as error:
            if not cutter.expired():
                raise
            raise ReplyError(
                f"{self._device}: the exchange was cut off by a stop", field=self._device, hint="look at the device"
            ) from error
        finally:
            self._holder = self._cutter = None
            self._left.set()

    async def _cut(self) -> None:
        """End the exchange under way, if there is one, and begin a new era."""
        self.era += 1
        while self._cutter is not None:
            if not self._cutter.expired():
                self._cutter.reschedule(asyncio.get_running_loop().time())
            await self._left.wait()

"""A link: exchanges with one device, each with a deadline, each byte traced, no effect without a permit.

What is wrong on a wire must never become a wrong value. So a reply counts only if it is exactly one frame; whatever
else comes in (garbage, a second reply, a late one) makes the link *unsure*, and an unsure link is brought back into
step before anything else is said: wait until the wire is quiet, ask the device something whose answer cannot be
mistaken (the sentinel), and go on only when exactly that answer comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from zosimos.core.errors import ConnectError, EnvelopeError, ReplyError
from zosimos.instruments.envelope.envelope import Envelope, Permit
from zosimos.instruments.wire.framing import Framing, Split
from zosimos.instruments.wire.port import Port
from zosimos.instruments.wire.trace import WireTrace, shown

Opener = Callable[[], Awaitable[Port]]

_QUIET_S = 0.05
_RESYNCS = 3
_QUERIES = 3
_LONGEST = 65_536


@dataclass(frozen=True)
class Sentinel:
    """A query whose reply cannot be mistaken for another's."""

    payload: bytes
    fits: Callable[[bytes], bool]


@dataclass(frozen=True)
class Manners:
    """How to talk to a kind of device.

    Args:
        framing: its frames.
        sentinel: brings the link back into step.
        queries: says of a payload whether it only asks (the driver's whitelist).
        within_s: how long a reply may take.
    """

    framing: Framing
    sentinel: Sentinel
    queries: Callable[[bytes], bool]
    within_s: float = 1.0


class Link:
    """One device's wire.

    Args:
        device: its name, for messages.
        opener: opens its port.
        manners: how to talk to it.
        envelope: whose permits count.
        trace: where every byte is written down, if anywhere.
    """

    def __init__(
        self, device: str, opener: Opener, manners: Manners, envelope: Envelope, trace: WireTrace | None = None
    ) -> None:
        self._device = device
        self._opener = opener
        self._manners = manners
        self._envelope = envelope
        self._trace = trace
        self._port: Port | None = None
        self._received = b""
        self._unsure = False
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Open the port if it is not open.

        Raises:
            ConnectError: it does not open.
        """
        async with self._turn:
            await self._open()

    async def close(self) -> None:
        """Close the port."""
        port, self._port = self._port, None
        if port is not None:
            await port.close()
        if self._trace is not None:
            self._trace.close()
            self._trace = None

    async def query(self, payload: bytes, *, within_s: float | None = None) -> bytes:
        """Ask something that changes nothing; ask again, twice at most, if no clear answer comes.

        Raises:
            EnvelopeError: the driver's whitelist does not hold the query.
            ReplyError: no clear answer came.
            ConnectError: the port is gone.
        """
        if not self._manners.queries(payload):
            raise EnvelopeError(
                f"{self._device}: {shown(payload)} is not on the driver's list of queries",
                field=self._device,
                value=shown(payload),
                hint="what changes a device is an effect and needs a permit",
            )
        for attempt in range(1, _QUERIES + 1):
            try:
                async with self._turn:
                    await self._ready()
                    return await self._exchange(payload, within_s)
            except ReplyError:
                if attempt == _QUERIES:
                    raise
        raise AssertionError("unreachable")

    async def command(self, payload: bytes, permit: Permit, *, within_s: float | None = None) -> bytes:
        """Send an effect's bytes, once, and return the reply; call :meth:`ready` first.

        Raises:
            EnvelopeError: the permit is not for these bytes; nothing was sent.
            ReplyError: the bytes left and no clear reply came: the effect may or may not happen.
            ConnectError: the port is gone.
        """
        async with self._turn:
            self._envelope.redeem(permit, self._device, payload)
            await self._ready()  # another task may have left the link unsure since
            return await self._exchange(payload, within_s)

    async def ready(self) -> None:
        """Open the port and bring it into step, before anything that counts is said.

        Raises:
            ConnectError: the port does not open, or is gone.
            ReplyError: the device does not answer the sentinel.
        """
        async with self._turn:
            await self._ready()

    async def _open(self) -> None:
        if self._port is None:
            self._port = await self._opener()
            self._received, self._unsure = b"", True
            self._note("open", b"")

    async def _ready(self) -> None:
        await self._open()
        await self._take(0.0)
        if self._received:
            self._drop(self._received)
            self._unsure = True
        if self._unsure:
            await self._resync()

    async def _exchange(self, payload: bytes, within_s: float | None) -> bytes:
        self._unsure = True  # until the reply is in: whoever waits for it may be cancelled
        await self._send(payload)
        reply = await self._reply(self._manners.within_s if within_s is None else within_s, payload)
        self._unsure = bool(self._received)
        return reply

    async def _send(self, payload: bytes) -> None:
        data = self._manners.framing.wrap(payload)
        self._note("sent", data)
        await self._on_port(self._open_port().write(data))

    async def _reply(self, within_s: float, payload: bytes) -> bytes:
        """Return the one reply to what was just sent.

        Raises:
            ReplyError: none came in time, or it stood among garbage or beside another reply.
        """
        loop = asyncio.get_running_loop()
        deadline = _in(within_s)
        garbage = b""
        while True:
            found = self._manners.framing.split(self._received)
            garbage += found.garbage
            self._received = found.rest
            if found.garbage:
                self._note("garbage", found.garbage)
                if found.reply is None and loop.time() < deadline:
                    continue
            if found.reply is not None:
                if not garbage and self._alone(found):
                    return found.reply
                break
            if loop.time() >= deadline or len(garbage) + len(self._received) > _LONGEST:
                break
            await self._take(deadline - loop.time())
        came = garbage + (found.reply or b"") + self._received
        self._drop(self._received)
        what = f"garbage came back: {shown(came[:60])}" if came else "no reply"
        raise ReplyError(
            f"{self._device}: {what} within {within_s:g} s of {shown(payload)}",
            field=self._device,
            value=shown(came[:60]) if came else None,
            hint="check power, cable, baud rate and address; zosimos show ID --wire shows every byte",
        )

    def _alone(self, found: Split) -> bool:
        """Say whether nothing came with a reply that could be meant instead; its exact repetition is none."""
        if not found.rest:
            return True
        second = self._manners.framing.split(found.rest)
        return second.reply == found.reply and not second.rest and not second.garbage

    async def _resync(self) -> None:
        """Bring the link back into step.

        Raises:
            ReplyError: the device does not answer the sentinel.
        """
        self._unsure = True
        sentinel = self._manners.sentinel
        for _ in range(_RESYNCS):
            await self._quiet()
            await self._send(sentinel.payload)
            try:
                reply = await self._reply(self._manners.within_s, sentinel.payload)
            except ReplyError:
                continue
            await self._take(_QUIET_S)
            if sentinel.fits(reply) and not self._received:
                self._unsure = False
                return
            self._drop(self._received)
        raise ReplyError(
            f"{self._device} does not answer {shown(sentinel.payload)} as a device of its kind does",
            field=self._device,
            hint="check power, cable, baud rate and address, and that the right device is behind the port",
        )

    async def _quiet(self) -> None:
        """Throw away what comes in until nothing has come for a moment, but not for ever."""
        end = _in(10 * self._manners.within_s)
        dropped = 0
        while True:
            await self._take(_QUIET_S)
            quiet, dropped = not self._received, dropped + len(self._received)
            self._drop(self._received)
            if quiet or dropped > _LONGEST or asyncio.get_running_loop().time() >= end:
                return

    async def _take(self, within_s: float) -> None:
        data = await self._on_port(self._open_port().read(_in(within_s)))
        self._note("received", data)
        self._received += data

    def _drop(self, data: bytes) -> None:
        if data:
            self._note("garbage", data)
        self._received = b""

    def _open_port(self) -> Port:
        if self._port is None:
            raise ConnectError(f"{self._device} is not connected", field=self._device)
        return self._port

    async def _on_port(self, call: Awaitable[bytes] | Awaitable[None]) -> bytes:
        """Use the port; one that is gone is forgotten, so that the next exchange opens it anew."""
        try:
            return await call or b""
        except ConnectError as error:
            port, self._port = self._port, None
            self._note("lost", error.message.encode())
            if port is not None:
                await port.close()
            raise

    def _note(self, way: str, data: bytes) -> None:
        if self._trace is not None:
            self._trace.note(way, data)  # type: ignore[arg-type]  # the words are literals at every call


def _in(seconds: float) -> float:
    """Return the loop's time in so many seconds, to the nanosecond: simulated time never stops in between."""
    return round(asyncio.get_running_loop().time() + seconds, 9)

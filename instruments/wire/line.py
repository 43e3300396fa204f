"""The line: bytes on an open port, as frames that count, and the way back into step.

What comes in beside the one reply that was waited for makes the line *unsure*; see :mod:`.link`, which says who may
speak and under which leave.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from zosimos.core.errors import ConnectError, EnvelopeError, ReplyError
from zosimos.instruments.wire.framing import Split
from zosimos.instruments.wire.port import Port
from zosimos.instruments.wire.profile import LinkProfile
from zosimos.instruments.wire.trace import WireTrace, shown
from zosimos.instruments.wire.unasked import Unasked

_QUIET_S = 0.05
_RESYNCS = 3
_LONGEST = 65_536


class Line:
    """The bytes to and from one device.

    Args:
        device: its name, for messages.
        profile: how to talk to it.
        trace: where every byte is written down, if anywhere.
        restarted: told of each frame that says unasked that the device restarted.
        require: called before anything is sent; raises if it must not be.
    """

    def __init__(
        self,
        device: str,
        profile: LinkProfile,
        trace: WireTrace | None,
        restarted: Callable[[bytes], None],
        require: Callable[[], None],
    ) -> None:
        self._device = device
        self._link_profile = profile
        self._trace = trace
        self._restarted = restarted
        self._require = require
        self._port: Port | None = None
        self._received = b""
        self._unasked = Unasked(profile.framing)
        self.unsure = False
        """Whether what comes in next may answer something else than what is said next."""

    @property
    def is_open(self) -> bool:
        """Whether there is a port."""
        return self._port is not None

    def use(self, port: Port) -> None:
        """Speak through a port that was just opened."""
        self._port = port
        self._received, self.unsure = b"", True
        self._unasked.forget()
        self._note("open", b"")

    async def lose(self) -> None:
        """Let the port go."""
        port, self._port = self._port, None
        if port is not None:
            await port.close()

    def end_trace(self) -> None:
        """Write no more down."""
        if self._trace is not None:
            self._trace.close()
            self._trace = None

    async def look(self) -> None:
        """Throw away what came in since the last exchange."""
        await self._take(0.0)
        if self._received:
            self._drop(self._received)
            self.unsure = True

    async def exchange(self, payload: bytes, within_s: float | None, *, stopping: bool = False) -> bytes:
        """Send something, once, and return the one reply to it.

        Args:
            payload: what to send.
            within_s: how long the reply may take; None for the usual time.
            stopping: whether an exchange may just have been cut off, so that the sentinel's answer may come in between.

        Raises:
            ReplyError: none came in time, or it stood among garbage or beside another reply.
            ConnectError: the port is gone.
        """
        self.unsure = True  # until the reply is in: whoever waits for it may be cancelled
        self._unasked.forget()
        await self.send(payload)
        within_s = self._link_profile.within_s if within_s is None else within_s
        if not self._link_profile.queries(payload) and self._link_profile.silent(payload):
            return await self._silence(payload)
        reply = await self._reply(within_s, payload)
        while stopping and self._link_profile.sentinel.fits(reply):
            reply = await self._reply(within_s, payload)  # the sentinel of the exchange that was cut off
        if self._heard(reply, payload):
            raise ReplyError(
                f"{self._device} restarted instead of answering {shown(payload)}",
                field=self._device,
                value=shown(reply[:60]),
                hint="check its power supply",
            )
        repeated = self._repeated()
        self.unsure = stopping or repeated
        return reply

    async def _silence(self, payload: bytes) -> bytes:
        """See that a device which obeys without a word says nothing, and is still there.

        Raises:
            ReplyError: it says something, or does not answer the sentinel.
        """
        await self._take(_QUIET_S)
        if not self._received:
            await self._ask_sentinel()
            if self._link_profile.sentinel.fits(await self._reply(self._link_profile.within_s, payload)):
                self.unsure = self._repeated()
                return b""
        came = self._received
        self._drop(came)
        raise ReplyError(
            f"{self._device} should obey {shown(payload)} without a word, and answered otherwise",
            field=self._device,
            value=shown(came[:60]) or None,
            hint="ask the device what it is set to",
        )

    async def send(self, payload: bytes) -> None:
        """Send something, and wait for nothing.

        Raises:
            EnvelopeError: it would not be one frame; nothing was sent.
            LedgerError: this process may send nothing more; nothing was sent.
            ConnectError: the port is gone.
        """
        data = self._link_profile.framing.wrap(payload)
        self._require()
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
            found = self._link_profile.framing.split(self._received)
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
        for one in (garbage, found.reply):
            self._heard(one or b"", payload)
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
        second = self._link_profile.framing.split(found.rest)
        return second.reply == found.reply and not second.rest and not second.garbage

    def _repeated(self) -> bool:
        """Say whether the reply came twice (see :meth:`_alone`); its repetition is thrown away and means nothing."""
        self._note("garbage", self._received)
        repeated, self._received = bool(self._received), b""
        return repeated

    async def resync(self) -> None:
        """Bring the line back into step.

        Raises:
            ReplyError: the device does not answer the sentinel.
        """
        self.unsure = True
        sentinel = self._link_profile.sentinel
        for _ in range(_RESYNCS):
            await self._quiet()
            await self._ask_sentinel()
            try:
                reply = await self._reply(self._link_profile.within_s, sentinel.payload)
            except ReplyError:
                continue
            self._heard(reply, sentinel.payload)
            repeated = self._repeated()
            await self._take(_QUIET_S)
            if sentinel.fits(reply) and not self._received and not repeated:
                self.unsure = False
                return
            self._drop(self._received)
        raise ReplyError(
            f"{self._device} does not answer {shown(sentinel.payload)} as a device of its kind does",
            field=self._device,
            hint="check power, cable, baud rate and address, and that the right device is behind the port",
        )

    async def find_step(self) -> None:
        """Ask the sentinel without waiting for quiet, and throw away what comes before its answer.

        Raises:
            ReplyError: it is not answered.
        """
        deadline = _in(self._link_profile.within_s)
        await self._ask_sentinel()
        while True:
            found = self._link_profile.framing.split(self._received)
            moved, self._received = len(found.rest) < len(self._received), found.rest
            if found.reply is not None and self._link_profile.sentinel.fits(found.reply):
                return
            if found.reply is not None:
                self._heard(found.reply)
            if moved:
                continue
            if asyncio.get_running_loop().time() >= deadline or len(self._received) > _LONGEST:
                raise ReplyError(
                    f"{self._device} does not answer while it is being stopped",
                    field=self._device,
                    hint="look at the device: check power, cable, baud rate and address",
                )
            await self._take(deadline - asyncio.get_running_loop().time())

    async def _ask_sentinel(self) -> None:
        """Send the sentinel, which goes without a permit and therefore must be a query.

        Raises:
            EnvelopeError: it is none; nothing was sent.
        """
        payload = self._link_profile.sentinel.payload
        if not self._link_profile.queries(payload):
            raise EnvelopeError(
                f"{self._device}: the sentinel {shown(payload)} is not on the driver's list of queries",
                field=self._device,
                value=shown(payload),
                hint="nothing was sent; the driver must use a sentinel that changes nothing, and list it as a query",
            )
        await self.send(payload)

    async def _quiet(self) -> None:
        """Throw away what comes in until nothing has come for a moment, but not for ever."""
        end = _in(10 * self._link_profile.within_s)
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
        """Throw bytes away, but hear whether they say that the device restarted."""
        if data:
            self._note("garbage", data)
            for frame in self._unasked.frames(data):
                self._heard(frame)
        self._received = b""

    def _heard(self, frame: bytes, asked: bytes | None = None) -> bool:
        """Say whether what came in means that the device restarted, as no reply to what was asked does."""
        announcement = self._link_profile.restarts
        if announcement is None or asked == announcement.query is not None or not announcement.fits(frame):
            return False
        self._restarted(frame)
        return True

    def _open_port(self) -> Port:
        if self._port is None:
            raise ConnectError(f"{self._device} is not connected", field=self._device)
        return self._port

    async def _on_port(self, call: Awaitable[bytes] | Awaitable[None]) -> bytes:
        """Use the port; one that is gone is forgotten, so that the next exchange opens it again."""
        try:
            return await call or b""
        except ConnectError as error:
            self._note("lost", error.message.encode())
            await self.lose()
            raise

    def _note(self, way: str, data: bytes) -> None:
        if self._trace is not None:
            self._trace.note(way, data)  # type: ignore[arg-type]  # the words are literals at every call


def _in(seconds: float) -> float:
    """Return the loop's time in so many seconds, to the nanosecond: simulated time never stops in between."""
    return round(asyncio.get_running_loop().time() + seconds, 9)

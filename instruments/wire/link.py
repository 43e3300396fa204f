"""A link: exchanges with one device, each with a deadline, each byte traced, no effect without a permit.

What is wrong on a wire must never become a wrong value. So a reply counts only if it is exactly one frame; whatever
else comes in (garbage, a second reply, a late one) makes the link *unsure*, and an unsure link is brought back into
step before anything else is said: wait until the wire is quiet, ask the device something whose answer cannot be
mistaken (the sentinel), and go on only when exactly that answer comes.

Behind a port that was opened again there may be another device, or the same one with other settings. So each opening
begins with the *session contract*, which the instrument brings: nothing else is said before it holds. A device that
says unasked that it restarted is treated likewise, and its driver hears of it.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from zosimos.core.errors import ConnectError, EnvelopeError, InstrumentError, ReplyError
from zosimos.instruments.envelope.envelope import Envelope, Permit
from zosimos.instruments.wire.line import Line
from zosimos.instruments.wire.port import Port
from zosimos.instruments.wire.profile import Announcement, LinkProfile, Sentinel
from zosimos.instruments.wire.trace import WireTrace, shown
from zosimos.instruments.wire.turns import Turns

__all__ = ["Announcement", "Link", "LinkProfile", "Opener", "Sentinel"]

Opener = Callable[[], Awaitable[Port]]

_QUERIES = 3


class Link:
    """One device's wire.

    Args:
        device: its name, for messages.
        opener: opens its port.
        profile: how to talk to it.
        envelope: whose permits count.
        trace: where every byte is written down, if anywhere.
        contract: what is done on every opening of the port, before any other exchange.
        restarted: told of each frame that says unasked that the device restarted.
    """

    def __init__(
        self,
        device: str,
        opener: Opener,
        profile: LinkProfile,
        envelope: Envelope,
        trace: WireTrace | None = None,
        *,
        contract: Callable[[], Awaitable[None]] | None = None,
        restarted: Callable[[bytes], None] | None = None,
    ) -> None:
        self._device = device
        self._opener = opener
        self._link_profile = profile
        self._envelope = envelope
        self._contract = contract
        self._restarted = restarted
        self._line = Line(device, profile, trace, self._heard, self._require)
        self._opening: asyncio.Future[Port] | None = None
        self._begun = False  # whether the session contract holds since the port was opened
        self._beginning = False
        self._turns = Turns(device)

    async def open(self) -> None:
        """Open the port if it is not open, and see to it that the session contract holds.

        Raises:
            ConnectError: it does not open, or another device is behind it.
        """
        async with self._turns.take():
            await self._open()
            await self._begin()

    def renew(self) -> None:
        """Have the session contract seen to again before the next exchange."""
        self._begun = False

    async def close(self) -> None:
        """Close the port."""
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.cancel()
        await self._line.lose()
        self._line.end_trace()

    async def query(self, payload: bytes, *, within_s: float | None = None) -> bytes:
        """Ask something that changes nothing; ask again, twice at most, if no clear answer comes.

        Raises:
            EnvelopeError: the driver's whitelist does not hold the query.
            ReplyError: no clear answer came.
            ConnectError: the port is gone.
        """
        if not self._link_profile.queries(payload):
            raise EnvelopeError(
                f"{self._device}: {shown(payload)} is not on the driver's list of queries",
                field=self._device,
                value=shown(payload),
                hint="what changes a device is an effect and needs a permit",
            )
        for attempt in range(1, _QUERIES + 1):
            try:
                async with self._turns.take():
                    await self._ready()
                    return await self._line.exchange(payload, within_s, stopping=self._turns.stopping)
            except ReplyError:
                if attempt == _QUERIES:
                    raise
        raise AssertionError("unreachable")

    async def command(
        self,
        payload: bytes,
        permit: Permit,
        *,
        within_s: float | None = None,
        era: int | None = None,
        at_once: bool = False,
    ) -> bytes:
        """Send an effect's bytes, once, and return the reply; call :meth:`ready` first.

        Args:
            payload: what the permit is for.
            permit: leave to send it.
            within_s: how long the reply may take.
            era: the :attr:`era` in which the effect was asked for; it is not sent if a stop came in between.
            at_once: whether it may go before the session contract holds.

        Raises:
            EnvelopeError: the permit is not for these bytes; nothing was sent.
            InstrumentError: a stop came in between; nothing was sent.
            ReplyError: the bytes left and no clear reply came: the effect may or may not happen.
            ConnectError: the port is gone.
        """
        async with self._turns.take():
            self._envelope.redeem(permit, self._device, payload)
            if era is not None and era != self._turns.era and not self._turns.stopping:
                raise InstrumentError(
                    f"{self._device}: {permit.effect} was not sent: the device was stopped before",
                    field=self._device,
                    hint="nothing was sent; begin again",
                )
            await self._ready(at_once=at_once)  # another task may have left the link unsure since
            return await self._line.exchange(payload, within_s, stopping=self._turns.stopping)

    async def blurt(self, payload: bytes, permit: Permit) -> None:
        """Send a stop's bytes at once into a link that is out of step, then find into step without waiting for quiet.

        What comes back first may answer the exchange that was cut off, so it proves nothing. Once the sentinel is
        answered, the stop is sent again by :meth:`command`, whose reply counts.

        Raises:
            EnvelopeError: the permit is not for these bytes; nothing was sent.
            ReplyError: the device does not answer the sentinel.
            ConnectError: the port is gone.
        """
        async with self._turns.take():
            self._envelope.redeem(permit, self._device, payload)
            await self._line.send(payload)
            await self._line.find_step()

    async def ready(self, *, at_once: bool = False) -> None:
        """Open the port and bring it into step, before anything that counts is said.

        Args:
            at_once: whether to do without the session contract.

        Raises:
            ConnectError: the port does not open, is gone, or another device is behind it.
            ReplyError: the device does not answer the sentinel.
        """
        async with self._turns.take():
            await self._ready(at_once=at_once)

    def stop(self) -> AbstractAsyncContextManager[None]:
        """Let the present task go before everyone else, past everything that an ordinary exchange waits for."""
        return self._turns.stop()

    @property
    def stopping(self) -> bool:
        """Whether the present task is the one that stops the device."""
        return self._turns.stopping

    @property
    def era(self) -> int:
        """How many stops have spoken."""
        return self._turns.era

    @property
    def unsure(self) -> bool:
        """Whether what comes in next may answer something else than what is said next."""
        return self._line.unsure

    # --- opening

    async def _open(self) -> None:
        """Open the port; whoever is cut off meanwhile leaves the opening under way to the next."""
        if self._line.is_open:
            return
        if self._beginning:
            raise ConnectError(
                f"{self._device}: the port was lost while the session began", field=self._device, hint="check the cable"
            )
        if self._opening is None or self._opening.cancelled():
            self._opening = asyncio.ensure_future(self._opener())
            self._opening.add_done_callback(_noticed)
        opening = self._opening
        try:
            port = await asyncio.shield(opening)
        finally:
            if opening.done() and self._opening is opening:
                self._opening = None
        self._line.use(port)
        self._begun = False

    async def _begin(self) -> None:
        """See to it that the session contract holds; a port on which it does not is closed.

        Raises:
            ConnectError: it does not.
        """
        if self._contract is None or self._begun or self._beginning:
            return
        self._begun = self._beginning = True  # a restart meanwhile undoes the first
        try:
            await self._contract()
        except BaseException as error:
            self._begun = False
            if isinstance(error, ConnectError):
                await self._line.lose()
            raise
        finally:
            self._beginning = False

    async def _ready(self, *, at_once: bool = False) -> None:
        await self._open()
        await self._line.look()
        if self._turns.stopping:
            return
        if self._line.unsure:
            await self._line.resync()
        if not at_once:
            await self._begin()
        if self._line.unsure:
            await self._line.resync()

    def _require(self) -> None:
        """Refuse to send anything, be it a query, once this process has no right to the device."""
        self._envelope.require_right(stopping=self._turns.stopping)

    def _heard(self, frame: bytes) -> None:
        """Hear that the device restarted: the session begins again, and the driver is told."""
        self._begun = False
        if self._restarted is not None:
            self._restarted(frame)


def _noticed(opening: asyncio.Future[Port]) -> None:
    """Look at how an opening ended, which nobody may be waiting for any more."""
    if not opening.cancelled():
        opening.exception()


def __getattr__(name: str) -> type[LinkProfile]:
    """Know a link profile by its former name for one more release."""
    if name == "Manners":
        warnings.warn(
            "Manners is LinkProfile now; the old name goes with the next release",
            DeprecationWarning,
            stacklevel=2,
        )
        return LinkProfile
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The instrument: what every driver is. Its public methods say an intent; its bytes leave through the envelope.

Every opening of its port, the first or the fifth, begins with the session contract: *identify* (the device that
answered before must answer again), *normalise* (the modes and units that the driver relies on), *make ready* (what the
device can tell of itself must fit the lab file). Nothing else is said to the device before that holds.
"""

from __future__ import annotations

import asyncio
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from zosimos.core.errors import ConnectError, OutcomeUnknownError, ReplyError
from zosimos.core.plugins import plugin
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.envelope import Envelope
from zosimos.instruments.identity import Identity
from zosimos.instruments.wire.link import Link, LinkProfile, Opener
from zosimos.instruments.wire.port import SerialSettings
from zosimos.instruments.wire.trace import WireTrace

GROUP = "zosimos.instruments"
_IDENTIFICATIONS = 3


@dataclass(frozen=True)
class Wiring:
    """What connects a driver to its device.

    Args:
        name: the device's name in its lab.
        opener: opens its port.
        envelope: what it may do.
        trace: where every byte is written down, if anywhere.
        options: the driver's own, from the lab file.
        time_scale: how much faster than real time the device lives (a served simulation); 1 for real ones.
    """

    name: str
    opener: Opener
    envelope: Envelope
    trace: WireTrace | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    time_scale: float = 1.0


class Instrument(ABC):
    """A driver for one device.

    A driver is made with its wiring and never learns what is behind the port. It is used by one
    task at a time, but for :meth:`stop`, which any task may call at any time.

    Args:
        wiring: name, port, envelope, trace and the driver's own options from the lab file.

    >>> import zosimos as zo
    >>> from zosimos.instruments.devices.sics.driver import SicsBalance
    >>> issubclass(SicsBalance, zo.Instrument)
    True
    """

    serial_settings: ClassVar[SerialSettings] = SerialSettings()

    def __init__(self, wiring: Wiring) -> None:
        self.name = wiring.name
        self._time_scale = wiring.time_scale
        self._envelope = wiring.envelope
        self._identity: Identity | None = None
        self._stopping: asyncio.Future[None] | None = None
        profile = self._link_profile()
        self._stop_within_s = profile.stop_within_s
        self._link = Link(
            wiring.name,
            wiring.opener,
            profile,
            wiring.envelope,
            wiring.trace,
            contract=self._session,
            restarted=self._restarted,
        )

    def _link_profile(self) -> LinkProfile:
        """Return how to talk to the device; every driver says it.

        Raises:
            TypeError: the driver does not.
        """
        older: Callable[[], LinkProfile] | None = getattr(self, "_manners", None)
        if older is None:
            raise TypeError(f"{type(self).__name__} must define _link_profile(): how to talk to the device")
        warnings.warn(
            f"{type(self).__name__}._manners is called _link_profile now; the old name goes with the next release",
            DeprecationWarning,
            stacklevel=2,
        )
        return older()

    async def connect(self) -> Identity:
        """Open the port and see to the session contract: the right device answers, and is set as its driver needs it.

        Raises:
            ConnectError: the port does not open, another kind of device is behind it, or another one than before.
            EnvelopeError: the device cannot be set as its driver needs it, because the lab file does not grant it.
            InstrumentError: the device says that it is not the one that the lab file describes.
        """
        self._link.renew()
        try:
            await self._link.open()
        except ReplyError as error:  # cut off by a stop
            raise ConnectError(error.message, field=self.name, hint=error.hint) from error
        assert self._identity is not None
        return self._identity

    async def _session(self) -> None:
        """See to the session contract; the link calls this on every opening, and after a restart of the device."""
        try:
            self._identity = await self._recognised()
            await self._normalise()
            await self._make_ready()
        except ReplyError as error:
            raise ConnectError(
                f"{self.name}: no {self.kind} answers: {error.message}", field=self.name, hint=error.hint
            ) from error

    async def _recognised(self) -> Identity:
        """Return who answers, if nobody else did before.

        On a wire without a checksum a text may be damaged and still be a text, so another answer is asked for again.

        Raises:
            ConnectError: another device answered before.
        """
        for _ in range(_IDENTIFICATIONS):
            who = await self.identify()
            if self._identity in (None, who):
                return who
        raise ConnectError(
            f"{self.name}: another device answers than before",
            field=self.name,
            value=_named(who),
            allowed=_named(self._identity or who),
            hint="nothing else was said to it; the ports may have changed places: check the cables and the lab file",
        )

    async def _normalise(self) -> None:  # noqa: B027 - many devices have no modes
        """Put the device into the modes and units that the driver relies on.

        What is sent here is a query or an effect like any other: no byte leaves without a permit.

        Raises:
            EnvelopeError: the limits do not grant it.
            InstrumentError: the device refuses.
        """

    async def _make_ready(self) -> None:  # noqa: B027 - many devices can tell nothing that matters
        """Compare what the device can tell of itself with what the lab file says of it.

        Raises:
            InstrumentError: they differ.
        """

    def _restarted(self, said: bytes) -> None:  # noqa: B027 - many devices forget nothing that matters
        """Hear that the device restarted, by what it said unasked; the session contract is seen to again by itself.

        A driver notes here what the device has forgotten, so that nothing is made of it.
        """

    kind: ClassVar[str] = "device"

    @abstractmethod
    async def identify(self) -> Identity:
        """Ask the device who it is.

        Raises:
            ConnectError: it is another kind of device.
            ReplyError: it gives no clear answer.
        """

    @abstractmethod
    async def safe_state(self) -> None:
        """Bring the device into the state in which it can be left alone.

        It must use effects that the limits always permit (towards a verb's safe value) and pass every refusal on.
        """

    async def stop(self) -> None:
        """Bring the device to its safe state now, whatever else is under way.

        The exchange under way is cut off, its outcome unknown; nothing waits for a quiet line or for the session
        contract; opening the port counts within the deadline (``stop_within_s`` of the driver's link profile). Effects
        that were asked for before are not sent any more. Any task may call this at any time; calls at the same time
        are one stop, which goes on to its end even if its caller is cancelled.

        Raises:
            OutcomeUnknownError: the device did not confirm it in time.
            ConnectError: its port does not open.
            EnvelopeError: the limits do not permit the safe state.
            InstrumentError: the device refuses.
        """
        if self._stopping is None or self._stopping.done():
            self._stopping = asyncio.ensure_future(self._stopped())
            self._stopping.add_done_callback(_noticed)
        await asyncio.shield(self._stopping)

    async def _stopped(self) -> None:
        try:
            async with asyncio.timeout(self._stop_within_s), self._link.stop():
                await self.safe_state()
        except (TimeoutError, ReplyError) as error:
            raise OutcomeUnknownError(
                f"{self.name}: nobody knows whether it stopped: no confirmation within {self._stop_within_s:g} s",
                field=self.name,
                hint="look at the device, and switch it off by hand if need be",
            ) from error

    async def close(self) -> None:
        """Let the port go."""
        await self._link.close()

    async def _pause(self, seconds: float) -> None:
        """Let some of the device's time pass."""
        await asyncio.sleep(seconds / self._time_scale)

    async def _ask(self, payload: bytes, *, within_s: float | None = None) -> bytes:
        """Ask something that changes nothing."""
        return await self._link.query(payload, within_s=within_s)

    async def _do(
        self,
        effect: Effect,
        payload: bytes,
        *,
        within_s: float | None = None,
        at_once: bool = False,
        era: int | None = None,
    ) -> bytes:
        """Do an effect: check it, then send its bytes, once.

        Args:
            effect: what to do.
            payload: its bytes.
            within_s: how long the reply may take.
            at_once: whether it goes before the session contract holds: only for what makes a device safe.
            era: the link's era when the act began of which this is a part; it is not sent if the device was stopped
                since. By default the act begins here.

        Raises:
            EnvelopeError: it is outside the limits; nothing was sent.
            ConnectError: the port does not open, or another device is behind it; nothing was sent.
            ReplyError: the device does not answer; nothing was sent.
            InstrumentError: the device was stopped in between; nothing was sent.
            OutcomeUnknownError: the bytes left, and no clear reply came.
        """
        era = self._link.era if era is None else era
        self._envelope.check(effect)
        await self._link.ready(at_once=at_once)
        if self._link.stopping and self._link.unsure:
            await self._link.blurt(payload, self._envelope.permit(effect, payload))
        permit = self._envelope.permit(effect, payload)
        try:
            return await self._link.command(payload, permit, within_s=within_s, era=era, at_once=at_once)
        except (ReplyError, ConnectError) as error:
            raise OutcomeUnknownError(
                f"{effect} may or may not have happened: {error.message}", field=self.name, hint=error.hint
            ) from error


def _named(who: Identity) -> str:
    return " ".join(part for part in (who.maker, who.model, who.serial, who.firmware) if part)


def _noticed(stopping: asyncio.Future[None]) -> None:
    """Look at how a stop ended, which nobody may be waiting for any more."""
    if not stopping.cancelled():
        stopping.exception()


def driver_class(kind: str, field_name: str = "driver") -> type[Instrument]:
    """Return the driver plugin of a kind.

    Raises:
        SpecError: there is none.
    """
    driver: type[Instrument] = plugin(GROUP, kind, "driver", field_name)
    return driver

"""The instrument: what every driver is. Its public methods say an intent; its bytes leave through the envelope."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from zosimos.core.errors import ConnectError, OutcomeUnknownError, ReplyError
from zosimos.core.plugins import plugin
from zosimos.instruments.capabilities import Identity
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.envelope import Envelope
from zosimos.instruments.wire.link import Link, Manners, Opener
from zosimos.instruments.wire.port import SerialSettings
from zosimos.instruments.wire.trace import WireTrace

GROUP = "zosimos.instruments"
STOP_S = 1.0


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
    task at a time.

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
        self._link = Link(wiring.name, wiring.opener, self._manners(), wiring.envelope, wiring.trace)

    @abstractmethod
    def _manners(self) -> Manners:
        """Return how to talk to the device."""

    async def connect(self) -> Identity:
        """Open the port and make sure that the right kind of device answers.

        Raises:
            ConnectError: the port does not open, or another device is behind it.
        """
        await self._link.open()
        try:
            return await self.identify()
        except ReplyError as error:
            raise ConnectError(
                f"{self.name}: no {self.kind} answers: {error.message}", field=self.name, hint=error.hint
            ) from error

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
        """Bring the device into the state in which it can be left alone."""

    async def stop(self) -> None:
        """Bring the device into its safe state within a second.

        Raises:
            ExecutionError: it did not confirm that it is safe.
        """
        try:
            async with asyncio.timeout(STOP_S):
                await self.safe_state()
        except TimeoutError as error:
            raise ConnectError(
                f"{self.name} did not confirm within {STOP_S:g} s that it is safe", field=self.name, hint="look at it"
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

    async def _do(self, effect: Effect, payload: bytes, *, within_s: float | None = None) -> bytes:
        """Do an effect: check it, then send its bytes, once.

        Raises:
            EnvelopeError: it is outside the limits; nothing was sent.
            ConnectError: the port does not open; nothing was sent.
            ReplyError: the device does not answer; nothing was sent.
            OutcomeUnknownError: the bytes left, and no clear reply came.
        """
        self._envelope.check(effect)
        await self._link.ready()
        permit = self._envelope.permit(effect, payload)
        try:
            return await self._link.command(payload, permit, within_s=within_s)
        except (ReplyError, ConnectError) as error:
            raise OutcomeUnknownError(
                f"{effect} may or may not have happened: {error.message}", field=self.name, hint=error.hint
            ) from error


def driver_class(kind: str, field_name: str = "driver") -> type[Instrument]:
    """Return the driver plugin of a kind.

    Raises:
        SpecError: there is none.
    """
    driver: type[Instrument] = plugin(GROUP, kind, "driver", field_name)
    return driver

"""Driver for Tecan Cavro syringe pumps with a distribution valve.

A stroke is one command, ``I<port>A<position>R``: turn the valve, then move the plunger to an absolute position. It is
absolute on purpose: whether a stroke happened can be read off the plunger afterwards, even by a program that knows
nothing but where it stood before and where it was sent. Only ``Q`` says whether the pump is still busy.

Another program may have left the pump in its fine mode, in which every number counts an eighth, or with another speed.
So mode and speed are set on every opening of the port, and again at the head of each stroke. The settings that do not
change where a plunger ends (start and cut-off speed, ramp, backlash, dead volume) stay as the pump keeps them.

A stop (``T``) in the middle of a move loses steps: where the plunger then says it stands is not to be believed, and
nothing is moved until the pump was homed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Literal

from pydantic import Field

from zosimos.core.errors import ConnectError, InstrumentError, OutcomeUnknownError, ReplyError
from zosimos.core.validation import Part, validated
from zosimos.instruments.capabilities.dispenses import ASPIRATE, DELIVER, HALT, HOME, PlungerState
from zosimos.instruments.devices.cavro.wire import (
    ADDRESSES,
    ERRORS,
    FULL_STEPS,
    NOT_INITIALISED,
    READY,
    DtFraming,
    OemFraming,
    described,
)
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.identity import Identity
from zosimos.instruments.instrument import Instrument, Wiring
from zosimos.instruments.wire.link import LinkProfile, Sentinel
from zosimos.instruments.wire.port import SerialSettings
from zosimos.instruments.wire.trace import shown

QUERIES = frozenset({b"Q", b"?", b"?1", b"?2", b"?3", b"?4", b"?6", b"?10", b"?12", b"?17", b"?23", b"?76", b"&", b"F"})

_FIRMWARE = re.compile(rb"(?=.*[^0-9])[ -~]{3,60}")
_OVERLOADS = (9, 10)
_HOMING_HELPS = (0, 1, NOT_INITIALISED, *_OVERLOADS)
_POLL_S = 0.2
_VALVE_S = 0.6  # about what a turn of the valve takes
_HOME_S = 20.0
_HALF_STEPS_PER_STEP = 2
_SAME = 0.01
_OPTION = {"mL": "syringe_ml", "ports": "ports", "steps": "model"}


class CavroOptions(Part):
    """What a lab file says of a Cavro pump."""

    model: Literal["xcalibur", "xp3000", "xlp6000"] = "xcalibur"
    framing: Literal["dt", "oem"] = Field("oem", description="oem has a checksum; dt is plain text")
    address: str = Field("1", min_length=1, max_length=1, description="the address switch's: 1 to 9, then : ; < = > ?")
    syringe_ml: float = Field(gt=0, le=50, description="volume of the syringe in mL")
    ports: int = Field(9, ge=2, le=12, description="number of ports of the valve")
    waste_port: int = Field(ge=1, le=12, description="the port through which initialisation may empty the syringe")
    speed: int = Field(1400, ge=5, le=6000, description="top speed in half-steps per second")


class CavroPump(Instrument):
    """A Cavro syringe pump: ``Dispenses``.

    Raises:
        SpecError: an option in the lab file is wrong.
    """

    kind: ClassVar[str] = "Cavro pump"
    serial_settings: ClassVar[SerialSettings] = SerialSettings(baudrate=9600)

    def __init__(self, wiring: Wiring) -> None:
        self._options = validated(CavroOptions, dict(wiring.options), f"devices.{wiring.name}")
        if self._options.address not in ADDRESSES:
            raise InstrumentError("no such address", field="address", value=self._options.address, allowed=ADDRESSES)
        self._steps = FULL_STEPS[self._options.model]
        self._moving = 0  # moves of this driver that are under way
        self._resting = False  # whether the pump was seen ready since a move was last begun
        self._steps_lost = False  # whether it was stopped in a move and not homed since
        self._halts = 0
        super().__init__(wiring)

    def _link_profile(self) -> LinkProfile:
        framing = (OemFraming if self._options.framing == "oem" else DtFraming)(self._options.address)
        # Only a firmware's name is more than digits: no position, counter or bare status can be taken for one.
        sentinel = Sentinel(b"?23", lambda reply: _FIRMWARE.fullmatch(reply[1:]) is not None)
        return LinkProfile(framing, sentinel, QUERIES.__contains__)

    @property
    def waste_port(self) -> int:
        """The port to empty the syringe through."""
        return self._options.waste_port

    @property
    def syringe_ml(self) -> float:
        """Volume of the syringe."""
        return self._options.syringe_ml

    @property
    def resolution_ml(self) -> float:
        """Volume of one step."""
        return self._options.syringe_ml / self._steps

    async def identify(self) -> Identity:
        """Return the firmware's name."""
        reply = await self._ask(b"?23")
        return Identity("Tecan", f"Cavro {self._options.model}", firmware=reply[1:].decode("ascii"))

    async def _normalise(self) -> None:
        """Set step mode and speed, once the pump rests: a move that somebody began is let to its end.

        It goes under the leave to home, as :meth:`initialised` does: it moves nothing, but it changes the pump.

        Raises:
            EnvelopeError: the lab file does not grant the pump to home.
            InstrumentError: the pump stays busy, or refuses.
        """
        effect = Effect(self.name, HOME, str(self._options.waste_port))
        self._envelope.check(effect)
        longest = self._steps * _HALF_STEPS_PER_STEP / self._options.speed
        await self._rested(f"{self.name} is to be set up", longest + 10 * _VALVE_S)
        reply = await super()._do(effect, self._modes + b"R")
        if reply[0] & 0x0F not in _HOMING_HELPS:  # until it is homed it moves nothing, and homing sets it up
            self._refuse_error(reply[0], effect)

    async def _make_ready(self) -> None:
        """Compare syringe, valve and steps with the lab file, as far as the pump's configuration names them."""
        reply = await self._ask(b"?76")
        wanted = {"mL": self.syringe_ml, "ports": self._options.ports, "steps": self._steps}
        for what, found in described(reply[1:]).items():
            if abs(found - wanted[what]) > _SAME * wanted[what]:
                raise InstrumentError(
                    f"{self.name}: the pump is configured for {found:g} {what}, the lab file says {wanted[what]:g}",
                    field=f"devices.{self.name}.options.{_OPTION[what]}",
                    value=f"{wanted[what]:g}",
                    allowed=f"{found:g}",
                    hint="put the lab file right, or fit and configure the pump as it says; nothing was moved",
                )

    @property
    def _modes(self) -> bytes:
        """The step mode (normal: the numbers in this driver are full steps) and the speed that are relied on."""
        return f"N0V{self._options.speed}".encode()

    async def initialised(self) -> bool:
        """Say whether the pump knows where its plunger is: one that does not refuses even a move by nothing.

        After an overload of plunger or valve, or a stop in the middle of a move, it does not know either.
        """
        if self._steps_lost:
            return False
        reply = await super()._do(Effect(self.name, HOME, str(self._options.waste_port)), b"P0R")
        return reply[0] & 0x0F not in (NOT_INITIALISED, *_OVERLOADS)

    async def home(self) -> None:
        """Initialise plunger and valve; what is in the syringe leaves through the waste port.

        The arguments of Z (force, input port, output port) are from general knowledge.

        Raises:
            InstrumentError: it failed, or was stopped in the middle.
            EnvelopeError: the limits do not allow it.
            OutcomeUnknownError: nobody knows whether it happened: home again.
        """
        effect = Effect(self.name, HOME, str(self._options.waste_port))
        halts = self._halts
        with self._moves():
            await self._do(effect, self._modes + f"Z0,1,{self._options.waste_port}R".encode())
            with self._under_way(effect):
                await self._until_ready(effect, _HOME_S)
        if self._halts != halts:
            raise InstrumentError(
                f"{effect}: the pump was stopped in the middle", field=self.name, hint="home it again"
            )
        self._steps_lost, self._resting = False, not self._moving

    async def aspirate(self, port: int, volume_ml: float, *, start_ml: float) -> None:
        """Draw liquid in through a port.

        Args:
            port: of the valve.
            volume_ml: how much.
            start_ml: what the syringe must hold before.

        Raises:
            InstrumentError: the syringe holds something else, or the pump reports an error.
            EnvelopeError: the effect is outside the limits.
            OutcomeUnknownError: nobody knows whether it happened: ask :meth:`plunger`.
        """
        effect = Effect(self.name, ASPIRATE, str(port), volume_ml)
        await self._stroke(effect, port, start_ml, start_ml + volume_ml)

    async def deliver(self, port: int, volume_ml: float, *, start_ml: float) -> None:
        """Push liquid out through a port; arguments and errors as of :meth:`aspirate`."""
        effect = Effect(self.name, DELIVER, str(port), volume_ml)
        await self._stroke(effect, port, start_ml, start_ml - volume_ml)

    async def plunger(self) -> PlungerState:
        """Return how plunger and valve stand."""
        status = await self._status()
        return PlungerState(
            await self._number(b"?") * self.resolution_ml, await self._number(b"?6"), not status & READY
        )

    async def settled(self, within_s: float = 60.0) -> PlungerState:
        """Return how plunger and valve stand once the pump is no longer busy.

        Raises:
            InstrumentError: it stays busy.
        """
        end = asyncio.get_running_loop().time() + within_s
        while (state := await self.plunger()).busy:
            if asyncio.get_running_loop().time() > end:
                raise InstrumentError(f"{self.name} is still busy after {within_s:g} s", field=self.name)
            await self._pause(_POLL_S)
        return state

    async def safe_state(self) -> None:
        """Stop the plunger where it is. If it was moving, or may have been, it must be homed before it moves again."""
        self._halts += 1
        self._steps_lost = self._steps_lost or not self._resting
        await self._do(Effect(self.name, HALT), b"T", at_once=True)

    async def _stroke(self, effect: Effect, port: int, start_ml: float, end_ml: float) -> None:
        self._envelope.check(effect)
        era = self._link.era
        if self._steps_lost:
            raise InstrumentError(
                f"{effect}: the pump was stopped in the middle of a move, so nobody knows where its plunger is",
                field=self.name,
                hint="home the pump; nothing was moved",
            )
        slack = self.resolution_ml / 2
        if not -slack < end_ml < self.syringe_ml + slack:
            raise InstrumentError(
                f"{effect}: the syringe holds 0 to {self.syringe_ml:g} mL",
                field=f"{self.name}.{effect.verb}",
                value=f"{end_ml:g} mL",
                allowed=f"0 to {self.syringe_ml:g} mL",
            )
        start, end = (min(max(0, round(one / self.resolution_ml)), self._steps) for one in (start_ml, end_ml))
        here = await self._number(b"?")
        if abs(here - start) > 1:
            self._link.renew()  # it may be in another step mode
            raise InstrumentError(
                f"{effect}: the syringe should hold {start_ml:g} mL and holds {here * self.resolution_ml:g} mL",
                field=self.name,
                hint="somebody else moved the pump or changed its step mode; empty the syringe to waste",
            )
        moving = abs(end - start) * _HALF_STEPS_PER_STEP / self._options.speed
        with self._moves():
            await self._do(effect, self._modes + f"I{port}A{end}R".encode(), era=era)
            await self._pause(moving + _VALVE_S)
            with self._under_way(effect):
                await self._until_ready(effect, moving + 10 * _VALVE_S)
                there = await self._number(b"?")
        self._resting = not self._moving
        if there != end:
            raise InstrumentError(
                f"{effect}: the plunger stopped at {there} of {end} steps",
                field=self.name,
                value=there,
                allowed=str(end),
            )

    async def _until_ready(self, effect: Effect, within_s: float) -> None:
        """Wait until the pump is ready; an error it then reports is raised."""
        self._refuse_error(await self._rested(str(effect), within_s), effect)

    async def _rested(self, what: str, within_s: float) -> int:
        """Wait until the pump is ready, and return its status."""
        end = asyncio.get_running_loop().time() + within_s
        while not (status := await self._status()) & READY:
            if asyncio.get_running_loop().time() > end:
                raise InstrumentError(
                    f"{what}: the pump is still busy after {within_s:.3g} s", field=self.name, hint="look at the pump"
                )
            await self._pause(_POLL_S)
        return status

    @contextmanager
    def _moves(self) -> Iterator[None]:
        """Note that a move is under way; one that ends badly may go on, until the pump is seen ready."""
        self._moving += 1
        self._resting = False
        try:
            yield
        finally:
            self._moving -= 1

    @contextmanager
    def _under_way(self, effect: Effect) -> Iterator[None]:
        """Say of a link that fails after an effect's bytes were acknowledged what that means."""
        try:
            yield
        except (ReplyError, ConnectError) as error:
            raise OutcomeUnknownError(
                f"{effect} began, and nobody saw how it ended: {error.message}", field=self.name, hint=error.hint
            ) from error

    async def _status(self) -> int:
        reply = await self._ask(b"Q")
        if len(reply) != 1:
            raise ReplyError(
                f"{self.name}: {shown(reply[:40])} is no answer to Q", field=self.name, value=shown(reply[:40])
            )
        self._resting = bool(reply[0] & READY) and not self._moving  # an answer may be older than a move
        return reply[0]

    async def _number(self, query: bytes) -> int:
        reply = (await self._ask(query))[1:]
        if not re.fullmatch(rb"[0-9]{1,6}", reply):
            raise ReplyError(
                f"{self.name}: {shown(reply[:40])} is no answer to {shown(query)}",
                field=self.name,
                value=shown(reply[:40]),
            )
        return int(reply)

    async def _do(
        self,
        effect: Effect,
        payload: bytes,
        *,
        within_s: float | None = None,
        at_once: bool = False,
        era: int | None = None,
    ) -> bytes:
        reply = await super()._do(effect, payload, within_s=within_s, at_once=at_once, era=era)
        self._refuse_error(reply[0], effect)
        return reply

    def _refuse_error(self, status: int, effect: Effect) -> None:
        code = status & 0x0F
        if code:
            raise InstrumentError(
                f"{effect}: the pump reports error {code}: {ERRORS.get(code, 'unknown')}",
                field=self.name,
                value=code,
                hint="free the blockage, then initialise the pump" if code in _OVERLOADS else "",
            )

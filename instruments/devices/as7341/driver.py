"""Driver for the AS7341 colour sensor behind our firmware (docs/firmware-as7341.md).

Each request has a number of its own, which its reply repeats, so that a late reply is told from the right one (a query
that is sent again keeps its number: either reply will do). A reading says what it was made with; one made with other
settings than were set means that the device lost them (a power cut, say) and is refused.
"""

from __future__ import annotations

from typing import ClassVar, TypeVar

from pydantic import Field

from zosimos.core.errors import ConnectError, InstrumentError, OutcomeUnknownError, ReplyError
from zosimos.core.validation import Part, validated
from zosimos.instruments.capabilities.measures_spectrum import EXPOSE, LIGHT, TURRET, Spectrum
from zosimos.instruments.devices.as7341 import wire
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.identity import Identity
from zosimos.instruments.instrument import Instrument, Wiring
from zosimos.instruments.wire.link import LinkProfile, Sentinel
from zosimos.instruments.wire.port import SerialSettings

Answer = TypeVar("Answer", bound=wire.Reply)

_ATTEMPTS = 3
_WITHIN_S = 1.0
_TURN_S = 10.0
_HELLO = wire.request(0, "hello")  # 0 is the sentinel's own number


class As7341Options(Part):
    """What a lab file says of a colour sensor."""

    atime: int = Field(35, ge=0, le=wire.LARGEST_ATIME, description="integration takes (atime+1)(astep+1) 2.78 us")
    astep: int = Field(999, ge=0, le=wire.LARGEST_ASTEP)
    gain: wire.Gain = Field(8.0, description="0.5, 1, 2, 4 and so on up to 512")


class As7341Sensor(Instrument):
    """A colour sensor with lamp and turret: ``MeasuresSpectrum``.

    Raises:
        SpecError: an option in the lab file is wrong.
    """

    kind: ClassVar[str] = "AS7341 colour sensor"
    serial_settings: ClassVar[SerialSettings] = SerialSettings(baudrate=115200)

    def __init__(self, wiring: Wiring) -> None:
        self._options = validated(As7341Options, dict(wiring.options), f"devices.{wiring.name}")
        self._number = 0
        self._configured: wire.Configured | None = None
        self._light_ma: float | None = None  # what was set last; None where nobody knows
        self._slot: int | None = None
        self._known: frozenset[str] = frozenset()  # which of them are as they were set, as far as anybody knows
        super().__init__(wiring)

    def _link_profile(self) -> LinkProfile:
        return LinkProfile(wire.NumberedLines(), Sentinel(_HELLO, self._is_hello), wire.asks)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels: F1 to F8 by wavelength, then clear and near infrared."""
        return wire.CHANNELS

    @property
    def light_ma(self) -> float | None:
        """The lamp's current as it was last set; None where nobody knows whether it still is."""
        return self._light_ma if "light" in self._known else None

    @property
    def slot(self) -> int | None:
        """The slot that was last turned into the light; None where nobody knows whether it still is."""
        return self._slot if "turret" in self._known else None

    async def identify(self) -> Identity:
        """Return what the device says of itself."""
        hello = await self._query("hello", wire.Hello, _WITHIN_S)
        if hello.device != wire.DEVICE:
            raise ConnectError(
                f"{self.name}: {hello.device!r} is another kind of device",
                field=self.name,
                value=hello.device,
                allowed=wire.DEVICE,
                hint="check which port is which in the lab file",
            )
        return Identity("Zosimos", hello.device, hello.serial, hello.firmware)

    async def _make_ready(self) -> None:
        """Doubt lamp and turret as they were set: a device on USB loses its port and its power together."""
        self._known = frozenset()

    async def configure(self, atime: int, astep: int, gain: float) -> None:
        """Set integration time and gain.

        Args:
            atime: number of integration steps less one.
            astep: length of a step in 2.78 us, less one.
            gain: 0.5, 1, 2, 4 and so on up to 512.

        Raises:
            SpecError: the sensor has no such setting; nothing was sent.
            EnvelopeError: the limits do not allow that integration time; nothing was sent.
            InstrumentError: the device refuses.
            OutcomeUnknownError: no clear reply came: set it again.
        """
        settings = {"atime": atime, "astep": astep, "gain": gain}
        self._configured = await self._configure(validated(As7341Options, settings, self.name))

    async def set_light(self, current_ma: float) -> None:
        """Set the lamp's current; 0 switches it off. Errors as of :meth:`configure`."""
        self._light_ma = None
        done = await self._act(Effect(self.name, LIGHT, amount=current_ma), wire.Lit, "light", ma=current_ma)
        if not wire.same(done.ma, current_ma):
            raise self._other("light", f"{done.ma:g} mA", f"{current_ma:g} mA")
        self._light_ma, self._known = current_ma, self._known | {"light"}

    async def set_turret(self, slot: int) -> None:
        """Turn a reference (1 and up) or the cell (0) into the light. Errors as of :meth:`configure`."""
        self._slot = None
        effect = Effect(self.name, TURRET, str(slot))
        done = await self._act(effect, wire.Turned, "turret", within_s=_TURN_S, slot=slot)
        if done.slot != slot:
            raise self._other("turret", f"slot {done.slot}", f"slot {slot}")
        self._slot, self._known = slot, self._known | {"turret"}

    async def spectrum(self) -> Spectrum:
        """Return one reading; the settings in the lab file are set first if none are.

        Channels at full scale are in :attr:`Spectrum.saturated`; their light may be any amount above.

        Raises:
            InstrumentError: the device refuses, or lost its settings.
            ReplyError: it does not answer.
        """
        if self._configured is None:
            self._configured = await self._configure(self._options)
        set_ = self._configured
        read = await self._query("read", wire.Read, _WITHIN_S + wire.PASSES * set_.t_ms / 1000.0)
        made = (read.full_scale, read.gain, read.t_ms)
        if not all(map(wire.same, made, (set_.full_scale, set_.gain, set_.t_ms))):
            self._configured = None
            raise self._other("read", f"gain {read.gain:g}, {read.t_ms:g} ms", f"gain {set_.gain:g}, {set_.t_ms:g} ms")
        self._known = frozenset()  # no reading with other settings is let through until they are set again
        if self._light_ma is not None and not wire.same(read.light_ma, self._light_ma):
            raise self._other("read", f"{read.light_ma:g} mA", f"{self._light_ma:g} mA")
        if self._slot is not None and read.slot != self._slot:
            raise self._other("read", f"slot {read.slot}", f"slot {self._slot}")
        self._known = frozenset({"light", "turret"})
        counts = {name: read.counts[name] for name in wire.CHANNELS}
        return Spectrum(counts, read.full_scale, read.gain, read.t_ms)

    async def safe_state(self) -> None:
        """Switch the lamp off."""
        await self.set_light(0.0)

    async def _configure(self, settings: As7341Options) -> wire.Configured:
        self._configured = None
        atime, astep, gain = settings.atime, settings.astep, settings.gain
        effect = Effect(self.name, EXPOSE, amount=wire.integration_ms(atime, astep))
        done = await self._act(effect, wire.Configured, "config", atime=atime, astep=astep, gain=gain)
        wanted = (atime, astep, gain, wire.integration_ms(atime, astep), wire.full_scale(atime, astep))
        if not all(map(wire.same, (done.atime, done.astep, done.gain, done.t_ms, done.full_scale), wanted)):
            raise self._other("config", done.model_dump_json(), f"atime {atime}, astep {astep}, gain {gain:g}")
        return done

    def _next(self) -> int:
        self._number = self._number % wire.LARGEST_ID + 1
        return self._number

    async def _query(self, command: str, model: type[Answer], within_s: float) -> Answer:
        """Ask, and again if what comes back is damaged but still text."""
        for attempt in range(1, _ATTEMPTS + 1):
            number = self._next()
            line = await self._ask(wire.request(number, command), within_s=within_s)
            try:
                return self._granted(command, wire.answer(line, number, model, self.name))
            except ReplyError:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    async def _act(
        self, effect: Effect, model: type[Answer], command: str, *, within_s: float = _WITHIN_S, **fields: float
    ) -> Answer:
        """Do an effect."""
        number = self._next()
        line = await self._do(effect, wire.request(number, command, **fields), within_s=within_s)
        try:
            said = wire.answer(line, number, model, self.name)
        except ReplyError as error:
            raise OutcomeUnknownError(
                f"{effect} may or may not have happened: {error.message}", field=self.name, hint="set it again"
            ) from error
        return self._granted(command, said)

    def _is_hello(self, line: bytes) -> bool:
        try:
            return isinstance(wire.answer(line, 0, wire.Hello, self.name), wire.Hello)
        except ReplyError:
            return False

    def _granted(self, command: str, said: Answer | wire.Refusal) -> Answer:
        if isinstance(said, wire.Refusal):
            raise InstrumentError(f"{self.name} refuses {command} ({said.code})", field=self.name, value=said.error)
        return said

    def _other(self, command: str, found: str, wanted: str) -> InstrumentError:
        return InstrumentError(
            f"{self.name}: {command} was done with other settings than were set",
            field=self.name,
            value=found,
            allowed=wanted,
            hint="the device may have been restarted, or somebody else uses it: set light, turret and exposure again",
        )

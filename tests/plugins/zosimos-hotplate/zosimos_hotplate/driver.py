"""Driver for the hotplate.

Its protocol has no checksum, so what it says counts when it says it twice. It obeys without a word, so what was set is
read back; a setting that is not confirmed has an outcome that nobody knows.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

import zosimos as zo
from zosimos_hotplate import wire
from zosimos_hotplate.heats import HEAT, HEATER_OFF, HEATER_ON, RAMP, Heater

READINGS = 5
"""How many readings may be tried until two agree."""

_COVERAGE = 4.0  # two readings differ by less than four standard deviations of one, and what a ramp does meanwhile


class HotplateOptions(zo.Part):
    """What a lab file says of a hotplate."""

    uncertainty: float = Field(0.2, gt=0, le=5, description="standard uncertainty of its probe, in K")


class Hotplate(zo.Instrument):
    """A hotplate: ``Heats``.

    Raises:
        SpecError: an option in the lab file is wrong.
    """

    kind: ClassVar[str] = "hotplate"
    serial_settings: ClassVar[zo.SerialSettings] = zo.SerialSettings(9600, bytesize=7, parity="E")

    def __init__(self, wiring: zo.Wiring) -> None:
        self._options = zo.validated(HotplateOptions, dict(wiring.options), f"devices.{wiring.name}")
        super().__init__(wiring)

    def _link_profile(self) -> zo.LinkProfile:
        return zo.LinkProfile(
            zo.Lines(wire.TERMINATOR),
            zo.Sentinel(wire.NAME, wire.is_name),
            wire.QUERIES.__contains__,
            silent=lambda payload: payload.startswith(wire.SETS),
        )

    @property
    def uncertainty_k(self) -> float:
        """Standard uncertainty of a temperature."""
        return self._options.uncertainty

    @property
    def resolution_k(self) -> float:
        """The last digit of a set-point."""
        return float(10**-wire.DECIMALS)

    async def identify(self) -> zo.Identity:
        """Return the model; it has no serial number.

        Raises:
            ConnectError: it is something else.
        """
        reply = await self._ask(wire.NAME)
        if not wire.is_name(reply):
            raise zo.ConnectError(f"{self.name} is no hotplate of this kind", field=self.name, value=repr(reply[:60]))
        return zo.Identity("NAMUR", reply.decode("ascii"))

    async def temperature(self) -> float:
        """Return the temperature now, in degC: the mean of two readings that agree.

        Raises:
            InstrumentError: no two do.
            ReplyError: it does not answer.
        """
        return await self._agreed(wire.TEMPERATURE, _COVERAGE * self.uncertainty_k)

    async def heater(self) -> Heater:
        """Return what the heater is set to.

        Raises:
            InstrumentError: it says something else each time.
            ReplyError: it does not answer.
        """
        celsius, ramp, status = [await self._agreed(query, 0.0) for query in (wire.SET_POINT, wire.RATE, wire.STATUS)]
        if status not in (wire.ON, wire.OFF):
            raise zo.InstrumentError(
                f"{self.name} reports a fault", field=self.name, value=status, allowed=f"{wire.ON} or {wire.OFF}"
            )
        return Heater(celsius, ramp, status == wire.ON)

    async def heat(self, celsius: float, ramp: float) -> None:
        """Heat to a temperature and hold it, no faster than a ramp in K/min; both to the device's last digit.

        Raises:
            EnvelopeError: the limits do not allow it.
            OutcomeUnknownError: nobody knows what it is set to: ask :meth:`heater`.
        """
        celsius, ramp = round(celsius, wire.DECIMALS), round(ramp, wire.DECIMALS)
        aim, slope, on = (
            zo.Effect(self.name, HEAT, amount=celsius),
            zo.Effect(self.name, RAMP, amount=ramp),
            zo.Effect(self.name, HEATER_ON),
        )
        for effect in (aim, slope, on):
            self._envelope.check(effect)  # all of it, or nothing
        era = self._link.era
        await self._do(slope, f"OUT_RT_1 {ramp:.{wire.DECIMALS}f}".encode(), era=era)
        await self._do(aim, f"OUT_SP_1 {celsius:.{wire.DECIMALS}f}".encode(), era=era)
        await self._do(on, wire.START, era=era)
        await self._confirmed(aim, Heater(celsius, ramp, on=True))

    async def heater_off(self) -> None:
        """Switch the heater off.

        Raises:
            OutcomeUnknownError: nobody knows whether it is off.
        """
        effect = zo.Effect(self.name, HEATER_OFF)
        await self._do(effect, wire.STOP, at_once=True)
        status = await self._asked_back(effect, wire.STATUS)
        if status != wire.OFF:
            raise zo.OutcomeUnknownError(f"{effect} may or may not have happened", field=self.name, value=status)

    async def safe_state(self) -> None:
        """Switch the heater off."""
        await self.heater_off()

    async def _confirmed(self, effect: zo.Effect, wanted: Heater) -> None:
        try:
            found = await self.heater()
        except (zo.ReplyError, zo.InstrumentError) as error:
            raise _unknown(self.name, effect, error) from error
        if found != wanted:
            raise zo.OutcomeUnknownError(
                f"{effect} may or may not have happened: it is set to something else",
                field=self.name,
                value=str(found),
                allowed=str(wanted),
                hint="look at the hotplate: it ignores a set-point above its safety limit",
            )

    async def _asked_back(self, effect: zo.Effect, query: bytes) -> float:
        try:
            return wire.number(await self._ask(query), query, self.name)
        except zo.ReplyError as error:
            raise _unknown(self.name, effect, error) from error

    async def _agreed(self, query: bytes, within: float) -> float:
        """Return the mean of two answers that are alike; one that is damaged or late stands alone."""
        seen: list[float] = []
        for _ in range(READINGS):
            reply = await self._ask(query)
            try:
                value = wire.number(reply, query, self.name)
            except zo.ReplyError:
                continue
            for other in seen:
                if abs(value - other) <= within:
                    return (value + other) / 2.0
            seen.append(value)
        raise zo.InstrumentError(
            f"{self.name}: of {READINGS} answers to {query.decode()} no two agree",
            field=self.name,
            value=", ".join(f"{value:g}" for value in seen) or "none was a number",
            hint="look for noise on the cable",
        )


def _unknown(device: str, effect: zo.Effect, error: zo.ZosimosError) -> zo.OutcomeUnknownError:
    return zo.OutcomeUnknownError(
        f"{effect} may or may not have happened: {error.message}", field=device, hint=error.hint
    )

"""Heat: bring what stands on a plate to a temperature and hold it there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

import zosimos as zo
from zosimos_hotplate.heats import HEAT, HEATER_OFF, HEATER_ON, HEATS, RAMP, Heats
from zosimos_hotplate.watching import Seen, look, mean_of, series

TEMPERATURE = zo.InUnit("degC", "temperature", least=-50, most=500)
SLOPE = zo.InUnit("K/min", "ramp", least=0.1, most=100)
TOLERANCE = zo.InUnit("K", "tolerance", least=0.1, most=50, difference=True)
TIME = zo.InUnit("s", "time", least=0)
PERIOD = zo.InUnit("s", "time between readings", least=0.5, most=3600)

_TIMES = 3  # how often it is heated, should somebody switch the plate off meanwhile


class Heat(zo.Action):
    """Heat to a temperature with a ramp, and hold it for a time that begins once it is within a tolerance."""

    settles: ClassVar[frozenset[str]] = frozenset({HEAT, HEATER_OFF})

    role: Annotated[str, zo.Needs(HEATS.name)] = Field("plate", alias="with", description="the role of the plate")
    to: Annotated[zo.Amount, TEMPERATURE] = Field(description="the temperature; a bare number is in degC")
    ramp: Annotated[zo.Amount, SLOPE] = Field(zo.Amount(10, SLOPE), description="no faster than this, in K/min")
    within: Annotated[zo.Amount, TOLERANCE] = Field(zo.Amount(1, TOLERANCE), description="near enough, in K")
    time: Annotated[zo.Amount, TIME] = Field(zo.Amount(0, TIME), alias="for", description="how long to hold it, in s")
    limit: Annotated[zo.Amount, TIME] = Field(
        zo.Amount("1 h", TIME), description="how long it may take to get there; then the experiment failed"
    )
    every: Annotated[zo.Amount, PERIOD] = Field(zo.Amount(10, PERIOD), description="time between readings, in s")
    then: Literal["off", "hold"] = Field("off", description="what becomes of the heater afterwards")
    mean: Annotated[str | None, zo.Brings("degC")] = Field(
        None, alias="as", description="a name for the mean temperature over the hold"
    )
    readings: Annotated[str | None, zo.Brings()] = Field(
        None, description="a name for all readings: seconds, degC and uncertainty"
    )

    def measures(self) -> Mapping[str, str | None]:
        """Return the mean temperature."""
        return {} if self.mean is None else {self.mean: "degC"}

    def effects(self, reach: zo.Reach) -> Iterator[zo.Effect]:
        """Yield its lowest and highest temperature, its slowest and fastest ramp, and the switch."""
        for temperature in reach.range(self.to):
            yield reach.effect_of(self.role, HEAT, amount=temperature)
        for slope in reach.range(self.ramp):
            yield reach.effect_of(self.role, RAMP, amount=slope)
        yield reach.effect_of(self.role, HEATER_ON)
        yield reach.effect_of(self.role, HEATER_OFF)

    async def run(self, at: zo.StationRun) -> None:
        """Heat, wait until it is warm, hold, and switch off.

        Raises:
            ExecutionError: it did not get warm in time, or somebody keeps switching the plate off.
        """
        plate: Heats = at.device(self.role, HEATS.name)
        async with at.holding(self.role) as grip:
            await grip()
            try:
                seen, hold = await self._held(at, plate)
            except zo.OutcomeUnknownError:
                raise
            except zo.ExecutionError:
                await switch_off(at, self.role)
                raise
            if self.then == "off":
                await switch_off(at, self.role)
        if self.readings is not None:
            at.values[self.readings] = series(seen, plate.uncertainty_k)
        if self.mean is not None:
            at.measured(self.mean, *mean_of(hold, plate.uncertainty_k))

    async def _held(self, at: zo.StationRun, plate: Heats) -> tuple[list[Seen], list[Seen]]:
        """Heat and hold; return all readings, and those of the hold."""
        to, ramp = at.value(self.to), at.value(self.ramp)
        seen: list[Seen] = []
        for _ in range(_TIMES):
            await at.effect(self.role, HEAT, lambda: plate.heat(to, ramp), amount=to, more={"ramp": ramp})
            hold = await self._watched(at, seen, to, plate.resolution_k)
            if hold:
                return seen, hold
        raise at.failed(f"{at.name(self.role)} was switched off or set to something else while it was to heat")

    async def _watched(self, at: zo.StationRun, seen: list[Seen], to: float, same_k: float) -> list[Seen]:
        """Add readings until the hold is over, and return those of the hold; none if somebody changed the setting."""
        within, time = at.value(self.within), at.value(self.time)
        every, limit = at.value(self.every), at.value(self.limit)
        began_s: float | None = None
        hold: list[Seen] = []
        while True:
            now = await look(at, self.role)
            seen.append(now)
            if not now.heater.on or abs(now.heater.celsius - to) > same_k:
                return []
            began_s = now.at_s if began_s is None else began_s
            if hold or abs(now.celsius - to) <= within:
                hold.append(now)
            elif now.at_s - began_s >= limit:
                what = f"{at.name(self.role)} is at {now.celsius:.1f} degC after {limit:g} s"
                raise at.failed(f"{what} and was to be within {within:g} K of {to:g} degC")
            left = time - (now.at_s - hold[0].at_s) if hold else every
            if left <= 0:
                return hold
            await at.wait(min(every, left))

    @classmethod
    async def probe(cls, unsettled: zo.Unsettled) -> zo.Probe:
        """Ask the plate what it is set to."""
        return await setting_happened(unsettled)

    @classmethod
    def holds(cls, step: zo.Step) -> bool:
        """Say that a plate that was told to heat is nobody else's."""
        return step.name == HEAT


async def switch_off(at: zo.StationRun, role: str) -> None:
    """Switch a plate's heater off."""
    plate: Heats = at.device(role, HEATS.name)
    await at.effect(role, HEATER_OFF, plate.heater_off)


async def setting_happened(unsettled: zo.Unsettled) -> zo.Probe:
    """Say whether a plate was set as was announced: what it is set to now says so."""
    plate: Heats = unsettled.device(HEATS.name)
    heater = await plate.heater()
    if unsettled.effect.verb == HEATER_OFF:
        happened = not heater.on
    else:
        celsius, ramp = float(unsettled.effect.amount or 0.0), float(unsettled.step.params["ramp"])
        near = plate.resolution_k
        happened = heater.on and abs(heater.celsius - celsius) <= near and abs(heater.ramp - ramp) <= near
    return zo.Probe("done", unsettled.result()) if happened else zo.Probe("undone")

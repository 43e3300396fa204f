"""Cool: switch a plate's heater off, and wait until what stands on it has cooled down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

import zosimos as zo
from zosimos_hotplate.heat import PERIOD, TEMPERATURE, TIME, setting_happened, switch_off
from zosimos_hotplate.heats import HEATER_OFF, HEATS, Heats
from zosimos_hotplate.watching import Seen, look, series


class Cool(zo.Action):
    """Switch the heater off and wait until it is no warmer than a temperature."""

    shorthand: ClassVar[str] = "to"
    settles: ClassVar[frozenset[str]] = frozenset({HEATER_OFF})

    role: Annotated[str, zo.Needs(HEATS.name)] = Field("plate", alias="with", description="the role of the plate")
    to: Annotated[zo.Amount, TEMPERATURE] = Field(description="the temperature; a bare number is in degC")
    limit: Annotated[zo.Amount, TIME] = Field(
        zo.Amount("4 h", TIME), description="how long it may take; then the experiment failed"
    )
    every: Annotated[zo.Amount, PERIOD] = Field(zo.Amount(30, PERIOD), description="time between readings, in s")
    readings: Annotated[str | None, zo.Brings()] = Field(
        None, description="a name for all readings: seconds, degC and uncertainty"
    )

    def effects(self, reach: zo.Reach) -> Iterator[zo.Effect]:
        """Yield the switch."""
        yield reach.effect_of(self.role, HEATER_OFF)

    async def run(self, at: zo.StationRun) -> None:
        """Switch it off, and watch it cool.

        Raises:
            ExecutionError: it is still too warm when the time is up.
        """
        to, every, limit = at.value(self.to), at.value(self.every), at.value(self.limit)
        plate: Heats = at.device(self.role, HEATS.name)
        seen: list[Seen] = []
        async with at.holding(self.role) as grip:
            await grip()
            await switch_off(at, self.role)
            while not seen or seen[-1].celsius > to:
                if seen and seen[-1].at_s - seen[0].at_s >= limit:
                    raise at.failed(f"{at.name(self.role)} is at {seen[-1].celsius:.1f} degC after {limit:g} s")
                if seen:
                    await at.wait(every)
                seen.append(await look(at, self.role))
        if self.readings is not None:
            at.values[self.readings] = series(seen, plate.uncertainty_k)

    @classmethod
    async def probe(cls, unsettled: zo.Unsettled) -> zo.Probe:
        """Ask the plate whether it is on."""
        return await setting_happened(unsettled)

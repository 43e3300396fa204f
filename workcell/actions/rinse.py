"""Rinse: fill the station's vessel and drain it again, some times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from zosimos.instruments.envelope.effect import Effect
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.liquids.action import LiquidAction
from zosimos.workcell.liquids.fields import Pump, Volume, Where
from zosimos.workcell.liquids.transfer import transfer, transfer_effects
from zosimos.workcell.protocol.amount import Amount, InUnit
from zosimos.workcell.reach import Reach

_EXTRA = InUnit("mL", "extra volume", least=0)
_TIMES = InUnit("", "number of times", least=1, most=20, whole=True)


class Rinse(LiquidAction):
    """Fill the cell from a place and drain it again, some times."""

    role: Pump = Field("pump", alias="with")
    source: Where = Field(alias="from")
    target: Where = Field(alias="to")
    drain: Where
    waste: Where
    volume: Volume = Field(description="each time; a bare number is in mL")
    extra: Annotated[Amount, _EXTRA] = Field(
        Amount(0.3, _EXTRA), description="drawn beyond the volume, so that nothing stays; likewise"
    )
    times: Annotated[Amount, _TIMES] = Field(Amount(1, _TIMES), description="how often")
    repeat: bool = Field(False, description="whether doing it twice does no harm, should a crash cut it short")

    def moves(self) -> Iterator[tuple[str, str]]:
        """Yield the way in and the way out."""
        yield self.source, self.target
        yield self.drain, self.waste

    def transfers(self, values: Mapping[str, Any]) -> Iterator[tuple[str, str, float]]:
        """Yield each filling and each draining."""
        if self.volume.names | self.times.names | self.extra.names <= values.keys():
            volume, extra = self.volume.value(values), self.extra.value(values)
            for _ in range(round(self.times.value(values))):
                yield self.source, self.target, volume
                yield self.drain, self.waste, volume + extra

    def draws(self, values: Mapping[str, Any]) -> Mapping[str, float]:
        """Return its volume, as often as it rinses."""
        if not self.volume.names | self.times.names <= values.keys():
            return {}
        return {self.source: self.times.value(values) * self.volume.value(values)}

    def effects(self, reach: Reach) -> Iterator[Effect]:
        """Yield its strokes, and homing the pump."""
        yield from transfer_effects(reach, self.role, self.source, self.target, reach.range(self.volume))
        yield from transfer_effects(reach, self.role, self.drain, self.waste)

    async def run(self, at: StationRun) -> None:
        """Fill and drain."""
        volume = at.value(self.volume)
        for _ in range(at.count(self.times)):
            await transfer(at, self.role, self.source, self.target, volume, repeat=self.repeat)
            drained = volume + at.value(self.extra)
            await transfer(at, self.role, self.drain, self.waste, drained, repeat=self.repeat)

"""Dispense: move a volume from one place to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from zosimos.instruments.envelope.effect import Effect
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.liquids.action import LiquidAction
from zosimos.workcell.liquids.fields import Pump, Volume, Where
from zosimos.workcell.liquids.transfer import transfer, transfer_effects
from zosimos.workcell.reach import Reach


class Dispense(LiquidAction):
    """Move a volume from one place to another, in as many strokes as it takes."""

    role: Pump = Field("pump", alias="with")
    source: Where = Field(alias="from")
    target: Where = Field(alias="to")
    volume: Volume = Field(description="a bare number is in mL; a formula of inputs and readings gives mL")
    repeat: bool = Field(False, description="whether doing it twice does no harm, should a crash cut it short")

    def moves(self) -> Iterator[tuple[str, str]]:
        """Yield the one way that its liquid goes."""
        yield self.source, self.target

    def transfers(self, values: Mapping[str, Any]) -> Iterator[tuple[str, str, float]]:
        """Yield its volume."""
        if self.volume.names <= values.keys():
            yield self.source, self.target, self.volume.value(values)

    def draws(self, values: Mapping[str, Any]) -> Mapping[str, float]:
        """Return its volume."""
        return {self.source: self.volume.value(values)} if self.volume.names <= values.keys() else {}

    def effects(self, reach: Reach) -> Iterator[Effect]:
        """Yield its strokes, and homing the pump."""
        return transfer_effects(reach, self.role, self.source, self.target, reach.range(self.volume))

    async def run(self, at: StationRun) -> None:
        """Move the volume."""
        await transfer(at, self.role, self.source, self.target, at.value(self.volume), repeat=self.repeat)

"""Move: turn a reference or the cell into a sensor's light."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from zosimos.instruments.capabilities.measures_spectrum import TURRET
from zosimos.instruments.envelope.effect import Effect
from zosimos.workcell.action import Action
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.optics.sensor import SensorRole, turn
from zosimos.workcell.protocol.amount import Amount, InUnit
from zosimos.workcell.reach import Reach


class Move(Action):
    """Turn something into position."""

    prepares: ClassVar[bool] = True

    role: SensorRole = Field("sensor", alias="with")
    to: Annotated[Amount, InUnit("", "position", least=0, most=100, whole=True)] = Field(
        description="0 is the cell, 1 and up the references"
    )
    repeat: bool = Field(True, description="whether doing it twice does no harm, should a crash cut it short")

    def effects(self, reach: Reach) -> Iterator[Effect]:
        """Yield its first and its last position."""
        for slot in reach.range(self.to):
            yield reach.effect_of(self.role, TURRET, round(slot))

    async def run(self, at: StationRun) -> None:
        """Turn it."""
        await turn(at, self.role, at.count(self.to), repeat=self.repeat)

"""Light: set a sensor's lamp."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from zosimos.instruments.capabilities.measures_spectrum import LIGHT
from zosimos.instruments.envelope.effect import Effect
from zosimos.workcell.action import Action
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.optics.sensor import SensorRole, light
from zosimos.workcell.protocol.amount import Amount, InUnit
from zosimos.workcell.reach import Reach


class Light(Action):
    """Set a lamp's current."""

    prepares: ClassVar[bool] = True

    role: SensorRole = Field("sensor", alias="with")
    current: Annotated[Amount, InUnit("mA", "current", least=0)]
    repeat: bool = Field(True, description="whether doing it twice does no harm, should a crash cut it short")

    def effects(self, reach: Reach) -> Iterator[Effect]:
        """Yield its smallest and its largest current."""
        for current in reach.range(self.current):
            yield reach.effect_of(self.role, LIGHT, amount=current)

    async def run(self, at: StationRun) -> None:
        """Set it."""
        await light(at, self.role, at.value(self.current), repeat=self.repeat)

"""Read: a sensor's channels, several times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field

from zosimos.instruments.capabilities.measures_spectrum import EXPOSE
from zosimos.instruments.envelope.effect import Effect
from zosimos.workcell.action import Action
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.optics.sensor import SensorRole, mean_spectrum
from zosimos.workcell.protocol.amount import Amount, InUnit
from zosimos.workcell.protocol.fields import Brings
from zosimos.workcell.reach import Reach
from zosimos.workcell.words import Key

_TIMES = InUnit("", "number of times", least=1, most=100, whole=True)


class Read(Action):
    """Read a sensor's channels, several times."""

    prepares: ClassVar[bool] = True
    once: ClassVar[bool] = True

    role: SensorRole = Field("sensor", alias="with")
    name: Annotated[Key, Brings()] = Field(alias="as")
    times: Annotated[Amount, _TIMES] = Field(Amount(1, _TIMES), description="how often")

    def effects(self, reach: Reach) -> Iterator[Effect]:
        """Yield an exposure where none is allowed: how long it is, the driver's options say."""
        if not reach.grants(self.role, EXPOSE):
            yield reach.effect_of(self.role, EXPOSE, amount=1.0)

    async def run(self, at: StationRun) -> None:
        """Read the channels and keep their mean."""
        times = at.count(self.times)

        async def look() -> dict[str, Any]:
            return await mean_spectrum(at, self.role, times)

        at.values[self.name] = await at.read("read", look, role=self.role, times=times)

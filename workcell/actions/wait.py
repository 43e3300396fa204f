"""Wait: let time pass."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from zosimos.workcell.action import Action
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.protocol.amount import Amount, InUnit

_LONGEST_S = 1e7  # some four months: beyond that it is a slip, and dates run out


class Wait(Action):
    """Wait for a time since the last step on record."""

    shorthand: ClassVar[str] = "for"
    prepares: ClassVar[bool] = True

    time: Annotated[Amount, InUnit("s", "time", least=0, most=_LONGEST_S)] = Field(
        alias="for", description="such as 5 min; a bare number is in seconds"
    )

    async def run(self, at: StationRun) -> None:
        """Wait."""
        await at.wait(at.value(self.time))

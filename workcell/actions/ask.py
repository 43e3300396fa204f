"""Ask: have the operator do something."""

from __future__ import annotations

from pydantic import Field

from zosimos.workcell.action import Action
from zosimos.workcell.execution.station_run import StationRun


class Ask(Action):
    """Ask the operator to do something and wait until it is confirmed."""

    text: str = Field(min_length=1, max_length=500)

    async def run(self, at: StationRun) -> None:
        """Ask."""
        await at.ask(self.text)

"""Weigh: read a balance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from zosimos.instruments.capabilities.weighs import WEIGHS, Weighs
from zosimos.workcell.action import Action
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.protocol.fields import Brings, Needs
from zosimos.workcell.words import Key, Word

_UNIT = "g"


class Weigh(Action):
    """Read a balance, in grams."""

    role: Annotated[Word, Needs(WEIGHS.name)] = Field("balance", alias="with")
    name: Annotated[Key, Brings(_UNIT)] = Field(alias="as")

    def measures(self) -> Mapping[str, str | None]:
        """Return the weight."""
        return {self.name: _UNIT}

    async def run(self, at: StationRun) -> None:
        """Read the stable weight."""
        balance: Weighs = at.device(self.role, WEIGHS.name)

        async def look() -> dict[str, Any]:
            weight = await balance.weigh()
            shared = {} if weight.shared_g is None else {"shared_g": weight.shared_g}
            return {"value_g": weight.value_g, "uncertainty_g": weight.uncertainty_g, **shared}

        found = await at.read("weigh", look, role=self.role)
        at.measured(self.name, found["value_g"], found["uncertainty_g"], found.get("shared_g"))

"""Tare: make a balance's present weight zero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from zosimos.instruments.capabilities.weighs import TARE, WEIGHS, Weighs
from zosimos.instruments.envelope.effect import Effect
from zosimos.workcell.action import Action
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.protocol.fields import Needs
from zosimos.workcell.reach import Reach
from zosimos.workcell.words import Word


class Tare(Action):
    """Make a balance's present weight zero."""

    shorthand: ClassVar[str] = "with"

    role: Annotated[Word, Needs(WEIGHS.name)] = Field("balance", alias="with", description="the role of the balance")

    def effects(self, reach: Reach) -> Iterator[Effect]:
        """Yield the tare."""
        yield reach.effect_of(self.role, TARE)

    async def run(self, at: StationRun) -> None:
        """Tare; twice does no harm."""
        balance: Weighs = at.device(self.role, WEIGHS.name)
        await at.effect(self.role, TARE, balance.tare, repeat=True)

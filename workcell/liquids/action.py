"""What actions that move liquid with a syringe pump share: how a stroke is found out, and who holds the pump."""

from __future__ import annotations

from typing import ClassVar

from zosimos.campaign.lab import Probe
from zosimos.campaign.record.experiment import Step
from zosimos.workcell.action import Action
from zosimos.workcell.execution.unsettled import Unsettled
from zosimos.workcell.liquids.probing import stroke_happened
from zosimos.workcell.liquids.strokes import STROKES
from zosimos.workcell.liquids.transfer import in_the_middle


class LiquidAction(Action):
    """An action made of a pump's strokes."""

    settles: ClassVar[frozenset[str]] = STROKES

    @classmethod
    async def probe(cls, unsettled: Unsettled) -> Probe:
        """Ask the plunger, and the balance."""
        return await stroke_happened(unsettled)

    @classmethod
    def holds(cls, step: Step) -> bool:
        """Say whether the pump is in the middle of its strokes."""
        return in_the_middle(step)

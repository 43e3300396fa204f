"""An effect that was announced and never reported: what an action may look at to find out whether it happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zosimos.campaign.record.experiment import Step
from zosimos.instruments.envelope.effect import Effect
from zosimos.workcell.deck import Deck
from zosimos.workcell.labfile import LabFile, StationSpec


@dataclass(frozen=True)
class Unsettled:
    """An effect of which nobody knows yet whether it happened.

    Args:
        deck: the devices.
        steps: the experiment's steps.
        step: the one in question.

    >>> from zosimos.workcell.action import Action
    >>> Action.probe.__annotations__["unsettled"]
    'Unsettled'
    """

    deck: Deck
    steps: Sequence[Step]
    step: Step

    @property
    def effect(self) -> Effect:
        """What was announced."""
        return Effect.from_json(self.step.params)

    @property
    def before(self) -> list[Step]:
        """The experiment's steps before it."""
        return [one for one in self.steps if one.index < self.step.index]

    @property
    def lab(self) -> LabFile:
        """The lab file."""
        return self.deck.lab

    @property
    def station(self) -> StationSpec:
        """The station of the experiment."""
        return self.deck.lab.stations[self.step.params["station"]]

    def device(self, capability: str) -> Any:
        """Return the driver of the device in question.

        Raises:
            SpecError: it has no such capability.
        """
        return self.deck.device(self.effect.device, capability)

    def result(self) -> dict[str, Any]:
        """Return the result to answer with when it happened."""
        return self.deck.kept(self.effect.device)

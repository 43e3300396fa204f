"""Content: the volume and the mass in a station's vessel by the record, each liquid with the density of its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zosimos.campaign.record.experiment import Step
from zosimos.instruments.capabilities.dispenses import ASPIRATE, DELIVER
from zosimos.workcell.lab_parts.places import WATER_G_PER_ML
from zosimos.workcell.labfile import LabFile, StationSpec
from zosimos.workcell.liquids.strokes import STROKES


@dataclass
class Content:
    """What a station's vessel holds by the record, and the density of what each pump drew last."""

    volume_ml: float = 0.0
    mass_g: float = 0.0
    _drawn: dict[str, float] = field(default_factory=dict)  # device: g/mL

    def take(self, lab: LabFile, station: StationSpec, step: Step) -> None:
        """Count a stroke into the vessel or out of it."""
        self.follow(lab, station, step)
        if step.name not in STROKES or step.params.get("place") not in station.ports:
            return
        amount = float(step.params["amount"]) * (1.0 if step.name == DELIVER else -1.0)
        self.mass_g += amount * self.loaded(step)
        self.volume_ml += amount

    def follow(self, lab: LabFile, station: StationSpec, step: Step) -> None:
        """Note what a pump has drawn: a place's liquid, or the mixture in the vessel."""
        if step.name != ASPIRATE:
            return
        place, device = step.params.get("place"), str(step.params["device"])
        if place in lab.places and place not in station.ports:
            self._drawn[device] = lab.places[place].density
        elif place in station.ports and self.volume_ml > 0:
            self._drawn[device] = self.mass_g / self.volume_ml

    def loaded(self, step: Step) -> float:
        """Return the density in g/mL of what the pump of a step drew last; water's if it drew nothing on record."""
        return self._drawn.get(str(step.params["device"]), WATER_G_PER_ML)


def content_of(lab: LabFile, station: StationSpec, steps: Sequence[Step], tared: int) -> Content:
    """Return what the vessel holds beyond what it held when its balance was tared."""
    content = Content()
    for step in steps:
        if step.index > tared and step.status == "done":
            content.take(lab, station, step)
        else:
            content.follow(lab, station, step)
    return content

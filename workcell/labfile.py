"""The lab file, field by field (pydantic): which devices there are, what they may do, what they are connected to.

A *station* is what an experiment occupies while it runs, such as a cell with its balance and sensor. A device may serve
several stations, one at a time. Nothing above the envelope can change what a lab file allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, Field, model_validator

from zosimos.campaign.safety.additions import ChemistrySpec
from zosimos.core.units import is_unit
from zosimos.core.validation import Part, quantity
from zosimos.instruments.envelope.limits import Budget, Counted, Limit, Limits
from zosimos.instruments.envelope.verbs import verb as declared_verb
from zosimos.workcell.lab_parts.devices import DeviceSpec
from zosimos.workcell.lab_parts.places import LIQUID, PlaceBudget, PlaceSpec, counted
from zosimos.workcell.lab_parts.world import WorldSpec
from zosimos.workcell.words import Word


class StationSpec(Part):
    """What an experiment occupies: a device for each role, ports of its own, perhaps a vessel of this capacity."""

    devices: dict[Word, Word] = Field(description="role: device")
    ports: dict[Word, int] = Field(default_factory=dict, description="place: port, for places of this station")
    capacity: Annotated[float, quantity(LIQUID)] | None = Field(
        None, gt=0, description="what its vessel holds, in mL; leave it out where there is no vessel"
    )


class StandardSpec(Part):
    """A reference in a sensor's turret and what its certificate says."""

    slot: int = Field(ge=1, le=100)
    certificate: list[float] = Field(
        min_length=1,
        max_length=100,
        validation_alias=AliasChoices("certificate", "xyz"),
        description="certified numbers, as the calibration's method takes them (xyz: its former name)",
    )


class LabFile(Part):
    """A lab file."""

    version: Literal[1] = 1
    name: str = Field(min_length=1, max_length=100)
    devices: dict[Word, DeviceSpec] = Field(min_length=1)
    stations: dict[Word, StationSpec] = Field(min_length=1)
    places: dict[Word, PlaceSpec] = Field(default_factory=dict)
    standards: dict[Word, Annotated[list[StandardSpec], Field(min_length=1)]] = Field(default_factory=dict)
    world: WorldSpec | None = Field(None, description="vessels and what is in them, for simulated devices")
    budgets: dict[Word, PlaceBudget] = Field(default_factory=dict)
    chemistry: ChemistrySpec | None = Field(
        None, description="what is known here of substances, and what must not meet: it adds to the program's rules"
    )
    residual: float = Field(3.0, gt=0, description="largest mean residual a calibration may have")
    time_scale: float = Field(1.0, ge=1, description="how much faster than real time a served lab runs")

    @model_validator(mode="before")
    @classmethod
    def _budgets_in_units(cls, data: Any) -> Any:
        """Turn totals that are written with a unit into the unit of what they count."""
        budgets = data.get("budgets") if isinstance(data, Mapping) else None
        if not isinstance(budgets, Mapping):
            return data
        return {**data, "budgets": {name: counted(name, spec, data.get("places")) for name, spec in budgets.items()}}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name, station in self.stations.items():
            for role, device in station.devices.items():
                if device not in self.devices:
                    raise ValueError(f"stations.{name}.devices.{role}: there is no device {device!r}")
            for place in station.ports:
                if place in self.places:
                    raise ValueError(
                        f"stations.{name}.ports.{place}: {place} is a place that all stations share; give the "
                        "station's own port another name, or what is drawn there is counted in the wrong place"
                    )
        for name, standards in self.standards.items():
            if len({len(standard.certificate) for standard in standards}) > 1:
                raise ValueError(f"standards.{name}: all certificates must have the same number of values")
        for name, budget in self.budgets.items():
            for place in budget.places:
                if place not in self.places:
                    raise ValueError(f"budgets.{name}: there is no place {place!r}")
            units = sorted({self.places[place].unit for place in budget.places})
            if len(units) > 1:
                raise ValueError(
                    f"budgets.{name}: its places are counted in {' and '.join(units)}, which have no sum; make a "
                    "budget for each unit"
                )
        return self

    @property
    def in_process(self) -> bool:
        """Whether every device is simulated in this process."""
        return all(device.link == "in-process" for device in self.devices.values())

    def limits(self) -> Limits:
        """Return what the envelope holds to."""
        devices = {
            name: {
                verb: Limit(frozenset(str(channel) for channel in limit.at), limit.min, limit.max)
                for verb, limit in device.limits.items()
            }
            for name, device in self.devices.items()
        }
        return Limits(devices, tuple(self._budget(name, spec) for name, spec in self.budgets.items()))

    def unit_of(self, budget: str) -> str:
        """Return what a budget is counted in: the unit of its places."""
        return self.places[self.budgets[budget].places[0]].unit

    def _budget(self, name: str, spec: PlaceBudget) -> Budget:
        """Return one budget over every device that draws: each reaches the same places, and all draw from one sum."""
        ports = frozenset(str(self.places[place].port) for place in spec.places)
        unit = self.unit_of(name)
        drawing = tuple(Counted(device, verb, ports) for device, verb in self._drawing(unit))
        return Budget(name, drawing, spec.total)

    def _drawing(self, unit: str) -> Iterator[tuple[str, str]]:
        """Yield every device and verb by which something that is counted in a unit is taken out of a place.

        What physics has no unit for, such as vials, verbs count as plain numbers.
        """
        for name, device in self.devices.items():
            for verb in map(declared_verb, device.limits):
                if verb.draws and verb.unit == (unit if is_unit(unit) else ""):
                    yield name, verb.name

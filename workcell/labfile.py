"""The lab file, field by field (pydantic): which devices there are, what they may do, what they are connected to.

A *station* is what an experiment occupies while it runs, such as a cell with its balance and sensor. A device may serve
several stations, one at a time. Nothing above the envelope can change what a lab file allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, Field, field_validator, model_validator

from zosimos.core.errors import InputError, UnitError
from zosimos.core.units import convert, parse_quantity
from zosimos.core.validation import Part, in_unit, problem, quantity
from zosimos.instruments.envelope.limits import Budget, Counted, Limit, Limits
from zosimos.instruments.envelope.verbs import verb as declared_verb
from zosimos.workcell.words import Word
from zosimos.workcell.worldfile import WorldSpec

GramsPerMillilitre = Annotated[float, quantity("g/mL")]
LIQUID = "mL"
"""What a place is counted in unless it says otherwise."""

WATER_G_PER_ML = 0.99777  # at 22 degC: Kell, J. Chem. Eng. Data 20 (1975) 97


class LimitSpec(Part):
    """What one verb of a device may do; a bare number is in the verb's own unit (mL, mA, ms), text in any that fits."""

    at: list[int | str] = Field(default_factory=list, description="channels: ports, slots")
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.min is None) != (self.max is None):
            raise ValueError("give min and max, or neither")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min ({self.min:g}) is above max ({self.max:g})")
        return self


class DeviceSpec(Part):
    """A device: its driver, where it is, what it may do."""

    driver: str = Field(description="the driver plugin's name, such as cavro")
    link: Literal["in-process", "served", "real"] = Field(description="a simulator here, one served elsewhere, or real")
    url: str = Field(description="pyserial URL: sim://lab/pump, socket://host:port, /dev/ttyUSB0, COM3")
    options: dict[str, Any] = Field(default_factory=dict, description="the driver's own")
    limits: dict[str, LimitSpec] = Field(default_factory=dict, description="what is not listed is refused")
    serial: str = Field("", description="the serial number it must report, if it has one")
    simulator: dict[str, Any] = Field(
        default_factory=dict, description="what its simulator must know, such as the vessels it is connected to"
    )

    @field_validator("limits", mode="before")
    @classmethod
    def _in_the_verbs_units(cls, limits: Any) -> Any:
        """Refuse verbs that no capability declares; turn amounts that are written with a unit into the verb's own."""
        if not isinstance(limits, Mapping):
            return limits
        return {verb: _in_unit(verb, spec) for verb, spec in limits.items()}

    @model_validator(mode="after")
    def _url_fits(self) -> Self:
        if (self.link == "in-process") != self.url.startswith("sim://"):
            raise ValueError(f"link is {self.link}, so url must {'' if self.link == 'in-process' else 'not '}be sim://")
        return self


def _in_unit(verb: Any, spec: object) -> object:
    """Return a limit whose bounds are numbers in its verb's unit; what is no limit is left to be refused."""
    try:
        unit = declared_verb(verb).unit
    except InputError as error:
        raise problem(error, str(verb)) from error
    if not isinstance(spec, Mapping):
        return spec
    found = dict(spec)
    for bound in ("min", "max"):
        if isinstance(spec.get(bound), str):
            try:
                found[bound] = parse_quantity(spec[bound], unit)
            except InputError as error:
                raise problem(error, f"{verb}.{bound}") from error
    return found


class PlaceSpec(Part):
    """Where a port leads: for what is in stock, how much and how dense; for what takes up waste, how much fits."""

    port: int = Field(ge=1, le=100)
    unit: str = Field(
        LIQUID, min_length=1, max_length=40, description="what its content is counted in: mL, vials, tips"
    )
    stock: float | None = Field(None, ge=0, description="how much is in stock when a campaign begins, in its unit")
    room: float | None = Field(None, ge=0, description="how much fits in when a campaign begins, in its unit")
    density: GramsPerMillilitre = Field(
        WATER_G_PER_ML, gt=0, le=25, description="of its liquid, such as 0.789 g/mL; default: water at 22 degC"
    )

    @model_validator(mode="before")
    @classmethod
    def _in_its_unit(cls, data: Any) -> Any:
        """Turn amounts that are written with a unit into the place's own."""
        if not isinstance(data, Mapping):
            return data
        unit = data.get("unit", LIQUID)
        if not isinstance(unit, str):
            return data
        if unit != LIQUID and _is_volume(unit):
            raise ValueError(f"liquid is counted in {LIQUID}, not in {unit}; leave unit out and write stock: 2 {unit}")
        amounts = {name: in_unit(data[name], unit, name) for name in ("stock", "room") if name in data}
        return {**data, **amounts}

    @property
    def holds_liquid(self) -> bool:
        """Whether what it holds is a volume."""
        return self.unit == LIQUID


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


class PlaceBudget(Part):
    """A sum that a whole campaign may not exceed: what is drawn from these places, in their unit."""

    places: list[Word] = Field(min_length=1)
    total: float = Field(gt=0)


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
    residual: float = Field(3.0, gt=0, description="largest mean residual a calibration may have")
    time_scale: float = Field(1.0, ge=1, description="how much faster than real time a served lab runs")

    @model_validator(mode="before")
    @classmethod
    def _budgets_in_units(cls, data: Any) -> Any:
        """Turn totals that are written with a unit into the unit of what they count."""
        budgets = data.get("budgets") if isinstance(data, Mapping) else None
        if not isinstance(budgets, Mapping):
            return data
        return {**data, "budgets": {name: _counted(name, spec, data.get("places")) for name, spec in budgets.items()}}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name, station in self.stations.items():
            for role, device in station.devices.items():
                if device not in self.devices:
                    raise ValueError(f"stations.{name}.devices.{role}: there is no device {device!r}")
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
        counted = tuple(Counted(device, verb, ports) for device, verb in self._drawing(unit))
        return Budget(name, counted, spec.total)

    def _drawing(self, unit: str) -> Iterator[tuple[str, str]]:
        """Yield every device and verb by which something that is counted in a unit is taken out of a place."""
        for name, device in self.devices.items():
            for verb in map(declared_verb, device.limits):
                if verb.draws and verb.unit == unit:
                    yield name, verb.name


def _counted(name: str, spec: Any, places: Any) -> Any:
    """Return a budget whose total is a number in the unit of its first place; what is wrong is left to be refused."""
    named = spec.get("places") if isinstance(spec, Mapping) else None
    if not isinstance(named, list) or not named or not isinstance(spec.get("total"), str):
        return spec
    first = places.get(named[0]) if isinstance(places, Mapping) and isinstance(named[0], str) else None
    if first is None:
        raise ValueError(f"budgets.{name}: there is no place {named[0]!r}")
    unit = first.get("unit", LIQUID) if isinstance(first, Mapping) else LIQUID
    return {**spec, "total": in_unit(spec["total"], str(unit), f"budgets.{name}.total")}


def _is_volume(unit: str) -> bool:
    try:
        convert(1.0, unit, LIQUID)
    except UnitError:
        return False
    return True

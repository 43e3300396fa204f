"""The lab file, field by field (pydantic): which devices there are, what they may do, what they are connected to.

A *station* is what an experiment occupies while it runs, such as a cell with its balance and sensor. A device may serve
several stations, one at a time. Nothing above the envelope can change what a lab file allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from zosimos.core.errors import InputError
from zosimos.core.units import parse_quantity
from zosimos.core.validation import Part, problem, quantity
from zosimos.instruments.capabilities.dispenses import ASPIRATE
from zosimos.instruments.envelope.limits import Budget, Counted, Limit, Limits
from zosimos.instruments.envelope.verbs import verb as declared_verb
from zosimos.workcell.words import Word

Millilitres = Annotated[float, quantity("mL")]
GramsPerMillilitre = Annotated[float, quantity("g/mL")]
Triple = tuple[float, float, float]

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
    stock: Millilitres | None = Field(None, ge=0, description="volume in stock when a campaign begins")
    room: Millilitres | None = Field(None, ge=0, description="volume that fits in when a campaign begins")
    density: GramsPerMillilitre = Field(
        WATER_G_PER_ML, gt=0, le=25, description="of its liquid, such as 0.789 g/mL; default: water at 22 degC"
    )


class StationSpec(Part):
    """What an experiment occupies: a device for each role, ports of its own, a vessel of this capacity."""

    devices: dict[Word, Word] = Field(description="role: device")
    ports: dict[Word, int] = Field(default_factory=dict, description="place: port, for places of this station")
    capacity: Millilitres | None = Field(None, gt=0, description="what its vessel holds, if it has one")


class StandardSpec(Part):
    """A reference in the sensor's turret and what its certificate says."""

    slot: int = Field(ge=1, le=100)
    xyz: Triple = Field(description="CIE XYZ under D65 with Y = 1 for white")


class VolumeBudget(Part):
    """A sum that a whole campaign may not exceed: what is drawn from these places, in mL."""

    places: list[Word] = Field(min_length=1)
    total: Millilitres = Field(gt=0)


class LabFile(Part):
    """A lab file."""

    version: Literal[1] = 1
    name: str = Field(min_length=1, max_length=100)
    devices: dict[Word, DeviceSpec] = Field(min_length=1)
    stations: dict[Word, StationSpec] = Field(min_length=1)
    places: dict[Word, PlaceSpec] = Field(default_factory=dict)
    standards: dict[Word, Annotated[list[StandardSpec], Field(min_length=4)]] = Field(default_factory=dict)
    budgets: dict[Word, VolumeBudget] = Field(default_factory=dict)
    residual: float = Field(3.0, gt=0, description="largest mean residual a calibration may have")
    time_scale: float = Field(1.0, ge=1, description="how much faster than real time a served lab runs")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name, station in self.stations.items():
            for role, device in station.devices.items():
                if device not in self.devices:
                    raise ValueError(f"stations.{name}.devices.{role}: there is no device {device!r}")
        for name, budget in self.budgets.items():
            for place in budget.places:
                if place not in self.places:
                    raise ValueError(f"budgets.{name}: there is no place {place!r}")
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

    def _budget(self, name: str, spec: VolumeBudget) -> Budget:
        """Return one budget over every pump: each reaches the same places, and all draw from one sum."""
        ports = frozenset(str(self.places[place].port) for place in spec.places)
        return Budget(name, tuple(Counted(pump, ASPIRATE, ports) for pump in self._pumps()), spec.total)

    def _pumps(self) -> list[str]:
        return [name for name, device in self.devices.items() if ASPIRATE in device.limits]

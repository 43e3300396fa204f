"""Capabilities: what a protocol may ask of an instrument. Protocols name these, labs bind devices to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True)
class Identity:
    """Who a device says it is. The texts are the device's own: data, never instructions.

    >>> Identity("IKA", "RCT digital").as_json()
    {'maker': 'IKA', 'model': 'RCT digital', 'serial': '', 'firmware': ''}
    """

    maker: str
    model: str
    serial: str = ""
    firmware: str = ""

    def as_json(self) -> dict[str, str]:
        """Return JSON data."""
        return {"maker": self.maker, "model": self.model, "serial": self.serial, "firmware": self.firmware}


@dataclass(frozen=True)
class Weight:
    """A stable weight in grams and its standard uncertainty."""

    value_g: float
    uncertainty_g: float


@dataclass(frozen=True)
class Spectrum:
    """Counts of each channel of a sensor, and the largest count it can give."""

    counts: Mapping[str, int]
    full_scale: int
    gain: float
    integration_ms: float

    @property
    def saturated(self) -> tuple[str, ...]:
        """The channels at full scale."""
        return tuple(name for name, count in self.counts.items() if count >= self.full_scale)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "counts": dict(self.counts),
            "full_scale": self.full_scale,
            "gain": self.gain,
            "integration_ms": self.integration_ms,
        }


@dataclass(frozen=True)
class PlungerState:
    """A syringe's content in mL, the valve port it is connected to, and whether it is still moving."""

    volume_ml: float
    port: int
    busy: bool


@runtime_checkable
class Dispenses(Protocol):
    """Moves liquid with a syringe between the ports of a valve.

    >>> from zosimos.instruments.devices.cavro.driver import CavroPump
    >>> all(hasattr(CavroPump, verb) for verb in ("aspirate", "deliver", "home"))
    True
    """

    @property
    def syringe_ml(self) -> float:
        """Volume of the syringe."""
        ...

    @property
    def resolution_ml(self) -> float:
        """Volume of the smallest move."""
        ...

    @property
    def waste_port(self) -> int:
        """The port to empty the syringe through."""
        ...

    async def aspirate(self, port: int, volume_ml: float, *, start_ml: float) -> None:
        """Draw liquid in through a port; the syringe must hold ``start_ml`` before."""
        ...

    async def deliver(self, port: int, volume_ml: float, *, start_ml: float) -> None:
        """Push liquid out through a port; the syringe must hold ``start_ml`` before."""
        ...

    async def plunger(self) -> PlungerState:
        """Return how the plunger and the valve stand."""
        ...

    async def settled(self, within_s: float = 60.0) -> PlungerState:
        """Return how they stand once nothing moves any more."""
        ...

    async def initialised(self) -> bool:
        """Say whether it knows where its plunger is."""
        ...

    async def home(self) -> None:
        """Find out where the plunger is; what the syringe holds leaves through the waste port."""
        ...


@runtime_checkable
class Weighs(Protocol):
    """Weighs what stands on it.

    >>> from zosimos.instruments.devices.sics.driver import SicsBalance
    >>> issubclass(SicsBalance, Weighs)
    True
    """

    async def weigh(self) -> Weight:
        """Return the stable weight."""
        ...

    async def tare(self) -> None:
        """Make the present weight zero."""
        ...


@runtime_checkable
class MeasuresSpectrum(Protocol):
    """Reads light in a few channels, behind a lamp and a turret of reference filters.

    >>> from zosimos.instruments.devices.as7341.driver import As7341Sensor
    >>> all(hasattr(As7341Sensor, verb) for verb in ("spectrum", "set_light", "set_turret"))
    True
    """

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        ...

    @property
    def light_ma(self) -> float | None:
        """The lamp's current as it was last set in this session; None where nobody knows."""
        ...

    @property
    def slot(self) -> int | None:
        """What was last turned into the light in this session; None where nobody knows."""
        ...

    async def spectrum(self) -> Spectrum:
        """Return one reading."""
        ...

    async def set_light(self, current_ma: float) -> None:
        """Set the lamp's current; 0 switches it off."""
        ...

    async def set_turret(self, slot: int) -> None:
        """Turn a reference (1 and up) or the cell (0) into the light."""
        ...


CAPABILITIES: Mapping[str, type] = {
    "dispenses": Dispenses,
    "weighs": Weighs,
    "measures-spectrum": MeasuresSpectrum,
}
"""The words that protocols use."""

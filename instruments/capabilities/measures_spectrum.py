"""Measuring a spectrum: a sensor of a few channels, behind a lamp (in mA) and a turret (a channel is a slot)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from zosimos.instruments.capability import Act, Capability, Safe, Verb
from zosimos.instruments.envelope.effect import Effect

LIGHT, TURRET, EXPOSE = "light", "turret", "expose"


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


def _readings(_: MeasuresSpectrum) -> Mapping[str, Act]:
    return {"spectrum": Act(lambda one: one.spectrum())}


def _effects(sensor: Any) -> Mapping[str, Act]:
    name = sensor.name
    return {
        "set_light": Act(lambda one: one.set_light(1.0), Effect(name, LIGHT, amount=1.0)),
        "set_turret": Act(lambda one: one.set_turret(1), Effect(name, TURRET, "1")),
    }


MEASURES_SPECTRUM = Capability(
    "measures-spectrum",
    MeasuresSpectrum,
    (Verb(LIGHT, "mA", Safe(0.0)), Verb(TURRET), Verb(EXPOSE, "ms")),
    _readings,
    _effects,
)

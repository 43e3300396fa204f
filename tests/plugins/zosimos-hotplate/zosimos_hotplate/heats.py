"""Heating: a plate brings what stands on it to a temperature in degC, no faster than a ramp in K/min.

No temperature is surely safe: 20 degC heats a cold bath. The heater switched off is, so that is a verb of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import zosimos as zo

HEAT, RAMP, HEATER_ON, HEATER_OFF = "heat", "ramp", "heater-on", "heater-off"


@dataclass(frozen=True)
class Heater:
    """What a heater is set to: a temperature in degC, a ramp in K/min, and whether it is on."""

    celsius: float
    ramp: float
    on: bool


@runtime_checkable
class Heats(Protocol):
    """Brings what stands on it to a temperature."""

    @property
    def uncertainty_k(self) -> float:
        """Standard uncertainty of a temperature that it reads."""
        ...

    @property
    def resolution_k(self) -> float:
        """The smallest step of a temperature that it can be set to."""
        ...

    async def temperature(self) -> float:
        """Return the temperature now, in degC."""
        ...

    async def heater(self) -> Heater:
        """Return what the heater is set to."""
        ...

    async def heat(self, celsius: float, ramp: float) -> None:
        """Heat to a temperature and hold it, no faster than a ramp in K/min."""
        ...

    async def heater_off(self) -> None:
        """Switch the heater off."""
        ...


def _readings(_: Heats) -> Mapping[str, zo.Act]:
    return {"temperature": zo.Act(lambda one: one.temperature()), "heater": zo.Act(lambda one: one.heater())}


def _effects(plate: Any) -> Mapping[str, zo.Act]:
    return {
        "heat": zo.Act(lambda one: one.heat(40.0, 5.0), zo.Effect(plate.name, HEAT, amount=40.0)),
        "ramp": zo.Act(lambda one: one.heat(45.0, 8.0), zo.Effect(plate.name, RAMP, amount=8.0)),
        "on": zo.Act(lambda one: one.heat(50.0, 8.0), zo.Effect(plate.name, HEATER_ON)),
        "off": zo.Act(lambda one: one.heater_off(), zo.Effect(plate.name, HEATER_OFF)),
    }


HEATS = zo.Capability(
    "heats",
    Heats,
    (zo.Verb(HEAT, "degC"), zo.Verb(RAMP, "K/min"), zo.Verb(HEATER_ON), zo.Verb(HEATER_OFF, safe=zo.Safe())),
    _readings,
    _effects,
)

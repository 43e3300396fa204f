"""Dispensing: a syringe moves liquid between the ports of a valve. Amounts are in mL, a channel is a port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from zosimos.instruments.capability import Act, Capability, Safe, Verb
from zosimos.instruments.envelope.effect import Effect

ASPIRATE, DELIVER, HOME, HALT = "aspirate", "deliver", "home", "halt"

_SHARE = 0.25  # of the syringe, for the conformance kit's strokes
_STEPS = 1.5  # by how many of its smallest moves a stroke may miss: half a step at each end, and rounding


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


def _readings(_: Dispenses) -> Mapping[str, Act]:
    return {"plunger": Act(lambda one: one.plunger()), "settled": Act(lambda one: one.settled())}


def _effects(pump: Any) -> Mapping[str, Act]:
    name = pump.name
    part, port, within = _SHARE * pump.syringe_ml, str(pump.waste_port), _STEPS * pump.resolution_ml
    return {
        "home": Act(lambda one: one.home(), Effect(name, HOME, port)),
        "aspirate": Act(
            lambda one: one.aspirate(one.waste_port, part, start_ml=0.0), Effect(name, ASPIRATE, port, part), within
        ),
        "deliver": Act(
            lambda one: one.deliver(one.waste_port, part, start_ml=part), Effect(name, DELIVER, port, part), within
        ),
    }


async def _ready(pump: Dispenses) -> bool:
    """Home a pump that does not know where its plunger is; what it was doing is lost then."""
    if await pump.initialised():
        return False
    await pump.home()
    return True


DISPENSES = Capability(
    "dispenses",
    Dispenses,
    (Verb(ASPIRATE, "mL", draws=True), Verb(DELIVER, "mL"), Verb(HOME), Verb(HALT, safe=Safe())),
    _readings,
    _effects,
    _ready,
)

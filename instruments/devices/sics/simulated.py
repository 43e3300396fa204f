"""A balance in a simulated laboratory: what a lab file says under ``simulator``, and the simulator it makes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from zosimos.core.validation import Part, quantity, validated
from zosimos.instruments.devices.sics.simulator import SicsSimulator
from zosimos.instruments.simulator import SimulatorSetup

Grams = Annotated[float, quantity("g")]


class SimulatedSics(Part):
    """What stands on a simulated balance, and how good the balance is."""

    serial: str | None = Field(None, description="the serial number it reports; default: the one the lab file expects")
    vessel: str = Field(description="the vessel that stands on its pan")
    empty: Grams = Field(25.0, ge=0, description="mass of the empty vessel")
    capacity: Grams = Field(220.0, gt=0, description="the most it can weigh")
    readability: Grams = Field(0.0001, gt=0, description="the last digit's step")
    repeatability: Grams = Field(0.0001, gt=0, description="standard deviation of a reading")


def make(setup: SimulatorSetup) -> SicsSimulator:
    """Return a simulated balance, on it a vessel of a world.

    Raises:
        SpecError: an option is wrong, or names what does not exist.
    """
    own = validated(SimulatedSics, dict(setup.options), f"devices.{setup.name}.simulator")
    serial = setup.serial if own.serial is None else own.serial
    reported: dict[str, Any] = {"serial": serial} if serial else {}
    return SicsSimulator(
        setup.name,
        setup.world,
        setup.vessel(own.vessel, "vessel"),
        setup.noise,
        readability_g=own.readability,
        repeatability_g=own.repeatability,
        capacity_g=own.capacity,
        empty_g=own.empty,
        **reported,
    )

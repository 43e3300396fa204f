"""A Cavro pump in a simulated laboratory: what a lab file says under ``simulator``, and the simulator it makes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zosimos.core.errors import SpecError
from zosimos.core.validation import Part, validated
from zosimos.instruments.devices.cavro.driver import CavroOptions
from zosimos.instruments.devices.cavro.simulator import CavroSimulator
from zosimos.instruments.simulator import SimulatorSetup
from zosimos.instruments.world.vessel import Vessel

Port = Annotated[int, Field(ge=1, le=12)]


class SimulatedCavro(Part):
    """Where a simulated pump's lines end."""

    ports: dict[Port, str] = Field(description="valve port: vessel; a port that is left out sucks and blows air")
    syringe: str | None = Field(None, description="the vessel that is its syringe; default: one of its own")


def make(setup: SimulatorSetup) -> CavroSimulator:
    """Return a simulated pump, its lines in the vessels of a world.

    Raises:
        SpecError: an option is wrong, or names what does not exist.
    """
    where = f"devices.{setup.name}"
    own = validated(SimulatedCavro, dict(setup.options), f"{where}.simulator")
    driver = validated(CavroOptions, dict(setup.driver), where)
    for port, vessel in own.ports.items():
        setup.vessel(vessel, f"ports.{port}")
        if port > driver.ports:
            raise SpecError(
                f"the valve of {setup.name} has no port {port}",
                field=f"{where}.simulator.ports.{port}",
                value=port,
                allowed=f"1 to {driver.ports}",
                hint="correct the port, or the number of ports under the device's options",
            )
    syringe = f"syringe of {setup.name}" if own.syringe is None else setup.vessel(own.syringe, "syringe")
    setup.world.vessels.setdefault(syringe, Vessel(syringe, driver.syringe_ml))
    return CavroSimulator(
        setup.name,
        setup.world,
        own.ports,
        syringe,
        syringe_ml=driver.syringe_ml,
        model=driver.model,
        n_ports=driver.ports,
        address=driver.address,
    )

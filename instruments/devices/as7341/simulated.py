"""A colour sensor in a simulated laboratory: what a lab file says under ``simulator``, and the simulator it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from zosimos.core.errors import SpecError
from zosimos.core.validation import Part, quantity, validated
from zosimos.instruments.devices.as7341.optics import GRID_NM, Spectrum
from zosimos.instruments.devices.as7341.simulator import As7341Simulator
from zosimos.instruments.simulator import SimulatorSetup
from zosimos.instruments.world import optics
from zosimos.instruments.world.world import World

Molar = Annotated[float, quantity("mol/L")]


class SimulatedAs7341(Part):
    """What a simulated sensor looks through."""

    serial: str | None = Field(None, description="the serial number it reports; default: the one the lab file expects")
    vessel: str = Field(description="the vessel in the light when the turret stands at 0")
    path: Annotated[float, quantity("cm")] = Field(1.0, gt=0, description="the light's way through the liquid")
    level: Annotated[float, quantity("mL")] = Field(
        0.0, ge=0, description="with less in the vessel than this, the light passes above the liquid"
    )
    stray: float = Field(0.01, ge=0, lt=1, description="part of the light that goes around what stands in it")
    references: list[dict[str, Molar]] = Field(
        default_factory=list,
        max_length=100,
        description="what is sealed in the turret, slot 1 first: species and mol/L",
    )


def make(setup: SimulatorSetup) -> As7341Simulator:
    """Return a simulated sensor that looks through a vessel of a world, or through the references in its turret.

    Raises:
        SpecError: an option is wrong, or names what does not exist.
    """
    where = f"devices.{setup.name}.simulator"
    own = validated(SimulatedAs7341, dict(setup.options), where)
    for slot, reference in enumerate(own.references, start=1):
        for species in reference:
            if species not in setup.world.species:
                raise SpecError(
                    f"there is no species {species!r} in the simulated world",
                    field=f"{where}.references.{slot - 1}.{species}",
                    value=species,
                    allowed=", ".join(setup.world.species) or "none is declared",
                    hint="correct the name, or add it under world.species",
                )
    vessel = setup.vessel(own.vessel, "vessel")
    serial = setup.serial if own.serial is None else own.serial
    reported: dict[str, Any] = {"serial": serial} if serial else {}
    return As7341Simulator(
        setup.name,
        partial(_transmitted, setup.world, vessel, own.path, own.level, own.references),
        setup.noise,
        references=len(own.references),
        stray=own.stray,
        **reported,
    )


def _transmitted(
    world: World, vessel: str, path_cm: float, level_ml: float, references: Sequence[Mapping[str, float]], slot: int
) -> Spectrum:
    """Return the transmittance of what the turret has turned into the light."""
    if slot:
        return optics.transmittance(references[slot - 1], world.species, GRID_NM, path_cm)
    return optics.through(world, vessel, GRID_NM, path_cm, level_ml)

"""Simulation: a lab file's world and devices as a rig.

The world is made from the file's ``world`` section; each device by the simulator that an installed package has for its
driver (entry-point group ``zosimos.simulators``), from the device's ``simulator`` section.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zosimos.core.errors import SpecError
from zosimos.core.seeds import derive_seed
from zosimos.instruments.rig import Rig
from zosimos.instruments.simulator import SimulatorSetup, simulator_of
from zosimos.instruments.world.noise import Noise
from zosimos.instruments.world.species import Band, Species
from zosimos.instruments.world.vessel import FEMTO, FL_PER_ML, SOLVENT, Vessel
from zosimos.instruments.world.world import World
from zosimos.workcell.lab_parts.places import PlaceSpec
from zosimos.workcell.lab_parts.world import VesselSpec, WorldSpec
from zosimos.workcell.labfile import LabFile

_ML_PER_L = 1000.0


def make_rig(lab: LabFile, seed: int, now: Callable[[], float]) -> Rig:
    """Return a laboratory's simulated devices as they are when nothing has happened yet, in the lab file's order.

    Args:
        lab: the lab file; of its devices, those that are simulated in this process.
        seed: of all noise.
        now: the rig's time in seconds.

    Raises:
        SpecError: the file says nothing of the world, no package simulates a device, or what the file says of them is
            wrong.
    """
    spec = lab.world
    if spec is None:
        raise SpecError(
            f"the lab file {lab.name!r} says nothing of a world, so that its devices cannot be simulated",
            field="lab file.world",
            allowed="world: with vessels, and species if anything is dissolved in them",
            hint="add world:, or set link: real (or served) and the url of each device",
        )
    world = _world(spec, lab.places)
    noise = derive_seed(seed, f"{lab.name} lab")
    devices = [
        simulator_of(
            device.driver,
            SimulatorSetup(name, world, device.simulator, device.options, device.serial, Noise(noise, name)),
        )
        for name, device in lab.devices.items()
        if device.link == "in-process"
    ]
    return Rig(world, devices, now)


def all_simulated(lab: LabFile) -> LabFile:
    """Return the same laboratory with every device simulated in this process, also what is real or far away."""
    devices = {
        name: device.model_copy(update={"link": "in-process", "url": f"sim://lab/{name}"})
        for name, device in lab.devices.items()
    }
    return lab.model_copy(update={"devices": devices, "time_scale": 1.0})


def species_of(spec: WorldSpec) -> list[Species]:
    """Return the species of a world, in the file's order."""
    return [
        Species(name, one.molar_mass, tuple(Band(band.peak, band.width, band.strength) for band in one.bands))
        for name, one in spec.species.items()
    ]


def _world(spec: WorldSpec, places: Mapping[str, PlaceSpec]) -> World:
    vessels = [_vessel(name, vessel, places.get(name)) for name, vessel in spec.vessels.items()]
    return World(vessels, species_of(spec))


def _vessel(name: str, spec: VesselSpec, place: PlaceSpec | None) -> Vessel:
    """Return a vessel; a place of its name speaks for what is in stock in it, and for its room."""
    volume, capacity = spec.volume, spec.capacity
    if place is not None and place.holds_liquid:
        volume = volume if place.stock is None else place.stock
        capacity = capacity if place.room is None else place.room
    if capacity is None and volume is None:
        raise _wrong(name, "capacity", "nothing says how much the vessel {} can hold", None, "above 0 mL")
    if spec.holds and volume is None:
        raise _wrong(name, "volume", "nothing says how much liquid the vessel {} holds its species in", None, "in mL")
    if capacity is not None and volume is not None and volume > capacity:
        raise _wrong(
            name,
            "capacity",
            "the vessel {} cannot hold what is in it at first",
            f"{capacity:g} mL",
            f"at least {volume:g} mL",
        )
    contents = {} if volume is None else {SOLVENT: round(volume * FL_PER_ML)}
    for species, concentration in spec.holds.items():
        contents[species] = round(concentration * (volume or 0.0) / _ML_PER_L * FEMTO)
    full = capacity if capacity is not None else 2 * (volume or 0.0)
    return Vessel(name, full, spec.dead, contents, spec.temperature)


def _wrong(vessel: str, field: str, why: str, value: object, allowed: str) -> SpecError:
    return SpecError(
        why.format(vessel),
        field=f"lab file.world.vessels.{vessel}.{field}",
        value=value,
        allowed=allowed,
        hint=f"correct {field}, or the stock or room of the place {vessel}",
    )

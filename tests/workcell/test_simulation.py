"""A simulated world from a lab file: what is in which vessel, and which device stands where."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core import plugins
from zosimos.core.clock import Clock, run
from zosimos.core.errors import SpecError
from zosimos.core.validation import validated
from zosimos.instruments import simulator as simulators
from zosimos.instruments.devices.as7341.optics import GRID_NM
from zosimos.instruments.devices.as7341.simulator import As7341Simulator
from zosimos.instruments.world import optics
from zosimos.instruments.world.vessel import FEMTO, FL_PER_ML
from zosimos.workcell.deck import Deck
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.simulation import all_simulated, make_rig


def lab_data(**changes: Any) -> dict[str, Any]:
    """Return a lab of one pump and one sensor as plain data."""
    data: dict[str, Any] = {
        "name": "small",
        "devices": {
            "pump": {
                "driver": "cavro",
                "link": "in-process",
                "url": "sim://small/pump",
                "options": {"syringe_ml": 0.5, "ports": 6, "waste_port": 6},
                "limits": {"aspirate": {"at": [1], "min": 0, "max": 0.5}},
                "simulator": {"ports": {1: "stock", 4: "cell", 6: "waste"}},
            },
            "sensor": {
                "driver": "as7341",
                "link": "in-process",
                "url": "sim://small/sensor",
                "serial": "S7",
                "simulator": {"vessel": "cell", "references": [{}, {"dye": "20 umol/L"}]},
            },
        },
        "stations": {"bench": {"devices": {"pump": "pump", "sensor": "sensor"}}},
        "places": {"stock": {"port": 1, "stock": "20 mL"}, "waste": {"port": 6, "room": "1 L"}},
        "world": {
            "species": {
                "dye": {"molar_mass": "500 mg/mmol", "bands": [{"peak": 500, "width": "0.1 um", "strength": 20_000}]}
            },
            "vessels": {
                "stock": {"volume": 1, "holds": {"dye": "1 mmol/L"}},
                "waste": {},
                "cell": {"capacity": "3 mL", "dead": "10 uL", "temperature": "300 K"},
            },
        },
    }
    return {**data, **changes}


def lab(**changes: Any) -> LabFile:
    return validated(LabFile, lab_data(**changes), "lab file")


def test_a_vessel_named_like_a_place_holds_its_stock_or_has_its_room() -> None:
    vessels = make_rig(lab(), 1, lambda: 0.0).world.vessels
    assert vessels["stock"].volume_ml == 20.0
    assert vessels["stock"].capacity_ml == 40.0
    assert vessels["stock"].contents["dye"] == round(1e-3 * 0.020 * FEMTO)
    assert vessels["waste"].capacity_ml == 1000.0
    assert vessels["waste"].contents == {}
    assert vessels["cell"].dead_ml == 0.01
    assert vessels["cell"].temperature_c == pytest.approx(26.85)


def test_without_a_place_a_vessel_holds_what_the_world_says() -> None:
    data = lab_data(places={"stock": {"port": 1}})
    data["world"]["vessels"]["waste"] = {"capacity": "2 L"}
    world = make_rig(validated(LabFile, data, "lab file"), 1, lambda: 0.0).world
    assert world.vessels["stock"].volume_ml == 1.0
    assert world.vessels["waste"].capacity_ml == 2000.0


@pytest.mark.parametrize(("options", "serial"), [({}, "S7"), ({"serial": "S8"}, "S8")])
def test_devices_stand_in_the_files_order_with_the_serial_number_it_expects_or_another(
    options: dict[str, str], serial: str
) -> None:
    data, now = lab_data(), 5.0
    data["devices"]["sensor"]["simulator"] |= options
    rig = make_rig(validated(LabFile, data, "lab file"), 1, lambda: now)
    assert list(rig.devices) == ["pump", "sensor"]
    rig.write("sensor", b'{"id":1,"cmd":"hello"}\n')
    now = 6.0
    assert f'"serial":"{serial}"'.encode() in rig.read("sensor")
    assert rig.world.vessels["syringe of pump"].capacity_ml == 0.5


def test_only_devices_of_this_process_are_simulated_and_a_rehearsal_simulates_all() -> None:
    data = lab_data()
    data["devices"]["pump"] |= {"link": "real", "url": "/dev/ttyUSB0"}
    mixed = validated(LabFile, data, "lab file")
    assert list(make_rig(mixed, 1, lambda: 0.0).devices) == ["sensor"]
    assert list(make_rig(all_simulated(mixed), 1, lambda: 0.0).devices) == ["pump", "sensor"]


def test_the_noise_depends_on_the_seed_the_laboratory_and_the_device() -> None:
    def said(seed: int, name: str) -> bytes:
        now = 0.0
        rig = make_rig(lab(name=name), seed, lambda: now)
        rig.write("sensor", b'{"id":1,"cmd":"light","ma":10}\n{"id":2,"cmd":"read"}\n')
        now = 30.0
        return rig.read("sensor")

    assert said(1, "small") == said(1, "small")
    assert len({said(1, "small"), said(2, "small"), said(1, "other")}) == 3


@pytest.mark.slow
@given(st.floats(1e-7, 1e-3), st.floats(1e-7, 1e-3), st.floats(0.1, 5.0))
def test_absorbances_of_species_add_up_along_the_path(one: float, other: float, path: float) -> None:
    species = make_rig(lab(), 1, lambda: 0.0).world.species
    both, first, second = (optics.transmittance({"dye": c}, species, GRID_NM, path) for c in (one + other, one, other))
    assert np.allclose(both, first * second)
    assert np.allclose(optics.transmittance({"dye": one}, species, GRID_NM, 2 * path), first**2)


def test_light_passes_above_a_liquid_that_does_not_reach_it() -> None:
    world = make_rig(lab(), 1, lambda: 0.0).world
    world.move("somebody", "stock", "cell", round(0.3 * FL_PER_ML))
    nm = np.array([500.0])
    assert optics.through(world, "cell", nm, 1.0, 0.4)[0] == 1.0
    assert optics.through(world, "cell", nm, 1.0, 0.2)[0] == pytest.approx(1e-20)


# --- what is wrong


def put(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *parents, last = path.split(".")
    at = data
    for part in parents:
        at = at[part]
    at[last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "field", "words"),
    [
        ("world.vessels.cell", {}, "lab file.world.vessels.cell.capacity", "nothing says how much the vessel cell"),
        ("world.vessels.cell.volume", "9 mL", "lab file.world.vessels.cell.capacity", "cannot hold what is in it"),
        ("world.vessels.waste.holds", {"dye": 1}, "lab file.world.vessels.waste.volume", "holds its species in"),
        ("world.vessels.cell.capacity", "3 g", "lab file.world.vessels.cell.capacity", "g cannot become mL"),
        ("world.vessels.cell.holds", {"salt": 1}, "lab file.world", "there is no species 'salt'; there are: dye"),
        ("world.vessels.spill", {"capacity": 1}, "lab file.world", "always there"),
        ("world.species.water", {"molar_mass": 18}, "lab file.world", "the solvent"),
        ("world.species.dye.bands", [{"peak": "5 g", "width": 1, "strength": 1}], "peak", "cannot become nm"),
        ("world.colour", "red", "lab file.world.colour", "unknown field"),
        ("devices.pump.simulator", {}, "devices.pump.simulator.ports", "is missing"),
        ("devices.pump.simulator.ports", {1: "lake"}, "devices.pump.simulator.ports.1", "no vessel 'lake'"),
        ("devices.pump.simulator.ports", {7: "cell"}, "devices.pump.simulator.ports.7", "has no port 7"),
        ("devices.sensor.simulator.vessel", "lake", "devices.sensor.simulator.vessel", "no vessel 'lake'"),
        (
            "devices.sensor.simulator.references",
            [{"salt": 1}],
            "devices.sensor.simulator.references.0.salt",
            "no species 'salt'",
        ),
        ("devices.sensor.simulator.stray", 2, "devices.sensor.simulator.stray", "must be below 1"),
        ("world", None, "lab file.world", "says nothing of a world"),
    ],
)
def test_a_world_that_cannot_be_is_refused_in_words(path: str, value: Any, field: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        make_rig(validated(LabFile, put(lab_data(), path, value), "lab file"), 1, lambda: 0.0)
    assert words in str(caught.value)
    assert field in str(caught.value.field)


def broken(*_: Any) -> Any:
    raise ZeroDivisionError("a plugin's own fault")


LOADED = EntryPoint.load


def other(setup: Any) -> Any:
    return simulators.SimulatorSetup("another", setup.world, setup.options, setup.driver, setup.serial, setup.noise)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Any], Any]], None]:
    """Install a package that simulates the driver ``stirrer``."""

    def installed(make: Callable[[Any], Any]) -> None:
        point = EntryPoint("stirrer", "a_package.module:make", simulators.GROUP)
        offering = {**plugins.offered(simulators.GROUP), "stirrer": point}
        for module in (plugins, simulators):
            monkeypatch.setattr(module, "offered", lambda group: offering)
        monkeypatch.setattr(EntryPoint, "load", lambda self: make if self.name == "stirrer" else LOADED(self))

    return installed


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (broken, "it failed with ZeroDivisionError: a plugin's own fault"),
        (lambda setup: "a balance", "it made a str, which is no WireSimulator"),
        (lambda setup: simulators.simulator_of("cavro", other(setup)), "it named the device 'another'"),
    ],
)
def test_a_simulator_that_is_broken_is_named_with_its_package(
    make: Callable[[Any], Any], words: str, install: Callable[[Callable[[Any], Any]], None]
) -> None:
    install(make)
    data = put(lab_data(), "devices.pump.driver", "stirrer")
    with pytest.raises(SpecError, match="of the package a_package is broken") as caught:
        make_rig(validated(LabFile, data, "lab file"), 1, lambda: 0.0)
    assert words in caught.value.message
    assert caught.value.field == "devices.pump.driver"


def test_a_device_that_moves_no_liquid_needs_no_vessels(install: Callable[[Callable[[Any], Any]], None]) -> None:
    made: list[simulators.SimulatorSetup] = []

    class Stirrer(As7341Simulator):
        """A device that needs nothing of the world."""

    def make(setup: simulators.SimulatorSetup) -> Stirrer:
        made.append(setup)
        return Stirrer(setup.name, lambda slot: np.ones_like(GRID_NM), setup.noise)

    install(make)
    plate = {"driver": "stirrer", "link": "in-process", "url": "sim://small/plate", "simulator": {"lag": 3}}
    bare = lab(devices={"plate": plate | {"options": {"a": 1}}}, stations={"s": {"devices": {}}}, places={}, world={})
    assert list(make_rig(bare, 1, lambda: 0.0).devices) == ["plate"]
    assert (made[0].options, made[0].driver, made[0].serial) == ({"lag": 3}, {"a": 1}, "")


def test_a_device_that_nobody_simulates_is_named_with_what_to_do() -> None:
    data = put(lab_data(), "devices.pump.driver", "oven")
    with pytest.raises(SpecError, match="pump cannot be simulated: no installed package") as caught:
        make_rig(validated(LabFile, data, "lab file"), 1, lambda: 0.0)
    assert caught.value.field == "devices.pump.driver"
    assert "cavro" in str(caught.value.allowed)
    assert "link: real" in caught.value.hint


def test_what_changes_the_world_by_itself_is_on_record_with_whatever_else_is_done() -> None:
    def deck() -> Deck:
        file = lab()
        return Deck(file, Clock("virtual"), make_rig(file, 1, lambda: 3.0))

    first = deck()
    assert first.rig is not None
    assert set(first.kept("pump")) == {"world"}
    vars(first.rig.devices["sensor"])["restless"] = True
    first.rig.world.move("sensor", "stock", "cell", FL_PER_ML, vapour=True)
    kept = json.loads(json.dumps(first.kept("pump")))
    assert list(kept["meanwhile"]) == ["sensor"]
    assert first.kept("sensor")["world"]["moved"] == []

    again = deck()
    again.redo("pump", kept)
    assert again.rig is not None
    assert again.rig.world.vessels["cell"].contents == first.rig.world.vessels["cell"].contents
    assert again.rig.world.vessels["stock"].contents == first.rig.world.vessels["stock"].contents


def test_a_laboratory_says_what_time_it_is_in_its_own_time() -> None:
    async def main(clock: Clock) -> float:
        deck = Deck(lab(time_scale=20), clock, None)
        before = deck.seconds()
        await asyncio.sleep(1.5)
        return deck.seconds() - before

    assert run(main, "virtual") == pytest.approx(30.0, abs=1e-3)

"""The simulated colour lab: vessels, what is in them, and the devices that act on them.

The stock solutions are not quite what their labels say, as in life: that is for the campaign to find out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from zosimos.core.seeds import derive_seed
from zosimos.instruments.devices.as7341.optics import GRID_NM
from zosimos.instruments.devices.as7341.simulator import As7341Simulator
from zosimos.instruments.devices.cavro.simulator import CavroSimulator
from zosimos.instruments.devices.sics.simulator import SicsSimulator
from zosimos.instruments.rig import Rig
from zosimos.instruments.simulator import WireSimulator
from zosimos.instruments.world.noise import Noise
from zosimos.instruments.world.vessel import FEMTO, FL_PER_ML, SOLVENT, Vessel
from zosimos.instruments.world.world import World
from zosimos.labs.colour.dyes import SPECIES, STOCK_MOL_PER_L, transmittance

REFERENCES: tuple[Mapping[str, float], ...] = (
    {},
    {"red": 3.0e-5},
    {"yellow": 4.0e-5},
    {"blue": 8.0e-6},
    {"red": 3.0e-5, "yellow": 4.0e-5},
    {"yellow": 4.0e-5, "blue": 8.0e-6},
    {"red": 3.0e-5, "blue": 8.0e-6},
    {"red": 1.2e-5, "yellow": 1.5e-5, "blue": 4.0e-6},
    {"red": 6.0e-5},
    {"yellow": 8.0e-5, "blue": 2.0e-5},
    {"yellow": 6.0e-5, "blue": 4.0e-6},
    {"red": 1.0e-5, "yellow": 3.0e-5, "blue": 1.6e-5},
    {"red": 2.0e-5, "yellow": 6.0e-5, "blue": 1.0e-5},
    {"blue": 2.0e-5},
    {"red": 2.0e-5, "yellow": 2.0e-5, "blue": 2.4e-5},
    {"red": 6.0e-5, "yellow": 8.0e-5, "blue": 2.4e-5},
)
"""What is sealed in the turrets' references, slot 1 first: concentrations in mol/L."""

TRUE_SHARE: Mapping[str, float] = {"red": 1.04, "yellow": 0.97, "blue": 1.03}
"""Concentration of each stock solution as a share of what its label says."""

STOCKS_ML: Mapping[str, float] = {"water": 500.0, "red": 100.0, "yellow": 100.0, "blue": 100.0}
CELL_ML, CELL_DEAD_ML = 5.0, 0.01
WASTE_ML = 2000.0
SYRINGE_ML = 1.0
_LIT_ML = 0.4  # below this level the light passes above the liquid


def make_rig(
    seed: int, now: Callable[[], float], stocks_ml: Mapping[str, float] = STOCKS_ML, waste_ml: float = WASTE_ML
) -> Rig:
    """Return the lab as it is when nothing has happened yet.

    Args:
        seed: of all its noise.
        now: its time in seconds.
        stocks_ml: volume of water and of each dye in stock.
        waste_ml: what the waste bottle holds.
    """
    world = World(
        [*_stocks(stocks_ml), Vessel("waste", waste_ml), Vessel("syringe", SYRINGE_ML, 0.0), *_cells()], SPECIES
    )
    ports = {1: "water", 2: "red", 3: "yellow", 4: "blue", 5: "cell-1", 6: "cell-2", 7: "cell-1", 8: "cell-2"}
    pump = CavroSimulator("pump", world, {**ports, 9: "waste"}, "syringe", syringe_ml=SYRINGE_ML)
    noise = derive_seed(seed, "colour lab")
    devices: list[WireSimulator] = [pump]
    for number in (1, 2):
        cell = f"cell-{number}"
        balance, sensor = f"balance-{number}", f"sensor-{number}"
        devices.append(SicsSimulator(balance, world, cell, Noise(noise, balance), serial=f"B00{number}"))
        devices.append(
            As7341Simulator(
                sensor,
                partial(_transmitted, world, cell),
                Noise(noise, sensor),
                references=len(REFERENCES),
                serial=f"C00{number}",
            )
        )
    return Rig(world, devices, now)


def _stocks(stocks_ml: Mapping[str, float]) -> list[Vessel]:
    water = stocks_ml["water"]
    vessels = [Vessel("water", 2 * water, contents={SOLVENT: round(water * FL_PER_ML)})]
    for dye, label in STOCK_MOL_PER_L.items():
        volume = stocks_ml[dye]
        amount = round(label * TRUE_SHARE[dye] * volume / 1000.0 * FEMTO)
        vessels.append(Vessel(dye, 2 * volume, contents={SOLVENT: round(volume * FL_PER_ML), dye: amount}))
    return vessels


def _cells() -> list[Vessel]:
    return [Vessel(f"cell-{number}", CELL_ML, CELL_DEAD_ML) for number in (1, 2)]


def _transmitted(world: World, cell: str, slot: int) -> np.ndarray:
    """Return the transmittance of what the turret has turned into the light."""
    if slot:
        return transmittance(REFERENCES[slot - 1], GRID_NM)
    vessel = world.vessels[cell]
    if vessel.volume_ml < _LIT_ML:
        return np.ones_like(GRID_NM)
    return transmittance({dye: vessel.concentration(dye) for dye in STOCK_MOL_PER_L}, GRID_NM)

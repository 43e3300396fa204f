"""The dyes: what their labels say, and what colour their mixtures have.

How they absorb stands in the lab file, under ``world``. Peaks and strengths there are from general knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from coloraide.cmfs import CIE_1931_2DEG
from numpy.typing import NDArray

from zosimos.instruments.world import optics
from zosimos.instruments.world.species import Species
from zosimos.labs.colour.files import lab_file
from zosimos.workcell.simulation import species_of

Array = NDArray[np.float64]

STOCK_MOL_PER_L: Mapping[str, float] = {"red": 2.0e-4, "yellow": 2.4e-4, "blue": 8.0e-5}
"""Concentration of the stock solutions, as their labels say."""

# CIE standard illuminant D65 from 380 to 780 nm in steps of 10 nm (CIE 15, relative to 100 at 560 nm)
_D65 = np.array([
    49.9755, 54.6482, 82.7549, 91.486, 93.4318, 86.6823, 104.865, 117.008, 117.812, 114.861, 115.923, 108.811, 109.354,
    107.802, 104.79, 107.689, 104.405, 104.046, 100.0, 96.3342, 95.788, 88.6856, 90.0062, 89.5991, 87.6987, 83.2886,
    83.6992, 80.0268, 80.2146, 82.2778, 78.2842, 69.7213, 71.6091, 74.349, 61.604, 69.8856, 75.087, 63.5927, 46.4182,
    66.8054, 63.3828,
])  # fmt: skip
_VISIBLE_NM = np.arange(380.0, 781.0, 10.0)


def transmittance(concentrations: Mapping[str, float], nm: Array) -> Array:
    """Return the transmittance of 1 cm of dyes in water, at wavelengths in nm; concentrations in mol/L."""
    return optics.transmittance(concentrations, _species(), nm)


def xyz(concentrations: Mapping[str, float]) -> tuple[float, float, float]:
    """Return the CIE XYZ (2 degree observer, D65, Y = 1 for water) of a cell of dyes; concentrations in mol/L."""
    weights, white = _observer()
    x, y, z = (weights @ transmittance(concentrations, _VISIBLE_NM)) / white
    return float(x), float(y), float(z)


def mixture(volumes_ml: Mapping[str, float], total_ml: float) -> dict[str, float]:
    """Return the concentrations of a mixture of stock solutions filled up with water to a total."""
    return {dye: STOCK_MOL_PER_L[dye] * volumes_ml[dye] / total_ml for dye in STOCK_MOL_PER_L}


@cache
def _observer() -> tuple[Array, float]:
    """Return D65 times the colour matching functions, shape (3, wavelengths), and the Y of white."""
    observer = np.array([CIE_1931_2DEG[int(nm)] for nm in _VISIBLE_NM]).T
    weights: Array = observer * _D65
    return weights, float(weights[1].sum())


@cache
def _species() -> Mapping[str, Species]:
    """Return the dyes as the lab's own world has them."""
    world = lab_file().world
    assert world is not None, "the colour lab's own file has a world"
    return {one.name: one for one in species_of(world)}

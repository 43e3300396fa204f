"""The dyes: how they absorb, and what colour their mixtures have.

Absorption follows Beer and Lambert: ``A(l) = sum eps_i(l) c_i b``. The spectra are sums of bands shaped after three
common food dyes (Allura red, tartrazine, brilliant blue); peaks and strengths are from general knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from coloraide.cmfs import CIE_1931_2DEG
from numpy.typing import NDArray

from zosimos.instruments.world.world import Species

Array = NDArray[np.float64]

BANDS: Mapping[str, tuple[tuple[float, float, float], ...]] = {
    "red": ((504.0, 95.0, 25_900.0), (420.0, 80.0, 7_000.0)),
    "yellow": ((427.0, 85.0, 27_300.0),),
    "blue": ((629.0, 48.0, 124_000.0), (590.0, 60.0, 38_000.0), (409.0, 45.0, 19_000.0)),
}
"""For each dye its bands: peak in nm, full width at half maximum in nm, molar absorptivity in L/(mol cm)."""

STOCK_MOL_PER_L: Mapping[str, float] = {"red": 2.0e-4, "yellow": 2.4e-4, "blue": 8.0e-5}
"""Concentration of the stock solutions, as their labels say."""

SPECIES = (Species("red", 496.42), Species("yellow", 534.36), Species("blue", 792.84))
PATH_CM = 1.0

# CIE standard illuminant D65 from 380 to 780 nm in steps of 10 nm (CIE 15, relative to 100 at 560 nm)
_D65 = np.array([
    49.9755, 54.6482, 82.7549, 91.486, 93.4318, 86.6823, 104.865, 117.008, 117.812, 114.861, 115.923, 108.811, 109.354,
    107.802, 104.79, 107.689, 104.405, 104.046, 100.0, 96.3342, 95.788, 88.6856, 90.0062, 89.5991, 87.6987, 83.2886,
    83.6992, 80.0268, 80.2146, 82.2778, 78.2842, 69.7213, 71.6091, 74.349, 61.604, 69.8856, 75.087, 63.5927, 46.4182,
    66.8054, 63.3828,
])  # fmt: skip
_VISIBLE_NM = np.arange(380.0, 781.0, 10.0)


def absorptivity(dye: str, nm: Array) -> Array:
    """Return a dye's molar absorptivity in L/(mol cm) at wavelengths in nm."""
    total = np.zeros_like(nm)
    for peak, width, strength in BANDS[dye]:
        total += strength * np.exp(-4.0 * np.log(2.0) * ((nm - peak) / width) ** 2)
    return total


def transmittance(concentrations: Mapping[str, float], nm: Array) -> Array:
    """Return the transmittance of a cell of dyes in water, at wavelengths in nm; concentrations in mol/L."""
    absorbance = np.zeros_like(nm)
    for dye, concentration in concentrations.items():
        absorbance += absorptivity(dye, nm) * concentration * PATH_CM
    share: Array = 10.0**-absorbance
    return share


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

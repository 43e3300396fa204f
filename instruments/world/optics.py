"""Light through liquids: what a mixture of species lets pass, by the absorption bands of each.

The law of Beer and Lambert, ``A(l) = sum eps_i(l) c_i b``: absorbances of dilute species add up, and the transmittance
is ``10^-A``. Whoever holds light to a vessel (a colour sensor, a photometer) brings wavelengths of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from zosimos.instruments.world.species import Band, Species
from zosimos.instruments.world.world import World

Array = NDArray[np.float64]


def absorptivity(bands: Iterable[Band], nm: Array) -> Array:
    """Return a species' molar absorptivity in L/(mol cm) at wavelengths in nm, shape (n,).

    >>> absorptivity([Band(500.0, 40.0, 1000.0)], np.array([500.0, 520.0])).round(6)
    array([1000.,  500.])
    """
    total = np.zeros_like(nm)
    for band in bands:
        total += band.strength * np.exp(-4.0 * np.log(2.0) * ((nm - band.peak_nm) / band.width_nm) ** 2)
    return total


def transmittance(
    concentrations: Mapping[str, float], species: Mapping[str, Species], nm: Array, path_cm: float = 1.0
) -> Array:
    """Return the transmittance (0 to 1) of a clear mixture at wavelengths in nm, shape (n,).

    Args:
        concentrations: of each species in mol/L.
        species: what there is, by name.
        nm: wavelengths.
        path_cm: length of the light's way through the liquid.

    >>> dye = Species("dye", 100.0, (Band(500.0, 40.0, 1000.0),))
    >>> transmittance({"dye": 1e-3}, {"dye": dye}, np.array([500.0])).round(6)
    array([0.1])
    """
    absorbance = np.zeros_like(nm)
    for name, concentration in concentrations.items():
        absorbance += absorptivity(species[name].bands, nm) * concentration * path_cm
    share: Array = 10.0**-absorbance
    return share


def through(world: World, vessel: str, nm: Array, path_cm: float = 1.0, level_ml: float = 0.0) -> Array:
    """Return the transmittance of what a vessel holds now; of nothing where the light passes above the liquid.

    Args:
        world: where the vessel is.
        vessel: its name.
        nm: wavelengths, shape (n,).
        path_cm: length of the light's way through the liquid.
        level_ml: with less in it than this, the light passes above the liquid.
    """
    held = world.vessels[vessel]
    if held.volume_ml < level_ml:
        return np.ones_like(nm)
    return transmittance({name: held.concentration(name) for name in world.species}, world.species, nm, path_cm)

"""Species: what can be dissolved in a world's vessels, how heavy it is and how it absorbs light."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """An absorption band, shaped like a Gaussian over the wavelength.

    Args:
        peak_nm: where it is highest.
        width_nm: full width at half maximum.
        strength: molar absorptivity at the peak in L/(mol cm).
    """

    peak_nm: float
    width_nm: float
    strength: float


@dataclass(frozen=True)
class Species:
    """A solute: its molar mass in g/mol, and the bands in which it absorbs light."""

    name: str
    molar_mass: float
    bands: tuple[Band, ...] = ()

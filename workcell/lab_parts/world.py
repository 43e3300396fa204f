"""The world of a lab file, field by field (pydantic): what is dissolved in what, for simulated laboratories.

Only simulators read it; a laboratory whose devices are all real needs none.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from zosimos.core.validation import Part, quantity
from zosimos.instruments.world.vessel import SOLVENT
from zosimos.instruments.world.world import SPILL
from zosimos.workcell.words import Word

Millilitres = Annotated[float, quantity("mL")]
Nanometres = Annotated[float, quantity("nm"), Field(gt=0)]
Molar = Annotated[float, quantity("mol/L"), Field(ge=0)]


class BandSpec(Part):
    """An absorption band: a Gaussian over the wavelength."""

    peak: Nanometres = Field(description="where it is highest, in nm")
    width: Nanometres = Field(description="full width at half maximum, in nm")
    strength: Annotated[float, quantity("L/(mol*cm)")] = Field(
        gt=0, description="molar absorptivity at the peak, in L/(mol cm)"
    )


class SpeciesSpec(Part):
    """What can be dissolved."""

    molar_mass: Annotated[float, quantity("g/mol")] = Field(gt=0, description="in g/mol")
    bands: list[BandSpec] = Field(default_factory=list, description="how it absorbs light; none: it does not")


class VesselSpec(Part):
    """A vessel: what it holds at first, and how much it can hold.

    A place of the same name speaks for it: its stock is what the vessel holds at first, its room the capacity.
    """

    volume: Millilitres | None = Field(None, ge=0, description="liquid in it at first, in mL; default: it is empty")
    holds: dict[Word, Molar] = Field(default_factory=dict, description="species dissolved in that liquid, in mol/L")
    capacity: Millilitres | None = Field(None, gt=0, description="in mL; default: twice what it holds at first")
    dead: Millilitres = Field(0.0, ge=0, description="what cannot be drawn from it again, in mL")
    temperature: Annotated[float, quantity("degC")] = Field(22.0, ge=-50, le=300, description="in degC")


class WorldSpec(Part):
    """What all simulators of a laboratory share."""

    species: dict[Word, SpeciesSpec] = Field(default_factory=dict, description="what is dissolved in the water")
    vessels: dict[Word, VesselSpec] = Field(min_length=1, description="everything that holds liquid")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if SOLVENT in self.species:
            raise ValueError(f"species: {SOLVENT} is the solvent, and no species")
        if SPILL in self.vessels:
            raise ValueError(f"vessels: {SPILL} is what catches what does not fit, and is always there")
        for name, vessel in self.vessels.items():
            for species in vessel.holds:
                if species not in self.species:
                    known = ", ".join(self.species) or "none"
                    raise ValueError(f"vessels.{name}.holds: there is no species {species!r}; there are: {known}")
        return self

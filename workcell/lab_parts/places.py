"""Places of a lab file: where ports lead, what is in stock there, and sums that a campaign may not exceed.

What a place holds is counted in a unit of its own: liquid in mL, other things in what they come in, such as vials.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from zosimos.core.errors import UnitError
from zosimos.core.units import convert
from zosimos.core.validation import Part, in_unit, quantity
from zosimos.workcell.words import Word

LIQUID = "mL"
"""What a place is counted in unless it says otherwise."""

WATER_G_PER_ML = 0.99777  # at 22 degC: Kell, J. Chem. Eng. Data 20 (1975) 97

GramsPerMillilitre = Annotated[float, quantity("g/mL")]

Substance = Annotated[str, Field(min_length=1, max_length=300)]


class PlaceSpec(Part):
    """Where a port leads: for what is in stock, how much and how dense; for what takes up waste, how much fits."""

    port: int = Field(ge=1, le=100)
    unit: str = Field(
        LIQUID, min_length=1, max_length=40, description="what its content is counted in: mL, vials, tips"
    )
    stock: float | None = Field(None, ge=0, description="how much is in stock when a campaign begins, in its unit")
    room: float | None = Field(None, ge=0, description="how much fits in when a campaign begins, in its unit")
    density: GramsPerMillilitre = Field(
        WATER_G_PER_ML, gt=0, le=25, description="of its liquid, such as 0.789 g/mL; default: water at 22 degC"
    )
    species: Substance | list[Substance] | None = Field(
        None, description="what it holds: a name, a formula or a CAS number, or several; leave it out of waste"
    )

    @model_validator(mode="before")
    @classmethod
    def _in_its_unit(cls, data: Any) -> Any:
        """Turn amounts that are written with a unit into the place's own."""
        if not isinstance(data, Mapping):
            return data
        unit = data.get("unit", LIQUID)
        if not isinstance(unit, str):
            return data
        if unit != LIQUID and _is_volume(unit):
            raise ValueError(f"liquid is counted in {LIQUID}, not in {unit}; leave unit out and write stock: 2 {unit}")
        amounts = {name: in_unit(data[name], unit, name) for name in ("stock", "room") if name in data}
        return {**data, **amounts}

    @property
    def substances(self) -> tuple[str, ...]:
        """What it is said to hold."""
        return (self.species,) if isinstance(self.species, str) else tuple(self.species or ())

    @property
    def holds_liquid(self) -> bool:
        """Whether what it holds is a volume."""
        return self.unit == LIQUID


class PlaceBudget(Part):
    """A sum that a whole campaign may not exceed: what is drawn from these places, in their unit."""

    places: list[Word] = Field(min_length=1)
    total: float = Field(gt=0)


def counted(name: str, spec: Any, places: Any) -> Any:
    """Return a budget whose total is a number in the unit of its first place; what is wrong is left to be refused."""
    named = spec.get("places") if isinstance(spec, Mapping) else None
    if not isinstance(named, list) or not named or not isinstance(spec.get("total"), str):
        return spec
    first = places.get(named[0]) if isinstance(places, Mapping) and isinstance(named[0], str) else None
    if first is None:
        raise ValueError(f"budgets.{name}: there is no place {named[0]!r}")
    unit = first.get("unit", LIQUID) if isinstance(first, Mapping) else LIQUID
    return {**spec, "total": in_unit(spec["total"], str(unit), f"budgets.{name}.total")}


def _is_volume(unit: str) -> bool:
    try:
        convert(1.0, unit, LIQUID)
    except UnitError:
        return False
    return True

"""Vessels: how much of each species they hold, in whole numbers.

The solvent's volume is counted in femtolitres and a solute's amount in femtomoles, so that transfers conserve every
species exactly, in whatever order they are summed up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FEMTO = 10**15
FL_PER_ML = 10**12
SOLVENT = "water"


@dataclass
class Vessel:
    """A container.

    Args:
        name: unique in its world.
        capacity_ml: what it holds before it spills.
        dead_ml: what cannot be drawn from it again (a film, a corner).
        contents: femtolitres of solvent and femtomoles of each solute.
        temperature_c: of the liquid.

    >>> Vessel("cell", capacity_ml=3.0, contents={SOLVENT: 2 * FL_PER_ML}).volume_ml
    2.0
    """

    name: str
    capacity_ml: float
    dead_ml: float = 0.0
    contents: dict[str, int] = field(default_factory=dict)
    temperature_c: float = 22.0

    @property
    def volume_fl(self) -> int:
        """Volume of the liquid (dissolved dyes take up none)."""
        return self.contents.get(SOLVENT, 0)

    @property
    def volume_ml(self) -> float:
        """Volume of the liquid."""
        return self.volume_fl / FL_PER_ML

    @property
    def room_fl(self) -> int:
        """Volume that still fits."""
        return max(0, round(self.capacity_ml * FL_PER_ML) - self.volume_fl)

    @property
    def drawable_fl(self) -> int:
        """Volume that can be drawn from it."""
        return max(0, self.volume_fl - round(self.dead_ml * FL_PER_ML))

    def concentration(self, species: str) -> float:
        """Return a solute's concentration in mol/L."""
        return self.contents.get(species, 0) / self.volume_fl if self.volume_fl else 0.0

    def portion(self, volume_fl: int) -> dict[str, int]:
        """Return what a well-mixed part of the contents holds; nothing is taken."""
        total = self.volume_fl
        taken = min(volume_fl, total)
        if not taken:
            return {}
        shares = {name: (amount * taken + total // 2) // total for name, amount in self.contents.items()}
        return {name: amount for name, amount in shares.items() if amount}

    def change(self, amounts: Mapping[str, int], sign: int) -> None:
        """Add (``sign`` 1) or take away (-1) amounts; while a record is redone there may be less than nothing."""
        for name, amount in amounts.items():
            left = self.contents.get(name, 0) + sign * amount
            if left:
                self.contents[name] = left
            else:
                self.contents.pop(name, None)

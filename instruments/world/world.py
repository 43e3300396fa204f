"""The world: vessels, what moved between them and who moved it.

Every simulator of a lab acts on one world, so that a balance feels what a pump dispensed. Matter is only ever moved:
the sum of each species over all vessels never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from zosimos.instruments.world.species import Species
from zosimos.instruments.world.vessel import FEMTO, FL_PER_ML, SOLVENT, Vessel

SPILL = "spill"


@dataclass(frozen=True)
class Transfer:
    """Matter that a device moved from one vessel to another (custody)."""

    by: str
    source: str
    target: str
    amounts: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"by": self.by, "from": self.source, "to": self.target, "amounts": dict(self.amounts)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Transfer:
        """Return the transfer that JSON data describe."""
        return cls(data["by"], data["from"], data["to"], {name: int(n) for name, n in data["amounts"].items()})


class World:
    """Vessels and the transfers between them.

    Args:
        vessels: all there are; a ``spill`` tray that holds anything is added.
        species: the solutes.
        density: of the solvent in g/mL at a temperature in degC; water's unless another is given.
    """

    def __init__(
        self,
        vessels: Iterable[Vessel],
        species: Iterable[Species] = (),
        *,
        density: Callable[[float], float] | None = None,
    ) -> None:
        self.density = density or water_density
        self.vessels = {vessel.name: vessel for vessel in vessels}
        self.vessels.setdefault(SPILL, Vessel(SPILL, float("1e6")))
        self.species = {one.name: one for one in species}
        self._moved: dict[tuple[str, str, str], dict[str, int]] = {}  # by whom, from where, to where

    def move(self, by: str, source: str, target: str, volume_fl: int) -> int:
        """Move a volume of a vessel's mixture; what does not fit is spilt. Returns the volume that was there to move.

        Args:
            by: the device that moves it.
            source: from which vessel; at most what can be drawn from it is moved.
            target: to which vessel.
            volume_fl: how much, in femtolitres.

        Raises:
            ValueError: the source holds less than nothing: a record was redone in part only.
        """
        origin = self.vessels[source]
        if any(amount < 0 for amount in origin.contents.values()):
            raise ValueError(f"{source} holds less than nothing: something is missing from what was redone")
        moved = min(max(0, volume_fl), origin.drawable_fl)
        fits = min(moved, self.vessels[target].room_fl)
        for vessel, volume in ((target, fits), (SPILL, moved - fits)):
            if volume > 0:
                self.apply(Transfer(by, source, vessel, origin.portion(volume)))
        return moved

    def apply(self, transfer: Transfer) -> None:
        """Carry a transfer out exactly as it is written. The order of transfers makes no difference to the end."""
        self.vessels[transfer.source].change(transfer.amounts, -1)
        self.vessels[transfer.target].change(transfer.amounts, 1)
        sums = self._moved.setdefault((transfer.by, transfer.source, transfer.target), {})
        for name, amount in transfer.amounts.items():
            sums[name] = sums.get(name, 0) + amount

    def journal(self, by: str) -> list[Transfer]:
        """Return what a device moved since this was last asked, merged by source and target, and forget it."""
        mine = [key for key in self._moved if key[0] == by]
        return [Transfer(*key, self._moved.pop(key)) for key in mine]

    def mass_g(self, vessel: str) -> float:
        """Return the mass of a vessel's contents in grams."""
        held = self.vessels[vessel]
        solutes = sum(held.contents.get(name, 0) / FEMTO * species.molar_mass for name, species in self.species.items())
        return held.volume_fl / FL_PER_ML * self.density(held.temperature_c) + solutes

    def totals(self) -> dict[str, int]:
        """Return how much of each species there is in all vessels together."""
        sums: dict[str, int] = {}
        for vessel in self.vessels.values():
            for name, amount in vessel.contents.items():
                sums[name] = sums.get(name, 0) + amount
        return sums


def water_density(celsius: float) -> float:
    """Return the density of water in g/mL at atmospheric pressure.

    Kell, J. Chem. Eng. Data 20 (1975) 97: within 1e-5 g/mL from 0 to 100 degC.

    >>> round(water_density(20.0), 4)
    0.9982
    """
    numerator = (
        999.83952
        + 16.945176 * celsius
        - 7.9870401e-3 * celsius**2
        - 46.170461e-6 * celsius**3
        + 105.56302e-9 * celsius**4
        - 280.54253e-12 * celsius**5
    )
    return numerator / (1.0 + 16.879850e-3 * celsius) / 1000.0


__all__ = ["SOLVENT", "SPILL", "Species", "Transfer", "World", "water_density"]

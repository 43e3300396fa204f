"""The colour lab as a plugin: a laboratory made of files that also knows how near its dyes come to a target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zosimos.campaign.lab import LabCard
from zosimos.campaign.record.experiment import Experiment
from zosimos.core.errors import SpecError
from zosimos.core.parameters import value_at
from zosimos.core.space import SearchSpace
from zosimos.core.validation import validated
from zosimos.labs.colour import files as own
from zosimos.labs.colour import options as facts
from zosimos.labs.colour.gamut import nearest
from zosimos.labs.colour.options import DYES, ColourOptions
from zosimos.labs.workcell.files import described, served
from zosimos.labs.workcell.recipe import RecipeLab
from zosimos.workcell.lab_parts.places import PlaceBudget
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.protocol.model import Protocol

_LIQUIDS = ("water", *DYES)
_BUDGET = "liquid"


class ColourLab(RecipeLab):
    """Mixes dyes and reads their colour.

    Raises:
        SpecError: an option, the lab file or the protocol is wrong.
    """

    def __init__(self, options: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        self._options = validated(ColourOptions, options, "lab")
        self._files = files
        lab = described(LabFile, files, "lab", "lab file") if "lab" in files else own.lab_file()
        protocol = described(Protocol, files, "protocol", "protocol") if "protocol" in files else own.recipe()
        super().__init__(
            served(self._with_budget(lab), self._options.served, self._options.time_scale),
            protocol,
            {"volume": self._options.volume, "target": list(self._options.target)},
            stand_in=own.lab_file(),
        )

    def _with_budget(self, lab: LabFile) -> LabFile:
        """Return the lab file with this campaign's own budget."""
        if self._options.budget is None:
            return lab
        places = [name for name in _LIQUIDS if name in lab.places]
        if not places:
            raise SpecError(
                "the lab file has none of the liquids that lab.budget counts",
                field="lab.budget",
                value=f"{self._options.budget:g} mL",
                allowed=f"a lab file with one of the places {', '.join(_LIQUIDS)}",
                hint="leave lab.budget out, or write a budget into the lab file",
            )
        budget = PlaceBudget(places=places, total=self._options.budget)
        return lab.model_copy(update={"budgets": {**lab.budgets, _BUDGET: budget}})

    @classmethod
    def files(cls, options: Mapping[str, Any]) -> Mapping[str, str]:
        """Return the lab file and the protocol, where the campaign brings its own."""
        given = validated(ColourOptions, options, "lab")
        return {role: name for role, name in (("lab", given.file), ("protocol", given.protocol)) if name is not None}

    @classmethod
    def card(cls) -> LabCard:
        """Return what to know to write a campaign for it."""
        return facts.card()

    def fits(self, space: SearchSpace) -> None:
        """Refuse a space whose mixtures do not fit into the volume or the cell.

        Raises:
            SpecError: some do not; says where.
        """
        super().fits(space)
        smallest = min((one.capacity for one in self._lab.stations.values() if one.capacity is not None), default=None)
        if smallest is not None and self._options.volume > smallest:
            raise SpecError(
                "the mixture does not fit into the cell",
                field="lab.volume",
                value=f"{self._options.volume:g} mL",
                allowed=f"at most {smallest:g} mL",
            )

    def simulated(self) -> ColourLab:
        """Return the lab with every device simulated in this process.

        A lab file of one's own that says nothing of a world is left out: the lab's own is rehearsed in its place.
        """
        if self._lab.world is not None:
            return super().simulated()
        kept = self._options.model_dump(exclude={"served", "time_scale", "file"}, exclude_none=True)
        return ColourLab(kept, {role: data for role, data in self._files.items() if role != "lab"})

    def account(self, space: SearchSpace, experiments: Sequence[Experiment]) -> Mapping[str, str]:
        """Return what was used, how near the limits it came, and whether the target can be reached."""
        bounds = {name: _bounds(space, name) for name in DYES}
        reach = nearest(self._options.target, bounds, self._options.volume)
        return {"target in reach": str(reach), **super().account(space, experiments)}

    def _parameters(self) -> Sequence[str]:
        return DYES

    def _constant_units(self) -> Mapping[str, str]:
        return {"volume": "mL", "target": "sRGB"}

    def _check_budgets(self, needs: Sequence[Mapping[str, float]]) -> None:
        """Refuse a budget of the campaign that does not pay for one experiment."""
        most = max((sum(need.values()) for need in needs), default=0.0)
        if self._options.budget is not None and most > self._options.budget:
            raise SpecError(
                f"the budget does not pay for one experiment, which takes up to {most:g} mL with its rinse",
                field="lab.budget",
                value=f"{self._options.budget:g} mL",
                allowed=f"at least {most:g} mL",
            )


def _bounds(space: SearchSpace, name: str) -> tuple[float, float]:
    parameter = space.by_name[name]
    return float(value_at(parameter, 0.0)), float(value_at(parameter, 1.0))

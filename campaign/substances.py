"""Substances: what a campaign and its laboratory state together, judged by the rules of chemistry."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.substances import stated_in
from zosimos.campaign.lab import Lab
from zosimos.campaign.safety.checking import check, failed
from zosimos.campaign.safety.findings import Report
from zosimos.campaign.safety.stated import LabChemistry, together
from zosimos.core.parameters import Values
from zosimos.core.space import SearchSpace


@runtime_checkable
class StatesChemistry(Protocol):
    """A lab that says which substances it holds and where they can meet. A lab need not."""

    def chemistry(self, space: SearchSpace) -> LabChemistry:
        """Return its substances, its vessels and its rules, for a campaign over a space."""
        ...


def safety_of(spec: CampaignSpec, space: SearchSpace, lab: Lab | None, values: Values | None = None) -> Report:
    """Return what the rules say of a campaign; of one whose lab runs in simulated time, as notices only.

    Args:
        spec: a version of its spec.
        space: that version's space.
        lab: its lab; None where a person does the experiments.
        values: a point; only what an experiment there uses is judged then.
    """
    simulated = lab is not None and lab.clock != "wall"
    stating: object = lab
    try:
        known = stating.chemistry(space) if isinstance(stating, StatesChemistry) else None
        stated = [one for one in stated_in(spec, space) if values is None or one.used(values)]
        chemistry = together(stated, known, simulated=simulated)
    except Exception as error:  # noqa: BLE001 - a lab may be anybody's; what cannot be said is not checked, and so refused
        return failed(error, simulated=simulated)
    return check(chemistry)

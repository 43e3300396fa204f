"""Titles: headers of tables that come back, with the units in them wherever they are still read as what they are."""

from __future__ import annotations

from functools import partial

from zosimos.campaign.control.tables import Title
from zosimos.campaign.record.state import State
from zosimos.campaign.tables.matching import Targets
from zosimos.core.errors import DataError
from zosimos.core.unit_signs import titled


def titles(state: State) -> Title:
    """Return what writes the headers of a campaign's tables.

    A header has its unit unless a reader would take it for another column, as it would take ``t (°C)`` beside the
    parameters ``t`` and ``T (°C)``, or for a unit that is to be converted: then it is the name alone.
    """
    return partial(_title, Targets(state))


def _title(targets: Targets, name: str, unit: str) -> str:
    full = titled(name, unit)
    try:
        found = targets.match([full]).columns
    except DataError:
        return name
    own = targets.all.get(name)
    if own is None:  # of the record itself, or of what the campaign had earlier
        return name if found else full
    return full if found and found[0].target == own and not found[0].unit else name

"""Meeting: which substances of a lab file can come together, by the ways in which a recipe moves matter.

A station's own ports lead to one vessel. What a place holds follows every move out of it, step after step, so that
waste holds all that was ever drained; a place that takes things in keeps them from one experiment to the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zosimos.campaign.safety.stated import LabChemistry, Stated, Vessel
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.protocol.model import Protocol


def chemistry_of(lab: LabFile, protocol: Protocol, needs: Sequence[Mapping[str, float]]) -> LabChemistry:
    """Return what a lab file states of substances, and where a recipe can bring them together.

    Args:
        lab: the lab file.
        protocol: the recipe.
        needs: what an experiment draws from each place, in the place's unit, at each corner of the space.
    """
    places = {
        name: tuple(_stated(name, text, place.unit, needs) for text in place.substances)
        for name, place in lab.places.items()
    }
    moves = [move for _, step in protocol.walk() for move in step.action.moves()]
    vessels: dict[str, Vessel] = {}
    for station, spec in lab.stations.items():
        own = dict.fromkeys(spec.ports, station)
        ways = {(own.get(source, source), own.get(target, target)) for source, target in moves}
        for target in sorted({target for source, target in ways if source != target}):
            contents = _flowing_into(target, ways, places)
            kept = vessels[target].contents if target in vessels else ()
            all_of_it = tuple(dict.fromkeys((*kept, *contents)))
            vessels[target] = Vessel(target, all_of_it, lasting=target != station)
    alone = [Vessel(name, stated) for name, stated in places.items() if name not in vessels]
    return LabChemistry(
        tuple(one for stated in places.values() for one in stated), (*vessels.values(), *alone), lab.chemistry
    )


def _stated(place: str, text: str, unit: str, needs: Sequence[Mapping[str, float]]) -> Stated:
    most = max((need.get(place, 0.0) for need in needs), default=0.0)
    return Stated(f"places.{place}.species", text, amounts=((most, unit),))


def _flowing_into(
    vessel: str, ways: set[tuple[str, str]], places: Mapping[str, tuple[Stated, ...]]
) -> tuple[Stated, ...]:
    """Return what can be in a vessel: its own, and whatever flows into it, however many vessels lie between."""
    reached, left = {vessel}, [vessel]
    while left:
        here = left.pop()
        before = {source for source, target in ways if target == here} - reached
        reached |= before
        left += before
    return tuple(one for name in sorted(reached) for one in places.get(name, ()))

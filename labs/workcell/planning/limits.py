"""Limits of inputs: the range that a lab file leaves to an input of a recipe, where one stands in a step by itself.

What a step would ask of a device is asked of the step itself (its effects) for two values of the input: an effect whose
amount follows them is bounded by the lab file's limits of that verb, whatever package the step comes from.
"""

from __future__ import annotations

from collections.abc import Iterator

from zosimos.agent.planning.ground import Input
from zosimos.core.clock import Clock
from zosimos.core.errors import ZosimosError
from zosimos.core.units import same_unit
from zosimos.instruments.envelope.effect import Effect
from zosimos.workcell.actions.registry import blaming
from zosimos.workcell.deck import Deck
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.protocol.fields import amounts
from zosimos.workcell.protocol.model import Protocol, ProtocolStep
from zosimos.workcell.reach import Reach

_PROBES = (0.37, 0.61)  # of the way from a limit's least to its most
_NEAR = 0.01


def inputs_of(lab: LabFile, protocol: Protocol) -> dict[str, Input]:
    """Return what a recipe takes, each input with the range that the lab file's limits leave it, if they say one."""
    deck = Deck(lab, Clock(), None)
    found = {}
    for name, unit in protocol.inputs.items():
        bounds = [
            bound
            for _, step in protocol.walk()
            if any(
                amount.formula.text.strip() == name and same_unit(amount.unit, unit)
                for _, amount in amounts(step.action)
            )
            for station in lab.stations
            for bound in _bounds(deck, station, step, name)
        ]
        if not bounds:
            found[name] = Input(unit)
            continue
        least, most = max(low for low, _, _ in bounds), min(high for _, high, _ in bounds)
        because = " and ".join(dict.fromkeys(why for low, high, why in bounds if low == least or high == most))
        found[name] = Input(unit, least, most, because) if least < most else Input(unit)
    return found


def _bounds(deck: Deck, station: str, step: ProtocolStep, name: str) -> Iterator[tuple[float, float, str]]:
    """Yield the limits of the effects whose amount is the input: the least, the most, and which limit that is."""
    for device, limits in deck.lab.limits().devices.items():
        for verb, limit in limits.items():
            if limit.least is None or limit.most is None or not limit.least < limit.most:
                continue
            values = [limit.least + share * (limit.most - limit.least) for share in _PROBES]
            if all(_follows(_effects(deck, station, step, name, one), device, verb, one) for one in values):
                yield limit.least, limit.most, f"as the limits of {device} say of one {verb}"
    yield from _room(deck, station, step, name)


def _room(deck: Deck, station: str, step: ProtocolStep, name: str) -> Iterator[tuple[float, float, str]]:
    """Yield what a station's vessel holds, where the input is moved into it."""
    spec = deck.lab.stations[station]
    if spec.capacity is None:
        return
    probe = _PROBES[0] * spec.capacity
    with blaming(step.kind, step.kind):
        moved = list(step.action.transfers({name: probe}))
    if any(to in spec.ports and volume == probe for _, to, volume in moved):
        yield 0.0, spec.capacity, f"as the vessel of {station} holds {spec.capacity:g} mL"


def _effects(deck: Deck, station: str, step: ProtocolStep, name: str, value: float) -> list[Effect]:
    try:
        with blaming(step.kind, step.kind):
            return list(step.action.effects(Reach(deck, station, [{name: value}])))
    except ZosimosError:  # the checks of a recipe say what is wrong with it
        return []


def _follows(effects: list[Effect], device: str, verb: str, value: float) -> bool:
    mine = [one.amount for one in effects if (one.device, one.verb) == (device, verb) and one.amount is not None]
    return any(abs(amount - value) <= _NEAR * value for amount in mine)

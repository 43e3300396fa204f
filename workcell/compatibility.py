"""Fitness: can this lab carry out this protocol at all? Asked when a campaign is validated, before a port is opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zosimos.analysis.methods import method
from zosimos.core.clock import Clock
from zosimos.core.errors import EnvelopeError, SpecError
from zosimos.instruments.capabilities.dispenses import ASPIRATE, DELIVER, HOME, Dispenses
from zosimos.instruments.capabilities.measures_spectrum import EXPOSE, LIGHT, TURRET
from zosimos.instruments.capabilities.weighs import TARE
from zosimos.instruments.envelope.effect import Effect
from zosimos.workcell.deck import Deck
from zosimos.workcell.labfile import LabFile, StationSpec
from zosimos.workcell.protocol.model import (
    Calibrate,
    Compute,
    Dispense,
    Light,
    Move,
    Protocol,
    ProtocolStep,
    Read,
    Rinse,
)


def check_fitness(lab: LabFile, protocol: Protocol, objectives: Sequence[str]) -> None:
    """Refuse a lab file and a protocol that do not fit together.

    Raises:
        SpecError: a role has no device or one that cannot do it, a place has no port, an effect of the protocol is
            outside the limits, a cell is filled and never drained, or no step gives an objective.
    """
    deck = Deck(lab, Clock(), None)
    _check_objectives(protocol, objectives)
    for name, station in lab.stations.items():
        for role, capability in protocol.roles.items():
            if role not in station.devices:
                raise _unfit(f"stations.{name}.devices.{role}", f"{name} has no device for the role {role!r}")
            deck.device(station.devices[role], capability)
        _check_drained(protocol, name, station)
        for place, step in protocol.walk():
            for effect in _effects(deck, name, station, step):
                try:
                    deck.envelope.check(effect)
                except EnvelopeError as error:
                    raise _unfit(
                        f"devices.{effect.device}.limits.{effect.verb}",
                        f"{place} is not allowed: {error.message}",
                        value=str(effect),
                        allowed=error.allowed,
                    ) from error


def _effects(deck: Deck, name: str, station: StationSpec, step: ProtocolStep) -> Iterator[Effect]:
    """Yield an effect of each kind that a step asks for, with amounts that are surely meant to be allowed."""
    action = step.action
    if isinstance(action, Dispense | Rinse):
        device = station.devices[action.role]
        pump: Dispenses = deck.device(device, "dispenses")
        moves = [(action.source, action.target)]
        moves += [(action.drain, action.waste)] if isinstance(action, Rinse) else []
        for source, target in moves:
            for verb, end in ((ASPIRATE, source), (DELIVER, target)):
                amount = min(pump.syringe_ml, deck.envelope.most(device, verb)) or pump.syringe_ml
                yield Effect(device, verb, str(_port(deck.lab, name, station, end)), amount)
        yield Effect(device, HOME, str(pump.waste_port))
    elif step.kind == "tare":
        yield Effect(station.devices[action], TARE)
    elif isinstance(action, Light):
        yield Effect(station.devices[action.role], LIGHT, amount=action.current)
    elif isinstance(action, Move):
        yield Effect(station.devices[action.role], TURRET, str(action.to))
    elif isinstance(action, Calibrate):
        for slot in (0, *(standard.slot for standard in deck.lab.standards[action.standards])):
            yield Effect(station.devices[action.role], TURRET, str(slot))
    elif isinstance(action, Read):
        device = station.devices[action.role]
        if EXPOSE not in deck.lab.devices[device].limits:
            yield Effect(device, EXPOSE, amount=1.0)


def _port(lab: LabFile, name: str, station: StationSpec, place: str) -> int:
    if place in station.ports:
        return station.ports[place]
    if place in lab.places:
        return lab.places[place].port
    raise _unfit(f"stations.{name}.ports.{place}", f"{name} has no port for the place {place!r}")


def _check_drained(protocol: Protocol, name: str, station: StationSpec) -> None:
    filling = (*protocol.setup, *protocol.steps)
    fills = any(isinstance(one.action, Dispense) and one.action.target in station.ports for one in filling)
    drains = any(isinstance(one.action, Dispense) and one.action.source in station.ports for one in protocol.cleanup)
    drains = drains or any(isinstance(one.action, Rinse) for one in protocol.cleanup)
    if fills and not drains:
        raise _unfit(
            "protocol.cleanup", f"the protocol fills {name} and never drains it", allowed="a cleanup that drains"
        )


def _check_objectives(protocol: Protocol, objectives: Sequence[str]) -> None:
    given = {
        name
        for step in (*protocol.setup, *protocol.steps)
        if isinstance(step.action, Compute)
        for name in method(step.action.method).gives
    }
    for objective in objectives:
        if objective not in given:
            raise _unfit(
                "protocol.steps", f"no step gives the objective {objective!r}", allowed=", ".join(sorted(given))
            )


def _unfit(field: str, why: str, *, value: object = None, allowed: str | None = None) -> SpecError:
    return SpecError(f"the lab cannot carry the protocol out: {why}", field=field, value=value, allowed=allowed)

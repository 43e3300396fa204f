"""Fitness: can this lab carry out this protocol at all? Asked when a campaign is validated, before a port is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from zosimos.core.clock import Clock
from zosimos.core.errors import EnvelopeError, ExecutionError, SpecError
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.envelope import Envelope
from zosimos.workcell.actions.registry import blaming
from zosimos.workcell.deck import Deck
from zosimos.workcell.labfile import LabFile, StationSpec
from zosimos.workcell.protocol.model import Protocol, ProtocolStep
from zosimos.workcell.reach import Reach


def check_fitness(
    lab: LabFile, protocol: Protocol, objectives: Sequence[str], corners: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Refuse a lab file and a protocol that do not fit together.

    Args:
        lab: the lab file.
        protocol: the protocol.
        objectives: the quantities wanted.
        corners: parameters and constants at each corner of the space; empty where there is no space yet.

    Raises:
        SpecError: a role has no device or one that cannot do it, a place has no port, an effect of the protocol is
            outside the limits, a vessel is filled and never drained, or no step gives an objective.
    """
    deck = Deck(lab, Clock(), None)
    limits = Envelope(replace(lab.limits(), budgets=()))  # whether budgets suffice, what is drawn says, and no stroke
    _check_objectives(protocol, objectives)
    for name, station in lab.stations.items():
        for role, capability in protocol.roles.items():
            if role not in station.devices:
                raise _unfit(f"stations.{name}.devices.{role}", f"{name} has no device for the role {role!r}")
            deck.device(station.devices[role], capability)
        _check_drained(protocol, name, station)
        reach = Reach(deck, name, corners)
        for place, step in protocol.walk():
            for effect in _effects(place, step, reach):
                try:
                    limits.check(effect)
                except EnvelopeError as error:
                    raise _unfit(
                        f"devices.{effect.device}.limits.{effect.verb}",
                        f"{place} is not allowed: {error.message}",
                        value=str(effect),
                        allowed=error.allowed,
                    ) from error


def _effects(place: str, step: ProtocolStep, reach: Reach) -> Sequence[Effect]:
    """Return what a step may ask for; numbers that no device could carry out are refused with their step."""
    try:
        with blaming(step.kind, f"protocol.{place}.{step.kind}"):
            found = list(step.action.effects(reach))
    except ExecutionError as error:
        raise _unfit(
            f"protocol.{place}.{step.kind}", error.message, value=error.value, allowed=error.allowed
        ) from error
    return found


def _check_drained(protocol: Protocol, name: str, station: StationSpec) -> None:
    """Refuse a protocol that fills the station's vessel and never drains it; a step that does both does not fill."""
    filled = any(
        set(_ends(step, station, 1)) and not set(_ends(step, station, 0)) for step in (*protocol.setup, *protocol.steps)
    )
    if filled and not any(set(_ends(step, station, 0)) for step in protocol.cleanup):
        raise _unfit(
            "protocol.cleanup", f"the protocol fills {name} and never drains it", allowed="a cleanup that drains"
        )


def _ends(step: ProtocolStep, station: StationSpec, end: int) -> Iterator[str]:
    """Yield the station's own places from which (end 0) or to which (end 1) a step moves matter."""
    with blaming(step.kind, f"protocol.{step.kind}"):
        moves = list(step.action.moves())
    for move in moves:
        if move[end] in station.ports:
            yield move[end]


def _check_objectives(protocol: Protocol, objectives: Sequence[str]) -> None:
    given = {name for step in (*protocol.setup, *protocol.steps) for name in step.action.measures()}
    for objective in objectives:
        if objective not in given:
            raise _unfit(
                "protocol.steps",
                f"no step gives the objective {objective!r}",
                allowed=", ".join(sorted(given)) or "nothing: no step measures anything",
            )


def _unfit(field: str, why: str, *, value: object = None, allowed: str | None = None) -> SpecError:
    return SpecError(f"the lab cannot carry the protocol out: {why}", field=field, value=value, allowed=allowed)

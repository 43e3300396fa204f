"""Checking a protocol before anything moves: roles, places and names exist, in the order in which they are used."""

from __future__ import annotations

from collections.abc import Collection

from zosimos.workcell.actions.registry import blaming
from zosimos.workcell.protocol.fields import Brings, Needs, Place, amounts, marked
from zosimos.workcell.protocol.known import Known
from zosimos.workcell.protocol.model import PARTS, Protocol, ProtocolStep


def check(protocol: Protocol, values: Collection[str], places: Collection[str], standards: Collection[str]) -> None:
    """Refuse a protocol that cannot be carried out.

    Args:
        protocol: the protocol.
        values: the parameters and constants there are.
        places: the places the lab knows.
        standards: the sets of standards the lab has.

    Raises:
        SpecError: names the step and what is wrong with it.
    """
    missing = [name for name in protocol.inputs if name not in values]
    if missing:
        why = f"there is no parameter or constant {missing[0]!r}"
        raise Known({}, where="inputs").wrong("", why, missing[0], ", ".join(values))
    known: dict[str, str | None] = {name: unit or None for name, unit in protocol.inputs.items()}
    prepared = known
    for part in PARTS:
        if part == "setup":
            prepared = dict(known)
        if part == "cleanup":
            known = prepared  # a failed experiment may have read nothing, and is cleaned up all the same
        for index, step in enumerate(getattr(protocol, part)):
            at = Known(known, places, standards, f"{part}.{index}")
            if part == "prepare" and not step.action.prepares:
                why = "only steps that can be repeated prepare a lab"
                raise at.wrong("", why, step.kind, "such as light, wait, read")
            at.where = f"{part}.{index}.{step.kind}"
            with blaming(step.kind, at.where):
                _check_step(protocol, step, at)


def _check_step(protocol: Protocol, step: ProtocolStep, known: Known) -> None:
    """Check what the marks of the action's fields say, then what the action itself knows."""
    action = step.action
    for _, role, mark in marked(action, Needs):
        if protocol.roles.get(role) != mark.capability:
            fit = ", ".join(name for name, capability in protocol.roles.items() if capability == mark.capability)
            why = f"{role!r} is no role that {mark.capability}"
            raise known.wrong("", why, role, fit or f"a role that {mark.capability}")
    for _, place, _ in marked(action, Place):
        if place not in known.places:
            raise known.wrong("", f"the lab has no place {place!r}", place, ", ".join(sorted(known.places)))
    for field, amount in amounts(action):
        known.need(amount.names, field)
    action.check(known)
    for field, name, brings in marked(action, Brings):
        known.bring(name, brings.unit or None, field)
    for name in action.measures():
        if name in protocol.inputs:
            why = f"{action.by} gives {name!r}, which is an input: steps after it would take the one for the other"
            raise known.wrong("", why, name, "an input of another name")

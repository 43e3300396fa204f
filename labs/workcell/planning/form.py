"""The typed form of a recipe: the steps that a laboratory's devices can do, with its own roles and places.

It is made of the steps' own models: a field that is a role may be one of the roles that can do it, a place one of the
laboratory's. What a crash in the middle of a step is settled by (``repeat``) is not for a model to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zosimos.core.clock import Clock
from zosimos.core.errors import SpecError
from zosimos.workcell.action import Action
from zosimos.workcell.actions.registry import action_class, names
from zosimos.workcell.deck import Deck
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.protocol.fields import Needs, Place
from zosimos.workcell.protocol.model import PARTS

NOT_ASKED = frozenset({"repeat"})
"""Fields of steps that a plan never fills in."""

_SAID = frozenset({"type", "description", "anyOf", "enum", "items", "additionalProperties", "properties"})
_STANDARDS = "standards"


def form(lab: LabFile) -> dict[str, Any]:
    """Return the JSON schema of a recipe for a laboratory."""
    steps = [
        {"type": "object", "properties": {kind: _fields(action, lab)}, "required": [kind]}
        for kind, action in offered(lab).items()
    ]
    step = {
        "type": "object",
        "properties": {"part": {"enum": list(PARTS)}, "do": {"anyOf": steps}},
        "required": ["part", "do"],
        "additionalProperties": False,
    }
    inputs = {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "names that formulas of steps speak of, each with its unit ('' for a plain number or a text)",
    }
    return {
        "type": "object",
        "description": "what an experiment does: prepare once, then setup, steps and cleanup for every experiment",
        "properties": {"inputs": inputs, "steps": {"type": "array", "items": step}},
        "required": ["inputs", "steps"],
        "additionalProperties": False,
    }


def offered(lab: LabFile) -> dict[str, type[Action]]:
    """Return the steps that every station of a laboratory can do, by name."""
    roles = roles_by_capability(lab)
    found = {kind: action_class(kind) for kind in names()}
    return {kind: action for kind, action in found.items() if _can(action, lab, roles)}


def roles_by_capability(lab: LabFile) -> dict[str, list[str]]:
    """Return the roles that can do what steps need, at every station, by what that is."""
    deck = Deck(lab, Clock(), None)
    wanted = {mark.capability for kind in names() for _, mark in _marks(action_class(kind), Needs)}
    stations = list(lab.stations.values())
    shared = [role for role in stations[0].devices if all(role in one.devices for one in stations)]
    return {
        capability: [role for role in shared if all(_does(deck, one.devices[role], capability) for one in stations)]
        for capability in sorted(wanted)
    }


def places(lab: LabFile) -> list[str]:
    """Return the places that every station reaches: the laboratory's, and ports that all stations have."""
    ports = [set(station.ports) for station in lab.stations.values()]
    return [*lab.places, *sorted(set.intersection(*ports))]


def _can(action: type[Action], lab: LabFile, roles: Mapping[str, list[str]]) -> bool:
    if any(not roles.get(mark.capability) for _, mark in _marks(action, Needs)):
        return False
    if _STANDARDS in action.model_fields and not lab.standards:
        return False
    return bool(places(lab)) or not any(True for _ in _marks(action, Place))


def _marks(action: type[Action], mark: type[Any]) -> Iterator[tuple[str, Any]]:
    for name, field in action.model_fields.items():
        for one in field.metadata:
            if isinstance(one, mark):
                yield field.alias or name, one


def _does(deck: Deck, device: str, capability: str) -> bool:
    try:
        deck.device(device, capability)
    except SpecError:
        return False
    return True


def _fields(action: type[Action], lab: LabFile) -> dict[str, Any]:
    schema = action.model_json_schema()
    fields = {name: _small(part) for name, part in schema["properties"].items() if name not in NOT_ASKED}
    for name, mark in _marks(action, Needs):
        fields[name] = {"enum": roles_by_capability(lab)[mark.capability]}
    for name, _ in _marks(action, Place):
        fields[name] = {"enum": places(lab)}
    if _STANDARDS in fields and lab.standards:
        fields[_STANDARDS] = {"enum": list(lab.standards)}
    required = [name for name in schema.get("required", ()) if name in fields]
    about = str(schema.get("description", "")).partition("\n")[0]
    return {"type": "object", "description": about, "properties": fields, "required": required}


def _small(part: Any) -> Any:
    """Return a part of a schema without titles, defaults and limits, which the checks name where they matter."""
    if isinstance(part, list):
        return [_small(item) for item in part]
    if not isinstance(part, Mapping):
        return part
    return {name: _small(value) for name, value in part.items() if name in _SAID}

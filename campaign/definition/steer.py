"""Steering: typed, reversible diffs of a running campaign's spec.

A change is (path, old, new) on the spec's plain data. Applying one checks the old value, validates the whole new spec
and refuses what cannot change under way: identity, lab, seed, the set and kind of parameters, the set of objectives.
Undoing applies the inverse changes as a new version; nothing is rewritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.read import parse_assignment, parse_spec, read_mapping, with_value
from zosimos.core.errors import SpecError, StateError

_FIXED = (
    *("version", "revision", "name", "seed", "candidates", "lab", "clock", "pace"),
    *("sources", "fidelity", "measured", "constants"),
)

_UNSAID = {"rounding", "digits"}  # left out of a parameter where they are nothing


@dataclass(frozen=True)
class Change:
    """One field's old and new value."""

    path: str
    old: Any
    new: Any

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"path": self.path, "old": self.old, "new": self.new}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Change:
        """Return the change that JSON data describe."""
        return cls(data["path"], data["old"], data["new"])

    @property
    def inverse(self) -> Change:
        """The change that takes this one back."""
        return Change(self.path, self.new, self.old)


def plain(spec: CampaignSpec) -> dict[str, Any]:
    """Return a spec as plain JSON data, every field present."""
    return spec.model_dump(mode="json")


def differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[Change]:
    """Return the smallest changes that turn one spec's plain data into another's, in the order of the fields.

    Where names come or go, the whole mapping around them changes: a change has no way to say that a name is absent.

    >>> differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": 2}})
    [Change(path='a.b', old=1, new=3)]
    """
    changes: list[Change] = []
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        path = f"{prefix}{name}"
        if isinstance(before, Mapping) and isinstance(after, Mapping) and before.keys() ^ after.keys() <= _UNSAID:
            changes += differences(before, after, f"{path}.")
        elif before != after:
            changes.append(Change(path, before, after))
    return changes


def applied(spec: CampaignSpec, changes: Iterable[Change]) -> CampaignSpec:
    """Return the spec with changes made that were checked before.

    Raises:
        SpecError: what comes of it is no spec.
    """
    data = plain(spec)
    for change in changes:
        data = with_value(data, change.path, change.new)
    return parse_spec(data, recorded=True)


def steered(spec: CampaignSpec, assignments: Mapping[str, Any]) -> tuple[CampaignSpec, list[Change]]:
    """Return the spec with new values at the given paths, and the changes that were made.

    Raises:
        SpecError: a path, value or the resulting spec is wrong, or the field cannot change under way.
    """
    data = plain(spec)
    for path, value in assignments.items():
        data = with_value(data, path, value)
    return steered_to(spec, parse_spec(data))


def steered_to(spec: CampaignSpec, new: CampaignSpec) -> tuple[CampaignSpec, list[Change]]:
    """Return the changes that lead from one spec to another, refusing those that cannot be made under way.

    Raises:
        SpecError: nothing would change, or a field cannot change under way.
    """
    new = new.model_copy(update={"revision": new.revision or spec.revision})  # which a file seldom says
    changes = differences(plain(spec), plain(new))
    if not changes:
        raise SpecError("the steering changes nothing", field="--set", hint="the spec already says so")
    for change in changes:
        root = change.path.split(".", 1)[0]
        if root in _FIXED:
            raise _fixed(change, f"{root} is fixed when a campaign starts")
    for root, kept in (("space", "parameters"), ("objectives", "objectives")):
        before, after = getattr(spec, root), getattr(new, root)
        if list(before) != list(after):
            odd = sorted(set(before) ^ set(after)) or list(after)
            raise _fixed(Change(f"{root}.{odd[0]}", None, None), f"the set of {kept} is fixed when a campaign starts")
    for name, part in spec.space.items():
        if part.role != new.space[name].role:
            raise _fixed(Change(f"space.{name}.role", None, None), "whether a parameter is chosen is fixed")
        if part.type != new.space[name].type or getattr(part, "unit", "") != getattr(new.space[name], "unit", ""):
            raise _fixed(Change(f"space.{name}", None, None), "a parameter's type and unit are fixed")
    for name, objective in spec.objectives.items():
        if objective.unit != new.objectives[name].unit:
            raise _fixed(Change(f"objectives.{name}.unit", None, None), "an objective's unit is fixed")
        if objective.of != new.objectives[name].of:
            raise _fixed(Change(f"objectives.{name}.of", None, None), "what an objective is made of is fixed")
    return new, changes


def undone(spec: CampaignSpec, changes: Sequence[Change]) -> tuple[CampaignSpec, list[Change]]:
    """Return the spec with earlier changes taken back.

    Raises:
        StateError: a later change touched the same field.
    """
    data = plain(spec)
    for change in reversed(changes):
        now = _value_at(data, change.path)
        if now != change.new:
            raise StateError(
                f"cannot undo: {change.path} was changed again since",
                field=change.path,
                value=now,
                allowed=f"{change.new}, as that steering left it",
                hint="undo the later change first, or set the field to the value you want",
            )
        data = with_value(data, change.path, change.old)
    return steered_to(spec, parse_spec(data))


def read_steering(path: Path, spec: CampaignSpec, overrides: Sequence[str] = ()) -> dict[str, Any] | CampaignSpec:
    """Return what a file wants a spec to become: a whole campaign file (it has ``objectives``), or a few new values.

    A few values may be written under dotted paths or nested as in the campaign file. A whole file that leaves the
    space out keeps the present one, and what was given beside the file when the campaign began (``overrides``) holds
    again where it cannot be steered.

    Raises:
        SpecError: the file cannot be read or is wrong.
    """
    data = read_mapping(path)
    if "objectives" not in data:
        if not data:
            raise SpecError(f"{path} is empty", field="file", allowed="a campaign file, or lines of 'path: value'")
        return _leaves(data)
    for text in overrides:
        place, value = parse_assignment(text)
        if place.split(".", 1)[0] in _FIXED:
            data = with_value(data, place, value)
    return parse_spec(data if data.get("space") else {**data, "space": plain(spec)["space"]})


def _leaves(data: Mapping[Any, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, Mapping) and value:
            found |= _leaves(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _value_at(data: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path, None where there is none; names may themselves hold dots."""
    if path in data or "." not in path:
        return data.get(path)
    names = sorted(data, key=len, reverse=True)
    name = next((name for name in names if path.startswith(f"{name}.")), None)
    inner = data.get(name) if name is not None else None
    return _value_at(inner, path[len(str(name)) + 1 :]) if isinstance(inner, Mapping) else None


def _fixed(change: Change, why: str) -> SpecError:
    return SpecError(
        f"{change.path} cannot be steered: {why}",
        field=change.path,
        value=change.new,
        hint="start a new campaign with the changed file; results can be carried over with zosimos export and tell",
    )

"""Steering: typed, reversible diffs of a running campaign's spec.

A change is (path, old, new) on the spec's plain data. Applying one checks the old value, validates the whole new spec
and refuses what cannot change under way: identity, lab, seed, the type and unit of a parameter, the unit of an
objective. Parameters and objectives may come and go; None stands for one that is not there, and one that comes stands
last. Undoing applies the inverse changes as a new version; nothing is rewritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zosimos.campaign.definition.knobs import ContinuousSpec, ParameterSpec
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.names import SHARED, UNCERTAINTY
from zosimos.campaign.definition.read import parse_assignment, parse_spec, read_mapping, with_value
from zosimos.campaign.definition.steps import with_steps
from zosimos.core.errors import SpecError, StateError

_FIXED = (
    *("version", "revision", "name", "seed", "candidates", "lab", "clock", "pace"),
    *("sources", "fidelity"),
)
_MADE_OF = ("measured", "constants")  # of these, too, some may come and go, but what is there stays what it is
_NAMED = ("space", "objectives", *_MADE_OF)
"""The mappings of which a change says that a name comes or goes."""

_STEPS = {"step", "rounding", "digits"}
_UNSAID = {
    "rounding",
    "digits",
    "range",
    "transform",
    "u_shared",
    "model_tokens",
    "model_usd",
}  # left out where they are nothing


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

    Where names come or go, the whole mapping around them changes; of parameters, objectives and what these are made
    of, each that comes or goes by itself, with None where it is not.

    >>> differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": 2}})
    [Change(path='a.b', old=1, new=3)]
    """
    changes: list[Change] = []
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        path = f"{prefix}{name}"
        if isinstance(before, Mapping) and isinstance(after, Mapping) and _same_names(path, before, after):
            changes += differences(before, after, f"{path}.")
        elif before != after:
            changes.append(Change(path, before, after))
    return changes


def _same_names(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Say whether changes inside a mapping can be told one by one."""
    return path in _NAMED or old.keys() ^ new.keys() <= _UNSAID


def applied(spec: CampaignSpec, changes: Iterable[Change]) -> CampaignSpec:
    """Return the spec with changes made that were checked before.

    Raises:
        SpecError: what comes of it is no spec.
    """
    data = plain(spec)
    for change in changes:
        data = _with(data, change.path, change.new)
    return parse_spec(_present(data), recorded=True)


def steered(spec: CampaignSpec, assignments: Mapping[str, Any]) -> tuple[CampaignSpec, list[Change]]:
    """Return the spec with new values at the given paths, and the changes that were made.

    A range that comes or changes gets a default step, if the campaign has such and nothing is said of steps.

    Raises:
        SpecError: a path, value or the resulting spec is wrong, or the field cannot change under way.
    """
    data = plain(spec)
    for path, value in assignments.items():
        data = _with(data, path, value)
    return steered_to(spec, _with_default_steps(data, spec))


def steered_to(spec: CampaignSpec, new: CampaignSpec) -> tuple[CampaignSpec, list[Change]]:
    """Return the changes that lead from one spec to another, refusing those that cannot be made under way.

    Raises:
        SpecError: nothing would change, or a field cannot change under way.
    """
    new = _without_lost_columns(spec, new)
    changes = changes_to(spec, new)
    if not changes:
        raise SpecError(
            "this changes nothing: the campaign says so already",
            field="--set",
            hint="name another value; zosimos show ID --json has all that it says, under spec",
        )
    for change in changes:
        root = change.path.split(".", 1)[0]
        if root in _FIXED:
            raise _fixed(change, f"{root} is fixed when a campaign starts")
        told = change.path.endswith(".u_shared")  # of results, not of the quantity
        if root in _MADE_OF and not told and change.old is not None and change.new is not None:
            raise _fixed(change, "what objectives are made of is fixed; only new names may come")
    _check_kept(spec, new)
    return applied(spec, changes), changes


def _without_lost_columns(spec: CampaignSpec, new: CampaignSpec) -> CampaignSpec:
    """Return a spec that says no more which column of a table is what goes with it."""
    lost = {name for root in ("space", "objectives") for name in getattr(spec, root) if name not in getattr(new, root)}
    kept = {
        header: name
        for header, name in new.columns.items()
        if name.removesuffix(UNCERTAINTY).removesuffix(SHARED) not in lost or spec.columns.get(header) != name
    }
    return new if len(kept) == len(new.columns) else new.model_copy(update={"columns": kept})


def changes_to(spec: CampaignSpec, new: CampaignSpec) -> list[Change]:
    """Return the changes that lead from one spec to another, whether or not they can be made under way."""
    new = new.model_copy(update={"revision": new.revision or spec.revision})  # which a file seldom says
    return differences(plain(spec), plain(new))


def _check_kept(spec: CampaignSpec, new: CampaignSpec) -> None:
    """Refuse names that come and go where something else knows them, and names that stay as something else."""
    for root in ("space", "objectives"):
        before, after = getattr(spec, root), getattr(new, root)
        odd = [name for name in (*before, *after) if (name in before) != (name in after)]
        if odd and (spec.lab is not None or (root == "space" and spec.candidates is not None)):
            where = "the laboratory" if spec.lab is not None else "the table of candidates"
            kept = "parameters" if root == "space" else root
            why = f"{where} knows the {kept} that the campaign began with"
            raise _fixed(Change(f"{root}.{odd[0]}", None, None), why)
    for name in (name for name in spec.space if name in new.space):
        part, other = spec.space[name], new.space[name]
        if part.role != other.role:
            raise _fixed(Change(f"space.{name}.role", None, None), "whether a parameter is chosen is fixed")
        if part.type != other.type or getattr(part, "unit", "") != getattr(other, "unit", ""):
            raise _fixed(Change(f"space.{name}", None, None), "a parameter's type and unit are fixed")
    for name in (name for name in spec.objectives if name in new.objectives):
        if spec.objectives[name].unit != new.objectives[name].unit:
            raise _fixed(Change(f"objectives.{name}.unit", None, None), "an objective's unit is fixed")
        if spec.objectives[name].of != new.objectives[name].of:
            raise _fixed(Change(f"objectives.{name}.of", None, None), "what an objective is made of is fixed")


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
        data = _with(data, change.path, change.old)
    return steered_to(spec, parse_spec(_present(data)))


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
    return _stepped(parse_spec(_as_known(data, spec)), spec)


def read_again(path: Path, spec: CampaignSpec, overrides: Sequence[str] = ()) -> CampaignSpec:
    """Return what the file of a campaign says now, with what was given beside it.

    A space that it leaves out, steps of a campaign by hand that it says nothing of, and columns of tables that a person
    said meanwhile, are those of the campaign.

    Raises:
        SpecError: the file or an override is wrong.
    """
    data = read_mapping(path)
    for text in overrides:
        data = with_value(data, *parse_assignment(text))
    return _stepped(parse_spec(_as_known(data, spec)), spec)


def _stepped(wanted: CampaignSpec, spec: CampaignSpec) -> CampaignSpec:
    """Return a spec with the default steps of a campaign by hand that its file says nothing of.

    A range that is what it was keeps its own; one that is new or another gets its default, if the campaign has such.
    """
    given = {name for name, part in spec.space.items() if _is_rounded(part)}
    if not given:
        return wanted
    default = with_steps(wanted.model_copy(update={"revision": spec.revision}))  # which a file seldom says
    space = {
        name: spec.space[name] if name in given and _is_as_before(part, spec.space[name]) else default.space[name]
        for name, part in wanted.space.items()
    }
    return wanted.model_copy(update={"space": space})


def _with_default_steps(data: Mapping[str, Any], spec: CampaignSpec) -> CampaignSpec:
    """Return the spec that data describe, whose default steps are those of its ranges as they are now."""
    if not any(map(_is_rounded, spec.space.values())):
        return parse_spec(_present(data))
    before = plain(spec)
    free = with_steps(parse_spec(_present(_without_steps(before, before)), recorded=True))
    default = {
        name: part for name, part in before["space"].items() if _steps(plain(free)["space"][name]) == _steps(part)
    }
    return _stepped(parse_spec(_present(_without_steps(data, {"space": default}))), spec)


def _without_steps(data: Mapping[str, Any], but: Mapping[str, Any]) -> dict[str, Any]:
    """Return data that say nothing of steps where they say what some parameters said of them."""
    if not isinstance(data["space"], Mapping):
        return dict(data)  # which the spec refuses
    space = dict(data["space"])
    for name, part in but["space"].items():
        if isinstance(now := space.get(name), Mapping):
            space[name] = {
                field: value for field, value in now.items() if field not in _STEPS or value != part.get(field)
            }
    return {**data, "space": space}


def _steps(part: Mapping[str, Any]) -> list[Any]:
    return [part.get(field) for field in sorted(_STEPS)]


def _is_rounded(part: ParameterSpec) -> bool:
    return isinstance(part, ContinuousSpec) and (part.rounding is not None or part.digits is not None)


def _is_as_before(part: ParameterSpec, before: ParameterSpec) -> bool:
    """Say whether a file says the same of a parameter as it did, and nothing of steps."""
    if not isinstance(part, ContinuousSpec) or _STEPS & part.model_fields_set:
        return False
    bare = before.model_copy(update={"rounding": None, "digits": None})
    return part.model_dump() == bare.model_dump()


def _as_known(data: dict[str, Any], spec: CampaignSpec) -> dict[str, Any]:
    """Return a file's data with what was worked out when the campaign began, where the file leaves it out."""
    if spec.columns and isinstance(data.get("columns") or {}, Mapping):
        data = {**data, "columns": {**spec.columns, **(data.get("columns") or {})}}
    space = data.get("space")
    if not space:
        return {**data, "space": plain(spec)["space"]}
    return data


def _leaves(data: Mapping[Any, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, Mapping) and value:
            found |= _leaves(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _with(data: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return data with another value at a path, which may be that of a name that comes, with dots in it or not."""
    root, _, name = path.partition(".")
    known = data.get(root) or {}
    if root in _NAMED and name not in known and not any(name.startswith(f"{other}.") for other in known):
        plain_name = isinstance(value, Mapping) or "." not in name
        if plain_name and name:
            return {**data, root: {**known, name: value}}
    return with_value(data, path, value)


def _present(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data without the names that are not there."""
    found = {name: part for name, part in data.items() if part is not None or name not in (*_NAMED, "columns")}
    for root in _NAMED:
        if isinstance(found.get(root), Mapping):
            found[root] = {name: part for name, part in found[root].items() if part is not None}
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
        hint="start a new campaign with the changed file; zosimos carry-over takes the results along",
    )

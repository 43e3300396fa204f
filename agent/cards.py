"""Cards: what a model is told of the campaign that it is to plan: where it starts from, and which fields there are.

A goal touches few of a campaign file's fields. Only these are shown, without what a schema says besides, so that a
model with little room can read it all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from zosimos.campaign.definition import yaml
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.lab import LabCard
from zosimos.campaign.templates.from_table import of_table
from zosimos.campaign.templates.questions import answered
from zosimos.campaign.templates.written import written

_TOUCHED = (
    *("name", "seed", "space", "constraints", "objectives", "planner", "batch", "parallel", "approval", "budget"),
    *("costs", "stop"),
)
_SAID = frozenset(
    {
        "description",
        "enum",
        "const",
        "type",
        "properties",
        "required",
        "items",
        "anyOf",
        "oneOf",
        "additionalProperties",
    }
    | {"$ref"}
)
_UNUSUAL = frozenset({"PluginParameterSpec", "DesignSpec"})  # no words of a goal ask for one
_USUAL = {"PlannerSpec": ("kind", "start"), "StopSpec": ("reach", "no_improvement")}
_SUMMARY = (
    "People do the experiments by hand: the campaign proposes some at a time, and is told what came of them. Nothing is"
    " run. Parameters stand under space (min, max and unit; choices; or levels), what is measured under objectives."
)


class _NoOptions(BaseModel):
    """A campaign by hand has no options of a lab."""

    model_config = ConfigDict(extra="forbid")


def by_hand(table: Path | None = None) -> LabCard:
    """Return the card of experiments that people do, which starts from nothing, or from a table's columns.

    Raises:
        InputError: the table cannot be read, or no campaign can be made of its columns.
    """
    if table is None:
        return LabCard(_SUMMARY, {"space": {}, "objectives": {}, "batch": 4, "budget": {"experiments": 20}}, _NoOptions)
    kind = of_table(table)
    spec: dict[str, Any] = yaml.parse(written(kind.draft(answered(kind, {}))))
    own = {name: part for name, part in spec.items() if name not in ("name", "seed")}
    return LabCard(_SUMMARY, own, _NoOptions, [f"{kind.about} Its columns are the parameters and objectives."])


def fields_for_goals() -> dict[str, Any]:
    """Return the fields of a campaign file that a goal can touch, as a small JSON schema."""
    schema = CampaignSpec.model_json_schema()
    kept = {name: _small(schema["properties"][name]) for name in _TOUCHED}
    found: dict[str, Any] = {}
    waiting = [kept]
    while waiting:
        for name in _referred(waiting.pop()):
            if name not in found:
                found[name] = _small(_usual(name, schema["$defs"][name]))
                waiting.append(found[name])
    return {"properties": kept, "$defs": found}


def _usual(name: str, part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a schema says of a part, of some only the fields that goals speak of."""
    fields = part["properties"]
    return {**part, "properties": {field: fields[field] for field in _USUAL.get(name, fields)}}


def _small(part: Any) -> Any:
    """Return a part of a schema without titles, defaults and limits, which a validator will name where they matter."""
    if isinstance(part, list):
        return [_small(item) for item in part if not set(_referred(item)) & _UNUSUAL]
    if not isinstance(part, Mapping):
        return part
    small = {}
    for name, value in part.items():
        if name == "properties":
            small[name] = {field: _small(inner) for field, inner in value.items()}
        elif name == "patternProperties":  # names that may be anything
            (inner,) = value.values()
            small["additionalProperties"] = _small(inner)
        elif name in _SAID:
            small[name] = _small(value)
    return small


def _referred(part: Any) -> list[str]:
    if isinstance(part, list):
        return [name for item in part for name in _referred(item)]
    if not isinstance(part, Mapping):
        return []
    own = [str(part["$ref"]).rpartition("/")[2]] if isinstance(part.get("$ref"), str) else []
    return own + [name for value in part.values() for name in _referred(value)]

"""What a plan may not choose: another lab, files to read, and options that a person chose already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zosimos.agent.cards import fields_for_goals
from zosimos.agent.planning.ground import Ground
from zosimos.campaign.lab import lab_class
from zosimos.core.errors import SpecError


def refuse_others(ground: Ground, own: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse another lab, and every file: a plan that named files would read what the person never chose.

    Raises:
        SpecError: names the field.
    """
    lab = ground.kind
    if lab is None and given.get("lab") is not None:
        raise SpecError("a campaign by hand has no lab", field="lab", value=given["lab"], allowed="nothing")
    options = given.get("lab") or {}
    if not isinstance(options, Mapping):
        raise SpecError("lab holds the lab's options", field="lab", value=options, allowed="names and values")
    if options.get("kind", lab) != lab:
        raise SpecError("another lab than the one asked for", field="lab.kind", value=options["kind"], allowed=lab)
    if given.get("candidates") is not None:
        raise _no_files("candidates", given["candidates"])
    for name, part in _named(given.get("sources")):
        raise _no_files(f"sources.{name}.file", part.get("file") if isinstance(part, Mapping) else part)
    if lab is None:
        return
    if ground.has_recipe:
        _refuse_other_options(ground, given, options)
        return
    merged = {**dict(own.get("lab") or {}), **options}
    kept = {name: value for name, value in dict(own.get("lab") or {}).items() if name != "kind"}
    files = lab_class(lab).files({name: value for name, value in merged.items() if name != "kind"})
    for role, name in files.items():
        if lab_class(lab).files(kept).get(role) != name:
            raise _no_files(f"lab.{role}", name)


def _refuse_other_options(ground: Ground, given: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    """Refuse fields that no goal touches, and options that were chosen already or that no plan may choose."""
    known = ground.card.options.model_fields
    touched = [*fields_for_goals()["properties"], "description", "lab", "version"]
    for name, value in given.items():
        if name not in touched:
            allowed = ", ".join(touched)
            raise SpecError("a plan does not say that", field=name, value=value, allowed=allowed, hint="leave it out")
    for name, value in options.items():
        if name in ground.fixed and value != ground.fixed[name]:
            raise _no_files(f"lab.{name}", value)
        if name not in known and name not in ("kind", *ground.fixed):
            raise SpecError(
                "a plan cannot choose that",
                field=f"lab.{name}",
                value=value,
                allowed=", ".join(known),
                hint="leave it out",
            )


def _named(parts: object) -> list[tuple[object, object]]:
    """Return what a plan says under a field that names things; nothing where it leaves them out."""
    if parts is None:
        return []
    return (
        [(name, part) for name, part in parts.items() if part is not None]
        if isinstance(parts, Mapping)
        else [("", parts)]
    )


def _no_files(field: str, value: object) -> SpecError:
    return SpecError(
        "a plan names no files", field=field, value=value, allowed="nothing", hint="add the file to the plan yourself"
    )

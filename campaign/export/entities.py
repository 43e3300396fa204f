"""Entities of a crate: JSON-LD objects with an ``@id``, as RO-Crate 1.1 has them (https://w3id.org/ro/crate/1.1).

They are written by hand: a crate is a flat list of small objects, and libraries for it stamp the present time into
what must come out the same each time, and bring a network client along. Texts from campaigns are values and never
become file names or identifiers as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import merge
from itertools import groupby
from typing import Any, TypeAlias
from urllib.parse import quote

Entity: TypeAlias = dict[str, Any]


def local(*parts: str) -> str:
    """Return the identifier of something inside a crate that is no file.

    >>> local("e0001", "planned", "a b/../c")
    '#e0001/planned/a%20b%2F..%2Fc'
    """
    return "#" + "/".join(quote(part, safe="") for part in parts)


def moment(at: str) -> str:
    """Return a time as crates write it, to the millisecond.

    >>> moment("2026-11-29T06:42:59.723725+00:00"), moment("2026-11-29T06:42:59+00:00")
    ('2026-11-29T06:42:59.723+00:00', '2026-11-29T06:42:59.000+00:00')
    """
    return datetime.fromisoformat(at).isoformat(timespec="milliseconds")


def reference(entity: Entity) -> dict[str, str]:
    """Return what points to an entity."""
    return {"@id": entity["@id"]}


def references(entities: Iterable[Entity]) -> list[dict[str, str]]:
    """Return what points to entities, in order."""
    return [reference(entity) for entity in entities]


def value(identifier: str, name: str, found: Any, unit: str = "", **more: Any) -> Entity:
    """Return a named value; what is empty is left out."""
    entity = {"@id": identifier, "@type": "PropertyValue", "name": name, "value": found, "unitText": unit, **more}
    return {key: item for key, item in entity.items() if item not in ("", None)}


def uncertain_value(
    identifier: str,
    name: str,
    found: Any,
    spread: float | None,
    unit: str,
    shared: float | None = None,
    **more: Any,
) -> list[Entity]:
    """Return a named value and, where it is known, its standard uncertainty, to which the value refers.

    With it what all results share of it, where that is said.
    """
    named = (("uncertainty", "standard uncertainty", spread), ("shared", "standard uncertainty that all share", shared))
    beside = [value(f"{identifier}/{end}", what, size, unit) for end, what, size in named if size is not None]
    if not beside:
        return [value(identifier, name, found, unit, **more)]
    told = reference(beside[0]) if len(beside) == 1 else references(beside)
    return [value(identifier, name, found, unit, **more, valueReference=told), *beside]


def unique(*parts: Iterable[Entity]) -> Iterator[Entity]:
    """Yield entities in the order of their identifiers, each once: the last one of each.

    Args:
        parts: entities, each part in that order already.

    >>> list(unique([{"@id": "#a", "name": "old"}, {"@id": "#c"}], iter([{"@id": "#a"}, {"@id": "#b"}])))
    [{'@id': '#a'}, {'@id': '#b'}, {'@id': '#c'}]
    """
    for _, same in groupby(merge(*parts, key=identifier), key=identifier):
        *_, last = same
        yield last


def identifier(entity: Entity) -> str:
    """Return what an entity goes by."""
    return str(entity["@id"])

"""Plugins: found by name through entry points, loaded when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from zosimos.core.errors import SpecError


@lru_cache(maxsize=32)
def offered(group: str) -> Mapping[str, EntryPoint]:
    """Return the plugins that installed packages offer in a group, by name; nothing is imported."""
    return {point.name: point for point in sorted(entry_points(group=group))}


def plugin(group: str, name: str, what: str, field: str) -> Any:
    """Return a plugin.

    Args:
        group: the entry-point group.
        name: the plugin's name.
        what: what it is, for the message, such as ``driver``.
        field: where the name was given, for the message.

    Raises:
        SpecError: there is none of that name.
    """
    found = offered(group)
    if name not in found:
        raise SpecError(
            f"there is no {what} {name!r}",
            field=field,
            value=name,
            allowed=", ".join(found) or "none is installed",
            hint="correct the name, or install the package that brings it",
        )
    return found[name].load()

"""Bodies: reading a field of an event's body as what it must be.

A field of another kind would fold without complaint and fail much later, where it is shown or answered. So the fold
reads what it keeps through these, and such an event is refused before it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def text(body: Mapping[str, Any], name: str) -> str:
    """Return a field that holds text.

    Raises:
        KeyError: there is no such field.
        TypeError: it holds something else.
    """
    found = body[name]
    if not isinstance(found, str):
        raise TypeError(f"{name} is no text: {found!r}")
    return found


def number(body: Mapping[str, Any], name: str) -> int:
    """Return a field that holds a whole number.

    Raises:
        KeyError: there is no such field.
        TypeError: it holds something else.
    """
    found = body[name]
    if not isinstance(found, int) or isinstance(found, bool):
        raise TypeError(f"{name} is no whole number: {found!r}")
    return found


def listed(body: Mapping[str, Any], name: str) -> Sequence[Any]:
    """Return a field that holds a list.

    Raises:
        KeyError: there is no such field.
        TypeError: it holds something else.
    """
    found = body[name]
    if not isinstance(found, list | tuple):
        raise TypeError(f"{name} is no list: {found!r}")
    return found

"""Bodies: reading a field of an event's body as what it must be.

A field of another kind would fold without complaint and fail much later, where it is shown or answered. So the fold
reads what it keeps through these, and such an event is refused before it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zosimos.core.values import is_number


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


def real(body: Mapping[str, Any], name: str) -> float:
    """Return a field that holds a number.

    Raises:
        KeyError: there is no such field.
        TypeError: it holds something else.
    """
    found = body[name]
    if not is_number(found):
        raise TypeError(f"{name} is no number: {found!r}")
    return found  # type: ignore[no-any-return]  # it was just seen to be a number


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


def texts(body: Mapping[str, Any], name: str) -> dict[str, str]:
    """Return a field that holds texts by name; nothing where it is absent.

    Raises:
        TypeError: it holds something else.
    """
    found = mapped(body, name) if name in body else {}
    return {key: text(found, key) for key in found}


def lines(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a list of texts.

    Raises:
        KeyError, TypeError: there is none.
    """
    found = tuple(listed(body, name))
    for item in found:
        if not isinstance(item, str):
            raise TypeError(f"{item!r} is no text")
    return found


def flag(body: Mapping[str, Any], name: str) -> bool:
    """Return a field that holds yes or no.

    Raises:
        KeyError: there is no such field.
        TypeError: it holds something else.
    """
    found = body[name]
    if not isinstance(found, bool):
        raise TypeError(f"{name} is neither yes nor no: {found!r}")
    return found


def mapped(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a field that holds values by name.

    Raises:
        KeyError: there is no such field.
        TypeError: it holds something else.
    """
    found = body[name]
    if not isinstance(found, Mapping):
        raise TypeError(f"{name} holds nothing by name: {found!r}")
    return found


def source(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the campaign file that says what a spec is, after a look at it.

    Raises:
        KeyError, TypeError: it names no file.
    """
    return {"path": text(said, "path"), "digest": text(said, "digest"), "overrides": list(listed(said, "overrides"))}

"""The actions there are: those of installed packages, ours among them, by the name that a recipe uses."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from zosimos.core.errors import SpecError, ZosimosError
from zosimos.core.plugins import Loaded, load_all, package_of
from zosimos.workcell.action import Action

GROUP = "zosimos.actions"


def actions() -> Loaded[type[Any]]:
    """Return the actions that can be used by name, and those that cannot with the reason."""
    return load_all(GROUP, type, "action", _judged)


def names() -> tuple[str, ...]:
    """Return the names of the actions that can be used, sorted."""
    return tuple(sorted(actions().sound))


def action_class(kind: str) -> type[Action]:
    """Return the action of a name.

    Raises:
        SpecError: there is none, or the package that brings it is broken; it is named.

    >>> action_class("tare").shorthand
    'with'
    """
    found: type[Action] = actions().pick(kind, "action", kind)
    return found


@contextmanager
def blaming(kind: str, field: str) -> Iterator[None]:
    """Say in its package's name what an action raises while a recipe is checked, unless it is an error in words.

    Raises:
        SpecError: it raised something else; ``field`` says where.
    """
    try:
        yield
    except ZosimosError:
        raise
    except Exception as error:
        package = package_of(GROUP, kind)
        raise SpecError(
            f"the action {kind} of {package} cannot be checked: {type(error).__name__}: {error}",
            field=field,
            value=kind,
            hint=f"this is a defect of {package}: report it to its author, or leave the action out",
        ) from error


def _judged(_: str, found: Any, __: Mapping[str, type[Any]]) -> str:
    """Return why a class cannot be an action; empty if it can."""
    if not issubclass(found, Action):
        return f"{found.__name__} is no subclass of zosimos.Action"
    if inspect.isabstract(found):
        return f"{found.__name__} lacks {', '.join(sorted(found.__abstractmethods__))}"
    fields = {field.alias or name for name, field in found.model_fields.items()}
    if found.shorthand and found.shorthand not in fields:
        return f"its shorthand {found.shorthand!r} is none of its fields: {', '.join(sorted(fields))}"
    if not isinstance(found.settles, frozenset):
        return "what it settles is no frozenset of verbs"
    return ""

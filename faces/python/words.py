"""Words: how Python writes a part of a campaign file.

Each says what that part says, in the same words, and is checked when it is made. A parameter's name is its key in the
space, so that a word has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeAlias

Quantity: TypeAlias = float | str
"""A number in the parameter's own unit, or text in another: ``"1.5 h"``."""
When: TypeAlias = Mapping[str, str | float | Sequence[str | float]]
"""Other parameter: its values under which one counts."""
Species: TypeAlias = bool | str | Sequence[str] | Mapping[str, str | Sequence[str]] | None
"""Which substances a parameter means: their names, one or several for each choice, or True for what it is called."""


@dataclass(frozen=True, repr=False)
class Word:
    """A part of a campaign; ``kind`` is what a campaign file calls it."""

    kind: ClassVar[str] = ""
    _as: ClassVar[Mapping[str, str]] = {}

    def as_spec(self) -> dict[str, Any]:
        """Return what a campaign file would say; what was left out is left out."""
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        said = {self._as.get(name, name): _as_data(value) for name, value in given.items() if _is_said(value)}
        return {"type": self.kind, **said} if self.kind else said

    def __repr__(self) -> str:
        """Return it as it was written: what has its default is left out."""
        given = [(item, getattr(self, item.name)) for item in fields(self)]
        parts = [f"{item.name}={value!r}" for item, value in given if _is_said(value) and value != item.default]
        return f"{type(self).__name__}({', '.join(parts)})"


def _is_said(value: object) -> bool:
    empty = isinstance(value, str | Mapping | tuple) and not value
    return not (value is None or value is False or empty)


def plain(value: Any) -> Any:
    """Return a number or text of numpy, pandas or torch as Python's own; anything else as it is."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "size", 1) == 1:
        return item()
    return value


def _as_data(value: Any) -> Any:
    """Return sequences and mappings as the lists and dicts that data files have, numbers as Python's own."""
    value = plain(value)
    if isinstance(value, Mapping):
        return {str(name): _as_data(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_as_data(item) for item in value]
    return value

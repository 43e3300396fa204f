"""What the fields of an action are: marks that let its role, places and names be checked without code of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from zosimos.workcell.protocol.amount import Amount

Mark = TypeVar("Mark")


@dataclass(frozen=True)
class Needs:
    """Marks a role: the capability that its device must have, such as ``Annotated[Word, Needs("weighs")]``.

    >>> Needs("weighs").capability
    'weighs'
    """

    capability: str


@dataclass(frozen=True)
class Place:
    """Marks a place: one of the lab's, or of the station's own.

    >>> Place() == Place()
    True
    """


@dataclass(frozen=True)
class Brings:
    """Marks the name of a value that the step brings.

    Args:
        unit: of the value, empty for a plain number; None for what is no number, such as a spectrum.

    >>> Brings("degC").unit, Brings().unit
    ('degC', None)
    """

    unit: str | None = None


def marked(part: BaseModel, mark: type[Mark]) -> Iterator[tuple[str, Any, Mark]]:
    """Yield every field of a kind that says something: its name in the recipe, what it says, and its mark."""
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        for one in field.metadata:
            if isinstance(one, mark) and value is not None:
                yield field.alias or name, value, one


def amounts(part: object, place: str = "") -> Iterator[tuple[str, Amount]]:
    """Yield every number of a part of a recipe with its place, however deep it stands."""
    if isinstance(part, Amount):
        yield place, part
    elif isinstance(part, BaseModel):
        for name, field in type(part).model_fields.items():
            yield from amounts(getattr(part, name), _under(place, field.alias or name))
    elif isinstance(part, Mapping):
        for key, item in part.items():
            yield from amounts(item, _under(place, str(key)))
    elif isinstance(part, list | tuple):
        for index, item in enumerate(part):
            yield from amounts(item, _under(place, str(index)))


def _under(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name

"""Kinds of fields in a campaign file: numbers with or without units, durations, names, choices."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from zosimos.core.composite import Shared
from zosimos.core.errors import SpecError, UnitError
from zosimos.core.expression import Formula
from zosimos.core.units import check_unit, parse_duration, parse_quantity
from zosimos.core.validation import problem

T = TypeVar("T")

SHARED_WORDS = ("all", "none")
"""What ``u_shared`` may say in place of a number."""


def checked(function: Callable[..., T], *arguments: Any, part: str = "", **options: Any) -> T:
    """Call a unit function; its error becomes pydantic's, so that it carries the full path of the field."""
    try:
        return function(*arguments, **options)
    except UnitError as error:
        raise problem(error, part) from error


def unsaid_left_out(data: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return data without those of the named fields that say nothing: digests over old specs stay what they were."""
    return {name: value for name, value in data.items() if value is not None or name not in names}


def empty_left_out(data: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return data without those of the named fields that are empty, for the same reason."""
    return {name: value for name, value in data.items() if value or name not in names}


def in_unit(part: BaseModel, unit: str, *names: str, apart: Collection[str] = (), within: str = "") -> None:
    """Bring those fields of a part that are given, perhaps in other units, to its own unit.

    Those ``apart`` are distances, such as a step; ``within`` is the field that the part stands under. For pydantic's
    validators: what is wrong becomes its error.
    """
    checked(check_unit, unit, part="unit")
    for name in names:
        value = getattr(part, name, None)
        if value is not None:
            own = checked(parse_quantity, value, unit, part=f"{within}{name}", difference=name in apart)
            object.__setattr__(part, name, own)


def shared_in_unit(part: BaseModel, unit: str) -> None:
    """Bring what a part says that all results share of an uncertainty to its unit, unless it is a word."""
    said = getattr(part, "u_shared", None)
    if said is None or said in SHARED_WORDS:
        return
    try:
        object.__setattr__(part, "u_shared", parse_quantity(said, unit, difference=True))
    except UnitError as error:
        error.allowed = "a number, a number and a unit, all, or none"
        raise problem(error, "u_shared") from error


def settled_share(given: str | float | None) -> Shared | None:
    """Return what a spec says of what all results share: a number in its unit, or a word."""
    match given:
        case "all":
            return "all"
        case "none":
            return "none"
        case _:
            return settled(given)


def settled(given: str | float | None) -> float | None:
    """Return a number of a spec, which was brought to its unit when the spec was read."""
    return None if given is None else float(given)


def distance(number: float, field: str, *, above: bool) -> float:
    """Return what a field says of the distance of two values, which is 0 or more, or above 0."""
    if number < 0 or (above and number == 0):
        allowed = "a number greater than 0" if above else "0 or more"
        raise SpecError("it is a distance between two values", field=field, value=number, allowed=allowed)
    return number


def formula(text: str, field: str, known: tuple[str, ...] = ()) -> Formula:
    """Return a formula that was written under a field; names that are known need no quotes.

    Raises:
        SpecError: it is none; names the field.
    """
    try:
        return Formula(text, known=known)
    except SpecError as error:
        raise SpecError(
            error.message,
            field=field,
            value=text,
            allowed="a number, or arithmetic on named numbers, such as 10 + 2*a, in at most 500 characters",
            hint="use names, numbers, + - * / ** %, abs, sqrt, exp, log, log10, min, max",
        ) from error


def _number(value: object) -> object:
    if isinstance(value, str):
        return value
    return checked(parse_quantity, value, "")


def _duration(value: object) -> object:
    return None if value is None else checked(parse_duration, value)


def _bare_number(value: object) -> object:
    """Accept a number in quotes wherever a plain number is meant."""
    return None if value is None else checked(parse_quantity, value, "")


def _whole_number(value: object) -> object:
    """Refuse yes and no, which pydantic would count as 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("truth", "a number is meant, not yes or no")
    return value


def listed(value: object) -> object:
    """Take a single value for a list of it."""
    return [value] if isinstance(value, str | int | float) else value


def _no_truth(value: object) -> object:
    """Refuse yes and no, which stand for names that were not quoted."""
    if isinstance(value, bool):
        raise PydanticCustomError("truth", "put it in quotes: yes, no, on and off are not texts in YAML")
    return value


def by_itself(value: object) -> object:
    """Take a list of texts for names that stand for themselves."""
    return {str(item): item for item in value} if isinstance(value, list) else value


# a number, or text such as "80 degC" until its unit is known
Number: TypeAlias = Annotated[float | str, BeforeValidator(_number)]
Whole: TypeAlias = Annotated[int, BeforeValidator(_whole_number)]
Choice: TypeAlias = Annotated[str | float, BeforeValidator(_no_truth)]
Duration = Annotated[float, BeforeValidator(_duration), Field(ge=0, description="seconds, or text such as '8 h'")]
PlainNumber = Annotated[float, BeforeValidator(_bare_number), Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]

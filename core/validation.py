"""Validation: untrusted data against a pydantic model, and whatever is wrong as one readable error.

pydantic stands at the edges only: files, options of plugins, what a model or a device said.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from zosimos.core.errors import InputError, SpecError, UnitError
from zosimos.core.units import is_unit, parse_quantity

Model = TypeVar("Model", bound=BaseModel)

_PROBLEM: Final = "unit"  # the kind of pydantic's error; most of them are about units


class Part(BaseModel):
    """A part of a file: frozen, and no unknown fields.

    >>> class Options(Part):
    ...     speed: float = 1.0
    >>> Options(speed=2).speed
    2.0
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def quantity(unit: str, *, difference: bool = False) -> BeforeValidator:
    """Return what lets a number be written as text in any unit that converts to ``unit``.

    Args:
        unit: what the number is in.
        difference: whether it is a distance between two values, such as a tolerance: 2 degC are 2 K then.

    >>> from typing import Annotated
    >>> class Options(Part):
    ...     volume: Annotated[float, quantity("mL")]
    >>> Options(volume="2 L").volume
    2000.0
    """
    return BeforeValidator(lambda value: None if value is None else _number(value, unit, "", difference=difference))


def in_unit(value: object, unit: str, part: str) -> object:
    """Return the number that a text gives in a unit that only other data say; what is no text is left as it is.

    For validators that run before a model's own. A unit that is none of physics, such as vials, is taken by its word.

    Args:
        value: what was written.
        unit: the unit it is wanted in.
        part: where it stands below the model's own place, for the error.

    Raises:
        PydanticCustomError: it is no quantity, or in another unit.
    """
    if not isinstance(value, str):
        return value
    bare = value.strip().removesuffix(unit) if unit and not is_unit(unit) else value
    return _number(bare, unit, part)


def _number(value: object, unit: str, part: str, *, difference: bool = False) -> float:
    try:
        return parse_quantity(value, unit, difference=difference)  # type: ignore[arg-type]  # it refuses what is no quantity
    except UnitError as error:
        raise problem(error, part) from error


def problem(error: InputError, part: str = "") -> PydanticCustomError:
    """Return what a validator raises so that :func:`validated` passes an error's value, hint and what is allowed on.

    Args:
        error: what is wrong.
        part: the place of it below the validated field, as a dotted path.
    """
    context = {"problem": error.message, "part": part, "value": error.value}
    return PydanticCustomError(_PROBLEM, "{problem}", {**context, "allowed": error.allowed, "hint": error.hint})


def validated(
    model: type[Model],
    data: Any,
    prefix: str = "",
    *,
    tags: frozenset[str] = frozenset(),
    context: Mapping[str, Any] | None = None,
) -> Model:
    """Validate data with a pydantic model, turning what it finds into one readable error.

    Args:
        model: the model.
        data: untrusted data.
        prefix: the dotted path of the data, for the error.
        tags: of the model's unions; pydantic puts them into the place of a problem.
        context: what the model's validators may ask for.

    Raises:
        SpecError: names every field that is wrong.

    >>> class Options(Part):
    ...     speed: float = 1.0
    >>> validated(Options, {"spede": 2}, "devices.pump")
    Traceback (most recent call last):
    zosimos.core.errors.SpecError: unknown field 'devices.pump.spede'...
    """
    try:
        return model.model_validate(data, context=context)
    except ValidationError as error:
        raise _readable(model, error, prefix, tags) from error
    except InputError as error:
        raise SpecError(
            error.message, field=error.field, value=error.value, allowed=error.allowed, hint=error.hint
        ) from error


def _readable(model: type[BaseModel], error: ValidationError, prefix: str, tags: frozenset[str]) -> SpecError:
    problems = [_problem(model, details, prefix, tags) for details in error.errors(include_url=False)]
    first = problems[0]
    if len(problems) == 1:
        return first
    others = [str(problem).replace("\n", "\n  ") for problem in problems[1:]]
    message = f"{first.message}\n  (and {len(others)} more below)"
    hint = (first.hint + "\n" if first.hint else "see above\n") + "\n".join(others)
    return SpecError(message, field=first.field, value=first.value, allowed=first.allowed, hint=hint)


def _problem(model: type[BaseModel], details: ErrorDetails, prefix: str, tags: frozenset[str]) -> SpecError:
    loc = details["loc"]
    # A tag stands third, after the union's field and the item's name.
    place = [str(part) for i, part in enumerate(loc) if not (i == 2 and part in tags)]
    field = ".".join([prefix, *place] if prefix else place) or "file"
    kind, value = details["type"], details["input"]
    context = details.get("ctx", {})
    if kind == "extra_forbidden":
        known = _fields_at(model, details["loc"][:-1], tags)
        near = difflib.get_close_matches(place[-1], known, n=1)
        return SpecError(
            f"unknown field {field!r}",
            field=field,
            value=value,
            allowed=", ".join(known),
            hint=f"did you mean {near[0]!r}?" if near else "remove it or correct its name",
        )
    if kind == "missing":
        return SpecError(f"field {field!r} is missing", field=field, allowed="it must be given", hint=f"add {field}:")
    if kind == "union_tag_invalid":
        return SpecError(
            f"{field}: unknown type {context.get('tag')!r}", field=field, value=value, allowed=context["expected_tags"]
        )
    if kind == "unknown_type":
        message = f"{field}: unknown type {context['tag']!r}"
        return SpecError(message, field=field, value=value, allowed=context["allowed"], hint=context["hint"])
    if kind == _PROBLEM:
        field = ".".join(part for part in (*([prefix] if prefix else []), *place, context["part"]) if part)
        return SpecError(
            context["problem"], field=field, value=context["value"], allowed=context["allowed"], hint=context["hint"]
        )
    message = details["msg"].removeprefix("Value error, ")
    wrong = None if isinstance(value, Mapping) and kind == "value_error" else value
    hint = "put it in quotes" if kind == "string_type" and isinstance(value, bool | int | float) else ""
    return SpecError(
        f"{field}: {message[:1].lower()}{message[1:]}", field=field, value=wrong, allowed=_allowed(context), hint=hint
    )


def _allowed(context: Mapping[str, Any]) -> str | None:
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below", "expected": "one of"}
    known = [f"{word} {context[key]}" for key, word in words.items() if key in context]
    return ", ".join(known) or None


def _fields_at(model: type[BaseModel], place: Sequence[str | int], tags: frozenset[str]) -> list[str]:
    """Return the field names known at a place of the model, found by walking its annotations."""
    reached: list[Any] = [model]
    for part in place:
        following: list[Any] = []
        for item in reached:
            if isinstance(item, type) and issubclass(item, BaseModel):
                if hasattr(item, "part_at") and isinstance(part, str):  # a part whose model is found by its name
                    following.append(item.part_at(part))
                elif part in item.model_fields:
                    following += _models_in(item.model_fields[str(part)].annotation)
                elif part in tags and item.model_fields.get("type") is not None:
                    following += [item] if part in str(item.model_fields["type"].annotation) else []
                else:
                    following.append(item)
        reached = following or reached
    return sorted({field.alias or name for item in reached for name, field in item.model_fields.items()})


def _models_in(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]

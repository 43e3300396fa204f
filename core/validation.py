"""Validation: untrusted data against a pydantic model, and whatever is wrong as one readable error.

pydantic stands at the edges only: files, options of plugins, what a model or a device said.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ErrorType

from zosimos.core.errors import InputError, SpecError, UnitError
from zosimos.core.units import is_unit, parse_quantity
from zosimos.core.wrong_values import place_of, run_together, wrong, wrong_name

Model = TypeVar("Model", bound=BaseModel)

_PROBLEM: Final = "unit"  # the kind of pydantic's error; most of them are about units
_KEY: Final = "[key]"  # pydantic's word in the place of a problem with a name
_DID_YOU_MEAN: Final = "did you mean "
_PARTS = frozenset({"model_type", "model_attributes_type"})
_PYDANTIC = frozenset(get_args(ErrorType))


@dataclass(frozen=True)
class Source:
    """What is known of the text that data came from: where a field stands, how it may be written, and how it is."""

    where: Callable[[str], str] = lambda _: ""
    example: Callable[[str], str] = lambda _: ""
    text: Callable[[str], str | None] = lambda _: None


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
    source: Source | None = None,
) -> Model:
    """Validate data with a pydantic model, turning what it finds into one readable error.

    Args:
        model: the model.
        data: untrusted data.
        prefix: the dotted path of the data, for the error.
        tags: of the model's unions; pydantic puts them into the place of a problem.
        context: what the model's validators may ask for.
        source: what is known of the text that the data came from.

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
        raise _readable(model, error, prefix, tags, source or Source()) from error
    except InputError as error:
        raise SpecError(
            error.message, field=error.field, value=error.value, allowed=error.allowed, hint=error.hint
        ) from error


def _readable(
    model: type[BaseModel], error: ValidationError, prefix: str, tags: frozenset[str], source: Source
) -> SpecError:
    found = _first_things_first(
        [_problem(model, details, prefix, tags, source) for details in error.errors(include_url=False)]
    )
    for problem in found:
        problem.where = source.where(problem.field or "")
        example = source.example(problem.field or "")
        if problem.message.endswith("is missing"):
            problem.hint = f"add {example or f'{problem.field}:'}"
        elif example and not problem.hint:
            problem.hint = f"such as {example}"
    first = found[0]
    if len(found) == 1:
        return first
    others = [str(problem).replace("\n", "\n  ") for problem in found[1:]]
    message = f"{first.message}\n  (and {len(others)} more below)"
    hint = (first.hint + "\n" if first.hint else "see above\n") + "\n".join(others)
    return SpecError(message, field=first.field, value=first.value, allowed=first.allowed, hint=hint, where=first.where)


def _first_things_first(found: Sequence[SpecError]) -> list[SpecError]:
    """Return problems, names written wrongly first, without the fields that are missing only because of these."""
    meant = {
        f"{(problem.field or '').rpartition('.')[0]}.{problem.hint.split(chr(39))[1]}".lstrip(".")
        for problem in found
        if problem.hint.startswith(_DID_YOU_MEAN)
    }
    around = {name.rpartition(".")[0] for name in meant - {problem.field or "" for problem in found}}
    rest = [
        problem
        for problem in found
        if not problem.message.endswith("is missing")
        or (problem.field not in meant and (problem.field or "").rpartition(".")[0] not in around - {""})
    ]
    return sorted(rest, key=lambda problem: not problem.message.startswith("unknown field"))


def _problem(
    model: type[BaseModel], details: ErrorDetails, prefix: str, tags: frozenset[str], source: Source
) -> SpecError:
    loc = [part for part in details["loc"] if part != _KEY]
    # A tag stands third, after the union's field and the item's name.
    parts = [part for i, part in enumerate(loc) if not (i == 2 and part in tags)]
    place = [str(part) for part in parts]
    field = ".".join([prefix, *place] if prefix else place) or "file"
    kind, value = details["type"], details["input"]
    context = details.get("ctx", {})
    if kind == "invalid_key" or (_KEY in details["loc"] and kind == "string_type"):
        message, hint = wrong_name(value)
        return SpecError(f"{'.'.join(place[:-1])}: {message}", field=".".join(place[:-1]), value=value, hint=hint)
    if kind == "extra_forbidden":
        known = _fields_at(model, loc[:-1], tags)
        others = _fields_at(model, parts[:-1], frozenset())  # of the other parts that may stand there
        near = difflib.get_close_matches(place[-1].partition(":")[0], [*known, *others], n=1)
        hint = f"{_DID_YOU_MEAN}{near[0]!r}?" if near else "remove it or correct its name"
        if value is None or ":" in place[-1]:
            hint = run_together(place[-1])
        return SpecError(f"unknown field {field!r}", field=field, value=value, allowed=", ".join(known), hint=hint)
    if kind == "missing":
        return SpecError(f"field {field!r} is missing", field=field, allowed="it must be given", hint="")
    if kind == "union_tag_invalid":
        tag = context.get("tag")
        told = "its type is missing" if tag in (None, "None") else f"unknown type {tag!r}"
        return SpecError(f"{field}: {told}", field=field, value=value, allowed=context["expected_tags"])
    if kind == "unknown_type":
        message = f"{field}: unknown type {context['tag']!r}"
        return SpecError(message, field=field, value=value, allowed=context["allowed"], hint=context["hint"])
    if kind == _PROBLEM:
        field = ".".join(part for part in (*([prefix] if prefix else []), *place, context["part"]) if part)
        return SpecError(
            context["problem"], field=field, value=context["value"], allowed=context["allowed"], hint=context["hint"]
        )
    if kind == "value_error" or kind not in _PYDANTIC:
        message = details["msg"].removeprefix("Value error, ")
        given = None if isinstance(value, Mapping) and kind == "value_error" else value
        return SpecError(f"{field}: {message[:1].lower()}{message[1:]}", field=field, value=given)
    said = source.text(field) if isinstance(value, bool) else None
    message, allowed, hint = wrong(kind, value, context, _fields_at(model, loc, tags) if kind in _PARTS else (), said)
    value = said if said is not None else value
    named = f"{prefix}.{place_of(parts)}" if prefix else place_of(parts)
    return SpecError(f"{named}: {message}", field=field, value=value, allowed=allowed, hint=hint)


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

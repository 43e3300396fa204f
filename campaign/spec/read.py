"""Reading a spec: YAML or plain data in, a validated spec or one clear block of problems out."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from zosimos.campaign import yaml
from zosimos.campaign.spec.model import CampaignSpec
from zosimos.core.errors import InputError, SpecError

Model = TypeVar("Model", bound=BaseModel)

_TAGS = {"continuous", "integer", "discrete", "categorical", "expression", "linear", "simplex"}
_TAGGED = ("space", "constraints")  # a tag stands third in the place of a problem inside these


def read_spec(path: Path, overrides: Sequence[str] = ()) -> CampaignSpec:
    """Read a campaign file, with ``path=value`` overrides applied first.

    Raises:
        SpecError: the file or an override is wrong; names the field, the value, what is allowed and the fix.
    """
    data = read_mapping(path)
    for text in overrides:
        place, value = parse_assignment(text)
        data = with_value(data, place, value)
    return parse_spec(data)


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds names and values.

    Raises:
        SpecError: it cannot be read, is not YAML or holds something else.
    """
    data = yaml.parse(yaml.read_text(path), str(path))
    if not isinstance(data, dict):
        raise SpecError(
            f"{path} is not a campaign file",
            field="file",
            value=type(data).__name__,
            allowed="'name: value' lines: name, objectives, budget and the like",
        )
    return data


def parse_spec(data: Any) -> CampaignSpec:
    """Validate plain data as a spec.

    Raises:
        SpecError: names every field that is wrong.
    """
    return validated(CampaignSpec, data)


def validated(model: type[Model], data: Any, prefix: str = "") -> Model:
    """Validate data with a pydantic model, turning what it finds into one readable error.

    Raises:
        SpecError: names every field that is wrong.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _readable(model, error, prefix) from error
    except InputError as error:
        raise SpecError(
            error.message, field=error.field, value=error.value, allowed=error.allowed, hint=error.hint
        ) from error


def parse_assignment(text: str) -> tuple[str, Any]:
    """Return the path and the value of ``path=value``; the value is read as YAML.

    Raises:
        SpecError: there is no ``=`` or no path.

    >>> parse_assignment("space.temperature.max=80")
    ('space.temperature.max', 80)
    """
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise SpecError(
            "not an assignment", field="--set", value=text, allowed="path=value, such as space.temperature.max=80"
        )
    return path.strip(), yaml.parse(value, f"--set {path.strip()}")


def with_value(data: Mapping[str, Any], path: str, value: Any, within: str = "") -> dict[str, Any]:
    """Return a copy of nested data with the value at a dotted path replaced; names may themselves hold dots.

    Raises:
        SpecError: there is nothing inside a part of the path; ``within`` is the path of the data, for this message.
    """
    changed = dict(data)
    if path in changed or "." not in path:
        changed[path] = value
        return changed
    names = sorted(map(str, changed), key=len, reverse=True)  # a file's keys may be numbers
    name = next((name for name in names if path.startswith(f"{name}.")), path.split(".", 1)[0])
    inner = changed.get(name)
    if inner is None:
        inner = {}
    if not isinstance(inner, Mapping):
        raise SpecError(
            f"{within}{name} has nothing inside it to set",
            field=f"{within}{path}",
            value=inner,
            hint=f"set {within}{name} itself to a new value",
        )
    changed[name] = with_value(inner, path[len(name) + 1 :], value, f"{within}{name}.")
    return changed


def _readable(model: type[BaseModel], error: ValidationError, prefix: str) -> SpecError:
    problems = [_problem(model, details, prefix) for details in error.errors(include_url=False)]
    first = problems[0]
    if len(problems) == 1:
        return first
    others = [str(problem).replace("\n", "\n  ") for problem in problems[1:]]
    message = f"{first.message}\n  (and {len(others)} more below)"
    hint = (first.hint + "\n" if first.hint else "see above\n") + "\n".join(others)
    return SpecError(message, field=first.field, value=first.value, allowed=first.allowed, hint=hint)


def _problem(model: type[BaseModel], details: ErrorDetails, prefix: str) -> SpecError:
    loc = details["loc"]
    tagged = len(loc) > 2 and loc[0] in _TAGGED and loc[2] in _TAGS
    place = [str(part) for i, part in enumerate(loc) if not (tagged and i == 2)]
    field = ".".join([prefix, *place] if prefix else place) or "file"
    kind, value = details["type"], details["input"]
    context = details.get("ctx", {})
    if kind == "extra_forbidden":
        known = _fields_at(model, details["loc"][:-1])
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
    if kind == "unit":
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


def _fields_at(model: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    """Return the field names known at a place of the model, found by walking its annotations."""
    reached: list[Any] = [model]
    for part in place:
        following: list[Any] = []
        for item in reached:
            if isinstance(item, type) and issubclass(item, BaseModel):
                if part in item.model_fields:
                    following += _models_in(item.model_fields[str(part)].annotation)
                elif part in _TAGS and item.model_fields.get("type") is not None:
                    following += [item] if part in str(item.model_fields["type"].annotation) else []
                else:
                    following.append(item)
        reached = following or reached
    return sorted({name for item in reached for name in item.model_fields})


def _models_in(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]

"""Parameter types that other packages bring: found by name, made from a campaign file's fields, and looked over.

An entry point of the group names a class, or a function, that makes a :class:`~zosimos.core.parameter.Parameter` from
keywords: ``name``, ``unit``, ``role``, and the fields that the campaign file gives besides. Nothing is imported before
a campaign asks for the type; one that is broken is named with its package, and all others go on working.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_args

import numpy as np

from zosimos.core.errors import InputError, SpecError
from zosimos.core.nearest import did_you_mean
from zosimos.core.parameter import ColumnKind, Parameter, Scale, ValueKind
from zosimos.core.plugins import offered, package_of, plugin
from zosimos.core.values import Role, is_number

GROUP = "zosimos.parameters"
"""Entry-point group of parameter types."""

GIVEN = ("name", "unit", "role")
"""The keywords that every type takes; a campaign file gives the others."""

_LOOKED_AT = np.linspace(0.0, 1.0, 5)


def type_names() -> tuple[str, ...]:
    """Return the names of the types that installed packages bring, sorted; nothing is imported."""
    return tuple(sorted(offered(GROUP)))


def make_parameter(type_name: str, name: str, unit: str, role: Role, fields: Mapping[str, Any]) -> Parameter:
    """Return a parameter of a type that a package brings.

    Args:
        type_name: the type's name.
        name: the parameter's name.
        unit: of its values.
        role: who sets it.
        fields: the type's own, by name.

    Raises:
        SpecError: there is no such type, it is broken, or it refuses the fields; names the field, or the package.
    """
    place = f"space.{name}"
    make = _loaded(type_name, place)
    _check_fields(make, type_name, place, fields)
    try:
        made = make(name=name, unit=unit, role=role, **fields)
    except InputError as error:
        field = error.field if error.field and error.field.startswith(place) else _joined(place, error.field)
        raise SpecError(
            error.message, field=field, value=error.value, allowed=error.allowed, hint=error.hint
        ) from error
    except Exception as error:  # a plugin may raise anything: it is named
        raise _broken(type_name, place, f"cannot be made: {type(error).__name__}: {error}") from error
    wrong = contradiction(made)
    if wrong:
        raise _broken(type_name, place, f"makes a {type(made).__name__}, {wrong}")
    for what, asked, found in (("name", name, made.name), ("unit", unit, made.unit), ("role", role, made.role)):
        if asked != found:
            raise _broken(type_name, place, f"was given the {what} {asked!r} and has {found!r}")
    return made  # type: ignore[no-any-return]  # contradiction found that it is a Parameter


def contradiction(made: Any) -> str:
    """Return in words what a thing lacks to be a parameter, or in what its answers contradict each other; or "".

    >>> from zosimos.core.parameters import Integer
    >>> contradiction(Integer("n", 1, 4)), contradiction(4)[:30]
    ('', 'which lacks allowed, allows, b')
    """
    try:
        missing = [name for name in sorted(vars(Parameter)) if not name.startswith("_") and not hasattr(made, name)]
        if missing:
            return f"which lacks {', '.join(missing)}"
        return _odd_facts(made) or _odd_value(made)
    except Exception as error:  # noqa: BLE001 - whatever it raises is what is wrong with it
        return f"which fails with {type(error).__name__}: {error}"


def _odd_facts(made: Any) -> str:
    for what, value, known in (
        ("kind", made.kind, get_args(ValueKind)),
        ("scale", made.scale, get_args(Scale)),
        ("columns", made.columns, get_args(ColumnKind)),
        ("role", made.role, get_args(Role)),
    ):
        if value not in known:
            return f"whose {what} is {value!r}, none of {', '.join(known)}"
    for what, number, least in (("count", made.count, 0), ("width", made.width, 1)):
        if not isinstance(number, int) or isinstance(number, bool) or number < least:
            return f"whose {what} is {number!r}, no whole number of {least} or more"
    if made.kind != "number" and made.count < 1:
        return f"whose values are of the kind {made.kind} and cannot be counted: its count is {made.count}"
    if made.kind == "text":
        return "" if made.scale == "own" else f"whose values are texts on a {made.scale} scale, not on their own"
    return _odd_numbers(made)


def _odd_numbers(made: Any) -> str:
    bounds = made.bounds
    if bounds is None or len(bounds) != 2 or not all(map(is_number, bounds)) or not bounds[0] < bounds[1]:
        return f"whose bounds are {bounds!r}, not a lower and a higher number"
    if made.scale != "own" and (made.width, made.columns) != (1, "numeric"):
        return f"whose {made.scale} scale goes with one numeric column, not with {made.width} ({made.columns})"
    if made.scale == "log" and bounds[0] <= 0:
        return f"whose scale is logarithmic though its values begin at {bounds[0]:g}"
    return ""


def _odd_value(made: Any) -> str:
    """Return what is wrong with some values and their columns: a first look, before a kit's many."""
    column = made.drawn(_LOOKED_AT)
    if not isinstance(column, np.ndarray):
        return f"which draws a {type(column).__name__}, not an array"
    if column.shape != _LOOKED_AT.shape:
        return f"which draws an array of shape {column.shape} at {len(_LOOKED_AT)} coordinates"
    for value in column.tolist():
        if made.kind == "text" and not isinstance(value, str):
            return f"whose values are of the kind text and which draws {value!r}"
        if made.kind != "text" and not is_number(value):
            return f"whose values are numbers and which draws {value!r}"
        problem = made.problem(value)
        if problem is not None:
            return f"which draws a value that it refuses: {problem}"
    columns = made.encoded(column)
    if not isinstance(columns, np.ndarray):
        return f"whose model columns are a {type(columns).__name__}, not an array"
    if columns.shape != (len(column), made.width) or not np.all(np.isfinite(columns)):
        return f"whose model columns of {len(column)} values are not {len(column)} x {made.width} finite numbers"
    return ""


def _loaded(type_name: str, place: str) -> Callable[..., Any]:
    try:
        found = plugin(GROUP, type_name, "parameter type", f"{place}.type")
    except SpecError:
        raise
    except Exception as error:
        raise _broken(type_name, place, f"cannot be loaded: {type(error).__name__}: {error}") from error
    if not callable(found):
        raise _broken(type_name, place, f"is a {type(found).__name__}, which makes nothing")
    return found  # type: ignore[no-any-return]  # callable: checked


def _check_fields(make: Callable[..., Any], type_name: str, place: str, fields: Mapping[str, Any]) -> None:
    """Refuse fields that the type does not take, and name those that it needs."""
    try:
        takes = inspect.signature(make).parameters
    except (TypeError, ValueError):  # not every callable has one
        return
    if any(one.kind is one.VAR_KEYWORD for one in takes.values()):
        return
    lacking = [name for name in GIVEN if name not in takes]
    if lacking:
        raise _broken(type_name, place, f"takes no {' and no '.join(lacking)}")
    own = [name for name in takes if name not in GIVEN]
    for name, value in fields.items():
        if name not in own:
            raise SpecError(
                f"unknown field {_joined(place, name)!r} of the type {type_name}",
                field=_joined(place, name),
                value=value,
                allowed=", ".join([*own, "unit, role, when, default, error"]),
                hint=did_you_mean(name, own, "remove it or correct its name"),
            )
    for name in own:
        if takes[name].default is inspect.Parameter.empty and name not in fields:
            field = _joined(place, name)
            raise SpecError(f"field {field!r} is missing", field=field, allowed="it must be given", hint=f"add {name}:")


def _joined(place: str, field: str | None) -> str:
    return f"{place}.{field}" if field else place


def _broken(type_name: str, place: str, why: str) -> SpecError:
    package = package_of(GROUP, type_name)
    return SpecError(
        f"the parameter type {type_name!r}{f' of the package {package}' if package else ''} {why}",
        field=f"{place}.type",
        value=type_name,
        hint="use another type, or ask its author to run zosimos.testing.check_parameter",
    )

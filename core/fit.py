"""Whether a constraint fits the parameters it speaks of, before anything is planned with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Cardinality, Condition, Constraint, Linear, Nested, Predicate, Simplex
from zosimos.core.errors import SpecError
from zosimos.core.parameters import Continuous, Parameter, levels_of


def check_constraint(constraint: Constraint, parameters: Mapping[str, Parameter], *, listed: bool) -> None:
    """Refuse a constraint that does not fit the parameters.

    Args:
        constraint: to be judged.
        parameters: all of the space, by name.
        listed: the candidates come from a pool, so that nothing has to be generated.

    Raises:
        SpecError: it speaks of an unknown or unfit parameter, or of an unknown choice.
    """
    for name in sorted(constraint.names):
        parameter = parameters.get(name)
        if parameter is None:
            raise SpecError(
                f"constraint {str(constraint)!r} speaks of an unknown parameter {name!r}",
                field="constraints",
                value=name,
                allowed=", ".join(parameters),
            )
        if isinstance(constraint, Linear | Simplex | Cardinality) and parameter.kind == "text":
            raise SpecError(
                f"constraint {str(constraint)!r} counts or adds up {name!r}, which has no numbers",
                field="constraints",
                value=name,
                allowed="numeric parameters",
            )
        if isinstance(constraint, Simplex | Cardinality) and not listed:
            _check_part(constraint, parameter)
    if isinstance(constraint, Nested):
        _check_nested(constraint, parameters)
    elif isinstance(constraint, Condition):
        _check_condition(constraint, parameters)
    elif isinstance(constraint, Predicate):
        constraint.holds(_sample(parameters, 1))
        constraint.holds(_sample(parameters, 3))


def _check_part(constraint: Simplex | Cardinality, parameter: Parameter) -> None:
    """Refuse a part of which no amounts can be made.

    The one question to a type by name: amounts are drawn and mended together, in even steps between two ends, and only
    :class:`Continuous` promises these.
    """
    if not isinstance(parameter, Continuous) or parameter.role == "context":
        raise SpecError(
            f"part {parameter.name!r} of {str(constraint)!r} is not continuous"
            if parameter.role == "control"
            else f"part {parameter.name!r} of {str(constraint)!r} is a condition of the day: it is not chosen",
            field="constraints",
            value=parameter.name,
            allowed="continuous parameters that are chosen",
            hint="give it a step for amounts on a grid; use a linear constraint for levels and whole numbers",
        )
    if isinstance(constraint, Cardinality):
        least = constraint.least(parameter.name)
        if parameter.low < 0 or least > parameter.high:
            raise SpecError(
                f"part {parameter.name!r} of {str(constraint)!r} cannot be absent, nor present in its range",
                field=f"space.{parameter.name}",
                value=f"{parameter.low:g} to {parameter.high:g}, at least {least:g} when present",
                allowed="min: 0 for a part that may be absent, above 0 for one that is always there; "
                "a minimum amount up to its max",
            )


def _check_condition(constraint: Condition, parameters: Mapping[str, Parameter]) -> None:
    """Refuse arithmetic on text, and choices that do not exist."""
    constraint.holds(_sample(parameters, 1))
    known = {str(choice) for p in parameters.values() if p.kind == "text" for choice in levels_of(p)}
    for text in sorted(constraint.expression.quoted - known):
        raise SpecError(
            f"constraint {str(constraint)!r} speaks of an unknown choice {text!r}",
            field="constraints",
            value=text,
            allowed=", ".join(sorted(known)) or "no parameter has choices",
        )


def _check_nested(constraint: Nested, parameters: Mapping[str, Parameter]) -> None:
    """Refuse a parameter that is not chosen, a default that is no value of it, and parents without such values."""
    nested = parameters[constraint.name]
    problem = nested.problem(constraint.default)
    if nested.role == "context" or problem is not None:
        raise SpecError(
            f"parameter {nested.name!r} cannot be nested: it is a condition of the day"
            if nested.role == "context"
            else f"the default of {nested.name!r} is no value of it: {problem}",
            field=f"space.{nested.name}.default",
            value=constraint.default,
            allowed="a value that the parameter could take",
        )
    for name, values in constraint.when.items():
        parent = parameters[name]
        if parent.count == 0:
            raise SpecError(
                f"parameter {nested.name!r} cannot depend on {name!r}, which takes any number of a range",
                field=f"space.{nested.name}.when.{name}",
                value=name,
                allowed="a parameter with choices, levels or whole numbers",
                hint='write it as a constraint, such as "x <= 1 or y == 0"',
            )
        for value in values:
            wrong = parent.problem(value)
            if wrong is not None:
                raise SpecError(
                    f"parameter {nested.name!r} is said to count where {name} is {value!r}, which it never is",
                    field=f"space.{nested.name}.when.{name}",
                    value=value,
                    allowed=wrong,
                )


def _sample(parameters: Mapping[str, Parameter], count: int) -> dict[str, NDArray[Any]]:
    """Return columns of a few rows, for trying a constraint out."""
    points = (np.arange(count) + 0.5) / count
    return {name: parameter.drawn(points) for name, parameter in parameters.items()}

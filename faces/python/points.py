"""Points: values of one's own as Python gives them, checked against the space."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.errors import DataError
from zosimos.core.nearest import did_you_mean
from zosimos.core.parameters import levels_of
from zosimos.faces.python.words import plain


def own_values(setup: Setup, state: State, given: Mapping[str, Any], *, outside: bool = False) -> dict[str, Any]:
    """Return values of one's own in the space's order.

    Args:
        setup: of the campaign.
        state: of the campaign.
        given: a value for each parameter.
        outside: whether numbers outside the range or off the levels are welcome.

    Raises:
        DataError: a name is unknown or missing, or a value cannot be had.
    """
    space = setup.space(state.spec)
    for name in given:
        if name not in space.by_name:
            raise unknown("parameter", str(name), space.names)
    for name in space.names:
        if name not in given:
            raise DataError(
                f"{name} is missing", field=name, allowed=space.by_name[name].allowed, hint=f"give {name} a value"
            )
    values = {**space.canonical({name: plain(given[name]) for name in space.names})}
    for name, parameter in space.by_name.items():
        problem = space.value_problem(name, values[name])
        if problem is not None and not (outside and is_finite(values[name]) and parameter.kind != "text"):
            raise DataError(
                problem,
                field=name,
                value=values[name],
                allowed=parameter.allowed,
                hint=did_you_mean(str(values[name]), map(str, levels_of(parameter)))
                if parameter.kind == "text"
                else "correct the value; outside=True takes it all the same",
            )
    return values


def is_finite(value: Any) -> bool:
    """Say whether a value is a finite number of whatever kind; yes and no are none."""
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)


def unknown(what: str, name: str, known: Iterable[str]) -> DataError:
    """Return the error that says that there is no such name, and which is the nearest."""
    names = list(known)
    return DataError(
        f"there is no {what} {name!r}",
        field=name,
        value=name,
        allowed=", ".join(names),
        hint=did_you_mean(name, names),
    )

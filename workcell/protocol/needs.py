"""What a protocol needs of each place, over the whole search space: for budgets, stock and waste."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from zosimos.core.errors import ExecutionError, SpecError
from zosimos.core.parameters import Values, value_at
from zosimos.core.space import SearchSpace
from zosimos.workcell.fields import amounts
from zosimos.workcell.protocol.model import Protocol

_MOST_CORNERS = 1024


def corners(space: SearchSpace) -> Iterator[Values]:
    """Yield the corners of a space that its constraints allow, and its centre."""
    names = list(space.by_name)
    ends = ((0.0, 1.0) for _ in names)
    points = itertools.chain([(0.5,) * len(names)], itertools.islice(itertools.product(*ends), _MOST_CORNERS))
    for point in points:
        values = {name: value_at(space.by_name[name], u) for name, u in zip(names, point, strict=True)}
        if not space.problems(values):
            yield values


def numbers_of(values: Mapping[str, Any]) -> dict[str, float]:
    """Return those values that are numbers."""
    return {name: float(value) for name, value in values.items() if isinstance(value, int | float)}


def drawn(protocol: Protocol, values: Mapping[str, Any], places: Collection[str]) -> dict[str, float]:
    """Return what an experiment draws from some places, in each place's unit; formulas of readings count as nothing.

    Raises:
        SpecError: a number of the protocol is outside its range.
    """
    numbers = numbers_of(values)
    sums: dict[str, float] = {}
    for place, step in protocol.walk():
        for field, amount in amounts(step.action, f"{place}.{step.kind}"):
            if not amount.names <= numbers.keys():
                continue
            try:
                amount.value(numbers)
            except ExecutionError as error:
                at = ", ".join(f"{name} {values[name]:g}" for name in sorted(amount.names))
                raise SpecError(
                    f"{place}: {error.message}" + (f" where {at}" if at else ""),
                    field=field,
                    value=f"{error.value:g} {amount.unit}".rstrip() if isinstance(error.value, float) else error.value,
                    allowed=f"{error.allowed}, at every point of the space",
                    hint="narrow the bounds, add a constraint, or change the formula",
                ) from error
        for source, amount_drawn in step.action.draws(numbers).items():
            if source in places:
                sums[source] = sums.get(source, 0.0) + amount_drawn
    return sums


def largest(
    protocol: Protocol, space: SearchSpace, constants: Mapping[str, Any], places: Collection[str]
) -> list[dict[str, float]]:
    """Return what an experiment draws from some places at each corner of the space.

    Raises:
        SpecError: a number of the protocol is outside its range at one of them.
    """
    return [drawn(protocol, {**constants, **values}, places) for values in corners(space)]

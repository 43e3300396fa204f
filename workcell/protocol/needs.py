"""What a protocol needs of each place, over the whole search space: for budgets, stock and waste."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from zosimos.core.errors import ExecutionError, SpecError
from zosimos.core.parameters import Values, value_at
from zosimos.core.space import SearchSpace
from zosimos.workcell.actions.registry import blaming
from zosimos.workcell.protocol.fields import amounts
from zosimos.workcell.protocol.model import Protocol

_MOST_CORNERS = 1024
_SPREAD = 512


def corners(space: SearchSpace) -> Iterator[Values]:
    """Yield the corners of a space that its constraints allow, and its centre.

    Constraints cut corners off: then what is largest lies inside, and points spread over the space are yielded too.
    """
    names = list(space.by_name)
    ends = ((0.0, 1.0) for _ in names)
    points: Iterator[Sequence[float]] = itertools.chain(
        [(0.5,) * len(names)], itertools.islice(itertools.product(*ends), _MOST_CORNERS)
    )
    if space.constraints:
        points = itertools.chain(points, _spread(len(names)))
    for point in points:
        values = {name: value_at(space.by_name[name], u) for name, u in zip(names, point, strict=True)}
        if not space.problems(values):
            yield values


def _spread(dimensions: int) -> Iterator[tuple[float, ...]]:
    """Yield points evenly spread over the unit cube: the R sequence (Roberts, 2018), a lattice of powers of a root."""
    root = 2.0
    for _ in range(64):
        root = (1.0 + root) ** (1.0 / (dimensions + 1))  # converges to the root of x^(d+1) = x + 1
    steps = [root ** -(axis + 1) for axis in range(dimensions)]
    for index in range(1, _SPREAD + 1):
        yield tuple((0.5 + index * step) % 1.0 for step in steps)


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
        with blaming(step.kind, f"{place}.{step.kind}"):
            drawn_here = dict(step.action.draws(numbers))
        for source, amount_drawn in drawn_here.items():
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

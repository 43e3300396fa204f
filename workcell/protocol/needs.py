"""What a protocol needs of each place, over the whole search space: for budgets, stock and waste."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from zosimos.core.errors import SpecError
from zosimos.core.parameters import Values, value_at
from zosimos.core.space import SearchSpace
from zosimos.workcell.protocol.check import formula
from zosimos.workcell.protocol.model import Dispense, Protocol, Rinse

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


def drawn(protocol: Protocol, values: Mapping[str, Any], places: Collection[str]) -> dict[str, float]:
    """Return how many mL an experiment draws from some places; formulas of readings count as nothing.

    Raises:
        SpecError: a volume is negative.
    """
    numbers = {name: float(value) for name, value in values.items() if isinstance(value, int | float)}
    sums: dict[str, float] = {}
    for place, step in protocol.walk():
        action = step.action
        if not isinstance(action, Dispense | Rinse):
            continue
        wanted = formula(action.volume)
        if not wanted.names <= numbers.keys():
            continue
        volume = wanted.value(numbers)
        if volume < -1e-9:
            at = ", ".join(f"{name} {values[name]:g}" for name in sorted(wanted.names) if name in numbers)
            raise SpecError(
                f"{place}: the volume {action.volume} is {volume:g} mL where {at}",
                field=f"{place}.{step.kind}.volume",
                value=f"{volume:g} mL",
                allowed="0 mL or more at every point of the space",
                hint="narrow the bounds, add a constraint, or mix a larger volume",
            )
        times = action.times if isinstance(action, Rinse) else 1
        if action.source not in places:
            continue
        sums[action.source] = sums.get(action.source, 0.0) + times * max(0.0, volume)
    return sums


def largest(
    protocol: Protocol, space: SearchSpace, constants: Mapping[str, Any], places: Collection[str]
) -> list[dict[str, float]]:
    """Return what an experiment draws from some places at each corner of the space.

    Raises:
        SpecError: a volume is negative at one of them.
    """
    return [drawn(protocol, {**constants, **values}, places) for values in corners(space)]

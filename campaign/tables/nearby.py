"""Nearby: the experiments that may be at a row's values, found without going over all of them for every row."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping

from zosimos.campaign.control.comparing import SAME
from zosimos.campaign.definition.knob import Traits
from zosimos.core.parameters import Values
from zosimos.core.values import Value

_ROOM = 4 * SAME  # of a value: more than what is the same may be off


class Nearby:
    """Experiments by their names of choices and, among equal ones, in the order of the number that differs most.

    Args:
        places: ids, each with the values of an experiment; those that lack a parameter are at no row's values.
        traits: of all parameters.
    """

    def __init__(self, places: Iterable[tuple[str, Values]], traits: Mapping[str, Traits]) -> None:
        known = [(name, values) for name, values in places if values.keys() >= traits.keys()]
        self._texts = [name for name, one in traits.items() if one.kind == "text"]
        numbers = [name for name in traits if name not in self._texts]
        self._number = max(numbers, key=lambda name: len({values[name] for _, values in known}), default="")
        self._groups: dict[tuple[Value, ...], list[tuple[float, int, str]]] = defaultdict(list)
        for order, (name, values) in enumerate(known):
            self._groups[self._key(values)].append((self._place(values), order, name))
        for group in self._groups.values():
            group.sort()

    def at(self, values: Values, halves: Mapping[str, float]) -> list[str]:
        """Return the ids of experiments that may be at some values, in their order; all others are elsewhere.

        Args:
            values: of every parameter.
            halves: half of what the last digit of numbers counts.
        """
        group, place = self._groups.get(self._key(values), []), self._place(values)
        width = halves.get(self._number, 0.0) * (1 + SAME) + _ROOM * abs(place)
        found = group[bisect_left(group, (place - width,)) : bisect_right(group, (place + width, math.inf))]
        return [name for _, _, name in sorted(found, key=lambda one: one[1])]

    def _key(self, values: Values) -> tuple[Value, ...]:
        return tuple(values[name] for name in self._texts)

    def _place(self, values: Values) -> float:
        return float(values[self._number]) if self._number else 0.0

"""Returned: the numbers and sentences in the JSON data that tools returned, and what they are of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zosimos.agent.grounding.numerals import numerals
from zosimos.agent.grounding.sight import sight
from zosimos.core.values import is_number

_MOST = 5000  # numbers that are read
_LONGEST = 4000
_OTHERS = frozenset({"proposals", "preview", "now", "then", "changes", "old", "new", "content", "words"})


@dataclass(frozen=True)
class Returned:
    """A number that a tool returned, of which quantities it is, and whether it is only proposed.

    ``unit`` is the one written beside it; empty: none is. ``experiment`` is the one that it is of, as far as the tool
    says so.
    """

    value: float
    unit: str
    names: frozenset[str]
    proposed: bool
    experiment: str = ""


def returned(data: object, names: tuple[str, ...]) -> Iterator[Returned]:
    """Yield the numbers in what tools returned, but for those of experiments, which the record has itself.

    >>> found = returned({"parameter": "blue", "share": "64 %"}, ("blue",))
    >>> [(one.value, one.unit, sorted(one.names)) for one in found]
    [(64.0, '%', ['blue'])]
    """
    waiting: list[tuple[object, frozenset[str], bool, str]] = [(data, frozenset(), False, "")]
    left = _MOST
    while waiting and left > 0:
        one, of, proposed, experiment = waiting.pop()
        if isinstance(one, Mapping):
            if "outcomes" in one and "values" in one:
                continue  # an experiment
            own = {value for value in one.values() if isinstance(value, str) and value in names}
            experiment = one["experiment"] if isinstance(one.get("experiment"), str) else experiment
            path = str(one.get("path", ""))
            own |= {name for name in names if name in path.split(".")}
            for key, value in one.items():
                named = {key} & set(names)
                for digits in re.findall(r"\d{1,9}", str(key)[:_LONGEST]):  # such as within_90
                    yield from (Returned(float(digits), unit, of, proposed, experiment) for unit in ("", "%"))
                waiting.append((value, of | own | named, proposed or key in _OTHERS, experiment))
        elif isinstance(one, list | tuple):
            waiting += [(item, of, proposed, experiment) for item in one]
        elif is_number(one):
            left -= 1
            yield Returned(float(str(one)), "", of, proposed, experiment)
        elif isinstance(one, str):
            for found in numerals(sight(one[:_LONGEST]).seen):
                left -= 1
                yield Returned(found.value, found.unit, of, proposed, experiment)


def texts_in(data: Any) -> Iterator[str]:
    """Yield the lines of the texts in data that say something: those of three words or more."""
    waiting = [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
        elif isinstance(one, str):
            lines = (line.strip() for line in one[:_LONGEST].splitlines())
            yield from (line for line in lines if len(re.findall(r"[A-Za-z]{2,}", line)) >= 3)

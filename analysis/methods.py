"""Methods: named ways from readings to quantities, found as plugins, so that a protocol can name them.

A method takes JSON data and gives JSON data; numbers among what it gives may become measurements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from zosimos.core.plugins import plugin

GROUP = "zosimos.analyses"


@dataclass(frozen=True)
class Quantity:
    """A computed value and its standard uncertainty."""

    value: float
    uncertainty: float | None = None


@dataclass(frozen=True)
class Method:
    """A way from readings to quantities: what it needs and gives, by name, and the function that works it out.

    >>> doubled = Method(("reading",), ("signal",), lambda inputs: {"signal": {"value": 2 * inputs["reading"]}})
    >>> doubled.compute({"reading": 1.5})
    {'signal': {'value': 3.0}}
    """

    needs: tuple[str, ...]
    gives: tuple[str, ...]
    compute: Callable[[Mapping[str, Any]], Mapping[str, Any]]


def method(name: str, field: str = "method") -> Method:
    """Return the method of a name.

    Raises:
        SpecError: there is none.
    """
    found: Method = plugin(GROUP, name, "method", field)
    return found

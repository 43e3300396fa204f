"""Methods: named ways from readings to quantities, found as plugins, so that a protocol can name them.

A method takes JSON data and gives JSON data; numbers among what it gives may become measurements. It says in which
units it takes and gives them, so that a number in another unit is refused before it is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zosimos.core.errors import SpecError
from zosimos.core.plugins import load_all, plugin

GROUP = "zosimos.analyses"


@dataclass(frozen=True)
class Quantity:
    """A computed value and its standard uncertainty, with that of what is the same for all results where it is said.

    Without ``u_shared`` nobody says which part of the uncertainty is which; with it ``uncertainty`` is what scatters.
    """

    value: float
    uncertainty: float | None = None
    u_shared: float | None = None


@dataclass(frozen=True)
class Method:
    """A way from readings to quantities.

    Args:
        needs: what it works with, by name.
        gives: what it works out, by name.
        compute: the function that works it out.
        takes: the unit in which it takes each number that it needs; what has none, or is no number, is left out.
        units: the unit of each quantity that it gives, empty for a plain number; what is no quantity is left out.

    Raises:
        SpecError: a unit is said of something that it neither needs nor gives.

    >>> ratio = Method(("mass", "volume"), ("density",), lambda given: {"density": given["mass"] / given["volume"]},
    ...                takes={"mass": "g", "volume": "mL"}, units={"density": "g/mL"})
    >>> ratio.units["density"]
    'g/mL'
    """

    needs: tuple[str, ...]
    gives: tuple[str, ...]
    compute: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    takes: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what, said, known in (("takes", self.takes, self.needs), ("units", self.units, self.gives)):
            for name in said:
                if name not in known:
                    raise SpecError(
                        f"a method says the unit of {name!r}, which is none of its names",
                        field=f"{what}.{name}",
                        value=said[name],
                        allowed=", ".join(known),
                    )


def method(name: str, field: str = "method") -> Method:
    """Return the method of a name.

    Raises:
        SpecError: there is none.
    """
    found: Method = plugin(GROUP, name, "method", field)
    return found


def known_methods() -> Mapping[str, Method]:
    """Return the methods that can be used, by name.

    >>> sorted(known_methods()["absorbance"].needs)
    ['blank', 'channel', 'reading']
    """
    return load_all(GROUP, Method, "method").sound

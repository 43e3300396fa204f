"""A capability: what a protocol may ask of an instrument, found by name through entry points.

Protocols name capabilities, labs bind devices to them, drivers implement their Protocol classes. Each is one file that
holds all there is to know of it: the Protocol, its value types, its verbs, and acts for the conformance kit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from zosimos.core.errors import SpecError
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.verbs import Declaration, Safe, Verb, declarations

__all__ = ["Act", "Acts", "Call", "Capability", "Safe", "Verb", "capabilities", "capability"]

Call: TypeAlias = Callable[[Any], Awaitable[object]]


@dataclass(frozen=True)
class Act:
    """Something that can be asked of a driver.

    Args:
        call: asks it.
        effect: what it stands for: the verb, the channel and the amount that must come of it; None where only the
            permits that the driver took say what was meant.
        within: by how much the amount may miss, in the verb's unit, because the device moves in steps.
    """

    call: Call
    effect: Effect | None = None
    within: float = 0.0


Acts: TypeAlias = Mapping[str, Call | Act]
"""What can be asked of a driver, by name."""


@dataclass(frozen=True)
class Capability(Declaration):
    """Something that instruments can do.

    Args:
        name: what protocols call it, such as ``measures-spectrum``; the entry point has the same name.
        protocol: the Protocol class that a driver with it keeps.
        verbs: what can be done with it.
        readings: given a driver, what only asks of it, by name: for the conformance kit.
        effects: given a driver, what changes something, in an order in which all of it can be done; likewise.
        ready: brings a device to where its verbs can be used, and returns whether it had lost what it was doing, so
            that nothing it says can settle an interrupted step any more; None where there is nothing to do.

    Raises:
        SpecError: it is not well declared.

    >>> import zosimos as zo
    >>> capability("weighs").verbs
    (Verb(name='tare', unit='', safe=None, draws=False),)
    >>> isinstance(capability("weighs"), zo.Capability)
    True
    """

    readings: Callable[[Any], Mapping[str, Act]]
    effects: Callable[[Any], Mapping[str, Act]]
    ready: Callable[[Any], Awaitable[bool]] | None = None

    def _wrong(self) -> str:
        functions: list[object] = [self.readings, self.effects, *([] if self.ready is None else [self.ready])]
        return super()._wrong() or ("" if all(map(callable, functions)) else "its acts are no functions of a driver")


def capabilities() -> Mapping[str, Capability]:
    """Return the capabilities that can be used, by name: our own first, then those of other packages."""
    return {name: one for name, one in declarations().sound.items() if isinstance(one, Capability)}


def capability(name: str, field: str = "capability") -> Capability:
    """Return a capability by its name, which stands in ``field``.

    Raises:
        SpecError: there is none of that name, or it cannot be used: names the package that brings it, and the reason.
    """
    found = declarations().pick(name, "capability", field)
    if not isinstance(found, Capability):
        raise SpecError(f"{name!r} is no capability", field=field, value=name)
    return found

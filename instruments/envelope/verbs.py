"""Verbs: what can be done to a device, as the installed capabilities declare it.

A verb's unit, and what of it is safe, is looked up here by its name and never taken from a driver. The list is made of
the declarations in the entry-point group ``zosimos.capabilities``: our own package's first, then the others' by the
name of their package. A verb stands as it was first declared. A capability that declares it otherwise is broken: it
cannot make safe what is not, nor change what a number in a lab file means.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from zosimos.core.errors import SpecError, UnitError
from zosimos.core.nearest import did_you_mean
from zosimos.core.plugins import Loaded, load_all
from zosimos.core.units import convert, is_unit

GROUP = "zosimos.capabilities"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_NAME = 40
_KNOWN_UNITS = frozenset({"", "mL", "mA", "ms"})  # without loading pint, which takes a third of a second
_LIQUID = "mL"
_RESERVED = frozenset({"ask", "station", "cleaned"})  # names of steps by which a record is read
_FORMER = frozenset({"ASPIRATE", "DELIVER", "HOME", "HALT", "TARE", "LIGHT", "TURRET", "EXPOSE"})


@dataclass(frozen=True)
class Safe:
    """What of a verb only makes things safer, so that it is always allowed and needs no grant.

    Args:
        amount: the amount that does, such as 0 mA for a lamp; None where the verb always does, whatever its amount.

    Raises:
        SpecError: the amount is no finite number.

    >>> Safe(0.0).amount, Safe().amount
    (0.0, None)
    """

    amount: float | None = None

    def __post_init__(self) -> None:
        if self.amount is not None and not (type(self.amount) in (int, float) and math.isfinite(self.amount)):
            raise SpecError("a safe amount is a finite number, or none", field="safe", value=repr(self.amount))


class _FormerNames(type):
    """Gives the names that verbs had as members of an enumeration, for one more release."""

    def __getattr__(cls, name: str) -> str:
        if name not in _FORMER:
            raise AttributeError(f"{cls.__name__} has no attribute {name!r}")
        warnings.warn(
            f"Verb.{name} is a constant beside its capability now, the verb's name as text "
            "(zosimos.instruments.capabilities.*); the old name goes with the next release",
            DeprecationWarning,
            stacklevel=2,
        )
        return name.lower()


@dataclass(frozen=True)
class Verb(metaclass=_FormerNames):
    """Something that can be done to a device.

    Args:
        name: what lab files, permits and the record call it, such as ``light``.
        unit: the unit of the amount; empty where the amount is a plain number or there is none.
        safe: what of it only makes things safer; None where no amount of it surely does.
        draws: whether its amount is taken out of a place, so that stocks and budgets count it.

    Raises:
        SpecError: the name is no lower-case word.

    >>> Verb("light", "mA", Safe(0.0)).safe
    Safe(amount=0.0)
    """

    name: str
    unit: str = ""
    safe: Safe | None = None
    draws: bool = False

    def __post_init__(self) -> None:
        if type(self.name) is not str or len(self.name) > _LONGEST_NAME or _NAME.fullmatch(self.name) is None:
            raise SpecError(
                "that is no verb's name",
                field="verb",
                value=repr(self.name),
                allowed=f"lower-case words joined by hyphens, at most {_LONGEST_NAME} characters",
            )
        safe = self.safe is None or type(self.safe) is Safe
        if not (type(self.unit) is str and safe and type(self.draws) is bool):
            raise SpecError(
                f"the verb {self.name!r} is not well declared",
                field=f"verbs.{self.name}",
                allowed="a unit's text, what is safe as a Safe or None, and whether it draws",
            )


@dataclass(frozen=True)
class Declaration:
    """What a capability declares to the envelope; the rest of it is in :class:`zosimos.instruments.capability`.

    Args:
        name: what protocols call it, such as ``measures-spectrum``.
        protocol: the Protocol class that a driver with it keeps; it can be checked at run time.
        verbs: what can be done with it.

    Raises:
        SpecError: it declares nothing that could be checked.
    """

    name: str
    protocol: type
    verbs: tuple[Verb, ...]

    def __post_init__(self) -> None:
        why = self._wrong()
        if why:
            raise SpecError(f"the capability {self.name!r} cannot be used: {why}", field="capability", value=self.name)

    def _wrong(self) -> str:
        if type(self.name) is not str or _NAME.fullmatch(self.name) is None:
            return "its name is no lower-case word"
        if type(self.verbs) is not tuple or not all(type(verb) is Verb for verb in self.verbs):
            return "its verbs are no tuple of Verb"
        if len({verb.name for verb in self.verbs}) < len(self.verbs):
            return "it declares a verb twice"
        try:
            anything_goes = isinstance(object(), self.protocol)
        except TypeError:
            return "its protocol is no class that can be checked at run time: decorate it with @runtime_checkable"
        return "its protocol asks for nothing, so that every device would have it" if anything_goes else ""


def declarations() -> Loaded[Declaration]:
    """Return what the installed capabilities declare, and which of them are broken and why."""
    return load_all(GROUP, Declaration, "capability", _judged)


def declared() -> Mapping[str, Verb]:
    """Return every verb by its name.

    >>> declared()["light"]
    Verb(name='light', unit='mA', safe=Safe(amount=0.0), draws=False)
    """
    return _verbs(declarations())


def verb(name: str, field: str = "verb") -> Verb:
    """Return a verb by its name, which stands in ``field``.

    Raises:
        SpecError: no capability that can be used declares it; names those that cannot be, with their packages.
    """
    known = declared()
    if type(name) is str and name in known:
        return known[name]
    broken = [str(one) for one in declarations().broken]
    nearest = did_you_mean(str(name), known, "correct the name,")
    hint = f"{nearest} or install the package that brings a capability with this verb"
    if not known:
        hint = "install zosimos again: nothing that can be done to a device is declared, not even its own verbs"
    raise SpecError(
        f"no capability declares the verb {name!r}",
        field=field,
        value=name,
        allowed=", ".join(sorted(known)) or "none is declared",
        hint="\n".join([hint, *broken]),
    )


def _converts(unit: str) -> bool:
    try:
        convert(1.0, unit, _LIQUID)
    except UnitError:
        return False
    return True


@lru_cache(maxsize=8)
def _verbs(found: Loaded[Declaration]) -> Mapping[str, Verb]:
    return MappingProxyType({verb.name: verb for one in found.sound.values() for verb in one.verbs})


def _judged(name: str, found: Declaration, before: Mapping[str, Declaration]) -> str:
    """Return why a capability cannot stand beside those before it; empty if it can."""
    if type(found) is Declaration:
        return "it has no conformance acts: make a Capability of it"
    if found.name != name:
        return f"it calls itself {found.name!r}"
    standing = {verb.name: (verb, other) for other, one in before.items() for verb in one.verbs}
    for verb in found.verbs:
        if verb.name in _RESERVED:
            return f"the record of an experiment calls something else {verb.name!r}"
        stands, by = standing.get(verb.name, (verb, ""))
        if verb != stands:
            return f"it declares the verb {verb.name!r} otherwise than {by!r} does"
        if verb.unit not in _KNOWN_UNITS and not is_unit(verb.unit):
            return f"its verb {verb.name!r} is in {verb.unit!r}, which is no unit"
        if verb.draws and verb.unit != _LIQUID and _converts(verb.unit):
            return f"its verb {verb.name!r} draws liquid in {verb.unit!r}, and stocks and budgets count it in {_LIQUID}"
    return ""

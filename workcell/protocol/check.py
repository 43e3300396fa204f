"""Checking a protocol before anything moves: roles, places and names exist, in the order in which they are used."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from zosimos.analysis.methods import method
from zosimos.core.errors import SpecError, UnitError
from zosimos.core.expression import Expression, Formula
from zosimos.core.units import parse_quantity
from zosimos.workcell.protocol.model import Calibrate, Compute, Confirm, Dispense, Protocol, ProtocolStep, Rinse

_NEEDS: Mapping[str, str] = {
    "dispense": "dispenses",
    "rinse": "dispenses",
    "move": "measures-spectrum",
    "light": "measures-spectrum",
    "tare": "weighs",
    "weigh": "weighs",
    "read": "measures-spectrum",
    "calibrate": "measures-spectrum",
}
VOLUME_UNIT = "mL"
"""The unit of a volume that is written as a bare number."""
_QUANTITY = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*[^\W\d][\w^/]*\s*")
_PREPARING = frozenset({"move", "light", "read", "calibrate", "wait"})


def formula(text: str | float) -> Formula:
    """Return the formula of a volume in mL, from the protocol's number, its text, or a quantity such as ``600 uL``.

    Raises:
        SpecError: it is none.

    >>> formula("600 uL").text, formula("volume - red").text
    ('0.6', 'volume - red')
    """
    if isinstance(text, str) and _QUANTITY.fullmatch(text) and not _is_number(text):
        try:
            return Formula(repr(parse_quantity(text, VOLUME_UNIT)))
        except UnitError as error:
            raise SpecError(
                error.message, field="volume", value=error.value, allowed=error.allowed, hint=error.hint
            ) from error
    return Formula(str(text))


def check(protocol: Protocol, values: Collection[str], places: Collection[str], standards: Collection[str]) -> None:
    """Refuse a protocol that cannot be carried out.

    Args:
        protocol: the protocol.
        values: the parameters and constants there are.
        places: the places the lab knows.
        standards: the sets of standards the lab has.

    Raises:
        SpecError: names the step and what is wrong with it.
    """
    missing = [name for name in protocol.inputs if name not in values]
    if missing:
        raise _wrong("inputs", f"there is no parameter or constant {missing[0]!r}", missing[0], ", ".join(values))
    known = set(protocol.inputs)
    for part in ("prepare", "setup", "steps", "cleanup"):
        if part == "setup":
            prepared = set(known)
        if part == "cleanup":
            known = prepared  # a failed experiment may have read nothing, and is cleaned up all the same
        for index, step in enumerate(getattr(protocol, part)):
            place = f"{part}.{index}"
            _check_role(protocol, place, step)
            if part == "prepare" and step.kind not in _PREPARING:
                raise _wrong(place, "only steps that can be repeated prepare a lab", step.kind, ", ".join(_PREPARING))
            _check_names(place, step, known, places, standards)


def _check_role(protocol: Protocol, place: str, step: ProtocolStep) -> None:
    need = _NEEDS.get(step.kind)
    if need is None:
        return
    role = step.action if step.kind == "tare" else step.action.role
    if protocol.roles.get(role) != need:
        fit = ", ".join(name for name, capability in protocol.roles.items() if capability == need)
        raise _wrong(f"{place}.{step.kind}", f"{role!r} is no role that {need}", role, fit or f"a role that {need}")


def _check_names(
    place: str, step: ProtocolStep, known: set[str], places: Collection[str], standards: Collection[str]
) -> None:
    """Check what a step speaks of, and add what it brings to ``known``."""
    where = f"{place}.{step.kind}"
    action: Any = step.action
    if isinstance(action, Dispense | Rinse):
        _check_transfer(where, action, known, places)
    elif isinstance(action, Calibrate):
        if action.standards not in standards:
            raise _wrong(
                where, f"the lab has no standards {action.standards!r}", action.standards, ", ".join(standards)
            )
        if set(method(action.method, f"{where}.method").needs) != {"readings", "certificates"}:
            raise _wrong(where, f"{action.method!r} is no way to calibrate", action.method, "a method for calibrations")
    elif isinstance(action, Compute):
        known.update(_checked_computation(where, action, known))
    elif isinstance(action, Confirm):
        for name in sorted(Expression(action.that).names - known):
            raise _wrong(f"{where}.that", f"nothing is called {name!r} by now", name, ", ".join(sorted(known)))
    if hasattr(action, "name"):
        if action.name in known:
            raise _wrong(f"{where}.as", f"{action.name!r} is the name of something else", action.name, "a new name")
        known.add(action.name)


def _check_transfer(where: str, action: Dispense | Rinse, known: set[str], places: Collection[str]) -> None:
    ends = [action.source, action.target, *([action.drain, action.waste] if isinstance(action, Rinse) else [])]
    for end in ends:
        if end not in places:
            raise _wrong(where, f"the lab has no place {end!r}", end, ", ".join(sorted(places)))
    _check_formula(f"{where}.volume", action.volume, known)
    if isinstance(action, Rinse):
        _check_formula(f"{where}.extra", action.extra, known)


def _checked_computation(where: str, action: Compute, known: set[str]) -> tuple[str, ...]:
    """Check what a computation uses, and return the names of what it gives."""
    found = method(action.method, f"{where}.method")
    for mine, theirs in action.using.items():
        if theirs not in known:
            raise _wrong(f"{where}.using.{mine}", f"nothing is called {theirs!r} by now", theirs, ", ".join(known))
    if set(action.using) != set(found.needs):
        given, needed = ", ".join(action.using), ", ".join(found.needs)
        raise _wrong(f"{where}.using", f"{action.method} needs other names", given, needed)
    return found.gives


def _check_formula(where: str, text: str | float, known: Collection[str]) -> None:
    try:
        names = formula(text).names
    except SpecError as error:
        error.field = where
        raise
    for name in sorted(names - set(known)):
        raise _wrong(where, f"nothing is called {name!r} by now", name, ", ".join(sorted(known)))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _wrong(place: str, why: str, value: object, allowed: str) -> SpecError:
    return SpecError(f"the protocol cannot be carried out: {why}", field=place, value=value, allowed=allowed)

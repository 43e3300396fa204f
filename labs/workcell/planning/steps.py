"""A recipe in words, and what of it a goal can speak of: numbers, names, what stays in a vessel."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from zosimos.agent.planning.ground import Number
from zosimos.core.errors import ZosimosError
from zosimos.workcell.actions.registry import blaming, names
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.liquids.vessel import content_after
from zosimos.workcell.protocol.amount import Amount
from zosimos.workcell.protocol.fields import Needs, Place, amounts, marked
from zosimos.workcell.protocol.model import PARTS, Protocol
from zosimos.workcell.protocol.needs import numbers_of

_WHEN = {
    "prepare": "once, before the first experiment",
    "setup": "before the steps",
    "steps": "the experiment",
    "cleanup": "after every experiment, also a failed one",
}
_NOTHING_ML = 0.05  # of a film that no pump draws off


def in_words(protocol: Protocol) -> tuple[str, ...]:
    """Return a line for each step of a recipe, under a line for each of its parts.

    >>> in_words(Protocol(name="n", roles={}, inputs={"x": "s"}, steps=[{"wait": "2 * x"}]))
    ('the experiment:', '  1. wait: for 2 * x')
    """
    lines: list[str] = []
    for part in PARTS:
        steps = getattr(protocol, part)
        if steps:
            lines.append(f"{_WHEN[part]}:")
        for index, step in enumerate(steps, start=1):
            said = step.action.model_dump(mode="json", by_alias=True, exclude_unset=True)
            fields = ", ".join(f"{name} {_plain(value)}" for name, value in said.items())
            lines.append(f"  {index}. {step.kind}" + (f": {fields}" if fields else ""))
    return tuple(lines)


def numbers(protocol: Protocol) -> tuple[Number, ...]:
    """Return the numbers of a recipe with their units.

    >>> [(one.value, one.unit) for one in numbers(Protocol(name="n", roles={}, inputs={}, steps=[{"wait": "1 min"}]))]
    [(60.0, 's')]
    """
    return tuple(
        found
        for place, step in protocol.walk()
        for field, amount in amounts(step.action)
        if field in step.action.model_dump(by_alias=True, exclude_unset=True)  # nobody chose what is left to the step
        for found in _numbers(f"{place} {step.kind} {field}", amount)
    )


def known_names(lab: LabFile) -> tuple[str, ...]:
    """Return the names of a laboratory that a goal may say: places, ports, roles, and steps."""
    ports = (port for station in lab.stations.values() for port in station.ports)
    roles = (role for station in lab.stations.values() for role in station.devices)
    return tuple(dict.fromkeys((*lab.places, *ports, *roles, *names())))


def used_names(protocol: Protocol) -> frozenset[str]:
    """Return the names that a recipe uses."""
    found = {*protocol.inputs, *protocol.roles}
    for _, step in protocol.walk():
        found |= {step.kind, *(place for _, place, _ in marked(step.action, Place))}
        found |= {role for _, role, _ in marked(step.action, Needs)}
    return frozenset(found)


def stays(lab: LabFile, protocol: Protocol, values: Mapping[str, Any]) -> dict[str, float]:
    """Return what stays in the stations' vessels after an experiment and its clean-up, in mL, where that is known."""
    left = {}
    for name, station in lab.stations.items():
        content = 0.0
        for place, step in protocol.walk():
            try:
                with blaming(step.kind, place):
                    moved = list(step.action.transfers(numbers_of(values)))
            except ZosimosError:  # the rehearsal says so
                return {}
            for source, target, volume in moved:
                content = content_after(station, source, target, content, volume)
        if content > _NOTHING_ML:
            left[name] = content
    return left


def _numbers(place: str, amount: Amount) -> Iterator[Number]:
    written = str(amount.written)
    if not amount.names:
        value = amount.value({})
        yield Number(value, amount.unit, place, f"{value:g} {amount.unit}".rstrip())
        return
    for node in ast.walk(ast.parse(written.strip(), mode="eval")):
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            yield Number(float(node.value), None, place, f"{node.value:g} in {written}")


def _plain(value: Any) -> str:
    return ", ".join(f"{name}={item}" for name, item in value.items()) if isinstance(value, Mapping) else str(value)

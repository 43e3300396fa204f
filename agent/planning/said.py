"""What must be said: the inputs of a recipe have their values from the goal or from limits, and from nowhere else.

Which range is meant, or how much is used each time, is the person's to say. A model that fills it in by itself would
decide the experiment; so such a value is refused, unless a limit of the laboratory says it, and then it is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zosimos.agent.offline.slots import SpokenQuantity, normalised, spanning
from zosimos.agent.planning.ground import Input, Number
from zosimos.core.errors import PlanError, UnitError
from zosimos.core.units import convert, is_unit, parse_quantity
from zosimos.core.values import is_number

_NEAR = 1e-9


def inputs_said(words: str, data: Mapping[str, Any], inputs: Mapping[str, Input]) -> list[str]:
    """Return a line for each bound of a plan that only a limit says, and refuse what nobody said.

    Args:
        words: the goal.
        data: the campaign file.
        inputs: what the recipe takes.

    Raises:
        PlanError: a value of an input is neither in the goal nor a limit; names the input and what to say.
    """
    text = normalised(words)
    lab = data.get("lab")
    given = lab.get("constants") if isinstance(lab, Mapping) else None
    constants = given if isinstance(given, Mapping) else {}  # anything else the laboratory refuses
    space = data.get("space")
    lines: list[str] = []
    for name, part in inputs.items():
        spoken = spanning(text, [part.unit])
        part_of = space.get(name) if isinstance(space, Mapping) else None
        for side, value in [*_sides(part_of), *([("", constants[name])] if name in constants else [])]:
            unit = str(part_of.get("unit", part.unit)) if isinstance(part_of, Mapping) else part.unit
            if _is_said(value, unit, spoken, text):
                continue
            field = f"space.{name}.{side}" if side else f"lab.constants.{name}"
            why = _from_limits(name, field, side, value, part)
            lines.append(f"{field}: {value} {part.unit}".rstrip() + f", {why}")
    return lines


def targets_said(words: str, data: Mapping[str, Any]) -> None:
    """Refuse a value to be reached that the goal does not say.

    Raises:
        PlanError: there is one; names the objective.
    """
    text = normalised(words)
    for name, part in data.get("objectives", {}).items():
        target, unit = part.get("target"), str(part.get("unit") or "")
        if target is not None and not _is_said(target, unit, spanning(text, [unit]), text):
            raise PlanError(
                f"the goal does not say which {name} is to be reached",
                field=f"objectives.{name}.target",
                value=target,
                allowed="what the goal says",
                hint=f"say it in the goal: 'reach a {name} of 0.5', or 'maximise {name}'",
            )


def chosen(words: str, numbers: Sequence[Number]) -> list[str]:
    """Return a line for each number of a recipe that the goal does not say: whoever wrote the recipe chose it.

    >>> chosen("wait 30 s", [Number(30.0, "s", "steps.1 wait", "30 s"), Number(4.0, "", "steps.2 read times", "4")])
    ['steps.2 read times: 4, chosen without being asked for']
    """
    spoken = spanning(normalised(words))
    lines = [
        f"{one.place}: {one.written}, chosen without being asked for"
        for one in numbers
        if one.value != 0.0 and not any(matches(item, one) for item in spoken)
    ]
    return list(dict.fromkeys(lines))


def matches(item: SpokenQuantity, number: Number) -> bool:
    """Say whether a number of a goal is one of a recipe, in any unit that fits."""
    value = float(item.number)
    if item.unit and number.unit is not None:
        try:
            value = convert(value, item.unit, number.unit) if number.unit else float("nan")
        except UnitError:
            return False
    return abs(value - number.value) <= _NEAR * max(abs(value), abs(number.value))


def _sides(given: Any) -> Iterator[tuple[str, Any]]:
    """Yield the values that a parameter of a campaign file names, each with its field."""
    if not isinstance(given, Mapping):
        return
    for side in ("min", "max"):
        if given.get(side) is not None:
            yield side, given[side]
    for side in ("levels", "choices"):
        listed = given.get(side)
        yield from ((side, value) for value in (listed if isinstance(listed, list) else []))


def _is_said(value: Any, unit: str, spoken: Sequence[SpokenQuantity], text: str) -> bool:
    if isinstance(value, list):
        return all(_is_said(item, unit, spoken, text) for item in value)
    if isinstance(value, str) and unit:
        try:
            value = parse_quantity(value, unit)
        except UnitError:
            return True  # the validator says what is wrong with it
    if is_number(value):
        return any(matches(item, Number(float(value), unit, "", "")) for item in spoken)
    return re.search(rf"(?<!\w){re.escape(str(value))}(?!\w)", text, re.IGNORECASE) is not None


def _from_limits(name: str, field: str, side: str, value: Any, part: Input) -> str:
    """Return which limit says a bound.

    Raises:
        PlanError: none does.
    """
    limit = {"min": part.least, "max": part.most}.get(side)
    if is_number(value) and limit is not None and abs(float(value) - limit) <= _NEAR * abs(limit):
        return part.because
    if side == "min" and value == 0:
        return "as the goal says no least value"
    raise PlanError(
        f"the goal does not say {name}" + (f" in {part.unit}" if part.unit else ""),
        field=field,
        value=value,
        allowed=f"what the goal says, {part.least:g} to {part.most:g} {part.unit} ({part.because})"
        if part.limited
        else "what the goal says",
        hint=f"say it in the goal: {example(name, part)}",
    )


def example(name: str, part: Input) -> str:
    """Return how a goal may say an input.

    >>> example("dye", Input("mL")), example("channel", Input(""))
    ("'dye 0.5 to 1 mL' or 'dye 1 mL'", "'channel is NAME' or 'channel 1 to 5'")
    """
    if part.unit and not is_unit(part.unit):
        return f"'{name} (1, 2, 3)'"
    if part.unit:
        return f"'{name} 0.5 to 1 {part.unit}' or '{name} 1 {part.unit}'"
    return f"'{name} is NAME' or '{name} 1 to 5'"

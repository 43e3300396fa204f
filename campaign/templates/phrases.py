"""Phrases: numbers, ranges, names and aims as people type them in answer to a question.

``20 to 80 °C``, ``0,5-2 mol/L``, ``1 min to 1 h log``, ``viscosity min mPa·s``, ``pH target 7``. Decimal commas are
read; a comma between items is one that no digit follows, or a semicolon.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from zosimos.campaign.tables.headers import is_known, split, unit_text
from zosimos.campaign.tables.numbers import Style, written
from zosimos.core.errors import SpecError, UnitError
from zosimos.core.shown import clean
from zosimos.core.units import convert, is_unit

Goal: TypeAlias = Literal["max", "min", "target"]

_LARGEST = 1e12
_NARROWEST = 1e-6  # of the larger bound: a smaller range is a slip
_LONGEST = 60  # characters of a name: it heads a column
_ITEMS = re.compile(r";|,(?!\d)|(?<!\d),")
_TO = re.compile(r"(?P<unit>[^\d]*?)\s*(?:\bto\b|\bbis\b|\.{2,}|…|[-–—−])\s*(?P<upper>[+-−]?[\d.,].*)", re.DOTALL)
_STEP = re.compile(r"(?P<before>.*?)[\s,]*\b(?:in\s+)?steps?(?:\s+of)?\s+(?P<step>[\d.,]+)\s*\S*\s*", re.IGNORECASE)
_SCALE = re.compile(r"(?P<before>.*?)[\s,]*\(?\blog(?:arithmic)?(?:\s+scale)?\)?\s*", re.IGNORECASE)
_WHOLE = re.compile(r"(?P<before>.*?)[\s,]*\(?\b(?:whole|integers?)(?:\s+numbers?)?\)?\s*", re.IGNORECASE)
_GOALS: dict[str, Goal] = {
    **dict.fromkeys(("max", "maximum", "maximise", "maximize", "high", "highest"), "max"),
    **dict.fromkeys(("min", "minimum", "minimise", "minimize", "low", "lowest"), "min"),
    **dict.fromkeys(("target", "=", "equals"), "target"),
}
_GOAL = re.compile(
    rf"(?:^|\s)(?P<goal>{'|'.join(sorted(_GOALS, key=len, reverse=True))})(?=\s|$|(?<==))", re.IGNORECASE
)
_INTENDED = re.compile(r"\d\s*\S*\s*(?:\bto\b|\bbis\b|…|\.\.)")  # a range was meant
_LONE = re.compile(r"\s[\d.,]+(?:\s*\S{1,6})?$")  # and here too: a name that ends in a number needs a range behind it
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+")  # or decimals: nobody can tell
_LEFT_OUT = frozenset(("none", "no", "-", "–", "keine", "nothing"))
_RANGE = "two numbers and a unit, such as 20 to 80 °C; 'log' behind them for a logarithmic scale"


@dataclass(frozen=True)
class Range:
    """Numbers from one bound to another, in one unit; perhaps on a logarithmic scale, in steps, or whole ones only."""

    low: float
    high: float
    unit: str = ""
    log: bool = False
    step: float | None = None
    whole: bool = False


@dataclass(frozen=True)
class Aim:
    """What is wanted of an outcome, and between which values it lies (None: nobody knows)."""

    name: str
    goal: Goal
    unit: str = ""
    target: float | None = None
    limits: tuple[float, float] | None = None


def is_left_out(text: str) -> bool:
    """Say whether an answer says that there is nothing of the kind.

    >>> is_left_out("none"), is_left_out("toluene")
    (True, False)
    """
    return text.strip().casefold() in _LEFT_OUT


def items(text: str) -> list[str]:
    """Return the parts of a list; a comma in a number is part of it.

    >>> items("water 0,5 to 2 g, oil 1 to 3 g")
    ['water 0,5 to 2 g', 'oil 1 to 3 g']
    """
    return [part.strip() for part in _ITEMS.split(text) if part.strip()]


def number(text: str, field: str) -> tuple[float, str]:
    """Return the number that a text begins with, and what follows it.

    Raises:
        SpecError: it begins with none, or nobody can say which it is.

    >>> number("1,5 g", "amount")
    (1.5, 'g')
    """
    found = written(text)
    if found is None:
        raise SpecError("this is no number", field=field, value=text, allowed="a number, such as 0.5")
    values = [read[0] for sign in ("point", "comma") if (read := Style(sign).value(found)) is not None]
    if not values or _THOUSANDS.fullmatch(found.body):
        raise SpecError(
            "this number can be read in two ways",
            field=field,
            value=found.body,
            allowed="a number without signs between thousands, such as 1200 or 1.2",
        )
    if abs(values[0]) > _LARGEST:
        raise SpecError("the number is too large", field=field, value=text, allowed="up to 1e12: take a larger unit")
    return values[0], found.rest


def whole(text: str, field: str, *, at_least: int = 1, at_most: int = 10_000) -> int:
    """Return a whole number between two.

    Raises:
        SpecError: it is none.
    """
    value, _ = number(text, field)
    if value != int(value) or not at_least <= value <= at_most:
        raise SpecError("a whole number is needed", field=field, value=text, allowed=f"{at_least} to {at_most}")
    return int(value)


def unit(text: str, field: str) -> str:
    """Return a unit as it is written in a campaign file; C is taken for a temperature.

    Raises:
        SpecError: there is no such unit.

    >>> unit("C", "temperature"), unit("mPa·s", "viscosity"), unit("", "ratio")
    ('°C', 'mPa·s', '')
    """
    found = " ".join(text.split()).strip("()[]")
    if found in ("C", "degC", "deg C", "celsius", "Celsius", "ºC", "℃"):
        return "°C"
    if not found or is_unit(found):
        return found
    if is_known(unit_text(found)):
        return unit_text(found)
    raise SpecError(
        "there is no such unit",
        field=field,
        value=found,
        allowed="a unit such as °C, mL, min, g/L, mPa·s, S/cm, mol%; or none",
        hint="mind capitals: mL is millilitre, ML megalitre; a count of things needs no unit",
    )


def span(text: str, field: str) -> Range:
    """Return the range that a text says.

    Raises:
        SpecError: it says none.

    >>> span("20 to 80 C", "temperature")
    Range(low=20.0, high=80.0, unit='°C', log=False, step=None, whole=False)
    """
    plain = re.sub(r"\.{2,}", " to ", text.strip())
    plain, step = _cut(_STEP, plain, "step")
    plain, log = _cut(_SCALE, plain)
    plain, whole_ones = _cut(_WHOLE, plain)
    low, rest = number(plain, field)
    found = _TO.fullmatch(rest)
    if found is None:
        raise SpecError("one number is no range", field=field, value=text, allowed=_RANGE)
    high, last = number(found["upper"].strip(), field)
    own = unit(last, field)
    first = unit(found["unit"], field) or own
    own = own or first
    check_same_kind(first, own, field)
    low = convert(low, first, own)
    width = None if step is None else number(step, field)[0]
    _check(low, high, field, text, log=log is not None, step=width, whole_ones=whole_ones is not None)
    return Range(low, high, own, log is not None, width, whole_ones is not None)


def check_same_kind(first: str, second: str, field: str) -> None:
    """Refuse two units that measure different things.

    Raises:
        SpecError: they do.
    """
    try:
        convert(1.0, first, second)
    except UnitError as error:
        raise SpecError(
            "the two units measure different things",
            field=field,
            value=f"{first}, {second}",
            allowed=f"a unit that converts to {second}",
        ) from error


def _cut(form: re.Pattern[str], text: str, group: str = "") -> tuple[str, str | None]:
    """Return a text without the words that a form finds at its end, and those; None if they are not there."""
    found = form.fullmatch(text)
    return (text, None) if found is None else (found["before"], found[group] if group else "")


def _check(low: float, high: float, field: str, text: str, *, log: bool, step: float | None, whole_ones: bool) -> None:
    problem = ""
    if not low < high or high - low <= _NARROWEST * max(abs(low), abs(high)):
        problem = "the second number must be the larger one"
    elif log and low <= 0:
        problem = "a logarithmic scale begins above 0"
    elif step is not None and not 0 < step <= high - low:
        problem = "the step is larger than the range, or none"
    elif whole_ones and (low != int(low) or high != int(high)):
        problem = "a range of whole numbers begins and ends with one"
    elif whole_ones and (log or step is not None):
        problem = "whole numbers have no step and no logarithmic scale"
    if problem:
        raise SpecError(problem, field=field, value=text, allowed=_RANGE)


def name(text: str, field: str) -> str:
    """Return a name as it may head a column.

    Raises:
        SpecError: it is empty, too long, or has signs that are not seen.
    """
    found = " ".join(text.split()).strip(" :=")
    if not found or len(found) > _LONGEST or clean(found) != found or not any(letter.isalnum() for letter in found):
        raise SpecError("this is no name", field=field, value=text, allowed=f"a word or some, up to {_LONGEST} letters")
    return found


def named_span(text: str, field: str) -> tuple[str, Range | None]:
    """Return a name and the range behind it; None if there is none.

    Raises:
        SpecError: what stands there is neither.

    >>> named_span("PEG 400: 5 to 20 g", "ingredients")
    ('PEG 400', Range(low=5.0, high=20.0, unit='g', log=False, step=None, whole=False))
    """
    places = [found.start() for found in re.finditer(r"(?<=[\s:=])[-+−]?[.,]?\d", text)]
    problem: SpecError | None = None
    for place in places:
        try:
            return name(text[:place], field), span(text[place:], field)
        except SpecError as error:
            problem = problem or error
    if problem is not None and (_INTENDED.search(text) or _LONE.search(text)):
        raise problem
    return name(text, field), None


def aim(text: str, field: str) -> Aim:
    """Return what is wanted of an outcome.

    Raises:
        SpecError: it does not say whether more, less or a number is wanted.

    >>> aim("viscosity min mPa·s", "outcomes"), aim("pH target 7", "outcomes").target
    (Aim(name='viscosity', goal='min', unit='mPa·s', target=None, limits=None), 7.0)
    """
    found = _GOAL.search(text.replace("=", " = "))
    if found is None:
        raise SpecError(
            "it does not say what is wanted of it",
            field=field,
            value=text,
            allowed="a name with max, min or target 7, and a unit: viscosity min mPa·s",
        )
    whole_text = text.replace("=", " = ")
    goal = _GOALS[found["goal"].casefold()]
    before, after = whole_text[: found.start()].strip(), whole_text[found.end() :].strip()
    if not before:  # max yield %
        before, _, after = after.partition(" ") if goal != "target" else ("", "", after)
    called, own = _bracketed(before, field)
    if goal == "target":
        value, last = number(after, field)
        return Aim(called, goal, unit(last, field) or own, value)
    return Aim(called, goal, unit(after, field) or own)


def _bracketed(text: str, field: str) -> tuple[str, str]:
    """Return a name and the unit that stands in brackets behind it."""
    for called, inside in split(text):
        if text.rstrip().endswith((")", "]")) and is_known(unit_text(inside)):
            return name(called, field), unit(inside, field)
    return name(text, field), ""

"""Cells: a number, a choice, an outcome, a failure or nothing at all, as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from zosimos.campaign.control.tables import FORMULA
from zosimos.campaign.tables.grid import UNSEEN, Cell, Flawed, Quantity, shown
from zosimos.campaign.tables.headers import other_case, unit_for, unit_text
from zosimos.campaign.tables.matching import Column
from zosimos.campaign.tables.numbers import Style, half, written
from zosimos.campaign.tables.words import ABOVE, BELOW, ERRORS, MISSING, NO, UNDETECTED, YES, word
from zosimos.core.errors import DataError, UnitError
from zosimos.core.nearest import did_you_mean
from zosimos.core.records import Limit
from zosimos.core.units import convert

_FAILED = re.compile(
    r"(?P<word>failed|failure|fail|fehlgeschlagen|gescheitert|misslungen)\b[\s:;,.!(\-–]*(?P<why>.*?)\)?\s*",
    re.IGNORECASE | re.DOTALL,
)
_SIGNS = "|".join(rf"{sign}\b" if sign[-1].isalpha() else sign for sign in (*BELOW, *ABOVE))
_LIMIT = re.compile(rf"(?P<sign>{_SIGNS})\s*(?P<text>.*)", re.IGNORECASE)
_SPREAD = re.compile(r"\s*(?:±|\+/-|\+-|\+/−|\+/–)\s*")
_CONCISE = re.compile(r"(?P<value>\D*[0-9]*[.,][0-9]+)\((?P<last>[0-9]{1,3})\)(?P<rest>.*)", re.DOTALL)
_GUESS = re.compile(r"(?:~|≈|∼|ca\.?|circa|about|approx\.?|approximately|etwa|ungefähr)\s*[-+0-9.,]", re.IGNORECASE)
_BEHIND = re.compile(r"(?:[^\W\d_]\S*|[%‰°(\[±+].*)?", re.DOTALL)  # a number, perhaps a unit, a spread
_DATE = re.compile(
    r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|\d{1,2}[-. ]*(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])\w*.*"
    r"|(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])\w*[-. ]\d{1,4}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Number:
    """A number in the unit of what it belongs to; ``half`` is half of what its last written digit counts."""

    value: float
    half: float


@dataclass(frozen=True)
class Outcome:
    """A value with its standard uncertainty, or the limit that it is; ``half`` as of a number that was written."""

    value: float
    uncertainty: float | None = None
    limit: Limit | None = None
    half: float = 0.0


@dataclass(frozen=True)
class Failure:
    """The experiment failed; why, in words."""

    why: str


def is_missing(cell: Cell) -> bool:
    """Say whether a cell is empty or says in words that there is nothing.

    >>> is_missing(" n/a "), is_missing("-"), is_missing("0")
    (True, True, False)
    """
    return isinstance(cell, str) and word(shown(cell)) in MISSING


def number(cell: Cell, column: Column, style: Style, place: str, *, difference: bool = False) -> Number:
    """Return a cell as a number in the unit of its parameter or outcome.

    Args:
        cell: the cell.
        column: where it stands.
        style: how the table's numbers are written.
        place: where it stands, in words.
        difference: it is a distance, such as an uncertainty.

    Raises:
        DataError: it is no finite number, or its unit does not convert.
    """
    target = column.target
    if isinstance(cell, Flawed):
        raise DataError(
            f"{place}: {target.column} {cell.problem}",
            field=target.column,
            value=cell.text,
            allowed="a finite number",
            hint=cell.hint,
        )
    if isinstance(cell, float):
        digits, _, power = f"{cell:.15g}".partition("e")
        value, width, unit = cell, half(digits, int(power or 0)), ""
    elif isinstance(cell, Quantity):
        digits, _, power = f"{cell.value:.15g}".partition("e")
        value, width, unit = cell.value, half(digits, int(power or 0)), cell.unit
    else:
        found = written(cell)
        read = None if found is None else style.value(found)
        if found is None or read is None:
            raise _no_number(cell, column, style, place)
        (value, width), unit = read, found.rest
        if unit and (_DATE.fullmatch(cell.strip()) or not re.match(r"[^\W\d_]|[%‰°(\[/]", unit)):
            raise _no_number(cell, column, style, place)
    if not abs(value) < float("inf"):
        raise _no_number(shown(cell), column, style, place)
    return _in_own_unit(value, width, unit.strip(" ()[]"), column, place, cell, difference=difference)


def _in_own_unit(
    value: float, width: float, unit: str, column: Column, place: str, cell: Cell, *, difference: bool
) -> Number:
    target = column.target
    given = unit_for(unit, target.unit or column.unit) if unit else column.unit
    own = target.unit or column.unit
    if not given or given == unit_text(own):
        return Number(value, width)
    if unit and other_case(given, own):
        raise DataError(
            f"{place}: {unit} is not {own}: capital letters count in units",
            field=target.column,
            value=shown(cell),
            allowed=f"a number, perhaps with a unit that converts to {own}",
            hint=f"write {own}, or the number alone",
        )
    if not own:
        raise DataError(
            f"{place}: {target.column} has the unit {unit!r}, and there is none in the campaign file",
            field=target.column,
            value=shown(cell),
            allowed="a number alone",
            hint="write the number alone, as it is to be recorded",
        )
    try:
        converted = convert(value, given, own, target.column, difference=difference)
        width = abs(convert(width, given, own, target.column, difference=True))
    except UnitError as error:
        raise DataError(
            f"{place}: {target.column} is not a finite number in {own}: {error.message}",
            field=target.column,
            value=shown(cell),
            allowed=f"a number, perhaps with a unit that converts to {own}",
            hint="correct the unit, or write the number alone",
        ) from error
    return Number(converted, width)


def _no_number(text: str, column: Column, style: Style, place: str) -> DataError:
    name = column.target.column
    hint = "correct the cell, or leave it empty if there is no value"
    if _DATE.fullmatch(text.strip()):
        hint = (
            "it looks like a date, which programs make of 1-2 or 1.2: type the number into a column formatted as text"
        )
    elif UNDETECTED.fullmatch(shown(text)):
        hint = "write the limit, such as <0.5; or leave the cell empty"
    elif _GUESS.match(shown(text)):
        hint = "write the number alone, with its uncertainty if it is known: 12.5 ± 0.5"
    elif word(shown(text)) in ERRORS:
        hint = "it is an error of a formula: mend the formula, or empty the cell if there is no value"
    elif text.strip().startswith("##"):
        hint = "the column was too narrow to show the number: make it wider and save the table again"
    allowed = f"a finite number, with a {style.sign} for decimals"
    message = f"{place}: {name} is not a finite number"
    return DataError(message, field=name, value=text.strip() or "(empty)", allowed=allowed, hint=hint)


def outcome(cell: Cell, column: Column, style: Style, place: str) -> Outcome | Failure | None:
    """Return what a cell says of an outcome; None if there is nothing (yet).

    Raises:
        DataError: it says nothing that can be read; or as :func:`number`.
    """
    if is_missing(cell):
        return None
    if isinstance(cell, str):
        text = shown(cell)
        if failed := _FAILED.fullmatch(text):
            return Failure(failed["why"].strip() or failed["word"].casefold())
        if limited := _LIMIT.fullmatch(text):
            limit: Limit = "below" if limited["sign"].casefold() in BELOW else "above"
            found = number(limited["text"], column, style, place)
            return Outcome(found.value, limit=limit, half=found.half)
        if len(parts := _SPREAD.split(text)) == 2 and parts[0]:
            return _with_spread(parts, column, style, place)
        if concise := _CONCISE.fullmatch(text):
            found = number(concise["value"] + concise["rest"], column, style, place)
            return Outcome(found.value, float(f"{2 * found.half * int(concise['last']):.12g}"), half=found.half)
    found = number(cell, column, style, place)
    return Outcome(found.value, half=found.half if isinstance(cell, str) else 0.0)


def _with_spread(parts: Sequence[str], column: Column, style: Style, place: str) -> Outcome:
    """Read ``12.3 ± 0.4 mL``: the unit stands behind both; ``12.3 mL ± 2 %`` is a share of the value."""
    value, spread = parts[0].strip(" ("), parts[1].replace(")", "")
    first, second = written(value), written(spread)
    own = unit_text(column.unit or column.target.unit)
    if first is not None and second is not None and second.rest == "%" and own not in ("", "%", "percent"):
        share, of = style.value(second), number(value, column, style, place)
        if share is not None and (not column.target.unit.startswith(("deg", "°"))):
            return Outcome(of.value, abs(of.value) * share[0] / 100)
    if first is not None and second is not None and not first.rest:
        value = f"{value} {second.rest}".strip()
    width = number(spread, column, style, place, difference=True).value
    found = number(value, column, style, place)
    return Outcome(found.value, width, half=found.half)


def says_failed(text: str) -> bool:
    """Say whether a text begins with a word for a failure, as a remark may.

    >>> says_failed("failed: it gelled"), says_failed("nothing failed")
    (True, False)
    """
    return bool(_FAILED.fullmatch(text))


def may_be_outcome(cell: Cell) -> bool:
    """Say whether a cell may be the value of an outcome, whatever that is: a number, a limit, a failure.

    >>> [may_be_outcome(text) for text in ("12,5 mL", "<0.5", "failed", "cloudy", "1.2.2026", "2 spatulas of salt")]
    [True, True, True, False, False, False]
    """
    if not isinstance(cell, str):
        return not isinstance(cell, Flawed)
    text = shown(cell)
    limited = _LIMIT.fullmatch(text)
    found = written(limited["text"] if limited else text)
    if found is None or _DATE.fullmatch(text):
        return says_failed(text)
    return bool(_BEHIND.fullmatch(found.rest))


def failure(cell: Cell) -> str:
    """Return why an experiment failed, as the column for it says; empty if it did not.

    >>> failure("it gelled"), failure("no"), failure("x")
    ('it gelled', '', 'failed')
    """
    text = shown(cell)
    plain = word(text)
    if plain in NO or (isinstance(cell, str) and is_missing(cell)):
        return ""
    return "failed" if plain in YES else text


def choice(cell: Cell, column: Column, choices: Sequence[str], place: str, *, exactly: bool = False) -> str:
    """Return the choice that a cell names, without regard to case, blanks and underscores.

    With ``exactly`` they count, as in formulas: Co is no CO.

    Raises:
        DataError: there is none, or several differ in nothing else.
    """
    text, name = shown(cell), column.target.column
    if isinstance(cell, Flawed) and cell.text not in choices:
        raise DataError(f"{place}: {name} {cell.problem}", field=name, value=cell.text, hint=cell.hint)
    if text.startswith(tuple(f"'{sign}" for sign in FORMULA)):
        text = text[1:]  # written so that no program takes it for a formula
    if text in choices or (text and not choices):
        return text
    if not text or is_missing(cell):
        allowed = "one of " + ", ".join(choices)
        raise DataError(f"{place}: {name} is empty", field=name, value=text or "(empty)", allowed=allowed)
    alike = [one for one in choices if _loosely(one) == _loosely(text) and not exactly]
    if not alike and not exactly and (value := _as_number(text)) is not None:
        alike = [one for one in choices if _as_number(one) == value]  # programs make 100000 of 1e5
    if len(alike) == 1:
        return alike[0]
    raise DataError(
        f"{place}: {name} is none of the choices" if not alike else f"{place}: {name} may be several of the choices",
        field=name,
        value=text,
        allowed="one of " + ", ".join(alike or choices),
        hint=did_you_mean(text, choices, "correct the name"),
    )


def _as_number(text: str) -> float | None:
    try:
        return float(text.replace(",", ".") if text.isascii() and "_" not in text else "")
    except ValueError:
        return None


def _loosely(text: str) -> str:
    return re.sub(rf"[\s_{UNSEEN}]+", "", text).casefold()

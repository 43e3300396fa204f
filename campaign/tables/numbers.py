"""Numbers as people and programs write them: which sign stands before decimals is decided for a whole table.

``1,200`` is 1200 to some and 1.2 to others. What it means follows from other cells of the same table (``27,5`` has a
decimal comma, ``1,200.5`` a comma between thousands), or is asked for; it is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from zosimos.campaign.tables.grid import UNSEEN
from zosimos.core.errors import DataError

Sign: TypeAlias = Literal["point", "comma"]
"""What stands before decimals."""

_SIGNIFICANT = 4  # digits that a rounded number keeps
_BLANKS = re.compile(r"[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_UNSEEN = re.compile(f"[{UNSEEN}]")
_WIDE = str.maketrans({0xFF01 + i: 0x21 + i for i in range(94)} | {"\u2212": "-"})  # as Japanese keyboards write
_TEXT_MARK = re.compile(r"^'(?=\s*[-+0-9.,])")  # which keeps a spreadsheet program from taking a number for one
_POWER_ALONE = re.compile(r"^([+-]?)(?=10(?:\^|\*\*|[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹]))")
_MINUS = re.compile(r"^[\u2012\u2013\ufe63](?=\s*[0-9.,])")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)\s*"
    r"(?P<body>[0-9]{1,3}(?:[ '’´][0-9]{3})+(?:[.,][0-9]+)?(?![0-9])|[0-9]+(?:[.,][0-9]+)*[.,]?|[.,][0-9]+)"
    r"(?:[eE](?P<e>[+-]?[0-9]+)|\s+[eE](?P<apart>[+-][0-9]+)"
    r"|\s*[×x*·⋅∙•]\s*10(?:(?:\^|\*\*)\s*\(?(?P<hat>[+-]?[0-9]+)\)?|(?P<raised>[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(?P<signed>[+-][0-9]+)))?"
    r"\s*(?P<rest>.*)",
    re.DOTALL,
)
_THREES = re.compile(r"(?!0)[0-9]{1,3}(?:[.,][0-9]{3})+")


@dataclass(frozen=True)
class Written:
    """A number as it is written: its digits with every sign between them, its power of ten, and what follows it."""

    negative: bool
    body: str
    power: int
    rest: str


def written(text: str) -> Written | None:
    """Return the number that a text begins with; None if it begins with none.

    >>> written("−1 200,5 mL")
    Written(negative=True, body='1200,5', power=0, rest='mL')
    """
    if not text.isascii():
        text = _BLANKS.sub(" ", _UNSEEN.sub("", text)).translate(_WIDE)
    plain = _MINUS.sub("-", _TEXT_MARK.sub("", text.strip()))
    found = _NUMBER.fullmatch(_POWER_ALONE.sub(r"\g<1>1×", plain))
    if found is None:
        return None
    power = found["e"] or found["apart"] or found["hat"] or found["raised"] or found["signed"] or "0"
    body = re.sub(r"[ '’´]", "", found["body"])
    return Written(found["sign"] == "-", body, int(power.translate(_SUPERSCRIPTS)[:6]), found["rest"].strip())


def _says(body: str) -> Sign | Literal["either", "nothing", "neither"]:
    """Return what a number says of the sign before decimals, all alone."""
    commas, points = body.count(","), body.count(".")
    if not commas and not points:
        return "nothing"
    if commas and points:
        last: Sign = "point" if body.rindex(".") > body.rindex(",") else "comma"
        mark, other = (".", ",") if last == "point" else (",", ".")
        ahead = body.split(mark)[0]
        return last if body.count(mark) == 1 and other in ahead and _THREES.fullmatch(ahead) else "neither"
    if commas + points > 1:
        return ("point" if commas else "comma") if _THREES.fullmatch(body) else "neither"
    if _THREES.fullmatch(body):
        return "either"
    return "comma" if commas else "point"


@dataclass(frozen=True)
class Style:
    """How the numbers of a table are written.

    ``sign`` stands before decimals, ``known`` says that cells of the table show it, and ``thousands`` that the other
    sign stands between thousands.
    """

    sign: Sign = "point"
    known: bool = False
    thousands: bool = False

    def value(self, number: Written) -> tuple[float, float] | None:
        """Return a number's value, and half of what its last digit counts; None if it cannot be said what is meant.

        >>> Style("comma").value(Written(False, "27,50", 0, ""))
        (27.5, 0.005)
        """
        mark, other = (".", ",") if self.sign == "point" else (",", ".")
        body, says = number.body, _says(number.body)
        if says == "neither" or (says in ("point", "comma") and says != self.sign):
            return None
        if says == "either" and other in body and not self.thousands:
            return None
        digits = body.replace(other, "").replace(mark, ".")
        value = float(f"{'-' if number.negative else ''}{digits}e{number.power}")
        if value == 0 and digits.strip("0."):
            return None  # too small for a number: it is no zero
        return value, half(digits, number.power)


def half(digits: str, power: int = 0) -> float:
    """Return half of what the last digit of a number counts; zeros at its end are digits up to the fourth only.

    >>> half("27.46"), half("1235000"), half("532000"), half("1200")
    (0.005, 500.0, 50.0, 0.5)
    """
    whole, _, decimals = digits.lstrip("+-0").partition(".")
    bare = whole.rstrip("0")
    zeros = max(0, len(whole) - max(len(bare), _SIGNIFICANT)) if not decimals else 0
    return 0.5 * 10.0 ** max(min(power + zeros - len(decimals), 300), -320)


def style(
    cells: Iterable[tuple[str, str]],
    *,
    comma_is_likely: bool,
    wanted: Sign | None,
    otherwise: Callable[[], Sign | None] = lambda: None,
) -> Style:
    """Return how the numbers of a table are written.

    Args:
        cells: the texts in its columns of numbers, each with where it stands.
        comma_is_likely: whether a point before three digits (``1.200``) is in doubt too, as in a table of semicolons.
        wanted: what a person says stands before decimals; None: it is found out.
        otherwise: tells which sign it is where the cells do not; None: that neither does.

    Raises:
        DataError: decimals have points and commas, or nothing tells what ``1,200`` means.

    >>> style([("27,5", "line 2"), ("1,200", "line 3")], comma_is_likely=False, wanted=None).sign
    'comma'
    """
    first: dict[str, tuple[str, str]] = {}
    thousands = set()
    for text, place in cells:
        number = written(text.lstrip("<>≤≥=~± "))
        if number is None:
            continue
        says = _says(number.body)
        if says == "either":
            says = "either comma" if "," in number.body else "either point"  # type: ignore[assignment]  # for messages
        first.setdefault(says, (text.strip(), place))
        if says in ("point", "comma") and len(re.findall("[.,]", number.body)) > 1:
            thousands.add(says)
    if wanted is not None:
        return Style(wanted, known=True, thousands=True)
    if "point" in first and "comma" in first:
        raise _mixed(first["point"], first["comma"])
    sign: Sign = "comma" if "comma" in first else "point"
    known = sign in first
    doubted = "either comma" if sign == "point" else "either point"
    doubtful = doubted in first and sign not in thousands
    if not doubtful and not known and comma_is_likely and "either point" in first:
        doubted, doubtful = "either point", True
    if doubtful:
        told = otherwise()
        if told is None or (known and told != sign):
            raise _ambiguous(*first[doubted])
        return Style(told, known=True, thousands=told not in doubted)
    return Style(sign, known=known, thousands=sign in thousands)


def _mixed(point: tuple[str, str], comma: tuple[str, str]) -> DataError:
    return DataError(
        f"{comma[1]}: {comma[0]!r} has a decimal comma, and {point[0]!r} ({point[1]}) a decimal point",
        field="decimal",
        value=f"{point[0]}, {comma[0]}",
        allowed="decimal points or decimal commas, the same in the whole table",
        hint="write all numbers alike; or say which it is: --decimal point or --decimal comma",
    )


def _ambiguous(text: str, place: str) -> DataError:
    mark = "," if "," in text else "."
    return DataError(
        f"{place}: {text!r} may be {text.replace(mark, '')} or {text.replace(mark, '.')}: no other number tells which",
        field="decimal",
        value=text,
        allowed="a number that can be read in one way only",
        hint="say what stands before decimals, --decimal point or --decimal comma; or write nothing between thousands",
    )

"""Slots: what can be read from a sentence without understanding it: quantities, ranges, colours, counts, names.

Everything here is exact and says where it stood in the text. What is not read is left for the caller to speak about.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from zosimos.core.errors import UnitError
from zosimos.core.units import convert

# Only these are units. Whatever pint knows would read "25 in total" as inches and "2 at a time" as pressure.
_UNITS = {
    "ml": "mL",
    "millilitre": "mL",
    "milliliter": "mL",
    "ul": "uL",
    "μl": "uL",
    "microlitre": "uL",
    "microliter": "uL",
    "l": "L",
    "litre": "L",
    "liter": "L",
    "s": "s",
    "sec": "s",
    "second": "s",
    "min": "min",
    "minute": "min",
    "h": "h",
    "hr": "h",
    "hour": "h",
    "day": "day",
    "degc": "degC",
    "°c": "degC",
    "kelvin": "K",
    "%": "percent",
    "percent": "percent",
    "mg": "mg",
    "g": "g",
    "gram": "g",
    "nm": "nm",
    "mm": "mm",
    "bar": "bar",
    "rpm": "rpm",
    "ml/min": "mL/min",
    "mol/l": "mol/L",
}
_NUMBER = r"(?:\d{1,9}(?:\.\d{1,12})?|\.\d{1,12})(?:e[+-]?\d{1,2})?"
_QUANTITY = re.compile(
    rf"(?<![\w.#])(?P<number>[+-]?{_NUMBER})(?![\w]*\d)(?:\s*(?P<unit>[a-zμ°%](?:[a-z]|/(?=[a-z]))*)(?![\w]))?(?![.,]?\d)",
    re.IGNORECASE,
)
_COLOUR = re.compile(
    r"#(?P<hex>[0-9a-f]{6})\b"
    r"|(?:\bs?rgb\s*)?\(\s*(?P<a>\d{1,4})\s*,\s*(?P<b>\d{1,4})\s*,\s*(?P<c>\d{1,4})\s*\)"
    r"|\b(?:s?rgb|colou?r)\s+(?P<d>\d{1,4})\s*,\s*(?P<e>\d{1,4})\s*,\s*(?P<f>\d{1,4})\b(?!\s*,\s*\d)",
    re.IGNORECASE,
)
_FROM_TO = re.compile(r"\s*(?:-|–|—|−|to|and|until|\.\.+)\s*", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][\w]*")
_SMALL = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10}


@dataclass(frozen=True)
class SpokenQuantity:
    """A number as it was written, with its unit (empty: none), and where it stood."""

    number: str
    unit: str
    start: int
    end: int

    @property
    def text(self) -> str:
        """What :func:`zosimos.core.units.parse_quantity` reads."""
        return f"{self.number} {self.unit}".rstrip()

    def measures(self, unit: str) -> bool:
        """Say whether it has a unit that converts to another one."""
        if not self.unit:
            return False
        try:
            convert(1.0, self.unit, unit)
        except UnitError:
            return False
        return True


@dataclass(frozen=True)
class Colour:
    """Red, green and blue as written, perhaps outside 0 to 255, and where they stood."""

    rgb: tuple[int, int, int]
    start: int
    end: int


def normalised(text: str) -> str:
    """Return a text in one form of each character, without invisible ones; all positions refer to this form."""
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").replace("µ", "μ")
    return "".join(c for c in plain if c in "\n\t" or unicodedata.category(c)[0] != "C")


def quantities(text: str, units: Collection[str] = ()) -> list[SpokenQuantity]:
    """Return the numbers in a text with their units.

    Args:
        text: a normalised text.
        units: units that count besides the usual ones, such as those of a campaign's parameters.

    >>> [item.text for item in quantities("0.3 mL of blue in 25 in total")]
    ['0.3 mL', '25']
    """
    return list(_quantities(text, {unit.casefold(): unit for unit in units if unit}))


def spanning(text: str, units: Collection[str] = ()) -> list[SpokenQuantity]:
    """Return the numbers in a text as :func:`quantities` does; the first of a range has the unit of its last.

    >>> [item.text for item in spanning("between 100 and 400 uL, 2 to 3 h, 4 and 5 s")]
    ['100 uL', '400 uL', '2 h', '3 h', '4', '5 s']
    """
    found = quantities(text, units)
    for place in range(len(found) - 2, -1, -1):
        low, high = found[place : place + 2]
        between = re.search(r"\bbetween\s*$", text[: low.start], re.IGNORECASE)
        joined = _FROM_TO.fullmatch(text[low.end : high.start])
        if not low.unit and high.unit and joined and (between or joined[0].strip() != "and"):
            found[place] = replace(low, unit=high.unit)
    return found


def _quantities(text: str, own: dict[str, str]) -> Iterator[SpokenQuantity]:
    for match in _QUANTITY.finditer(text):
        word = (match["unit"] or "").casefold()
        unit = own.get(word) or _UNITS.get(word) or _UNITS.get(word.removesuffix("s")) or ""
        end = match.end() if unit else match.end("number")
        yield SpokenQuantity(match["number"], unit, match.start(), end)


def colours(text: str) -> list[Colour]:
    """Return the colours in a text.

    >>> [item.rgb for item in colours("from (40, 120, 80) to #0a141e")]
    [(40, 120, 80), (10, 20, 30)]
    """
    found = []
    for match in _COLOUR.finditer(text):
        if match["hex"]:
            r, g, b = bytes.fromhex(match["hex"])
        else:
            r, g, b = (int(match[x] or match[y]) for x, y in (("a", "d"), ("b", "e"), ("c", "f")))
        found.append(Colour((r, g, b), match.start(), match.end()))
    return found


def count(word: str) -> int | None:
    """Return the whole number a word says, in digits or (up to ten) in letters.

    >>> count("two"), count("12"), count("many")
    (2, 12, None)
    """
    if word.isascii() and word.isdigit() and len(word) <= 6:
        return int(word)
    return _SMALL.get(word.casefold())


def names_in(text: str, known: Collection[str], others: Collection[str] = ()) -> list[tuple[str, int, int]]:
    """Return the known names that a text speaks of, each with where it stands; words of four letters may be misspelt.

    Args:
        text: a normalised text.
        known: the names.
        others: words that are no misspelt names.

    >>> names_in("more yelow and blue", ["yellow", "blue"])
    [('yellow', 5, 10), ('blue', 15, 19)]
    """
    found: list[tuple[str, int, int]] = []
    for name in sorted(known, key=len, reverse=True):
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE):
            if not any(start < match.end() and match.start() < end for _, start, end in found):
                found.append((name, match.start(), match.end()))
    folded = {name.casefold(): name for name in known}
    for match in _WORD.finditer(text):
        word = match[0].casefold()
        taken = any(start < match.end() and match.start() < end for _, start, end in found)
        if taken or len(word) < 4 or word in others:
            continue
        near = difflib.get_close_matches(word, folded, n=2, cutoff=0.8)
        if len(near) == 1:
            found.append((folded[near[0]], match.start(), match.end()))
    return sorted(found, key=lambda item: item[1])

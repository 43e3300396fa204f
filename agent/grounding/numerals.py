"""Numerals: the numbers in a text, with their units and as many digits as are written, wherever they are claims.

List markers, dates, times of the day, ordinals, versions and digits inside names are no numbers here.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from zosimos.core.errors import UnitError
from zosimos.core.units import convert

_NUMBER = re.compile(
    r"(?<![\w.,])(?P<sign>(?<![\w)\]])[-+])?"
    r"(?P<digits>[1-9]\d{0,2}(?:,\d{3}){1,5}(?![\d,])(?:\.\d{1,15})?|\d{1,18}[.,]\d{1,18}|\.\d{1,18}|\d{1,18})"
    r"(?P<power>[eE][-+]?\d{1,3})?(?![\d])"
)
_TIMES_TEN = re.compile(r"\s?[\u00d7x*]\s?10\s?(?:\^|\*\*)?\s?([-+]?\d{1,3})(?!\d)")
_BESIDE = re.compile(r"\s?(?:\u00b1|\+/-)\s?\d{1,12}(?:\.\d{1,12})?\)")  # of (1.23 ± 0.02) × 10⁻⁷
_NOT = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?|\b\d{1,2}:\d\d(?::\d\d)?\b|\b\d{1,4}(?:st|nd|rd|th)\b|"
    r"\bv?\d+(?:\.\d+){2,9}\b"
    r"|^[ \t>]*\d{1,3}[.)](?=\s)|\b(?:step|option|choice|alternative|idea|suggestion|point|part|section|figure|"
    r"table)\s#?\d{1,3}\b"
    r"|\b[A-Za-z]\w{0,30}-\d{1,6}\b|(?<![\w/])/[a-z]{2,12}\b[^\n]{0,200}",
    re.IGNORECASE | re.MULTILINE,
)
_UNITS = {
    **{
        name: name
        for name in ("mL", "uL", "nL", "L", "mg", "ug", "g", "kg", "mol", "mmol", "M", "mM", "K", "h", "s", "min")
    },
    **{
        name: name
        for name in ("ms", "day", "nm", "um", "mm", "cm", "V", "mV", "A", "mA", "W", "Pa", "kPa", "MPa", "bar")
    },
    **{name: name for name in ("mbar", "rpm", "%", "ppm", "degC", "degF", "g/L", "mg/mL", "mL/min", "uL/min", "mol/L")},
    **dict.fromkeys(("ml", "millilitre", "millilitres", "milliliter", "milliliters"), "mL"),
    **dict.fromkeys(("ul", "\u03bcL", "\u03bcl", "microlitre", "microlitres", "microliter", "microliters"), "uL"),
    **dict.fromkeys(("litre", "litres", "liter", "liters"), "L"),
    **dict.fromkeys(("\u00b0C", "\u00b0c", "\u00b0", "C", "deg", "degrees", "celsius", "Grad"), "degC"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours", "Stunden", "heures", "horas"), "h"),
    **dict.fromkeys(("minute", "minutes", "mins", "Minuten", "minutos"), "min"),
    **dict.fromkeys(("sec", "second", "seconds", "Sekunden"), "s"),
    **dict.fromkeys(("percent", "Prozent"), "%"),
    **dict.fromkeys(("\u03bcm", "micron", "microns"), "um"),
    **dict.fromkeys(("days",), "day"),
}
_UNIT = re.compile(
    r"[ \t*]{0,2}(?P<unit>[%\u00b0]?[A-Za-z\u03bc]{0,12}(?:/[A-Za-z]{1,3})?)(?![\w/])|[ ]?(?P<sign>[%\u00b0])"
)
_WORD = re.compile(
    r"\b(?:(?P<en>two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|dozen|half)"
    r"|(?P<de>zwei|drei|vier|funf|sechs|sieben|acht|neun|zehn|elf|zwolf)"
    r"|(?P<fr>deux|trois|quatre|cinq|sept|huit|neuf|dix)|(?P<es>dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez))\b",
    re.IGNORECASE,
)
_LISTS = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
    "de": ["null", "eins", "zwei", "drei", "vier", "funf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwolf"],
    "fr": ["zero", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"],
    "es": ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"],
}
_MORE = {"twenty": 20, "dozen": 12, "half": 0.5}
_ABOUT = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.?|some|nearly|almost|rund|etwa|ca\.|environ|unos|cerca "
    r"de)|[~\u2248])\s?$",
    re.I,
)
_ROUGHLY = 0.05  # of a number that is said to be about so much, and ends in zeros


@dataclass(frozen=True)
class Numeral:
    """A number as it is written: its value, half of what its last digit counts, its unit, and where it stands.

    ``stop`` is where the number ends and ``end`` where its unit does; a ``word`` is one such as *three*.
    """

    value: float
    room: float
    unit: str
    start: int
    stop: int
    end: int
    word: bool = False

    def says(self, value: float, unit: str) -> bool:
        """Say whether a number on record is this one, rounded as it is written and in any unit.

        >>> [n.says(0.3098, "mL") for n in numerals("0.31, 310 uL, 0.32 mL")]
        [True, True, False]
        """
        if not self.unit or self.unit == unit:
            return self._near(value, self.value, self.room)
        if not unit:
            return self.unit == "%" and self._near(value, self.value / 100, self.room / 100)
        try:
            said = convert(self.value, self.unit, unit)
            room = abs(convert(self.room, self.unit, unit, difference=True))
        except UnitError:
            return False
        return self._near(value, said, room)

    def apart(self, distance: float, unit: str) -> bool:
        """Say whether this is how far two numbers of a unit are apart."""
        if not self.unit or self.unit == unit or not unit:
            return self._near(abs(distance), abs(self.value), self.room)
        try:
            said = convert(self.value, self.unit, unit, difference=True)
            room = abs(convert(self.room, self.unit, unit, difference=True))
        except UnitError:
            return False
        return self._near(abs(distance), abs(said), room)

    def _near(self, value: float, said: float, room: float) -> bool:
        # A little more than half a digit: what a model rounds was rounded before it was shown.
        return abs(value - said) <= 1.02 * room + 1e-9 * abs(value)


def numerals(seen: str) -> list[Numeral]:
    """Return the numbers in a text, in order.

    >>> [(n.value, n.unit) for n in numerals("1. On 2026-03-01, K2CO3 took 1,200 uL at 80 °C (2nd try), 5 %")]
    [(1200.0, 'uL'), (80.0, 'degC'), (5.0, '%')]
    """
    barred = [match.span() for match in _NOT.finditer(seen)]
    found = [*_in_digits(seen), *_in_words(seen)]
    found.sort(key=lambda one: one.start)
    return list(_outside(found, barred))


def _outside(found: list[Numeral], barred: list[tuple[int, int]]) -> Iterator[Numeral]:
    place = 0
    for one in found:
        while place < len(barred) and barred[place][1] <= one.start:
            place += 1
        if place == len(barred) or one.start < barred[place][0]:
            yield one


def _in_digits(seen: str) -> Iterator[Numeral]:
    scaled: tuple[int, float] = (-1, 1.0)  # where a pair in brackets ends, and its power of ten
    for match in _NUMBER.finditer(seen):
        digits, power, stop = match["digits"], match["power"] or "", match.end()
        if seen[stop : stop + 1] in (".", ",") and seen[stop + 1 : stop + 2].isdigit():
            continue
        if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits) and digits[0] != "0":
            digits = digits.replace(",", "")
        digits = digits.replace(",", ".")
        value = float(f"{match['sign'] or ''}{digits}{power}")
        room = 0.5 * _ten_to(int(power[1:] or 0) - len(digits.partition(".")[2]))
        if times := _TIMES_TEN.match(seen, stop):
            value, room, stop = value * _ten_to(int(times[1])), room * _ten_to(int(times[1])), times.end()
        elif seen[match.start() - 1 : match.start()] == "(" and (pair := _BESIDE.match(seen, stop)):
            times = _TIMES_TEN.match(seen, pair.end())
            scaled = (pair.end(), _ten_to(int(times[1]))) if times else scaled
        if match.start() < scaled[0]:
            value, room = value * scaled[1], room * scaled[1]
        if not math.isfinite(value) or not math.isfinite(room):
            value, room = math.inf, 0.0
        unit = _UNIT.match(seen, stop)
        named = _UNITS.get((unit["unit"] or unit["sign"]) if unit else "", "")
        end = unit.end() if unit and named else stop
        if not named and seen[stop : stop + 1].isalpha():
            continue  # such as 3x or 1b: a name, or nothing that we can read
        if _ABOUT.search(seen[max(0, match.start() - 16) : match.start()]):
            shown = digits.rstrip("0") if "." not in digits else digits
            room = max(room, min(room * _ten_to(len(digits) - len(shown)), _ROUGHLY * abs(value)))
        yield Numeral(value, room, named, match.start(), stop, end)


def _ten_to(power: int) -> float:
    return 10.0**power if power <= sys.float_info.max_10_exp else math.inf


def _in_words(seen: str) -> Iterator[Numeral]:
    for match in _WORD.finditer(seen):
        language, word = match.lastgroup or "en", match[0].lower()
        value = _MORE[word] if word in _MORE else float(_LISTS[language].index(word))
        yield Numeral(value, 0.0, "", match.start(), match.end(), match.end(), word=True)

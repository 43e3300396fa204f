"""Headers: a column's name and its unit, as people write both in one cell.

A unit stands in brackets (``Temp (°C)``), after a comma or slash (``T / K``) or after ``in``. It is written in the way
of papers or instruments: ``mPa·s``, ``S·cm⁻¹``, ``wt%``, ``C`` for a temperature.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from zosimos.campaign.tables.grid import UNSEEN
from zosimos.core.units import as_read, is_unit

_BRACKETS = re.compile(
    r"(?P<name>.*?\S)\s*[(\[{](?P<unit>[^()\[\]{}]*(?:\([^()]*\)[^()\[\]{}]*)?)[)\]}]\s*(?P<more>.*)"
)
_MARKED = re.compile(r"(?P<name>.*\S)\s*(?:,|/|\bin\b)\s*(?P<unit>\S.*)")
_DIVIDED = re.compile(r"(?P<name>[^/]*[^/\s])\s*/\s*(?P<unit>\S.*)")
_WITH_PERCENT = re.compile(r"%\s*(?P<after>[^\W\d].*)|(?P<before>.*\w)\s*%")
_PERCENT = re.compile(
    r"(?:wt|w|vol|v|mol|at|mass|m|gew|ma|rel|area)\.?\s*[-/.]?\s*%|%\s*\(?(?:w/w|v/v|w/v)?\)?|percent|pct|prozent",
    re.IGNORECASE,
)
_SQUARE = re.compile(r"[\u3371-\u33df\uff01-\uff5e\u2113\u2103\u2109]+")  # units in one sign, and wide letters
_PASSED = re.compile(rf"[\s_{UNSEEN}]+|(?<!^)[-‐‑–]")  # what begins with a minus is something else
_TIMES = re.compile(r"\s*[·⋅×∙•]\s*")
_SAME = {
    "°C": "degC",
    "℃": "degC",
    "ºC": "degC",
    "deg C": "degC",
    "°F": "degF",
    "celsius": "degC",
    "kelvin": "K",
    "sec": "s",
    "secs": "s",
    "seconds": "s",
    "mins": "min",
    "minutes": "min",
    "hr": "h",
    "hrs": "h",
    "hours": "h",
    "ml": "mL",
    "l": "L",
    "µl": "µL",
    "μl": "µL",
    "ul": "µL",
    "uL": "µL",
    "ug": "µg",
    "cps": "cP",
    "cPs": "cP",
    "mPas": "mPa*s",
    "Pas": "Pa*s",
    "deg.C": "degC",
    "deg. C": "degC",
    "° C": "degC",
    "oC": "degC",
    "grad C": "degC",
    "Grad C": "degC",
    "Grad Celsius": "degC",
    "Celsius": "degC",
    "Kelvin": "K",
    "° F": "degF",
    "deg F": "degF",
    "Fahrenheit": "degF",
    "KG": "kg",
    "Kg": "kg",
    "Sekunden": "s",
    "Minuten": "min",
    "Min": "min",
    "Min.": "min",
    "min.": "min",
    "Stunden": "h",
    "Std": "h",
    "Std.": "h",
    "Tage": "day",
    "days": "day",
    "fraction": "dimensionless",
    "Anteil": "dimensionless",
    "Ω": "ohm",
    "percent": "%",
    "RPM": "rpm",
    "U/min": "rpm",
    "1/min": "rpm",
}
_TEMPERATURES = {"degC", "degF", "K", "kelvin", "degR"}
_IN_TEMPERATURES = {"C": "degC", "F": "degF", "°": "degC", "deg": "degC", "c": "degC", "f": "degF", "k": "K"}
NONE = ("-", "–", "none")
"""What stands in the place of a unit where there is none."""


def key(text: str) -> str:
    """Return what is compared of a name: its letters, digits and signs, but no case, blanks, underscores or hyphens.

    >>> key("Reaction_Temp ") == key("reaction temp")
    True
    """
    return _PASSED.sub("", unicodedata.normalize("NFKC", text).strip()).casefold()


@lru_cache(maxsize=4096)
def unit_text(text: str) -> str:
    """Return a unit in the words that are known here; it need not be one.

    >>> unit_text("mPa·s"), unit_text("S·cm⁻¹"), unit_text("wt%"), unit_text("Ω·cm")
    ('mPa*s', 'S*cm**-1', '%', 'ohm*cm')
    """
    text = _SQUARE.sub(lambda letters: unicodedata.normalize("NFKC", letters[0]), text)
    found = " ".join(text.replace("\u00b5", "µ").replace("\u03bc", "µ").split())
    if _PERCENT.fullmatch(found):
        return "%"
    if found in _SAME:
        return _SAME[found]
    found = as_read(_TIMES.sub("*", found))
    for sign, word in (("Ω", "ohm"), ("\u2126", "ohm"), ("−", "-"), ("°C", "degC")):
        found = found.replace(sign, word)
    found = re.sub(r"(?<=[A-Za-zµ])\^?(-[0-9])", r"**\1", found)
    found = re.sub(r"(?<=[A-Za-zµ0-9])[ .](?=[A-Za-zµ])", "*", found)
    return _SAME.get(found, found)


def unit_for(text: str, own: str) -> str:
    """Return a unit as it is meant beside another: ``C`` is a charge, but a temperature where one is looked for.

    >>> unit_for("C", "degC"), unit_for("C", "mA*h")
    ('degC', 'C')
    """
    found, known = unit_text(text), unit_text(own)
    if known in _TEMPERATURES:
        found = _IN_TEMPERATURES.get(found, found)
    if found.casefold() == known.casefold() and found != known and not is_unit(found):
        return known  # MIN, KG: there is no other unit of that name
    return found


def other_case(unit: str, own: str) -> bool:
    """Say whether a unit is another one only because of its capital letters, as ML and mL: seldom what is meant."""
    known = unit_text(own)
    return unit != known and unit.casefold() == known.casefold()


def is_known(unit: str) -> bool:
    """Say whether a unit exists, as it is or in the words that are known here."""
    return bool(unit) and is_unit(unit)


def split(header: str) -> list[tuple[str, str]]:
    """Return what a header may be made of: pairs of a name and the text that stands where its unit would.

    >>> split("Temp (°C)"), split("T / K"), split("yield")
    ([('Temp', '°C')], [('T', 'K')], [])
    """
    header = _SQUARE.sub(lambda letters: unicodedata.normalize("NFKC", letters[0]), header)
    found: list[tuple[str, str]] = []
    if bracketed := _BRACKETS.fullmatch(header):
        name, inside = f"{bracketed['name']} {bracketed['more']}".strip(), bracketed["unit"].strip()
        inside = inside.removeprefix("in ").strip()
        found.append((name, inside))
        first, *conditions = re.split(r"\s*[,;@]\s*", inside)
        if conditions and is_known(unit_text(first)):  # Viscosity (mPa·s, 25 °C)
            found.append((name, first))
    if percent := _WITH_PERCENT.fullmatch(header):
        found.append((percent["before"] or percent["after"], "%"))
    for form in (_DIVIDED, _MARKED):
        if marked := form.fullmatch(header):
            pair = marked["name"].strip(), marked["unit"].strip(" ()[]")
            if pair not in found and not bracketed:
                found.append(pair)
    return found

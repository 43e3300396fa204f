"""Extracted values: numbers with units that stand in passages, each with the very letters that it was read from.

They have the origin ``extracted``: nobody measured them here, and nothing trains on them. A number is read only where
its unit is one that is known, and where it can mean one thing; 1,5 and 1,000 cannot, so they are left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zosimos.agent.knowledge.document import Passage
from zosimos.core.errors import UnitError
from zosimos.core.units import convert, is_unit

ORIGIN = "extracted"

_NUMBER = r"\d+(?:\.\d+)?(?:[eE][+-]?\d+|\s?[×x·*]\s?10\s?\^?\s?[-−]?\d{1,2})?"
_SIGN = r"(?:(?<![^\s(])[-−+])?"
_UNIT = r"(?P<unit>[^\W\d_][\w·⋅/*^⁺⁻⁰¹²³⁴-⁹.%°+−-]{0,23}|[%‰°][A-Za-z]{0,2})(?P<second>\s[A-Za-z]{1,4}[-−⁻][\d¹²³])?"
_QUANTITY = re.compile(
    rf"(?<![\w.,/])(?P<value>{_SIGN}{_NUMBER})(?![\d,]*,\d)(?P<one>\s?(?:%|°C|[^\W\d_]{{1,8}})(?=\s?(?:-|–|to)\s))?"
    rf"(?:\s?(?:±|\+/-|\+-)\s?(?P<spread>{_NUMBER})|\s?(?:–|-|to|\.\.)\s?(?P<upto>[-−]?{_NUMBER}))?\s?{_UNIT}"
)
_COLUMN = re.compile(rf"[(\[](?P<unit>[^()\[\]:;]{{1,24}})[)\]]: (?P<value>[-−+]?{_NUMBER})(?=;|\s*\Z)")
_WORDS = frozenset(
    (
        *("a", "am", "an", "and", "are", "as", "at", "by", "cycle", "dot", "in", "is", "it", "line", "lines", "mark"),
        *("marks", "me", "no", "of", "on", "or", "page", "pages", "per", "pm", "point", "points", "so", "square"),
        *("step", "steps", "times", "to", "turn", "turns", "us", "was", "we", "with", "x"),
    )
)
"""Words that follow numbers and would be read as units: ``in`` as inches, ``a`` as years, ``pm`` as picometres."""

_MINUS = str.maketrans("−–", "--")


@dataclass(frozen=True)
class Extracted:
    """A number with a unit, as it stands in a passage.

    Args:
        passage: where it stands.
        start: where it begins in the text of its page, in characters.
        end: where it ends there.
        text: what stands there, to the letter.
        value: the number, in ``unit``; of a range, where it begins.
        unit: its unit.
        spread: what follows ±, None if nothing does.
        upto: where a range ends, None if it is none.

    Raises:
        ValueError: the text is not what stands in the page there, or not inside the passage.
    """

    passage: Passage
    start: int
    end: int
    text: str
    value: float
    unit: str
    spread: float | None = None
    upto: float | None = None

    def __post_init__(self) -> None:
        span = self.passage.span
        inside = span.start <= self.start < self.end <= span.end
        if not inside or self.passage.page.text[self.start : self.end] != self.text:
            raise ValueError(f"{self.text!r} does not stand in passage {self.passage.id}")

    def within(self, unit: str) -> Extracted | None:
        """Return it in another unit; None if it measures something else."""
        try:
            value = convert(self.value, self.unit, unit)
            spread = None if self.spread is None else convert(self.spread, self.unit, unit, difference=True)
            upto = None if self.upto is None else convert(self.upto, self.unit, unit)
        except UnitError:
            return None
        return Extracted(self.passage, self.start, self.end, self.text, value, unit, spread, upto)


def extracted(passage: Passage) -> list[Extracted]:
    """Return the numbers with units of a passage, in their order."""
    found = sorted((*_in_columns(passage), *_in_sentences(passage)), key=lambda one: (one.start, one.end))
    return [one for i, one in enumerate(found) if i == 0 or one.start >= found[i - 1].end]


def _in_sentences(passage: Passage) -> Iterator[Extracted]:
    for match in _QUANTITY.finditer(passage.text):
        unit, end = _unit(match)
        if unit and (match["one"] or unit).strip() == unit:
            yield from _made(passage, match, unit, end)


def _in_columns(passage: Passage) -> Iterator[Extracted]:
    """Yield what stands in tables, where the unit stands in the name of the column: ``time (min): 12``."""
    for match in _COLUMN.finditer(passage.text):
        if _is_unit(match["unit"]):
            yield from _made(passage, match, match["unit"], match.end())


def _made(passage: Passage, match: re.Match[str], unit: str, end: int) -> Iterator[Extracted]:
    numbers = {name: _number(match[name]) for name in ("value", "spread", "upto") if match.re.groupindex.get(name)}
    value = numbers["value"]
    if value is not None:
        start = passage.span.start + match.start()
        stop = passage.span.start + end
        text = passage.page.text[start:stop]
        yield Extracted(passage, start, stop, text, value, unit, numbers.get("spread"), numbers.get("upto"))


def _unit(match: re.Match[str]) -> tuple[str, int]:
    """Return the longest unit that a number's following letters are, and where it ends in the text; empty: none."""
    first = match["unit"].rstrip(".,-−/*·^+")
    if match["second"] and first == match["unit"]:
        both = f"{first}{match['second']}"
        if _is_unit(both):
            return both, match.end("second")
    return (first, match.start("unit") + len(first)) if _is_unit(first) else ("", 0)


def _is_unit(text: str) -> bool:
    return text.lower() not in _WORDS and is_unit(text)


def _number(text: str | None) -> float | None:
    """Return a number as it is written in papers.

    >>> _number("1.2 × 10^-3"), _number("−20")
    (0.0012, -20.0)
    """
    if text is None:
        return None
    plain = re.sub(r"\s?[×x·*]\s?10\s?\^?\s?", "e", text.translate(_MINUS)).replace(" ", "")
    return float(plain)

"""Bounds in words: "keep blue below 0.3 mL" becomes (blue, max, 0.3 mL), or nothing where it could mean two things."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from zosimos.agent.offline.slots import SpokenQuantity, names_in, quantities

Side = Literal["min", "max"]

_NOT = r"(?:\bnot\b|\bnever\b|n't\b|\bdont\b|\bno\b|\bwithout\b)"
_MORE = r"(?:above|over|beyond|exceed(?:s|ing)?|more than|higher than|greater than|larger than)"
_LESS = r"(?:below|under|beneath|less than|lower than|smaller than)"
# In this order: a negated comparison must be read before the comparison inside it.
_COMPARISONS: tuple[tuple[Side, re.Pattern[str]], ...] = (
    ("max", re.compile(rf"{_NOT}(?:\s+\w+){{0,3}}?\s+{_MORE}\b")),
    ("min", re.compile(rf"{_NOT}(?:\s+\w+){{0,3}}?\s+{_LESS}\b")),
    ("max", re.compile(rf"\b{_LESS}\b|\bat most\b|\bup to\b|\bmax(?:imum)?\b|\bupper (?:bound|limit)\b|<=?|≤")),
    ("min", re.compile(rf"\b{_MORE}\b|\bat least\b|\bmin(?:imum)?\b|\blower (?:bound|limit)\b|>=?|≥")),
    ("max", re.compile(r"\b(?:cap|limit|restrict)(?:ped|ed)?\b")),
)
_BETWEEN = re.compile(r"\b(?:between|from)\s*$")
_CLAUSE = re.compile(r"[;\n,]|\.(?=\s|$)|\b(?:and|but|then)\b")

_WORD = re.compile(r"[^\W\d_]{2,}")
_WORDS_TEXT = """
    a all always an and any at be between bound bounds but cap capped change could do don dont for from go
    have in it just keep keeping leave let limit limited lower lowest make max maximum maybe min minimum must
    never no not now of on only parameter please put range restrict s set should stay t than that the then
    there to up upper use using value volume we with you i want would like amount narrow widen raise reduce
    increase decrease dye more much less below under above over most least exceed beyond beneath higher
    greater larger smaller can t
"""
WORDS = frozenset(_WORDS_TEXT.split())
"""Words that may stand in such a sentence without changing what it asks."""


@dataclass(frozen=True)
class Bound:
    """One bound of one parameter, with where the clause that says so stood."""

    name: str
    side: Side
    quantity: SpokenQuantity
    start: int
    end: int


def bounds(text: str, parameters: Mapping[str, str], start: int = 0, end: int | None = None) -> list[Bound]:
    """Return the bounds that a text asks for, clause by clause; a clause that is not clear gives none.

    Args:
        text: a normalised text.
        parameters: names of numeric parameters and their units.
        start: where to begin reading.
        end: where to stop.
    """
    text = text[:end]
    found: list[Bound] = []
    for first, last in _clauses(text, start):
        found += _in_clause(text, first, last, parameters)
    return found


def says_more(text: str, bound: Bound) -> bool:
    """Say whether the clause of a bound says something besides it: then reading the bound alone would drop that.

    >>> known = {"blue": "mL"}
    >>> [says_more(text, bounds(text, known)[0]) for text in ("keep blue below 1 mL", "blue below 1 mL in the dark")]
    [False, True]
    """
    rest = text[bound.start : bound.end]
    for item in reversed(quantities(rest, [bound.quantity.unit])):
        rest = f"{rest[: item.start]} {rest[item.end :]}"
    for _, start, end in reversed(names_in(rest, [bound.name], WORDS)):
        rest = f"{rest[:start]} {rest[end:]}"
    return any(word not in WORDS for word in _WORD.findall(rest.casefold()))


def _clauses(text: str, start: int) -> list[tuple[int, int]]:
    """Return where clauses begin and end; the "and" of "between 1 and 2" ends none."""
    edges = [start]
    for match in _CLAUSE.finditer(text, start):
        inside = text[edges[-1] : match.start()]
        if match[0] == "and" and re.search(r"\bbetween\s+\S+(?:\s+\S+)?\s*$", inside, re.IGNORECASE):
            continue
        edges += [match.start(), match.end()]
    edges.append(len(text))
    return list(zip(edges[::2], edges[1::2], strict=True))


def _in_clause(text: str, start: int, end: int, parameters: Mapping[str, str]) -> list[Bound]:
    clause = text[start:end]
    folded = clause.casefold() if len(clause.casefold()) == len(clause) else clause
    named = {name for name, _, _ in names_in(clause, parameters, WORDS)}
    numbers = quantities(clause, list(parameters.values()))
    if len(named) != 1 or len(numbers) not in (1, 2):
        return []
    (name,) = named
    if len(numbers) == 2:
        low, high = numbers
        between = folded[low.end : high.start].strip()
        if not (_BETWEEN.search(folded[: low.start]) and between in ("and", "to", "-", "–")):
            return []
        if any(p.search(folded) for _, p in _COMPARISONS[:4]) or re.search(_NOT, folded):
            return []
        unit = low.unit or high.unit
        low = SpokenQuantity(low.number, unit, low.start, low.end)
        return [Bound(name, "min", low, start, end), Bound(name, "max", high, start, end)]
    side = _side(folded)
    return [] if side is None else [Bound(name, side, numbers[0], start, end)]


def _side(clause: str) -> Side | None:
    """Return which bound a clause speaks of; None if it speaks of none or of both."""
    sides: set[Side] = set()
    for side, pattern in _COMPARISONS[:4]:
        clause, hits = pattern.subn(" ", clause)
        if hits:
            sides.add(side)
    if not sides:
        sides = {side for side, pattern in _COMPARISONS[4:] if pattern.search(clause)}
    return sides.pop() if len(sides) == 1 else None

"""Whose: the experiment and the quantity that a number belongs to, by where it stands."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from dataclasses import dataclass

from zosimos.agent.grounding.facts import Facts
from zosimos.agent.grounding.mentions import Mentions, Place
from zosimos.agent.grounding.numerals import Numeral

_LINK = re.compile(
    r"[\s,*]{0,3}(?:[(\[]\W{0,2}|(?:,? ?(?:and )?(?:it|which|this) (?:is|was|belongs?|comes?|came) )?"
    r"(?:for|in|from|by|of|at|to|with|on|bei|von|fur|pour|para|en|dans|de|con)\s)(?:the )?(?:experiments? |runs? |"
    r"exp\.? )?[`*\s]{0,4}"
)
_CLAUSE = re.compile(r"[\s,]{1,3}which is what[\s*]{1,3}|[\s,*]{1,3}as in[\s*]{1,3}")
_JOINED = re.compile(
    r"\W{0,3}(?:,|/|&|\||\band\b|\bund\b|\bet\b|\by\b|\be\b|\bvs\.?|\bversus\b|\bagainst\b|\bwith\b|\bto\b|"
    r"\bor\b|\bthen\b|\bgegen\b|\u2192|->)\W{0,3}",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:its|it|whose|the former|former)\b")
OF_NAME = re.compile(r"[ *_`]{0,3}(?:(?:of|de|von|di|in) )?(?:the )?[*_`]{0,2}")
"""What stands between a number and the quantity behind it that it is of: 0.3 mL of blue."""

_FEW = 8


@dataclass(frozen=True)
class Owners:
    """The experiments that a number may be of; ``named`` where the passage itself says so."""

    ids: tuple[str, ...]
    named: bool


def owners_of(mentions: Mentions, number: Numeral, facts: Facts) -> Owners:
    """Return the experiments that a number may belong to."""
    if mentions.cell_owner:
        return Owners((mentions.cell_owner,), named=True)
    ids = mentions.ids
    if paired := _paired(mentions, number):
        return Owners((paired,), named=True)
    at = bisect.bisect_left([one.start for one in ids], number.start)
    if at < len(ids) and _linked(mentions, number, ids[at], at > 0):
        return Owners((ids[at].what,), named=True)
    if at > 0:
        before = ids[at - 1]
        if _PRONOUN.search(mentions.between(before.end, number.start)):
            return Owners(tuple(one.what for one in ids[max(0, at - _FEW) : at]), named=True)
        return Owners((before.what,), named=True)
    if ids:
        return Owners((ids[0].what,), named=True)
    if role := _role(mentions, number, facts):
        return Owners(role, named=True)
    return Owners(tuple(mentions.owners[-_FEW:]), named=False)


def _role(mentions: Mentions, number: Numeral, facts: Facts) -> tuple[str, ...]:
    """Return the experiments that *the best* or *the last* before a number means."""
    found = [one for one in mentions.roles if one.start < number.start] or list(mentions.roles)
    match found[-1].what if found else "":
        case "best":
            return facts.best[:_FEW]
        case "last":
            return facts.last
        case _:
            return ()


def _linked(mentions: Mentions, number: Numeral, following: Place, after_one: bool) -> bool:
    """Say whether the experiment after a number is said to be what it is of: 5.3 (e0007), 5.3 in e0007.

    After a comma it is only where no experiment stands before the number.
    """
    gap = mentions.between(number.end, following.start)
    if len(gap) > 60 or (after_one and gap.lstrip(" *").startswith((",", ")"))):
        return False
    for name in mentions.names:
        if number.end <= name.start and name.end <= following.start:
            before, after = mentions.between(number.end, name.start), mentions.between(name.end, following.start)
            gap = f"{before.rstrip(' of')} {after.lstrip()}" if len(before) < 8 else gap
    return bool(_LINK.fullmatch(gap) or _CLAUSE.fullmatch(gap))


def _paired(mentions: Mentions, number: Numeral) -> str:
    """Return the experiment of a number in *e0001 and e0002 gave 3.4 and 5.6*; empty where it is not said so."""
    run, place = _run(mentions, number)
    if len(run) < 2:
        return ""
    before = [one for one in mentions.ids if one.end <= run[0].start]
    if any(run[0].start <= one.start < run[-1].end for one in mentions.ids) or len(before) < len(run):
        return ""
    groups: list[list[Place]] = []
    for one in before[-2 * _FEW :]:
        joined = groups and _JOINED.fullmatch(mentions.between(groups[-1][-1].end, one.start))
        if joined:
            groups[-1].append(one)
        else:
            groups.append([one])
    fitting = [group for group in groups if len(group) == len(run)]
    if fitting:
        return fitting[-1][place].what
    distinct = list(dict.fromkeys(one.what for one in before))
    return distinct[place] if len(distinct) == len(run) else ""


def _run(mentions: Mentions, number: Numeral) -> tuple[Sequence[Numeral], int]:
    """Return the numbers that stand joined with a number, and its place among them."""
    numbers = mentions.numbers
    at = next((i for i, one in enumerate(numbers) if one is number), 0)
    first = last = at
    while first > 0 and last - first < _FEW and _joins(mentions, numbers[first - 1], numbers[first]):
        first -= 1
    while last + 1 < len(numbers) and last - first < _FEW and _joins(mentions, numbers[last], numbers[last + 1]):
        last += 1
    return numbers[first : last + 1], at - first


def _joins(mentions: Mentions, one: Numeral, other: Numeral) -> bool:
    gap = mentions.between(one.end, other.start)
    return len(gap) < 16 and _JOINED.fullmatch(gap) is not None


def names_of(mentions: Mentions, number: Numeral, facts: Facts) -> tuple[list[str], bool]:
    """Return the quantities that a number may be of, the likeliest first, and whether the passage says which."""
    if mentions.cell_name:
        return [mentions.cell_name], True
    names = mentions.names
    at = bisect.bisect_left([one.start for one in names], number.start)
    if at < len(names) and OF_NAME.fullmatch(mentions.between(number.end, names[at].start)):
        return [names[at].what], True
    if at > 0:
        return [names[at - 1].what], True
    if names and len(mentions.numbers) == 1:
        return [names[0].what], True
    outcomes = [] if mentions.about else facts.state.spec.objectives
    found = [*outcomes, *(one.what for one in names), *mentions.about[-2:], *facts.state.spec.objectives]
    return list(dict.fromkeys(found)), False

"""A campaign by hand, read from words: what can be changed, within what or among which choices, and what is wanted.

Only plain forms are read: a name with two numbers, a name with a list, and an aim with a name. Whatever else the words
say is left for :mod:`zosimos.agent.offline.planning` to name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from zosimos.campaign.tables.headers import is_known
from zosimos.campaign.templates import phrases
from zosimos.core.errors import InputError

_LEADING_TEXT = """
    a adjust alter among an and as at between by can change changing choose explore find for from have i in is it keep
    may of on our over play respect set test the to try tune tuning use using vary varying we where which while with
    within you
"""
LEADING = frozenset(_LEADING_TEXT.split())
"""Words before a name that are none of it."""

_NUMBER = r"[+\-−]?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_UNIT = r"(?:\s?(?:°\s?[CFK]|%|[A-Za-zµμ]+(?:[/·*^][A-Za-zµμ0-9-]+)*%?))?"
_NAME = r"[A-Za-z][\w-]*(?:[ ][A-Za-z][\w-]*){0,3}"
_SPAN = re.compile(
    rf"(?P<name>{_NAME})\s*(?:\(|:|=|\bis\b|\bare\b|\bcan be\b|\bmay be\b|\branges?\b|\bvaries\b|\bgoes\b|,)?\s*"
    rf"(?:from|between|of|in|within)?\s*(?P<low>{_NUMBER})(?P<first>{_UNIT})\s*(?:-|–|—|−|\bto\b|\band\b|\buntil\b|\.\.+)\s*"
    rf"(?P<high>{_NUMBER})(?P<unit>{_UNIT})\s*\)?",
)
_ITEM = r"[^\s,;:()]+"
_LIST = rf"{_ITEM}(?:\s*,\s*{_ITEM})*\s*,?\s*\b(?:or|and)\s+{_ITEM}"
_MARKED = r"(?::|=|\(|\bis one of\b|\bone of\b|\bamong\b|\beither\b|\bout of\b|\bcan be\b|\bmay be\b|\bin\b)"
_LISTED = re.compile(rf"(?P<name>{_NAME})\s*{_MARKED}\s*(?P<items>{_LIST}|{_ITEM}(?:\s*,\s*{_ITEM})+)\s*\)?")
_BARE_LIST = re.compile(rf"(?P<name>[A-Za-z][\w-]*)\s+(?P<items>{_LIST})")
_AIM = re.compile(
    r"\b(?P<goal>maximi[sz]e|minimi[sz]e|highest|lowest|largest|smallest|most|least|increase|reduce)\s+"
    rf"(?:possible\s+)?(?:the\s+|our\s+|its\s+)?(?P<name>{_NAME})\s*(?:\(\s*(?:in\s+)?(?P<unit>[^)]+?)\s*\))?",
    re.IGNORECASE,
)
_TARGET = re.compile(
    rf"\b(?:target|aim for|hit|reach|bring)\s+(?:a\s+|an\s+|the\s+)?(?P<name>{_NAME}?)\s+(?:of\s+|to\s+|at\s+|=\s*)"
    rf"(?P<value>{_NUMBER})(?P<unit>{_UNIT})",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"\s+(?:by|over|with|in|at|for|from|while|using|varying|when|where|as|of|under|within|subject|and|or|to)\b.*",
    re.IGNORECASE,
)
_OF_WHAT = re.compile(
    r"\s+of\s+(?:the|a|an|my|our|this|these)\s+[\w-]+(?:\s+(?!(?:by|over|with|in|at|for|from|while|using|varying)\b)[\w-]+){0,3}"
)
_LOW = frozenset({"minimise", "minimize", "lowest", "smallest", "least", "reduce"})


@dataclass(frozen=True)
class Part:
    """Something that words say of a campaign: a path and its value, and where it stands in the text."""

    path: str
    value: Any
    start: int
    end: int


def aims(text: str) -> Iterator[Part]:
    """Yield the objectives that a text names.

    >>> [(part.path, part.value) for part in aims("maximise the yield (%) and minimise cost")]
    [('objectives.yield', {'goal': 'max', 'unit': '%'}), ('objectives.cost', {'goal': 'min'})]
    """
    for match in _TARGET.finditer(text):
        name = _named(match["name"])
        if name:
            unit = match["unit"].strip() if is_known(match["unit"].strip()) else ""
            value = {"goal": "target", "target": float(match["value"]), **({"unit": unit} if unit else {})}
            yield Part(f"objectives.{name}", value, match.start(), match.end() if unit else match.end("value"))
    for match in _AIM.finditer(text):
        short = _ENDS.sub("", match["name"])
        name = _named(short)
        if name:
            whole = len(short) == len(match["name"])
            unit = {"unit": match["unit"]} if whole and match["unit"] else {}
            goal = "min" if match["goal"].casefold() in _LOW else "max"
            end = match.end() if whole else match.start("name") + len(short)
            end = about.end() if (about := _OF_WHAT.match(text, end)) else end
            yield Part(f"objectives.{name}", {"goal": goal, **unit}, match.start(), end)


def parameters(text: str, taken: Collection[str] = ()) -> Iterator[Part]:
    """Yield the parameters that a text names, with their ranges, levels or choices.

    Args:
        text: with aims blanked out.
        taken: names that are no parameters.

    >>> [(p.path, p.value) for p in parameters("temperature 20 to 80 degC, solvent DMF, water or ethanol")]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('space.temperature', {'min': 20.0, 'max': 80.0, 'unit': '°C'}),
     ('space.solvent', {'choices': ['DMF', 'water', 'ethanol']})]
    """
    known = set(taken)
    rest = text
    for pattern, read in ((_SPAN, _ranged), (_LISTED, _chosen), (_BARE_LIST, _chosen)):
        for match in pattern.finditer(rest):
            name = _named(match["name"])
            value = read(match) if name and name not in known else None
            if value is not None:
                known.add(name)
                start = match.start("name") + match["name"].rfind(name.replace("_", " ").split(" ")[0])
                yield Part(f"space.{name}", value, start, match.end())
                rest = rest[:start] + "\n" * (match.end() - start) + rest[match.end() :]


def _named(words: str) -> str:
    """Return a name without the words before it that are none; empty where nothing is left."""
    parts = words.split()
    while parts and parts[0].casefold() in LEADING:
        parts.pop(0)
    while parts and parts[-1].casefold() in LEADING:
        parts.pop()
    if not parts or any(part.casefold() in LEADING for part in parts):
        parts = parts[-1:] if parts and parts[-1].casefold() not in LEADING else []
    return "_".join(parts)


def _ranged(match: re.Match[str]) -> dict[str, Any] | None:
    text = f"{match['low']}{match['first']} to {match['high']}{match['unit']}"
    try:
        found = phrases.span(text, "range")
    except InputError:
        return None
    return {"min": found.low, "max": found.high, **({"unit": found.unit} if found.unit else {})}


def _chosen(match: re.Match[str]) -> dict[str, Any] | None:
    items = [part for part in re.split(r"\s*,\s*(?:or\s+|and\s+)?|\s+(?:or|and)\s+", match["items"].strip()) if part]
    items = [item.strip("'\"") for item in items]
    if len(set(items)) != len(items) or len(items) < 2 or any(item in LEADING for item in items):
        return None
    if all(re.fullmatch(_NUMBER, item) for item in items):
        return {"levels": sorted(float(item) for item in items)}
    return None if any(re.fullmatch(_NUMBER, item) for item in items) else {"choices": items}

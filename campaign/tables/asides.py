"""Asides: lines among the results that are no experiments, such as comments and averages below them.

They are left out and said so. A line that could be an experiment is never one of these: it is read, or refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from zosimos.campaign.control.tables import EXPERIMENT
from zosimos.campaign.tables.cells import is_missing
from zosimos.campaign.tables.grid import Line, shown
from zosimos.campaign.tables.layout import Layout
from zosimos.campaign.tables.matching import Targets
from zosimos.campaign.tables.words import SUMMARIES, word

_RULE = re.compile(r":?-{2,}:?|[=_─━]{2,}")


def aside(line: Line, layout: Layout, targets: Targets) -> str:
    """Return why a line is no experiment; empty if it may be one."""
    texts = {place: text for place, cell in enumerate(line.cells) if (text := shown(cell))}
    first = next(iter(texts), 0)
    text = texts.get(first, "")
    named = layout.of.get(EXPERIMENT)
    own = "" if named is None else texts.get(named.place, "")
    if targets.id(own):
        return ""
    if texts and all(_RULE.fullmatch(one) for one in texts.values()) and len(texts) > 1:
        return "a line that is drawn"
    if targets.id(re.split(r"[,;|\t]", own)[0]):
        return ""  # a row with another separator: it is refused
    alone = len(texts) == 1 and len(layout.head.line.cells) > 1
    if alone and (text.startswith("#") or (named is not None and first == named.place and not _is_number(text))):
        return "" if is_missing(text) else "a comment, and no experiment"
    if word(text.replace(".", " ").rstrip(": ")) in SUMMARIES and (
        own == text or _is_no_own_row(texts, layout, targets, first)
    ):
        return f"{text}, worked out of the other rows"
    return ""


def _is_number(text: str) -> bool:
    return text.replace(".", "").isdecimal()


def _is_no_own_row(texts: Mapping[int, str], layout: Layout, targets: Targets, first: int) -> bool:
    """Say whether a line that names no experiment is no row of one's own either: it lacks a parameter's value."""
    places = {column.target.name: column.place for column in layout.matched.of("parameter")}
    if first in places.values() and first not in layout.numeric:
        return False  # it may be the name of a choice
    return any(places.get(name, -1) not in texts or places[name] == first for name in targets.parameters)

"""Superlatives: whether the experiment that is called the best, the highest or the last is that on record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zosimos.agent.grounding import cues
from zosimos.agent.grounding.facts import Facts
from zosimos.agent.grounding.mentions import Mentions, Place

_MOST = re.compile(
    r"\b(?:(?P<best>best|top(?= run| experiment| result| one| performer|-performing|:)|winner|leader|leads|leading|"
    r"optimum|"
    r"front-?runner|record[ -]holder|in the lead|number one|am besten|beste[nrs]?|meilleure?s?|mejor)"
    r"|(?P<worst>worst|poorest|bottom(?= run| experiment| result| one)|schlechteste[nrs]?|pire|peor)"
    r"|(?P<high>highest|largest|greatest|biggest|maximum|most|strongest|hochste[nrs]?|grosste[nrs]?|plus (?:haut|"
    r"eleve|grand)e?|mas alt[oa])"
    r"|(?P<low>lowest|smallest|least|minimum|weakest|niedrigste[nrs]?|kleinste[nrs]?|plus (?:bas|faible)(?:se)?|"
    r"mas baj[oa])"
    r"|(?P<last>most recent|latest|last (?:experiment|run|result)))\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:second|third|2nd|3rd|next|my|do (?:its|our|my)|not the|isn't the|n't the|never the|one of the|among the|"
    r"at)[- ]$|\bat $",
    re.I,
)
_NOT_THAT = re.compile(
    r"^\W{0,2}(?:guess|way|practice|bet|to\b|if\b|of (?:the (?:two|three|four|five|last|first)|these|those|both)|"
    r"bound|limit|fit|"
    r"estimate|level|experiments\b.{0,12}:|of blue)|^ (?:recent|likely|important|of the|sensitive|certain|"
    r"promising|interesting|results|"
    r"experiments|from)\b",
    re.I,
)
_SUBJECT = re.compile(
    r"^[^.;]{0,60}?\b(?:is|has|was|had|remains?|shows?|gave|gives|reached|holds?|achieved|with|still|leads|est|es|"
    r"ist|hat|are|being|leading)\b"
)
_BESIDE = re.compile(
    r"^\s*[,(]\s*(?:which (?:is|was|leads|has|had|remains)\b[^,.;]*|(?:our|the|still the|by far the)\s*)$"
)
_BROKEN = re.compile(
    r"\b(?:than|to|from|as|by|against|whereas|but|while|although|and|compared|behind|beats?|short)\b|,"
)


RANKING = re.compile(
    r"\b(?:best (?:first|to worst)|in order of (?:merit|quality)|ranked|ranking|leaderboard)\b", re.IGNORECASE
)
"""What stands over a list of which the first is the best."""


@dataclass(frozen=True)
class Superlative:
    """A superlative: the experiment that it is said of, and those of which it is true."""

    said_of: Place
    right: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether it is true."""
        return self.said_of.what in self.right


def superlatives(mentions: Mentions, facts: Facts) -> list[Superlative]:
    """Return what a passage calls the best, the worst, the highest, the lowest or the last."""
    if mentions.passage.cell and mentions.ids:
        return list(_in_cell(mentions, facts))
    if not mentions.ids or (mentions.says(cues.HYPOTHETICAL) and "?" in mentions.text):
        return []
    found = list(_MOST.finditer(mentions.text))
    made: list[Superlative] = []
    before: tuple[int, Place | None] = (mentions.passage.start, None)
    for place, match in enumerate(found):
        begin = mentions.passage.start
        start, end = begin + match.start(), begin + match.end()
        if _OTHER.search(mentions.before(start, 16)) or _NOT_THAT.search(mentions.after(end, 30)):
            continue
        until = begin + found[place + 1].start() if place + 1 < len(found) else mentions.passage.end
        since = begin + found[place - 1].end() if place else begin
        said_of = _said_of(mentions, since, start, end, until)
        if before[1] is not None and not _between(mentions, before[0], start) and since == before[0]:
            said_of = before[1]  # which leads with the lowest: it goes on with the same one
        before = (end, said_of)
        right = _right(mentions, match.lastgroup or "", start, end, facts)
        if said_of is not None and right and said_of.what in facts.state.experiments:
            made.append(Superlative(said_of, right))
    return made


def _between(mentions: Mentions, start: int, end: int) -> bool:
    """Say whether between two superlatives another experiment is named, or another clause begins."""
    return any(start <= one.start < end for one in mentions.ids) or bool(_BROKEN.search(mentions.between(start, end)))


def first_of_ranking(mentions: Mentions, facts: Facts) -> list[Superlative]:
    """Return the first experiment of a list that is said to begin with the best."""
    known = [one for one in mentions.ids[:1] if one.what in facts.state.experiments]
    return [Superlative(one, facts.best) for one in known if facts.best]


def _in_cell(mentions: Mentions, facts: Facts) -> Iterator[Superlative]:
    """Yield what a table calls the best: the first cell of the row says so, and this cell which one it is."""
    match = _MOST.search(mentions.passage.cell[0])
    if match is None or re.search(r"\d", mentions.passage.cell[0]):
        return
    one = mentions.ids[0]
    right = _right(mentions, match.lastgroup or "", one.start, one.start, facts)
    if right and one.what in facts.state.experiments:
        yield Superlative(one, right)


def _said_of(mentions: Mentions, since: int, start: int, end: int, until: int) -> Place | None:
    before = [one for one in mentions.ids if since <= one.start and one.end <= start]
    after = [one for one in mentions.ids if end <= one.start < until]
    if before:
        between = mentions.between(before[-1].end, start)
        if _BESIDE.search(between):
            return before[-1]
        if _SUBJECT.search(between) and not _BROKEN.search(between):
            return before[-1]
    if after:
        return after[0]
    if before and not _BROKEN.search(mentions.between(before[-1].end, start).removesuffix(", the ").replace(", ", " ")):
        return before[-1]
    return None


def _right(mentions: Mentions, kind: str, start: int, end: int, facts: Facts) -> Sequence[str]:
    """Return the experiments of which a superlative is true; none where that cannot be said."""
    if kind == "last":
        return facts.last
    named = [one.what for one in mentions.names if start <= one.start <= end + 30 or 0 <= start - one.end <= 6]
    name = named[0] if named else facts.objective
    if kind == "best" and (not named or name not in facts.state.spec.objectives):
        return facts.best
    values = facts.measured(name)
    if not values:
        return []
    wants_low = _wants_low(name, kind, facts)
    if wants_low is None:
        return []
    extreme = min(values.values()) if wants_low else max(values.values())
    return [one for one, value in values.items() if value == extreme]


def _wants_low(name: str, kind: str, facts: Facts) -> bool | None:
    if kind in ("high", "low"):
        return kind == "low"
    goal = facts.state.spec.objectives[name].goal if name in facts.state.spec.objectives else ""
    if goal not in ("min", "max"):
        return None
    return (goal == "min") == (kind == "best")

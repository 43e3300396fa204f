"""Grounded: a model's reply as it is shown, with what is not on record marked where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zosimos.agent.grounding.claims import Claim
from zosimos.agent.grounding.counts import counted
from zosimos.agent.grounding.deeds import deeds
from zosimos.agent.grounding.facts import Facts
from zosimos.agent.grounding.mentions import Mentions, Reader
from zosimos.agent.grounding.numerals import Numeral, numerals
from zosimos.agent.grounding.passages import Passage, passages
from zosimos.agent.grounding.quantities import NO_CLAIM, cited, found_for
from zosimos.agent.grounding.sight import Sight, sight
from zosimos.agent.grounding.superlatives import superlatives

UNVERIFIED = "(unverified)"
NOT_DONE = "(That is not on record: nothing was changed.)"
WAITS = "(That is not on record: nothing was changed; a proposal waits for your approval.)"
NOT_FILED = "(That is not on record: no proposal was filed.)"
_REQUEST = re.compile(r"^\W*(?:say|write|name|type|which|give|tell)\b|\bsay it like\b", re.IGNORECASE)
_COMMAND = re.compile(r"(?<![\w/])/[a-z]{2,12}\b")


@dataclass(frozen=True)
class Grounded:
    """A reply as it is shown, the experiments on record that it names, and what of it could be held against the record."""

    text: str
    citations: tuple[str, ...]
    claims: tuple[Claim, ...]

    @property
    def marked(self) -> tuple[Claim, ...]:
        """The claims that were not found."""
        return tuple(claim for claim in self.claims if claim.verdict != "found")


def grounded(text: str, facts: Facts) -> Grounded:
    """Return a reply with what is not on record marked in place.

    A number, an experiment or a superlative that nothing bears out is followed by ``(unverified)``. A sentence in which
    the model says that it did something, though it can do nothing but propose, is replaced by what is so. A count
    whose right value is sure is put right. An outcome without its experiment gets it, as ``[e0007]``.

    Args:
        text: the reply, disarmed: what is not seen in it is gone.
        facts: what there is to know in this turn.
    """
    seen = sight(text)
    claims = sorted(_claims(seen, facts), key=lambda claim: (claim.start, -claim.end))
    shown = _shown(text, claims)
    named = Reader(facts).ids(sight(shown).seen)
    known = dict.fromkeys(one.what for one in named if one.what in facts.state.experiments)
    return Grounded(shown, tuple(known), tuple(claims))


def _claims(seen: Sight, facts: Facts) -> Iterator[Claim]:
    reader, numbers = Reader(facts), numerals(seen.seen)
    covered = list(_verbatim(seen.seen, facts))
    place = 0
    owners: list[str] = []
    about: list[str] = []
    paragraph = -1
    kept = False
    for passage in passages(seen.seen):
        if passage.paragraph != paragraph and not kept:
            owners, about = [], []
        paragraph = passage.paragraph
        while place < len(numbers) and numbers[place].start < passage.start:
            place += 1
        own = []
        while place < len(numbers) and numbers[place].start < passage.end:
            own.append(numbers[place])
            place += 1
        mentions = reader.read(seen.seen, passage, own)
        mentions = _under(mentions, owners, about)
        yield from _judged(seen, mentions, facts, covered)
        if mentions.ids:
            named = [one.what for one in mentions.ids]
            owners = named if passage.heading else [*owners, *named][-8:]
        if mentions.names:
            about = [one.what for one in mentions.names][-2:]
        kept = passage.heading


def _under(mentions: Mentions, owners: Sequence[str], about: Sequence[str]) -> Mentions:
    from dataclasses import replace

    return replace(mentions, owners=tuple(owners), about=tuple(about))


def _verbatim(seen: str, facts: Facts) -> Iterator[tuple[int, int]]:
    """Yield where sentences of what tools returned stand in a text, word by word."""
    for sentence in facts.sentences[:200]:
        place = seen.find(sentence)
        if place >= 0:
            yield place, place + len(sentence)


def _judged(seen: Sight, mentions: Mentions, facts: Facts, covered: Sequence[tuple[int, int]]) -> Iterator[Claim]:
    """Yield the claims of one passage."""
    command = _COMMAND.search(mentions.text)
    until = mentions.passage.start + command.start() if command else mentions.passage.end
    told = [span for span in covered if span[0] < mentions.passage.end and span[1] > mentions.passage.start]

    def given(start: int) -> bool:
        return start >= until or any(one <= start < other for one, other in told)

    struck = False
    for deed in deeds(mentions, facts):
        if given(deed.start):
            continue
        if deed.found:
            yield _claim(seen, "status" if deed.kind == "status" else "deed", deed.start, deed.end, deed.found)
        elif not struck and deed.own:
            struck = True
            yield _struck(seen, mentions, deed.kind, facts)
        elif not struck:
            note = f"(not on record: the campaign is {facts.state.status})" if _of_campaign(deed.kind, mentions) else UNVERIFIED
            note = note if deed.kind == "status" else _instead(deed.kind, facts)
            struck = struck or deed.kind != "status"
            if deed.kind == "status":
                yield _claim(seen, "status", deed.start, deed.end, "", note)
            else:
                yield _struck(seen, mentions, deed.kind, facts)
    if struck:
        return
    if not _REQUEST.search(mentions.text):
        yield from _ids(seen, mentions, facts, given)
    for one in superlatives(mentions, facts):
        best = ", ".join(one.right[:3])
        place = one.said_of
        note = "" if one.holds else f"(unverified: on record it is {best})"
        yield _claim(seen, "superlative", place.start, place.end, f"the record: {best}" if one.holds else "", note)
    for number in mentions.numbers:
        if not given(number.start):
            yield from _number(seen, mentions, number, facts)


def _of_campaign(kind: str, mentions: Mentions) -> bool:
    return kind == "status" and not mentions.ids


def _struck(seen: Sight, mentions: Mentions, kind: str, facts: Facts) -> Claim:
    text = mentions.text
    start = mentions.passage.start + len(text) - len(text.lstrip(" \t*->#"))
    end = mentions.passage.start + len(text.rstrip())
    first, last = seen.span(start, end)
    return Claim("deed", seen.seen[start:end], first, last, "false", "", _instead(kind, facts))


def _instead(kind: str, facts: Facts) -> str:
    if kind == "file":
        return NOT_FILED
    if kind in ("pause", "abort", "resume"):
        return f"(That is not on record: the campaign is {facts.state.status}.)"
    return WAITS if facts.filed or facts.state.open_changes() else NOT_DONE


def _ids(seen: Sight, mentions: Mentions, facts: Facts, given: object) -> Iterator[Claim]:
    for one in mentions.ids:
        known = one.what in facts.state.experiments
        yield _claim(seen, "id", one.start, one.end, "an experiment on record" if known else "", UNVERIFIED)
    for one in mentions.others:
        if one.what[0] == "a":
            known = one.what in facts.state.advice
            yield _claim(seen, "id", one.start, one.end, "advice on record" if known else "", UNVERIFIED)


def _number(seen: Sight, mentions: Mentions, number: Numeral, facts: Facts) -> Iterator[Claim]:
    count = counted(mentions, number, facts)
    if count.is_count and not count.found and count.right is not None:
        start, end = seen.span(number.start, number.stop)
        said = seen.seen[number.start : number.stop]
        yield Claim("number", said, start, end, "repaired", "counted on record", f"{count.right} (not {said})")
        return
    found = count.found if count.is_count else found_for(mentions, number, facts)
    if found in (NO_CLAIM, "no claim"):
        return
    cites = "" if count.is_count or not found else cited(mentions, number, facts)
    claim = _claim(seen, "number", number.start, number.end, found, UNVERIFIED)
    yield claim if not cites else Claim(claim.kind, claim.words, claim.start, claim.end, "found", found, "", cites)


def _claim(seen: Sight, kind: str, start: int, end: int, found: str, note: str = "") -> Claim:
    first, last = seen.span(start, end)
    verdict = "found" if found else "unverified"
    return Claim(kind, seen.seen[start:end], first, last, verdict, found, "" if found else note)  # type: ignore[arg-type]


def _shown(text: str, claims: Sequence[Claim]) -> str:
    """Return a text with marks where claims want them."""
    made, done = [], 0
    for claim in claims:
        if claim.start < done:
            continue
        if claim.verdict in ("false", "repaired"):
            made += [text[done : claim.start], claim.instead]
        elif claim.verdict == "unverified":
            made += [text[done : claim.end], f" {claim.instead}"]
        elif claim.cites:
            made += [text[done : claim.end], f" [{claim.cites}]"]
        else:
            continue
        done = claim.end
    return "".join([*made, text[done:]])

"""Judging: the claims of a text, passage by passage, each held against the facts of its turn."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from zosimos.agent.grounding.claims import NO_CLAIM, Claim, Kind
from zosimos.agent.grounding.counts import counted
from zosimos.agent.grounding.deeds import Deed, deeds
from zosimos.agent.grounding.facts import Facts
from zosimos.agent.grounding.mentions import Mentions, Reader
from zosimos.agent.grounding.numerals import Numeral, numerals
from zosimos.agent.grounding.passages import Passage, passages
from zosimos.agent.grounding.quantities import cited, found_for
from zosimos.agent.grounding.sight import Sight
from zosimos.agent.grounding.superlatives import RANKING, Superlative, first_of_ranking, superlatives
from zosimos.core.ids import local_id

UNVERIFIED = "(unverified)"
NOT_DONE = "(That is not on record: nothing was changed.)"
WAITS = "(That is not on record: nothing was changed; a proposal waits for your approval.)"
NOT_FILED = "(That is not on record: no proposal was filed.)"

_NEXT = re.compile(r"\bnext\b|\bwould be\b|\bnachste|\bprochain|\bproxim|\bsiguiente", re.IGNORECASE)
_REQUEST = re.compile(r"^\W*(?:say|write|name|type|which|give|tell)\b|\bsay it like\b", re.IGNORECASE)
_COMMAND = re.compile(r"(?<![\w/])/[a-z]{2,12}\b")
_COURSE = frozenset({"pause", "abort", "resume"})
_RECENT = 8  # experiments named before that a passage may be of
_NUMBERS = 400  # that are looked up in one text; those after them count as not found
_SENTENCES = 200  # of tools, that are looked for word by word


@dataclass(frozen=True)
class Judge:
    """Holds what is seen of a text against facts.

    Args:
        seen: what is seen.
        facts: what there is to know.
    """

    seen: Sight
    facts: Facts

    def claims(self) -> Iterator[Claim]:
        """Yield the claims of the text; those of one passage may stand in any order."""
        told, numbers, ranking = self._told(), 0, False
        for mentions in self._passages():
            if ranking and mentions.ids:
                yield from map(self._superlative, first_of_ranking(mentions, self.facts))
                ranking = False
            ranking = ranking or (mentions.passage.heading and mentions.says(RANKING))
            numbers += len(mentions.numbers)
            begin, end = mentions.passage.start, mentions.passage.end
            command = _COMMAND.search(mentions.text)
            given = [span for span in told if span[0] < end and span[1] > begin]
            given += [(begin + command.start(), end)] if command else []
            yield from self._of_passage(mentions, given, looked_up=numbers <= _NUMBERS)

    def _passages(self) -> Iterator[Mentions]:
        """Yield what each passage names, with the experiments and quantities that it stands under."""
        reader, numbers, place = Reader(self.facts), numerals(self.seen.seen), 0
        owners: list[str] = []
        about: list[str] = []
        before: Passage | None = None
        for passage in passages(self.seen.seen):
            if passage.row:  # what runs through several cells
                yield reader.read(self.seen.seen, passage, [])
                continue
            if before is not None and passage.paragraph != before.paragraph and not before.heading:
                owners, about = [], []
            first = place
            while place < len(numbers) and numbers[place].start < passage.end:
                place += 1
            own = [one for one in numbers[first:place] if one.start >= passage.start]
            mentions = replace(
                reader.read(self.seen.seen, passage, own), owners=tuple(owners[-_RECENT:]), about=tuple(about)
            )
            yield mentions
            named = [one.what for one in mentions.ids]
            if named:
                owners = named if passage.heading else [*owners, *named][-_RECENT:]
            about = [one.what for one in mentions.names][-2:] or about
            before = passage

    def _told(self) -> list[tuple[int, int]]:
        """Return where sentences of what tools returned stand in the text, word by word."""
        found = []
        for sentence in self.facts.sentences[:_SENTENCES]:
            place = self.seen.seen.find(sentence)
            if place >= 0:
                found.append((place, place + len(sentence)))
        return found

    def _of_passage(
        self, mentions: Mentions, given: Collection[tuple[int, int]], *, looked_up: bool
    ) -> Iterator[Claim]:
        """Yield the claims of a passage but for what is given: a tool's own words, and commands to type."""

        def is_given(start: int) -> bool:
            return any(one <= start < other for one, other in given)

        done = [deed for deed in deeds(mentions, self.facts) if not is_given(deed.start)]
        false = next((deed for deed in done if not deed.found and deed.kind != "status"), None)
        if false is not None:
            yield self._struck(mentions, false)
            return
        if mentions.passage.row:
            return
        for deed in done:
            kind: Kind = "status" if deed.kind == "status" else "deed"
            of_campaign = UNVERIFIED if mentions.ids else f"(not on record: the campaign is {self.facts.state.status})"
            yield self._claim(kind, deed.start, deed.end, deed.found, of_campaign)
        if not _REQUEST.search(mentions.text):
            yield from self._ids(mentions)
        yield from map(self._superlative, superlatives(mentions, self.facts))
        for number in mentions.numbers:
            if not looked_up:
                yield self._claim("number", number.start, number.end, "")
            elif not is_given(number.start):
                yield from self._number(mentions, number)

    def _superlative(self, one: Superlative) -> Claim:
        right = ", ".join(one.right[:3])
        found, note = (f"the record: {right}", "") if one.holds else ("", f"(unverified: on record it is {right})")
        return self._claim("superlative", one.said_of.start, one.said_of.end, found, note)

    def _struck(self, mentions: Mentions, deed: Deed) -> Claim:
        """Return the claim of a deed that nobody did: the whole passage, in whose place stands what is so."""
        text = mentions.text
        start = mentions.passage.start + len(text) - len(text.lstrip(" \t*->#"))
        end = mentions.passage.start + len(text.rstrip())
        return Claim("deed", self.seen.seen[start:end], *self.seen.span(start, end), "false", "", self._instead(deed))

    def _instead(self, deed: Deed) -> str:
        state = self.facts.state
        if deed.kind == "file":
            return NOT_FILED
        if deed.kind in _COURSE:
            return f"(That is not on record: the campaign is {state.status}.)"
        return WAITS if self.facts.filed or state.open_changes() else NOT_DONE

    def _ids(self, mentions: Mentions) -> Iterator[Claim]:
        for one in mentions.ids:
            known = one.what in self.facts.state.experiments or self._is_next(mentions, one.what)
            yield self._claim("id", one.start, one.end, "an experiment on record" if known else "")
        for one in mentions.advice:
            known = one.what in self.facts.state.advice
            yield self._claim("id", one.start, one.end, "advice on record" if known else "")

    def _is_next(self, mentions: Mentions, name: str) -> bool:
        """Say whether an experiment is the one that would be next, and only that is said of it."""
        return name == local_id("experiment", len(self.facts.state.experiments) + 1) and bool(
            _NEXT.search(mentions.text)
        )

    def _number(self, mentions: Mentions, number: Numeral) -> Iterator[Claim]:
        count = counted(mentions, number, self.facts)
        if count.is_count and not count.found and count.right is not None:
            said = self.seen.seen[number.start : number.stop]
            span = self.seen.span(number.start, number.stop)
            yield Claim("number", said, *span, "repaired", "counted on record", f"{count.right} (not {said})")
            return
        found = count.found if count.is_count else found_for(mentions, number, self.facts)
        if found != NO_CLAIM:
            cites = cited(mentions, number, self.facts) if found and not count.is_count else ""
            yield replace(self._claim("number", number.start, number.end, found), cites=cites)

    def _claim(self, kind: Kind, start: int, end: int, found: str, note: str = UNVERIFIED) -> Claim:
        words, span = self.seen.seen[start:end], self.seen.span(start, end)
        return Claim(kind, words, *span, "found" if found else "unverified", found, "" if found else note)


def claims_in(seen: Sight, facts: Facts) -> Sequence[Claim]:
    """Return the claims of a text in the order in which they stand, the longer first."""
    return sorted(Judge(seen, facts).claims(), key=lambda claim: (claim.start, -claim.end))

"""Passages: a page's text in pieces of some 60 to 130 words, cut where a sentence ends and rather where a section does.

A piece that begins inside a paragraph takes the sentence before it along, so that what two sentences say together
stands in one of them. Each is a piece of the text as it is: nothing is put together or left out inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from zosimos.agent.knowledge.document import HEADING, Page, Span

_MOST = 130  # words of a passage
_CHARACTERS = 2_000  # of a passage, where words are longer than words are
_ENOUGH = 60  # words after which a passage ends with its paragraph
_ALONG = 30  # words that the sentence before may have to be taken along
_LONGEST = 800  # characters of a sentence: what is longer is cut between words
_PARAGRAPH = re.compile(rf"\n[ \t]*\n\s*|(?<=[.!?:]\n)(?={HEADING})")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[]?[A-Z0-9À-ÞΑ-Ω])|\n(?=[ \t]*(?:[-*|•]|\d+[.)]))")


@dataclass(frozen=True)
class _Sentence:
    """Where a sentence begins and ends, its words, and whether a paragraph begins with it."""

    start: int
    end: int
    words: int
    opens: bool


def spans(pages: Sequence[Page]) -> tuple[Span, ...]:
    """Return the passages of a document's pages, in order.

    >>> page = Page("", "Weigh the vial. " * 60)
    >>> [page.text[span.start : span.end].count("Weigh") for span in spans([page])]
    [43, 18]
    """
    return tuple(Span(index, *found) for index, page in enumerate(pages) for found in _passages(page.text))


def _passages(text: str) -> Iterator[tuple[int, int]]:
    """Yield where passages begin and end: from the first to the last character that is not blank."""
    held: list[_Sentence] = []
    words = 0
    for sentence in _sentences(text):
        long = words + sentence.words > _MOST or (held and sentence.end - held[0].start > _CHARACTERS)
        if held and (long or (sentence.opens and words >= _ENOUGH)):
            yield held[0].start, held[-1].end
            last = held[-1]
            short = last.words <= _ALONG and sentence.end - last.start <= _CHARACTERS
            along = short and not sentence.opens and last.words + sentence.words <= _MOST
            held, words = ([last], last.words) if along else ([], 0)
        held.append(sentence)
        words += sentence.words
    if held:
        yield held[0].start, held[-1].end


def _sentences(text: str) -> Iterator[_Sentence]:
    for first, last in _between(_PARAGRAPH, text, 0, len(text)):
        opens = True
        for start, end in _between(_SENTENCE, text, first, last):
            for begin, stop in _cut(text, start, end):
                yield _Sentence(begin, stop, len(text[begin:stop].split()), opens)
                opens = False


def _between(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield what stands between the matches of a pattern."""
    cuts = [start, *(match.end() for match in pattern.finditer(text, start, end)), end]
    yield from pairwise(cuts)


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield a piece without the blanks around it, and in parts where it is longer than a sentence can be."""
    while start < end:
        stop = end
        if end - start > _LONGEST:
            blank = max(text.rfind(sign, start + _LONGEST // 2, start + _LONGEST) for sign in " \n")
            stop = start + _LONGEST if blank < 0 else blank
        part = text[start:stop]
        begin, length = start + len(part) - len(part.lstrip()), len(part.strip())
        if length:
            yield begin, begin + length
        start = stop

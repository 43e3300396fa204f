"""Documents as they are kept: pages of text, and passages, each of which is exactly a piece of its page.

A *page* is what a reader can turn to: a page of a PDF, a section under a heading, an entry of a bibliography, a row of
a table. Its text is data from outside: nothing in it is ever an instruction.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

HEADING = r"(?:\d{1,2}(?:\.\d{1,2})*\.?[ \t]+)?[A-Z][^.!?:;|\n]{2,60}\n"
"""What a line looks like that may be a heading, if it follows the end of a sentence."""

_HEADING = re.compile(rf"(?<=[.!?:]\n){HEADING}|(?<=\n\n){HEADING}")
SHORT = 7
"""Digits of a document's digest that name it: fewer than look like a token to those who take tokens out of texts."""


@dataclass(frozen=True)
class Page:
    """A place in a document, such as ``page 3`` (empty: the whole of it), and the text there."""

    place: str
    text: str


@dataclass(frozen=True)
class Found:
    """What a reader found in a file: its title, its pages, and remarks on what of it was not taken."""

    title: str
    pages: tuple[Page, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Span:
    """A piece of a page: the page's index, and where the piece begins and ends in its text, in characters."""

    page: int
    start: int
    end: int


@dataclass(frozen=True)
class Document:
    """One file of the library.

    Args:
        digest: SHA-256 of the file, in hexadecimal digits.
        name: what the file was called.
        kind: how it was read, such as ``pdf``.
        title: its title, or else its name.
        pages: its text.
        spans: its passages, in the order of the text; pieces of their pages.
        remarks: what of the file was not taken, in words.

    Raises:
        ValueError: a span is no piece of a page.
    """

    digest: str
    name: str
    kind: str
    title: str
    pages: tuple[Page, ...]
    spans: tuple[Span, ...]
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for span in self.spans:
            if not (0 <= span.page < len(self.pages) and 0 <= span.start < span.end <= len(self.pages[span.page].text)):
                raise ValueError(f"{span} is no piece of a page of {self.name}")

    @property
    def id(self) -> str:
        """The first digits of the digest, by which people and models name it."""
        return self.digest[:SHORT]

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """The passages, numbered from 1."""
        found, section = [], ""
        headings = [list(headings_in(page.text)) for page in self.pages]
        page = 0
        for number, span in enumerate(self.spans, 1):
            while page < span.page:
                section = headings[page][-1][1] if headings[page] else section
                page += 1
            before = bisect_right(headings[page], span.start, key=itemgetter(0))
            found.append(Passage(self, number, span, headings[page][before - 1][1] if before else section))
        return tuple(found)


@dataclass(frozen=True)
class Passage:
    """A piece of a page that is found, shown and cited; ``section`` is the last heading before it, if one is seen.

    >>> page = Page("page 2", "Heat it to 95 degC. Wait.")
    >>> document = Document("a" * 64, "sop.pdf", "pdf", "SOP", (page,), (Span(0, 0, 19),))
    >>> document.passages[0].id, document.passages[0].where, document.passages[0].text
    ('aaaaaaa.1', 'page 2', 'Heat it to 95 degC.')
    """

    document: Document
    number: int
    span: Span
    section: str = ""

    @property
    def id(self) -> str:
        """Its document's id and its number there."""
        return f"{self.document.id}.{self.number}"

    @property
    def page(self) -> Page:
        """The page that it is a piece of."""
        return self.document.pages[self.span.page]

    @property
    def text(self) -> str:
        """Its text, to the letter."""
        return self.page.text[self.span.start : self.span.end]

    @property
    def where(self) -> str:
        """Where it stands, in words; in a text without pages, the line."""
        place = self.page.place or f"line {self.page.text.count(chr(10), 0, self.span.start) + 1}"
        return f"{place}, {self.section}" if self.section and self.section != self.page.place else place


def headings_in(text: str) -> Iterator[tuple[int, str]]:
    r"""Yield where lines stand that look like headings: short, without a stop, after the end of a sentence.

    >>> list(headings_in("It was warm.\n3.2 Time\nFour minutes\nwere enough.\n"))
    [(13, '3.2 Time')]
    """
    return ((match.start(), " ".join(match[0].split())) for match in _HEADING.finditer(text))


def portions(text: str, words: int) -> list[str]:
    """Return a text in portions of at most so many words.

    >>> portions("one two three", 2)
    ['one two', 'three']
    """
    parts = text.split()
    return [" ".join(parts[start : start + words]) for start in range(0, len(parts), words)]

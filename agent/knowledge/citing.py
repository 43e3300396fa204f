"""Citing: the words of a document on which advice rests, found in the library to the letter, or refused.

A quote from a person or a model is looked up in the passage that it names; where an end of a line stands, a blank may
be quoted. What is kept is the text as it stands there and its place, so that anybody can look it up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from zosimos.agent.knowledge.document import Passage
from zosimos.agent.knowledge.library import Library
from zosimos.agent.quotation import disarmed
from zosimos.core.errors import SpecError

LONGEST = 300
"""Characters of a quote, at most: a sentence or two."""


@dataclass(frozen=True)
class Citation:
    """A quote, and where it begins and ends in the text of its page."""

    passage: Passage
    start: int
    end: int

    @property
    def text(self) -> str:
        """What stands there, to the letter."""
        return self.passage.page.text[self.start : self.end]

    def __str__(self) -> str:
        """Return it on one line, in words that are safe to show."""
        place = f"passage {self.passage.id} of {disarmed(self.passage.document.name)}, {disarmed(self.passage.where)}"
        return f'{place}, characters {self.start} to {self.end}: "{" ".join(self.text.split())}"'


def written_citation(library: Library, written: str) -> Citation:
    """Return where words stand that somebody wrote as ``3f2a9c1.14: 95 ± 5 degC``. Errors as :func:`cited`."""
    passage, colon, quote = written.partition(":")
    if not colon:
        raise SpecError(
            "a citation names a passage and words of it",
            field="cites",
            value=written,
            allowed="such as '3f2a9c1.14: 95 ± 5 degC'",
            hint='zosimos knowledge ask "..." shows passages',
        )
    return cited(library, passage, quote)


def cited(library: Library, passage: str, quote: str) -> Citation:
    """Return where a quote stands in a passage.

    Args:
        library: where the documents are.
        passage: the id of the passage, such as ``3f2a9c1.14``.
        quote: words of it.

    Raises:
        NotFoundError: there is no such passage.
        SpecError: the quote is empty, too long, does not stand there, or looks like a command or a token.
    """
    words = quote.split()
    if not words or len(quote) > LONGEST:
        raise SpecError(
            "a quote has some words", field="quote", value=quote, allowed=f"1 to {LONGEST} characters of the passage"
        )
    found = library.passage(passage)
    match = re.search(r"\s+".join(map(re.escape, words)), found.text)
    if match is None:
        raise SpecError(
            f"these words do not stand in passage {found.id}",
            field="quote",
            value=quote,
            allowed="words of the passage, letter by letter",
            hint=f"copy them from the passage; zosimos knowledge show {found.id} shows it",
        )
    citation = Citation(found, found.span.start + match.start(), found.span.start + match.end())
    flat = " ".join(citation.text.split())
    if disarmed(flat) != flat:
        raise SpecError(
            "the quote looks like a command, a token or a question to a person",
            field="quote",
            value=quote,
            allowed="words that cannot be taken for the program's own",
            hint="quote fewer words",
        )
    return citation

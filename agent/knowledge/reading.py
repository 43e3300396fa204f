"""Reading: a file becomes a document, by the ending of its name; what cannot be read is refused with the reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import PurePath

from zosimos.agent.knowledge.bibliography import read_bibliography
from zosimos.agent.knowledge.document import Document, Found
from zosimos.agent.knowledge.paper import read_paper
from zosimos.agent.knowledge.passages import spans
from zosimos.agent.knowledge.plain import place, read_markdown, read_text, seen
from zosimos.agent.knowledge.tables import read_table
from zosimos.agent.knowledge.webpage import read_webpage
from zosimos.core.errors import DataError

MOST_BYTES = 50_000_000
_CHARACTERS = 2_000_000  # of text: some 2,500 passages, for which meanings are found in a minute or two
_PASSAGES = 10_000

Read = Callable[[bytes, str], Found]
_KINDS: Mapping[str, tuple[Read, tuple[str, ...]]] = {
    "pdf": (read_paper, (".pdf",)),
    "markdown": (read_markdown, (".md", ".markdown")),
    "html": (read_webpage, (".html", ".htm", ".xhtml")),
    "bibtex": (read_bibliography, (".bib",)),
    "table": (read_table, (".csv", ".tsv", ".xlsx")),
    "text": (read_text, (".txt", ".text")),
}
_BY_ENDING = {ending: kind for kind, (_, endings) in _KINDS.items() for ending in endings}


def read_document(data: bytes, name: str) -> Document:
    """Return a file as a document.

    Args:
        data: the file.
        name: what it is called; its ending says how it is read.

    Raises:
        DataError: it is of a kind that is not read, is damaged, has no text, or more than anybody reads.

    >>> document = read_document(b"Stir for 2 h.", "note.txt")
    >>> document.kind, document.passages[0].text
    ('text', 'Stir for 2 h.')
    """
    shown = place(seen(PurePath(name).name)[0]) or "file"
    kind = _BY_ENDING.get(PurePath(shown).suffix.lower())
    if kind is None:
        raise DataError(
            f"{shown} is of a kind that is not read",
            field="FILES",
            value=PurePath(shown).suffix or "no ending",
            allowed=", ".join(_BY_ENDING),
            hint="save it as one of these",
        )
    found = _KINDS[kind][0](data, shown)
    size = sum(len(page.text) for page in found.pages)
    if size > _CHARACTERS:
        raise DataError(
            f"{shown} has more text than anybody reads",
            field="FILES",
            value=f"{size} characters",
            allowed=f"{_CHARACTERS} characters at most",
            hint="divide it into parts, or add only the part that matters",
        )
    pieces = spans(found.pages)
    if not pieces:
        raise DataError(f"{shown} has no text", field="FILES", value=shown, allowed="a file with some text in it")
    if len(pieces) > _PASSAGES:
        raise DataError(
            f"{shown} has more passages than anybody reads",
            field="FILES",
            value=f"{len(pieces)} passages",
            allowed=f"{_PASSAGES} passages at most",
            hint="divide it into parts, or add only the part that matters",
        )
    digest = hashlib.sha256(data).hexdigest()
    return Document(digest, shown, kind, place(found.title) or shown, found.pages, pieces, found.remarks)

"""Bibliographies: BibTeX, an entry a page: title, authors, year, where it appeared, abstract, keywords and note."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from zosimos.agent.knowledge.document import Found, Page
from zosimos.agent.knowledge.plain import decoded, place, seen
from zosimos.core.errors import DataError

_MOST = 500_000  # characters, some 2,000 entries: the parser takes ten seconds for so much
_LINES = (
    ("title",),
    ("author", "year"),
    ("journal", "booktitle", "publisher"),
    ("abstract",),
    ("keywords",),
    ("note",),
)


def read_bibliography(data: bytes, name: str) -> Found:
    """Return a bibliography.

    Raises:
        DataError: it is not text, too long, or has no entries.
    """
    import bibtexparser
    from bibtexparser.bparser import BibTexParser
    from bibtexparser.customization import convert_to_unicode

    text, remarks = seen(decoded(data, name))
    if len(text) > _MOST:
        raise DataError(
            f"{name} is too long for a bibliography",
            field="FILES",
            value=f"{len(text)} characters",
            allowed=f"{_MOST} characters at most",
            hint="divide it into several files",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is old in how it calls the parser below it
            parser = BibTexParser(common_strings=True, ignore_nonstandard_types=False, customization=convert_to_unicode)
            entries = bibtexparser.loads(text, parser).entries
    except Exception as error:  # the parser below it raises many kinds, RecursionError among them
        raise _refused(name, f"{type(error).__name__}: it cannot be read") from error
    if not entries:
        raise _refused(name, "no entries")
    lost = text.count("\n@") + text.startswith("@") - text.lower().count("@comment") - text.lower().count("@string")
    if lost > len(entries):
        remarks = (*remarks, f"{lost - len(entries)} entries could not be read")
    return Found("", tuple(Page(place(str(entry.get("ID", ""))), _text(entry)) for entry in entries), remarks)


def _text(entry: Mapping[str, str]) -> str:
    lines = (", ".join(_plain(entry[key]) for key in keys if entry.get(key)) for keys in _LINES)
    return "\n".join(line for line in lines if line) or _plain(entry.get("ID", ""))


def _plain(text: str) -> str:
    """Return a field on one line, without the braces that protect capitals."""
    return " ".join(seen(str(text))[0].replace("{", "").replace("}", "").split())


def _refused(name: str, why: str) -> DataError:
    return DataError(
        f"{name} is no bibliography that can be read",
        field="FILES",
        value=why,
        allowed="BibTeX: entries such as @article{key, title = {...}, year = {2031}}",
        hint="check that the braces of each entry are closed",
    )

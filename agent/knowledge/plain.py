"""Plain texts: their encoding, without what nobody sees; and Markdown, a section under each heading a page."""

from __future__ import annotations

import codecs
import re
import unicodedata

from zosimos.agent.knowledge.document import Found, Page
from zosimos.core.errors import DataError

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_LINES = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+\S")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-{2,})[ \t]*")
_PLACE = 120  # characters of a heading that name a place


def read_text(data: bytes, name: str) -> Found:
    """Return a text as one page.

    Raises:
        DataError: it is not text.
    """
    text, remarks = seen(decoded(data, name))
    return Found(first_line(text), (Page("", text),), remarks)


def read_markdown(data: bytes, name: str) -> Found:
    r"""Return a Markdown text, a page for each heading with what follows it.

    Raises:
        DataError: it is not text.

    >>> found = read_markdown(b"# Pumps\n\nOf all benches.\n\n## Priming\n\nFill it.\n", "sop.md")
    >>> found.title, [page.place for page in found.pages]
    ('Pumps', ['Pumps', 'Priming'])
    """
    text, remarks = seen(decoded(data, name))
    lines = text.splitlines(keepends=True)
    places = _headings(lines)
    pages: list[Page] = []
    for at, (start, heading) in enumerate(places):
        end = places[at + 1][0] if at + 1 < len(places) else len(lines)
        pages.append(Page(heading, "".join(lines[start:end])))
    return Found(next((heading for _, heading in places if heading), ""), tuple(pages), remarks)


def decoded(data: bytes, name: str) -> str:
    """Return bytes as text: UTF-8, UTF-16 with a mark, or else Windows-1252.

    Raises:
        DataError: it is not text.
    """
    codec = next((codec for mark, codec in _MARKS if data.startswith(mark)), "utf-8")
    if codec != "utf-16" and b"\0" in data:
        raise not_text(name)
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        if codec != "utf-8":
            raise not_text(name) from error
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise not_text(name) from error


def first_line(text: str) -> str:
    """Return the first line of a text that is not blank: what stands for its title."""
    return next((line.strip() for line in text.split("\n") if line.strip()), "")


def not_text(name: str) -> DataError:
    """Return the error that a file is not the text that its name says."""
    return DataError(
        f"{name} is not text",
        field="FILES",
        value=name,
        allowed="text in UTF-8, UTF-16 or Windows-1252",
        hint="save it again as UTF-8, or give it the ending of what it is",
    )


def seen(text: str) -> tuple[str, tuple[str, ...]]:
    r"""Return a text without blanks at the ends of lines and characters that nobody sees, and a remark on the latter.

    Controls steer terminals, marks of direction make one text read as another, and hidden letters can say what no
    reader saw.

    >>> seen("a\u202eb\r\nc")
    ('ab\nc', ('1 character that nobody sees was left out',))
    """
    text = _LINES.sub("\n", text).replace("\xa0", " ").removeprefix("\ufeff")
    text = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text, ()
    kept = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in _UNSEEN)
    lost = len(text) - len(kept)
    if not lost:
        return kept, ()
    return kept, (
        f"{lost} character{'s' if lost > 1 else ''} that nobody sees {'were' if lost > 1 else 'was'} left out",
    )


def place(heading: str) -> str:
    """Return a heading as the name of a place: on one line, and cut where it is long."""
    words = " ".join(heading.split())
    return words if len(words) <= _PLACE else f"{words[: _PLACE - 1]}…"


def _headings(lines: list[str]) -> list[tuple[int, str]]:
    """Return the lines at which sections begin, with their headings; the first section begins with the text."""
    found: list[tuple[int, str]] = []
    fence = ""
    for number, line in enumerate(lines):
        if match := _FENCE.match(line):
            fence = "" if match[1] == fence else fence or match[1]
        if fence:
            continue
        bare = line.rstrip("\n")
        if _HEADING.match(bare):
            found.append((number, place(bare.strip().lstrip("#").rstrip("#"))))
        elif _UNDERLINE.fullmatch(bare) and number and _may_be_underlined(lines, number - 1):
            found.append((number - 1, place(lines[number - 1])))
    return found if found and found[0][0] == 0 else [(0, ""), *found]


def _may_be_underlined(lines: list[str], number: int) -> bool:
    """Say whether a line is a heading if the next one underlines it: it has words, and stands by itself."""
    alone = number == 0 or not lines[number - 1].strip()
    return alone and bool(lines[number].strip()) and not lines[number].lstrip().startswith(("#", "|", "-", ">"))

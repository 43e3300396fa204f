"""Passages: a text in the pieces in which something is said of something: sentences, lines, cells of tables.

A piece may stand under something: a heading or an earlier sentence that names an experiment, the top of a column.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_END = re.compile(
    r"(?:(?<!\be\.g)(?<!\bi\.e)(?<!\bapprox)(?<!\bca)(?<!\bvs)(?<!\bno)(?<!^\d)(?<![.])(?!\.{2,}\s*\d)(?!(?<=\s)\.\s*\d)[.!?]+"
    r"[\"')*\]]{0,3}(?=\s|$)|;(?=\s|$))"
)
_RULE = re.compile(r"\s*\|?\s*:?-{2,}[-|:\s]*$")
LONGEST = 600


@dataclass(frozen=True)
class Passage:
    """A piece of what is seen, from ``start`` to ``end``, with the line it is in (a number) and its paragraph.

    ``cell`` holds the texts at the sides of a table's cell that say what it is of: the row's cells, and the top of the
    column. ``heading`` says that it stands over what follows, ``row`` that it is a table's whole row; its cells follow.
    """

    start: int
    end: int
    paragraph: int
    heading: bool = False
    cell: tuple[str, ...] = ()
    row: bool = False


def passages(seen: str) -> list[Passage]:
    r"""Return the pieces of a text in order.

    >>> text = "## e0001\nIt ran. It gave 3.4; e0002 too"
    >>> [text[one.start : one.end].strip() for one in passages(text)]
    ['## e0001', 'It ran.', 'It gave 3.4;', 'e0002 too']
    """
    found: list[Passage] = []
    paragraph, place = 0, 0
    top: Sequence[str] = ()
    for line in _joined(seen):
        start, place = place, place + len(line) + 1
        if not line.strip():
            paragraph += 1
        if line.count("|") < 2:
            top = ()
            found += _sentences(line, start, paragraph)
        elif not _RULE.fullmatch(line):
            cells = _cells(line)
            found.append(Passage(start, start + len(line), paragraph, row=True))
            if not top:
                top = [line[a:b] for a, b in cells]
                found += [Passage(start + a, start + min(b, a + LONGEST), paragraph) for a, b in cells]
            else:
                found += _row(line, cells, top, start, paragraph)
    return found


def _joined(seen: str) -> Iterator[str]:
    """Yield the lines of a text, those together that are one sentence: the next goes on in small letters."""
    lines = seen.split("\n")
    held = lines[0]
    for line in lines[1:]:
        if line.lstrip()[:1].islower() and held.rstrip()[-1:] not in (*".!?:;|", "") and len(held) < LONGEST:
            held = f"{held}\n{line}"
        else:
            yield held
            held = line
    yield held


def _sentences(line: str, start: int, paragraph: int) -> Iterator[Passage]:
    heading = line.lstrip().startswith("#") or (line.strip()[:2] == "**" and line.rstrip(" :").endswith("**"))
    heading = heading or line.rstrip(" *").endswith(":")
    begin = 0
    ends = [match.end() for match in _END.finditer(line)]
    for end in [*ends, len(line)]:
        while end - begin > LONGEST:
            cut = line.rfind(" ", begin + 1, begin + LONGEST)
            cut = begin + LONGEST if cut < 0 else cut
            yield Passage(start + begin, start + cut, paragraph, heading)
            begin = cut
        if line[begin:end].strip():
            yield Passage(start + begin, start + end, paragraph, heading)
        begin = end


def _cells(line: str) -> list[tuple[int, int]]:
    """Return where the cells of a table's row begin and end."""
    bars = [place for place, char in enumerate(line) if char == "|"]
    edges = [*([] if line.lstrip().startswith("|") else [-1]), *bars]
    edges += [] if line.rstrip().endswith("|") else [len(line)]
    return [(one + 1, other) for one, other in itertools.pairwise(edges)]


def _row(line: str, cells: list[tuple[int, int]], top: Sequence[str], start: int, paragraph: int) -> Iterator[Passage]:
    first = line[cells[0][0] : cells[0][1]] if cells else ""
    for number, (begin, end) in enumerate(cells):
        if line[begin:end].strip():
            over = top[number] if number < len(top) else ""
            beside = () if number == 0 else (first, over)
            for cut in range(begin, end, LONGEST):
                yield Passage(start + cut, start + min(cut + LONGEST, end), paragraph, cell=beside)

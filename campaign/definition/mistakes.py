"""What is wrong with the form of a YAML text, in plain words with the line and how to write it.

PyYAML says "mapping values are not allowed here" and means that a colon or a space is missing, or that a text with a
colon needs quotes. What it found and the lines around it tell which.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

_ENTRY = re.compile(r"\s*(?P<name>[^:{}\[\]#'\"]+?):(?P<gap>\s+|$)(?P<value>.*)")
_FLOW = re.compile(r"[{}\[\]]")
_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_LONG = 60


@dataclass(frozen=True)
class Mistake:
    """What is wrong, how to write it, and on which line, counted from 1."""

    words: str
    hint: str
    line: int | None


def mistake(text: str, error: yaml.YAMLError) -> Mistake:
    """Return what is wrong with a text that PyYAML refused, in words that quote nothing of it but single characters.

    The hint may quote its line.
    """
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Mistake(
            "a character that no text has", "delete it; the file may be a spreadsheet or another program's", line
        )
    mark, begun = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if mark is None:
        return Mistake("these are no 'name: value' lines", "", None)
    lines = text.split("\n")
    place = min(mark.line, len(lines) - 1)
    problem = str(getattr(error, "problem", "") or "")
    return _by_problem(problem, lines, place, mark.column, None if begun is None else (begun.line, begun.column))


def _by_problem(problem: str, lines: list[str], place: int, column: int, begun: tuple[int, int] | None) -> Mistake:
    line, number = lines[place], place + 1
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent or "'\\t'" in problem:
        return Mistake("a tab stands where spaces belong", "indent with spaces, two for each level; no tabs", number)
    if problem.startswith(("the key", "anchors", "nested too")):
        if problem.startswith("anchors"):
            begins = "a text cannot begin with * or & (anchors and aliases are not accepted)"
            return Mistake(begins, f'put the text in quotes: "{_word(line[column:])}"', number)
        return Mistake(problem, "keep one of the two lines" if problem.startswith("the key") else "", number)
    if "mapping values are not allowed" in problem:
        return _colon(lines, place, column)
    if (
        "found character" in problem
        or "found undefined tag" in problem
        or "could not determine a constructor" in problem
    ):
        sign = line[column : column + 1] or "this"
        hint = f'put the text in quotes: "{_word(line[column:])}"'
        return Mistake(f"a text cannot begin with {sign}", hint, number)
    if "found another document" in problem:
        return Mistake("a second campaign begins", "keep one campaign in a file; delete the line with ---", number)
    if "unhashable" in problem:
        return Mistake("a list stands where a name belongs", "write 'name: value'", number)
    if "unexpected end of stream" in problem and begun is not None:
        return Mistake("a quote that is opened is not closed", f"close the quote on line {begun[0] + 1}", begun[0] + 1)
    if "unknown escape character" in problem:
        return Mistake("a backslash stands in double quotes", "put the text in single quotes: 'C:\\lab'", number)
    if "node content" in problem or "did not find expected node" in problem:
        return Mistake(
            "nothing stands before a comma or a bracket", "delete the comma, or write what is missing", number
        )
    if "sequence entries are not allowed" in problem:
        return Mistake("a list with - begins in the middle of a line", "begin the - on a line of its own", number)
    return _brackets(problem, lines, place, begun)


def _brackets(problem: str, lines: list[str], place: int, begun: tuple[int, int] | None) -> Mistake:
    number = place + 1
    found = re.search(r"expected ',' or '([\]}])', but got '?(.*?)'?$", problem)
    if found is not None and begun is not None:
        opened = {"}": "{", "]": "["}[found[1]]
        if found[2] in ("<stream end>", "<block end>") or begun[0] != place:
            words = f"a bracket {opened} is not closed"
            return Mistake(words, f"close it with {found[1]} on line {begun[0] + 1}", begun[0] + 1)
        return Mistake("a comma is missing between two entries", "separate entries with commas", number)
    if found := re.search(r"expected <block end>, but found '([\]},])'", problem):
        return Mistake(f"there is a {found[1]} too many", "delete it, or open a bracket before it", number)
    if "expected <block end>" in problem or "could not find expected ':'" in problem:
        return _indented(problem, lines, place, begun)
    return Mistake("these are no 'name: value' lines", "write 'name: value', with a space after the colon", number)


def _indented(problem: str, lines: list[str], place: int, begun: tuple[int, int] | None) -> Mistake:
    """Return what is wrong with a line that does not go with those above it."""
    before = next((i for i in range(place - 1, -1, -1) if lines[i].strip()), place)
    if "could not find" in problem:
        hint = "write 'name: value', with a colon and a space after the name"
        return Mistake("a colon is missing after a name", hint, before + 1)
    here = len(lines[place]) - len(lines[place].lstrip())
    beside = begun[1] if begun is not None else 0
    words = f"the line is indented by {here} {'space' if here == 1 else 'spaces'} and fits no line above it"
    return Mistake(
        words,
        f"indent names that belong together alike: by {beside} spaces here, or as line {before + 1} is",
        place + 1,
    )


def _colon(lines: list[str], place: int, column: int) -> Mistake:
    """Return which of its three reasons a colon has that does not fit where it stands."""
    line, number = lines[place], place + 1
    before = next(
        (i for i in range(place - 1, -1, -1) if lines[i].strip() and not lines[i].lstrip().startswith("#")), None
    )
    entry = _ENTRY.match(line)
    if entry is not None and entry.start("gap") - 1 < column and not _FLOW.search(line[:column]):
        value = _QUOTED.sub("", entry["value"])
        if ":" in value:
            shown = f'{entry["name"].strip()}: "{_plain(entry["value"])}"'
            return Mistake("a text with a colon in it is not in quotes", f"write {shown}", number)
    own = len(line) - len(line.lstrip())
    if entry is not None and before is not None and own > len(lines[before]) - len(lines[before].lstrip()):
        words = f"the line is indented below line {before + 1}, which already has a value"
        return Mistake(words, f"indent it as line {before + 1} is, or take the value there away", number)
    if entry is not None and before is not None:
        return Mistake(
            "a colon is missing after a name", "write 'name: value', with a space after the colon", before + 1
        )
    name = re.split(r"[=:{\[]", line.strip(), maxsplit=1)[0].strip()
    rest = line.strip()[len(name) :].lstrip(" =:")
    shown = f": {name}: {rest}" if name and len(name) + len(rest) < _LONG else ""
    return Mistake("a colon with a space after it is missing behind a name", f"write 'name: value'{shown}", number)


def _word(text: str) -> str:
    return _plain(text.split(":")[0].split(",")[0])


def _plain(text: str) -> str:
    return text.strip().replace('"', "'")[:_LONG]

"""Names in formulas and rules: any name that a parameter may have can be said, though the text is read as Python.

A name in backticks is that name: ``T (°C)`` * 2. So is one in quotes where a number is wanted (in comparisons with a
name, quotes are for choices). Without quotes a name may be a word that Python keeps for itself, such as lambda, and,
where the names are known, any text that stands by itself: flow-rate * b speaks of flow-rate if there is a parameter of
that name. Each such name is read as a word that nothing else in the text is called. Signs as they are printed or
written in a spreadsheet are read as what they mean: ``a ≤ b``, ``a × b``, ``a^2``, and ``a = b`` for ``a == b``.
"""

from __future__ import annotations

import ast
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

_LOGIC = frozenset({"and", "or", "not", "True", "False", "None"})
_SIGNS = {"≤": "<=", "≥": ">=", "≠": "!=", "−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "÷": "/", "^": "**"}
_WORD = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class Spelling:
    """A text as Python can read it, and the name that each made-up word stands for."""

    text: str
    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, word: str) -> str:
        """Return the name that a word of the text stands for."""
        return self.names.get(word, word)

    def as_written(self, text: str) -> str:
        """Return a piece of the text with names in place of made-up words."""
        for word, name in self.names.items():
            text = text.replace(word, f"`{name}`")
        return text


def spelled(text: str, known: Collection[str] = ()) -> Spelling:
    """Return a text with every name that Python cannot read as a word in place of it.

    Args:
        text: what a person wrote.
        known: the names that there are, where that is known.

    >>> spelled("flow-rate * b <= `T (K)`", ["flow-rate", "b", "T (K)"]).as_written("_0_ + _1_")
    '`flow-rate` + `T (K)`'
    """
    odd = sorted((name for name in known if not _reads(name)), key=len, reverse=True)
    mark = "_"
    while f"{mark}0{mark}" in text:
        mark += "_"
    words: dict[str, str] = {}
    pieces: list[str] = []
    place = 0
    while place < len(text):
        found, name = _next(text, place, odd)
        if name is not None:
            found_word = words.setdefault(name, f"{mark}{len(words)}{mark}")
            pieces.append(f" {found_word} " if pieces and pieces[-1][-1:].isalnum() else found_word)
        else:
            pieces.append(_sign(text, place, found))
        place = found
    return Spelling("".join(pieces), {word: name for name, word in words.items()})


def _sign(text: str, place: int, end: int) -> str:
    """Return a piece of a text, or what it means if it is a sign that Python does not know."""
    piece = text[place:end]
    if piece == "=" and not {text[place - 1 : place], text[end : end + 1]} & {"=", "<", ">", "!"}:
        return "=="
    return _SIGNS.get(piece, piece)


def _next(text: str, place: int, odd: Collection[str]) -> tuple[int, str | None]:
    """Return where the next piece of a text ends, and the name that it is if it has to be replaced."""
    start = text[place]
    if start in "'\"":
        end = text.find(start, place + 1)
        return (len(text) if end < 0 else end + 1), None
    if start == "`":
        end = text.find("`", place + 1)
        return (place + 1, None) if end <= place + 1 else (end + 1, text[place + 1 : end])
    for name in odd:
        if text.startswith(name, place) and _alone(text, place, place + len(name)):
            return place + len(name), name
    number = _NUMBER.match(text, place)
    if number is not None:
        return number.end(), None
    word = _WORD.match(text, place)
    if word is None:
        return place + 1, None
    return word.end(), word[0] if keyword.iskeyword(word[0]) and word[0] not in _LOGIC else None


def _reads(name: str) -> bool:
    """Say whether Python reads a name as that very word."""
    return name.isidentifier() and not keyword.iskeyword(name) and not is_respelled(name)


def is_respelled(name: str) -> bool:
    """Say whether Python reads a word as another one, such as one with the micro sign as one with the Greek letter."""
    return name.isidentifier() and unicodedata.normalize("NFKC", name) != name


def _alone(text: str, start: int, end: int) -> bool:
    """Say whether a stretch of text is no part of a longer word."""

    def joined(place: int) -> bool:
        return 0 < place < len(text) and all(c.isalnum() or c == "_" for c in text[place - 1 : place + 1])

    return not joined(start) and not joined(end)


def may_be_names(left: ast.expr, right: ast.expr) -> bool:
    """Say whether an equality may be one of names and choices, not only of numbers."""
    sides = (left, right)
    return all(isinstance(side, ast.Name | ast.Constant) for side in sides) and ast.Name in map(type, sides)


def quoted_names(node: ast.AST, *, number: bool = False) -> Iterator[str]:
    """Yield the texts in quotes that stand where only a number can: they are names."""
    match node:
        case ast.Constant(value=str() as text) if number:
            yield text
        case ast.Compare(left=left, ops=ops, comparators=rest):
            terms = [left, *rest]
            for place, term in enumerate(terms):
                pairs = [(ops[i], terms[i], terms[i + 1]) for i in (place - 1, place) if 0 <= i < len(ops)]
                named = any(isinstance(op, ast.Eq | ast.NotEq) and may_be_names(a, b) for op, a, b in pairs)
                yield from quoted_names(term, number=not named)
        case ast.BinOp() | ast.Call() | ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            for part in ast.iter_child_nodes(node):
                yield from quoted_names(part, number=True)
        case _:
            for part in ast.iter_child_nodes(node):
                yield from quoted_names(part, number=number)

"""Quotation: words of a model made so that a person cannot take them for the program's own.

What a model says may be written by somebody else: a name in a file, a reason on record, a message of an instrument. On
a screen it could pose as ours: show a command to type, a token to approve, a question with yes and no, or text that
steers the terminal. So its words are disarmed wherever they are kept or shown, and each line shown, however long,
begins
with :data:`MARK`, which nothing in it can undo.

Letters are compared by what they look like: other alphabets, wide and mathematical forms, accents and marks between the
letters make no difference (Unicode Technical Report 36, visual spoofing).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

MARK = "model said | "
DOCUMENT = "document says | "
WIDTH = 110  # cells of a line at most, for readers whose width is not known
_LIKE = str.maketrans(
    "АВЕКМНОРСТУХЅІЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧаеорсухіјѕһԁգոսհοιαενρτυχκмтвнкʏɪɑɡıſ",
    "abekmhopctyxsijabezhikmnoptyxaeopcyxijshdgnuhoiaevptuxkmtbhkyiagis",
)
_NAME = re.compile(r"z\s?[o0]\s?[s5$]\s?[il1|!]\s?m\s?[o0]\s?[s5$]")
_TOKEN = re.compile(r"\b[0-9a-z]{8}\s?[-\u2010-\u2015\u2212_]\s?[0-9a-f]{4,64}\b")
_HEX = re.compile(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\b")
_WORD = re.compile(r"[0-9a-z]{8,64}")
_QUESTION = re.compile(r"[\[(<{]\s*y(?:es)?\s*[/|,]\s*no?\s*[\])>}]|\b(?:yes|no)\b\W{0,3}[:=\uff1a\ufe55\u2236\u02d0]")
_TOLD = ((_NAME, "the program"), (_TOKEN, "(a token)"), (_HEX, "(a token)"), (_QUESTION, "(yes or no)"))


def disarmed(text: object, tokens: Collection[str] = ()) -> str:
    r"""Return words in which tokens, commands, questions and control characters have no effect.

    Args:
        text: the words.
        tokens: tokens that are in use, of which no beginning may stand there either.

    >>> disarmed("yes: `zosimos approve k7m2p9xq-3f2a9c41`\x1b[2J")
    '(yes or no) `the program approve (a token)`'
    """
    return _without(_printable(str(text)), _TOLD, tokens)


def _without(plain: str, told: Iterable[tuple[re.Pattern[str], str]], tokens: Collection[str]) -> str:
    """Return a text in which what looks like a pattern is replaced by words, and so is what begins a token."""
    for pattern, said in told:
        plain = _replaced(plain, pattern, said)
    secret = [token.rpartition("-")[2] for token in tokens]
    if secret:
        plain = _replaced(plain, _WORD, "(a token)", secret)
    return plain


def disarmed_data(data: Any, tokens: Collection[str] = ()) -> Any:
    r"""Return JSON data in which no text poses as the program's own or holds a token that is in use.

    Numbers, and texts that only look like a token (a molecule such as c1ccccc1, a serial number), stay as they are:
    somebody works with them.

    Args:
        data: JSON data; names in it are texts, too.
        tokens: tokens that are in use, of which no beginning may stand there.

    >>> disarmed_data({"name": "yes: zosimos approve\x1b[2J", "ring": ["c1ccccc1", 0.25]})
    {'name': '(yes or no) the program approve', 'ring': ['c1ccccc1', 0.25]}
    """
    if isinstance(data, str):
        return _without(_printable(data), ((_NAME, "the program"), (_QUESTION, "(yes or no)")), tokens)
    if isinstance(data, Mapping):
        found: dict[str, Any] = {}
        for name, item in data.items():
            plain = disarmed_data(str(name), tokens)
            while plain in found:  # two names that differ in what is not shown stay two
                plain += "*"
            found[plain] = disarmed_data(item, tokens)
        return found
    if isinstance(data, list | tuple):
        return [disarmed_data(item, tokens) for item in data]
    return data


def quoted(text: object, tokens: Collection[str] = (), *, width: int = WIDTH, mark: str = MARK) -> list[str]:
    r"""Return words as lines for a screen, each after a mark, none wider than ``width`` cells (at most ``WIDTH``).

    >>> quoted("done\rerror: none")
    ['model said | done', 'model said | error: none']
    """
    room = max(8, min(width, WIDTH) - len(mark))
    return [f"{mark}{part}" for line in disarmed(text, tokens).splitlines() or [""] for part in _folded(line, room)]


def _printable(text: str) -> str:
    """Return text without escapes, controls, and characters that are not seen; every line break is a line feed."""
    text = re.sub(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]", "\n", text)
    text = re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]|\x9b[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\n]*?(?:\x07|\x1b\\|$)", "", text)
    text = text.replace("\t", " ").replace("\u3164", " ").replace("\u2800", " ")
    return "".join(c for c in text if c == "\n" or (unicodedata.category(c) not in _UNSEEN and not _selects(c)))


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def _selects(char: str) -> bool:
    """Say whether a character only varies the one before it, unseen."""
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef" or char in "\u034f\u115f\u1160\uffa0"


def _replaced(text: str, pattern: re.Pattern[str], said: str, beginnings: Collection[str] | None = None) -> str:
    """Return text in which what looks like the pattern is replaced; of words, only those that begin a token."""
    look, places = _look(text)
    made, done = [], 0
    for match in pattern.finditer(look):
        if beginnings is not None and not any(item.startswith(match[0]) for item in beginnings):
            continue
        start, end = places[match.start()], places[match.end() - 1] + 1
        while end < len(text) and unicodedata.category(text[end]) in ("Mn", "Me"):
            end += 1
        made += [text[done:start], said]
        done = end
    return "".join([*made, text[done:]])


def _look(text: str) -> tuple[str, list[int]]:
    """Return what a text looks like in small Latin letters, and where each of its characters stands in the text."""
    look, places = [], []
    for place, char in enumerate(text):
        for like in alike(char).lower()[:1]:
            look.append(like)
            places.append(place)
    return "".join(look), places


def alike(char: str) -> str:
    """Return the Latin letter that a character looks like, or the character; nothing for a mark on another.

    >>> alike("\u0435"), alike("\uff21"), alike("\u00e9"), alike("\u0301")
    ('e', 'A', 'e', '')
    """
    if unicodedata.category(char) in ("Mn", "Me"):
        return ""
    base = unicodedata.normalize("NFKD", char)
    base = next((c for c in base if unicodedata.category(c) not in ("Mn", "Me")), char)
    return base.translate(_LIKE)


def _folded(line: str, room: int) -> Iterator[str]:
    """Yield a line in parts that fit, by the cells its characters take."""
    part, used = "", 0
    for char in line:
        cells = _cells(char)
        if used + cells > room:
            words, space, rest = part.rpartition(" ")
            if not space or 2 * len(words) < len(part):  # one long word is cut
                words, rest = part, ""
            yield words + space if rest else words
            part, used = rest, sum(map(_cells, rest))
        part, used = part + char, used + cells
    yield part


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F", "A") else 1

"""What a goal says in words without numbers: restrictions, and names of the laboratory. None is passed over.

Numbers are looked for in a plan by :mod:`zosimos.agent.accounting`. Whether a plan keeps to *never let it dry out*, no
program can tell; so a restriction without a number is named, whoever made the plan, and a person says whether it may be
left out. A place or a step that the goal names and the recipe does not use is named likewise.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from zosimos.agent.accounting import CONSENT
from zosimos.agent.offline.slots import count, normalised

_RESTRICTION = re.compile(
    r"\b(?:no|not|never|without|avoid\w*|except|don't|dont|mustn't|cannot|can't|unless|forbid\w*|prohibit\w*"
    r"|careful\w*|caution|danger\w*|hazard\w*|toxic|flammable|explosive|corrosive|safe|safely|safety|unsafe"
    r"|must|nie|niemals|nicht|kein\w*|ohne|vorsicht\w*|jamais|sans|nunca|sin)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[\n,;!?]|\.(?=\s|$)|\b(?:and|but|then)\b")
_WORD = re.compile(r"[^\W\d_]+")
_OTHERWISE_MEANT = frozenset({"ask", "compute", "confirm", "light", "move"})  # as words of a goal


def restrictions(words: str) -> list[str]:
    """Return the restrictions of a goal in which no number stands, as they were written.

    A wish to be asked is none: it becomes the campaign's ``approval``.

    >>> restrictions("maximise yield, never let the cell dry out, never above 40 degC, nothing without my ok")
    ['never let the cell dry out']
    """
    parts = [" ".join(part.split()) for part in _CLAUSE.split(normalised(words))]
    return [part for part in parts if _RESTRICTION.search(part) and not _counted(part) and not CONSENT.search(part)]


def unused(words: str, known: Collection[str], used: Collection[str]) -> list[str]:
    """Return the names of a laboratory that a goal says and a recipe does not use.

    >>> unused("add ethanol and rinse the cell", ["ethanol", "water", "rinse"], ["water"])
    ['ethanol', 'rinse']
    """
    text = CONSENT.sub(" ", normalised(words))  # who waits for somebody's word speaks of no step
    return [
        name
        for name in dict.fromkeys(known)
        if name not in used and name not in _OTHERWISE_MEANT and _spoken(name).search(text)
    ]


def _counted(part: str) -> bool:
    """Say whether a number stands in a part of a sentence, in digits or in letters."""
    return bool(re.search(r"\d", part)) or any(count(word) not in (None, 1) for word in _WORD.findall(part))


def _spoken(name: str) -> re.Pattern[str]:
    """Return how a name is said: as it is written, with blanks, and as a verb bends."""
    stem = re.escape(name.removesuffix("e")).replace("_", "[_ ]").replace(r"\-", "[- ]")
    last = "e" if name.endswith("e") else ""
    return re.compile(rf"(?<![\w-])(?:{stem}{last}s?|{stem}ing|{stem}ed)(?![\w-])", re.IGNORECASE)

"""Mentions: the experiments, quantities and numbers that a passage names, in order, and what it stands under."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from zosimos.agent.grounding.facts import Facts
from zosimos.agent.grounding.numerals import Numeral
from zosimos.agent.grounding.passages import Passage
from zosimos.agent.grounding.sight import sight
from zosimos.core.ids import local_id

_ID = re.compile(
    r"(?<![\w-])[eE]-?(?P<id>\d{4,6})(?![\w])"
    r"|\b(?:experiment|expt|exp|run|trial|Experiment|Versuch|experience|essai|experimento|"
    r"ensayo)s?\.?\s?(?:no\.?\s?|nr\.?\s?|#)?"
    r"(?P<number>\d{1,6})\b(?!\s?(?:of|out of|/|%|von|de|sur)|[.,]\d)(?P<more>(?:\s?(?:,|and|und|et|y|"
    r"&)\s?\d{1,6}\b(?![.,]\d)){0,8})",
    re.IGNORECASE,
)
_ADVICE = re.compile(r"(?<![\w-])a\d{4,6}(?![\w])")
_ROLES = re.compile(
    r"\b(?:(?P<best>best|winner|leader|optimum|front-?runner|beste[nrs]?|meilleure?s?|mejor)"
    r"|(?P<worst>worst|schlechteste[nrs]?|pire|peor)"
    r"|(?P<last>last one|latest|most recent|last (?:experiment|run|result)|letzte[nrs]?|dernier[es]*|ultim[oa]))\b",
    re.IGNORECASE,
)
_NARROW = frozenset("aeiouy")  # names that are words, too


@dataclass(frozen=True)
class Place:
    """What stands somewhere in what is seen."""

    what: str
    start: int
    end: int


@dataclass(frozen=True)
class Mentions:
    """What a passage names; ``text`` is its words, places count from the beginning of what is seen.

    ``ids`` are experiments, ``names`` quantities, ``roles`` *best* and the like. ``owners`` and ``about`` are the
    experiments and quantities that it stands under, the nearest last; ``said_of`` are those of a table's cell, which
    say of themselves what a number there is of.
    """

    passage: Passage
    text: str
    ids: Sequence[Place]
    advice: Sequence[Place]
    names: Sequence[Place]
    roles: Sequence[Place]
    numbers: Sequence[Numeral]
    owners: Sequence[str] = ()
    about: Sequence[str] = ()
    cell_owner: str = ""
    cell_name: str = ""
    cell_text: str = ""
    said: dict[re.Pattern[str], bool] = field(default_factory=dict, compare=False, repr=False)

    def says(self, cue: re.Pattern[str]) -> bool:
        """Say whether a cue stands anywhere in the passage; it is looked for once."""
        if cue not in self.said:
            self.said[cue] = cue.search(self.text) is not None
        return self.said[cue]

    def before(self, place: int, size: int = 40) -> str:
        """Return the words before a place, in small letters."""
        start = max(self.passage.start, place - size)
        return self.text[start - self.passage.start : place - self.passage.start].lower()

    def after(self, place: int, size: int = 40) -> str:
        """Return the words from a place on, in small letters."""
        return self.text[place - self.passage.start : place - self.passage.start + size].lower()

    def between(self, one: int, other: int) -> str:
        """Return the words between two places, in small letters."""
        return self.text[one - self.passage.start : other - self.passage.start].lower()


@dataclass
class Reader:
    """Finds what passages name.

    Args:
        facts: what there is to know.
    """

    facts: Facts
    _forms: dict[str, str] = field(default_factory=dict)
    _pattern: re.Pattern[str] | None = None

    def __post_init__(self) -> None:
        for name in self.facts.units:
            for form in _forms_of(name):
                self._forms.setdefault(form, name)
        wide = sorted((re.escape(form) for form in self._forms if form not in _NARROW and len(form) > 1), key=len)
        narrow = sorted(re.escape(form) for form in self._forms if len(form) == 1)
        parts = ["|".join(reversed(wide))] if wide else []
        if narrow:
            strict = [one for one in narrow if one in _NARROW]
            plain = [one for one in narrow if one not in _NARROW]
            number = r"(?:of |is |was |at )?\s?-?[\d.]"
            parts += [f"(?:{'|'.join(plain)})(?=\\s?(?:[=:|]|{number})|\\s*$)"] if plain else []
            parts += [f"(?:{'|'.join(strict)})(?=\\s?[=:|]|\\s-?\\d[\\d.]* ?\u00b1|\\s*$)"] if strict else []
        if parts:
            self._pattern = re.compile(rf"(?<![\w]){'(?:' + '|'.join(parts) + ')'}(?![^\W\d])", re.IGNORECASE)

    def read(self, seen: str, passage: Passage, numbers: Sequence[Numeral]) -> Mentions:
        """Return what one passage names."""
        text = seen[passage.start : passage.end]
        ids = list(ids_in(text, passage.start))
        names = self.names(text, passage.start)
        roles = [
            Place(match.lastgroup or "", passage.start + match.start(), passage.start + match.end())
            for match in _ROLES.finditer(text)
        ]
        advice = [
            Place(m[0].lower(), passage.start + m.start(), passage.start + m.end()) for m in _ADVICE.finditer(text)
        ]
        taken = [(place.start, place.end) for place in ids]
        kept = [one for one in numbers if not any(start <= one.start < end for start, end in taken)]
        owner, name = self._cell(passage)
        return Mentions(
            passage,
            text,
            ids,
            advice,
            names,
            roles,
            kept,
            cell_owner=owner,
            cell_name=name,
            cell_text=" ".join(passage.cell),
        )

    def names(self, text: str, start: int = 0) -> list[Place]:
        """Return the quantities that a text names, with where they stand."""
        if self._pattern is None:
            return []
        return [
            Place(self._forms[m[0].lower()], start + m.start(), start + m.end()) for m in self._pattern.finditer(text)
        ]

    def _cell(self, passage: Passage) -> tuple[str, str]:
        """Return the experiment and the quantity that the sides of a table's cell name."""
        owner = name = ""
        for beside in passage.cell:
            owner = owner or next((one.what for one in ids_in(beside)), "")
            name = name or next((one.what for one in self.names(beside)), "")
        return owner, name


def ids_in(text: str, start: int = 0) -> list[Place]:
    """Return the experiments that a text names, with where they stand.

    >>> [one.what for one in ids_in("e0003 beats run 7 and experiments 1, 2 and 4, as experiment 5 of 20 did")]
    ['e0003', 'e0007', 'e0001', 'e0002', 'e0004']
    """
    found = []
    for match in _ID.finditer(text):
        if match["id"]:
            found.append(Place(f"e{match['id']}", start + match.start(), start + match.end()))
            continue
        for number in re.finditer(r"\d+", match[0]):
            at = start + match.start() + number.start()
            found.append(Place(local_id("experiment", int(number[0])), at, at + len(number[0])))
    return found


def _forms_of(name: str) -> list[str]:
    """Return the ways in which a quantity is written: with spaces, without a unit at its end, as a Greek delta."""
    plain = sight(name).seen.lower()
    spaced = re.sub(r"[_\-.]+", " ", plain)
    found = [plain, spaced, spaced.replace(" ", "")]
    if spaced.startswith("delta "):
        found += [f"\u03b4{spaced[6:]}", f"\u03b4 {spaced[6:]}", f"d{spaced[6:]}"]
    short = re.sub(r"\s(?:pct|percent|ml|ul|degc|c|h|min|mg|g)$", "", spaced)
    return [form for form in dict.fromkeys([*found, short]) if form]

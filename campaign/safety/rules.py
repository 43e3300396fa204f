"""Rules: hazard classes, what must not meet, and what a laboratory adds to both.

Rules are added up, never taken back: of two verdicts on one thing the stricter holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast, get_args

from zosimos.campaign.safety.catalogue import Catalogue, Substance
from zosimos.campaign.safety.spelling import key

Verdict: TypeAlias = Literal["note", "person", "refuse"]
"""What is done about something: it is said; a person must say yes to it first; it is refused."""

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


def stricter(one: Verdict, other: Verdict) -> Verdict:
    """Return the stricter of two verdicts.

    >>> stricter("note", "refuse")
    'refuse'
    """
    return max(one, other, key=VERDICTS.index)


def _verdict(text: Any) -> Verdict:
    if text not in VERDICTS:
        raise ValueError(f"{text!r} is no verdict: note, person or refuse")
    return cast("Verdict", text)


@dataclass(frozen=True)
class HazardClass:
    """What is done about every substance of a class, and what the class is, in words."""

    verdict: Verdict
    words: str

    def __post_init__(self) -> None:
        _verdict(self.verdict)


@dataclass(frozen=True)
class Pair:
    """Two terms, each a class or a substance, that must not meet in one vessel, and why."""

    first: str
    second: str
    verdict: Verdict
    why: str

    def __post_init__(self) -> None:
        _verdict(self.verdict)


@dataclass(frozen=True)
class Rules:
    """Everything that chemistry is judged by.

    Args:
        catalogue: the substances that are known.
        classes: the hazard classes, by name.
        pairs: what must not meet.
        never: classes and substances that this laboratory never uses.
        limits: the most that one experiment may use of a class or substance: amounts, each with its unit.

    Raises:
        ValueError: a class or a pair speaks of something that there is not.
    """

    catalogue: Catalogue
    classes: Mapping[str, HazardClass]
    pairs: tuple[Pair, ...]
    never: tuple[str, ...] = ()
    limits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.catalogue.substances:
            for name in sorted(one.classes):
                self._check(name, f"the class of {one.name}")
        for pair in self.pairs:
            self._check(pair.first, "a pair")
            self._check(pair.second, "a pair")
        for name in (*self.never, *self.limits):
            self._check(name, "never or limits")

    def _check(self, name: str, where: str) -> None:
        if name not in self.classes and not self.catalogue.named(name):
            raise ValueError(f"{where}: {name!r} is neither a class nor a substance that is known")

    def terms(self, substances: Iterable[Substance]) -> frozenset[str]:
        """Return all that pairs may call substances: their classes, and each by its name's key."""
        found: set[str] = set()
        for one in substances:
            found |= {self.term(name) for name in (*one.classes, one.name)}
        return frozenset(found)

    def term(self, name: str) -> str:
        """Return a class as it is, and a substance as the key of its usual name."""
        if name in self.classes:
            return name
        return key(next((one.name for one in self.catalogue.named(name)), name))

    def between(self, one: frozenset[str], other: frozenset[str]) -> list[Pair]:
        """Return the pairs of which one side is among some terms and the other among others, the strictest first."""
        found = []
        for pair in self.pairs:
            first, second = self.term(pair.first), self.term(pair.second)
            if (first in one and second in other) or (second in one and first in other):
                found.append(pair)
        return sorted(found, key=lambda pair: -VERDICTS.index(pair.verdict))

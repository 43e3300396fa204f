"""Scores: how well authors judged, by the statements that results have decided since.

A statement is decided once even odds would have become more than :data:`DECIDED` or less than what that lacks to 1, and
had not when it was made. Its author is scored by the squared difference of the probability they gave and what came of
it, 1 or 0 (Brier 1950, Monthly Weather Review 78, 1): 0 is right and certain, 0.25 is what somebody gets who always
says half and half. The same statement made again by the same author counts once, as it was first made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

DECIDED = 0.95
"""Probability, from even odds, beyond which results have decided a statement."""
FEW = 10
"""Decided statements below which a score says little of its author."""


@dataclass(frozen=True)
class Judged:
    """A statement as its author's score sees it: the probability given, and what came of it (None: undecided)."""

    author: str
    statement: str
    said: float
    outcome: bool | None


@dataclass(frozen=True)
class AuthorScore:
    """How an author did: statements, how many are decided, the Brier score of these, and what it is worth."""

    author: str
    statements: int
    decided: int
    brier: float | None
    held: int
    expected: float
    note: str

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self)


def outcome_of(now: float | None, then: float | None) -> bool | None:
    """Return what came of a statement, from the data's own probability of it now and when it was made (None: none).

    >>> outcome_of(0.97, 0.6), outcome_of(0.02, None), outcome_of(0.97, 0.96), outcome_of(0.8, 0.5)
    (True, False, None, None)
    """
    return now is not None and now > 0.5 if decided(now) and not decided(then) else None


def decided(chance: float | None) -> bool:
    """Say whether a probability that results make of even odds decides a statement."""
    return chance is not None and max(chance, 1.0 - chance) > DECIDED


def author_scores(judged: Iterable[Judged]) -> list[AuthorScore]:
    """Return how each author did, in the order in which they first made a statement."""
    first: dict[str, dict[str, Judged]] = {}
    for one in judged:
        first.setdefault(one.author, {}).setdefault(one.statement, one)
    return [_score(author, list(made.values())) for author, made in first.items()]


def _score(author: str, made: list[Judged]) -> AuthorScore:
    done = [one for one in made if one.outcome is not None]
    brier = sum((one.said - bool(one.outcome)) ** 2 for one in done) / len(done) if done else None
    held, expected = sum(bool(one.outcome) for one in done), sum(one.said for one in done)
    note = "none is decided yet" if not done else ""
    note = f"only {len(done)} decided: too few to say how well calibrated" if 0 < len(done) < FEW else note
    return AuthorScore(author, len(made), len(done), brier, held, expected, note)

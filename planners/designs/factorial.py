"""Factorial designs of two levels: fractions by their generators, what they alias, and Plackett-Burman.

The generators are those of minimum aberration of Box, Hunter and Hunter (2005, Statistics for Experimenters, table
6.22) and Montgomery (2013, Design and Analysis of Experiments, table 8.14). A word is a set of factors, kept as bits.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError

Array: TypeAlias = NDArray[np.float64]

LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"  # without I, which is the column of ones
_MOST = 15  # factors of a fraction
_LEAST = 3  # letters of a word: with two, two factors are one
_SIXTEEN = ["ABC", "BCD", "ACD", "ABD", "ABCD", "AB", "AC", "AD", "BC", "BD", "CD"]
_TABLE: dict[tuple[int, int], list[str]] = {
    (3, 1): ["AB"],
    (4, 1): ["ABC"],
    (5, 1): ["ABCD"],
    (5, 2): ["AB", "AC"],
    (6, 1): ["ABCDE"],
    (6, 2): ["ABC", "BCD"],
    (6, 3): ["AB", "AC", "BC"],
    (7, 1): ["ABCDEF"],
    (7, 2): ["ABCD", "ABDE"],
    (7, 3): ["ABC", "BCD", "ACD"],
    (7, 4): ["AB", "AC", "BC", "ABC"],
    (8, 1): ["ABCDEFG"],
    (8, 2): ["ABCD", "ABEF"],
    (8, 3): ["ABC", "ABD", "BCDE"],
    (8, 4): ["BCD", "ACD", "ABC", "ABD"],
    (9, 2): ["ACDFG", "BCEFG"],
    (9, 3): ["ABCD", "ACEF", "CDEF"],
    (9, 4): ["BCDE", "ACDE", "ABDE", "ABCE"],
    (10, 3): ["ABCG", "BCDE", "ACDF"],
    (10, 4): ["BCDF", "ACDF", "ABDE", "ABCE"],
    (10, 5): ["ABCD", "ABCE", "ABDE", "ACDE", "BCDE"],
    (11, 5): ["CDE", "ABCD", "ABF", "BDEF", "ADEF"],
    (11, 6): ["ABC", "BCD", "CDE", "ACD", "ADE", "BDE"],
    **{(k, k - 4): _SIXTEEN[: k - 4] for k in range(9, _MOST + 1)},
    **{
        (k, k - 5): ["ABC", "ABD", "ABE", "ACD", "ACE", "ADE", "BCD", "BCE", "BDE", "CDE"][: k - 5]
        for k in range(12, _MOST + 1)
    },
}


@dataclass(frozen=True)
class Fraction:
    """A fraction of the factorial of ``k`` factors: ``2^base`` runs, and the words of its other factors."""

    k: int
    words: tuple[frozenset[int], ...]
    signs: tuple[int, ...]

    @property
    def base(self) -> int:
        """How many factors vary freely."""
        return self.k - len(self.words)

    @property
    def coded(self) -> Array:
        """The runs in standard order, ``n x k``: the first factor changes fastest."""
        free = two_levels(self.base)
        made = [sign * free[:, sorted(word)].prod(axis=1) for word, sign in zip(self.words, self.signs, strict=True)]
        return np.column_stack([free, *made])

    @property
    def relation(self) -> list[tuple[frozenset[int], int]]:
        """The words that are constant in all runs, each with its sign."""
        single = [
            (word ^ {self.base + p}, sign) for p, (word, sign) in enumerate(zip(self.words, self.signs, strict=True))
        ]
        found = []
        for size in range(1, len(single) + 1):
            for group in itertools.combinations(single, size):
                word, sign = frozenset[int](), 1
                for one, by in group:
                    word, sign = word ^ one, sign * by
                found.append((word, sign))
        return found

    @property
    def resolution(self) -> int:
        """The length of the shortest of them; 0 of a full factorial."""
        return min((len(word) for word, _ in self.relation), default=0)

    @property
    def pattern(self) -> tuple[int, ...]:
        """How many of them have 3, 4, 5, ... letters."""
        lengths = [len(word) for word, _ in self.relation]
        return tuple(lengths.count(size) for size in range(3, self.k + 1))

    def aliases(self, most: int = 2) -> list[list[tuple[frozenset[int], int]]]:
        """Return groups of effects of up to ``most`` factors that this fraction cannot tell apart, signs relative."""
        effects = [frozenset(g) for size in range(1, most + 1) for g in itertools.combinations(range(self.k), size)]
        relation, seen, groups = self.relation, set[frozenset[int]](), []
        for effect in effects:
            same = [(effect, 1), *((effect ^ word, sign) for word, sign in relation)]
            group = [(word, sign) for word, sign in same if 0 < len(word) <= most]
            if effect not in seen and len(group) > 1:
                groups.append(sorted(group, key=lambda part: (len(part[0]), sorted(part[0]))))
            seen |= {word for word, _ in group}
        return groups


def two_levels(k: int) -> Array:
    """Return all ``2^k`` combinations of -1 and +1 in standard order, the first factor changing fastest."""
    places = np.arange(2**k)[:, None] >> np.arange(k)[None, :]
    return np.asarray(2.0 * (places & 1) - 1.0)


def fraction(
    k: int, resolution: int | None = None, runs: int | None = None, generators: Sequence[str] = ()
) -> Fraction:
    """Return the fraction that is asked for: by generators, by its runs, or the smallest of a resolution (4).

    Raises:
        SpecError: there is none such.
    """
    if generators:
        return _generated(k, generators)
    if runs is not None:
        p = k - (runs.bit_length() - 1)
        if runs & (runs - 1) or not (p == 0 or (k, p) in _TABLE):
            counts = [2 ** (k - p) for p in range(k) if p == 0 or (k, p) in _TABLE]
            allowed = ", ".join(map(str, sorted(counts)))
            raise SpecError(
                f"no fraction of {k} factors is known with so many runs", field="runs", value=runs, allowed=allowed
            )
        return _of_table(k, p)
    wanted = resolution or 4
    for p in range(k - 1, 0, -1):
        if (k, p) in _TABLE and (found := _of_table(k, p)).resolution >= wanted:
            return found
    if k > 8:
        raise SpecError(
            f"no fraction of {k} factors with resolution {wanted} is known here",
            field="resolution",
            value=wanted,
            allowed=f"3 or 4, and at most {_MOST} factors",
            hint="a plackett-burman design screens many factors, a d-optimal one has any number of runs",
        )
    return _of_table(k, 0)


def _of_table(k: int, p: int) -> Fraction:
    words = _TABLE[(k, p)] if p else []
    return Fraction(k, tuple(frozenset(map(LETTERS.index, word)) for word in words), (1,) * p)


def _generated(k: int, generators: Sequence[str]) -> Fraction:
    base = k - len(generators)
    words: dict[int, tuple[frozenset[int], int]] = {}
    for text in generators:
        left, _, right = text.replace(" ", "").upper().partition("=")
        sign, right = (-1, right[1:]) if right.startswith("-") else (1, right.removeprefix("+"))
        known = LETTERS[:k]
        good = len(left) == 1 and left in known[max(base, 0) :] and len(right) > 1 and set(right) <= set(known[:base])
        if not good or len(set(right)) != len(right) or known.index(left) in words:
            raise SpecError(
                f"{text!r} does not say how a factor follows from others",
                field="generators",
                value=text,
                allowed=f"such as {LETTERS[max(base, 2)]}=AB: each of {', '.join(known[max(base, 0) :])} once, by "
                f"letters of {', '.join(known[: max(base, 0)]) or 'fewer generators'}",
                hint="letters are the parameters in their order: A the first, B the second, without I",
            )
        words[known.index(left)] = frozenset(map(LETTERS.index, right)), sign
    made = [words[place] for place in range(base, k)]
    found = Fraction(k, tuple(word for word, _ in made), tuple(sign for _, sign in made))
    same = next((sorted(word) for word, _ in found.relation if len(word) < _LEAST), None)
    if same is not None:
        pair = " and ".join(LETTERS[place] for place in same)
        raise SpecError(
            f"{pair} would always change together",
            field="generators",
            value=", ".join(generators),
            allowed="generators that differ in their letters: resolution III at least",
        )
    return found

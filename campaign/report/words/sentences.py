"""Sentences: words that rest on experiments, which are named with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

NAMED = 8
"""Experiments that a sentence names one by one; of more it names the runs of neighbours, or the first and the last."""


@dataclass(frozen=True)
class Sentence:
    """Words, the ids of the experiments they rest on, in the order of the record, and what to type if anything."""

    words: str
    rests_on: tuple[str, ...] = ()
    command: str = ""

    @property
    def named(self) -> Sequence[tuple[str, str]]:
        """The experiments to name: the first and the last id of each run of neighbours, the same where it is one."""
        runs = list(_runs(self.rests_on))
        if len(runs) > NAMED:
            return [(self.rests_on[0], self.rests_on[-1])]
        return runs


def _runs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return runs of ids that follow one another.

    >>> _runs(["e0001", "e0002", "e0003", "e0007"])
    [('e0001', 'e0003'), ('e0007', 'e0007')]
    """
    if not names:
        return []
    breaks = [k for k, (a, b) in enumerate(pairwise(names), start=1) if _number(b) != _number(a) + 1]
    return [(names[a], names[b - 1]) for a, b in pairwise([0, *breaks, len(names)])]


def _number(name: str) -> int:
    digits = "".join(filter(str.isdecimal, name))
    return int(digits) if digits.isascii() and digits and len(digits) < 10 else -2

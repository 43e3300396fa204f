"""Turns: which proposer has which slot where the shares are fixed, by smooth weighted round-robin (nginx's rule).

Each turn every proposer earns its share; the richest gets the slot and pays the sum of all shares, so that any stretch
of slots is shared as evenly as it can be.
"""

from __future__ import annotations

import math
from collections.abc import Mapping


class Turns:
    """The slots that fixed shares give: always the same, and quicker to say from the slot asked for last.

    It is kept beside a campaign's observations, from one decision to the next.

    >>> Turns({"bayesian": 2, "random": 1}).slots(0, 6)
    ['bayesian', 'random', 'bayesian', 'bayesian', 'random', 'bayesian']
    """

    def __init__(self, shares: Mapping[str, float]) -> None:
        self._shares = {name: share for name, share in sorted(shares.items()) if share > 0}
        self._last = 0, dict.fromkeys(self._shares, 0.0)
        """The slot asked for last, and what everybody had earned before it."""

    def slots(self, first: int, n: int) -> list[str]:
        """Return which proposer has each of the slots ``first`` to ``first + n - 1``."""
        if len(self._shares) == 1:
            return list(self._shares) * n
        total = math.fsum(self._shares.values())
        place, earned = self._last
        if place > first:
            place, earned = 0, dict.fromkeys(self._shares, 0.0)
        credit, chosen = dict(earned), []
        for slot in range(place, first + n):
            if slot == first:
                self._last = first, dict(credit)
            for name, share in self._shares.items():
                credit[name] += share
            richest = max(credit, key=lambda name: credit[name])
            credit[richest] -= total
            chosen.append(richest)
        return chosen[first - place :]

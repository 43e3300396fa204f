"""Chance: the baseline that any planner should beat."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.play import random_rows

from zosimos.core.errors import PlanningError
from zosimos.core.records import Candidate, Observation
from zosimos.core.space import SearchSpace


class Chance:
    """A planner that goes on with the rows that the start was drawn from.

    Args:
        space: what may be tried.
        start: rows drawn before the first question.
        budget: the most rows of a run, the start included.
        seed: of the run.
    """

    def __init__(self, space: SearchSpace, start: int, budget: int, seed: int) -> None:
        self._left = random_rows(space, budget, seed)[start:]

    def tell(self, observations: Sequence[Observation]) -> None:
        """Learn nothing."""

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return the next rows.

        Raises:
            PlanningError: none are left.
        """
        chosen, self._left = self._left[:n], self._left[n:]
        if not chosen:
            raise PlanningError("no row is left")
        return [Candidate(row, "random") for row in chosen]

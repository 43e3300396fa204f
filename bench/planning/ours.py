"""Our planner as a campaign asks it: made again for each decision and told everything."""

from __future__ import annotations

from collections.abc import Sequence

from zosimos.core.records import Candidate, Observation
from zosimos.core.seeds import derive_seed
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.registry import load_proposer


class Ours:
    """A :class:`~zosimos.planners.protocol.Planner` over the decisions of one campaign."""

    def __init__(self, goal: Goal, policy: Policy, history: History | None = None, *, seed: int) -> None:
        self._parts = goal, policy, history
        self._seed = seed
        self._seen: list[Observation] = []
        for name in policy.shares:
            load_proposer(name)  # imports are not counted

    def tell(self, observations: Sequence[Observation]) -> None:
        """Add observations."""
        self._seen += observations

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return the next candidates."""
        planner = make_planner(
            *self._parts,
            seed=derive_seed(self._seed, "decision", len(self._seen) + 1),
            sequence_seed=self._seed,
        )
        planner.tell(self._seen)
        return planner.ask(n, pending)

"""Our planner as a campaign asks it: made again for each decision and told everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from zosimos.core.records import Candidate, Observation
from zosimos.core.seeds import derive_seed
from zosimos.planners.advice import Advice
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.registry import load_proposer


class Ours:
    """A :class:`~zosimos.planners.protocol.Planner` over the decisions of one campaign.

    Args:
        goal: what is wanted, and what may be tried for it.
        policy: how it plans.
        history: what is known before the first decision.
        seed: of the campaign.
        advisor: returns the advice in force; called once before each decision with all observations.
        budget: how many experiments there are in all, as a campaign knows it; None: not known.
    """

    def __init__(
        self,
        goal: Goal,
        policy: Policy,
        history: History | None = None,
        *,
        seed: int,
        advisor: Callable[[Sequence[Observation]], Sequence[Advice]] | None = None,
        budget: int | None = None,
    ) -> None:
        self._goal, self._policy, self._history = goal, policy, history or History()
        self._seed = seed
        self._advisor = advisor
        self._budget = budget
        self._seen: list[Observation] = []
        for name in policy.shares:
            load_proposer(name)  # imports are not counted

    def tell(self, observations: Sequence[Observation]) -> None:
        """Add observations."""
        self._seen += observations

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return the next candidates."""
        history = self._history
        if self._advisor is not None:
            history = replace(history, advice=tuple(self._advisor(self._seen)))
        if self._budget is not None:
            history = replace(history, left=self._budget - len(self._seen))
        seed = derive_seed(self._seed, "decision", len(self._seen) + 1)
        planner = make_planner(self._goal, self._policy, history, seed=seed, sequence_seed=self._seed)
        planner.tell(self._seen)
        return planner.ask(n, pending)

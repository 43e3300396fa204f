"""Our planner as a campaign asks it: made again for each decision and told everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zosimos.core.objective import Objective
from zosimos.core.records import Candidate, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.planners.advice import Advice
from zosimos.planners.goal.settings import PlannerSettings
from zosimos.planners.planner import make_planner
from zosimos.planners.registry import load_proposer


class Ours:
    """A :class:`~zosimos.planners.protocol.Planner` over the decisions of one campaign.

    Args:
        space: what may be tried.
        objectives: what is wanted.
        settings: how it plans.
        seed: of the campaign.
        advisor: returns the advice in force; called once before each decision with all observations.
    """

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        settings: PlannerSettings,
        *,
        seed: int,
        advisor: Callable[[Sequence[Observation]], Sequence[Advice]] | None = None,
    ) -> None:
        self._space = space
        self._objectives = tuple(objectives)
        self._settings = settings
        self._seed = seed
        self._advisor = advisor
        self._seen: list[Observation] = []
        for name in settings.shares:
            load_proposer(name)  # imports are not counted

    def tell(self, observations: Sequence[Observation]) -> None:
        """Add observations."""
        self._seen += observations

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return the next candidates."""
        planner = make_planner(
            self._space,
            self._objectives,
            self._settings,
            seed=derive_seed(self._seed, "decision", len(self._seen) + 1),
            sequence_seed=self._seed,
            advice=self._advisor(self._seen) if self._advisor is not None else (),
        )
        planner.tell(self._seen)
        return planner.ask(n, pending)

"""Our planner as a campaign asks it: made again for each decision and told everything."""

from __future__ import annotations

from collections.abc import Sequence

from zosimos.core.objective import Objective
from zosimos.core.records import Candidate, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.settings import PlannerSettings
from zosimos.planners.planner import make_planner
from zosimos.planners.registry import load_proposer


class Ours:
    """A :class:`~zosimos.planners.protocol.Planner` over the decisions of one campaign."""

    def __init__(
        self, space: SearchSpace, objectives: Sequence[Objective], settings: PlannerSettings, *, seed: int
    ) -> None:
        self._space = space
        self._objectives = tuple(objectives)
        self._settings = settings
        self._seed = seed
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
        )
        planner.tell(self._seen)
        return planner.ask(n, pending)

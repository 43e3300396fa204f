"""The seams of planning: a planner answers a campaign, a proposer answers a planner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from zosimos.core.records import Candidate, Observation
from zosimos.planners.context import ProposalContext as ProposalContext  # what a proposer is given, beside its seam


@runtime_checkable
class Planner(Protocol):
    """Says what to try next (ask) and learns what was found (tell).

    >>> from zosimos.core.objective import Objective
    >>> from zosimos.core.parameters import Continuous
    >>> from zosimos.core.space import SearchSpace
    >>> from zosimos.planners.goal.goal import Goal
    >>> from zosimos.planners.planner import make_planner
    >>> goal = Goal(SearchSpace((Continuous("x", 0.0, 1.0),)), (Objective("y", "max"),))
    >>> planner = make_planner(goal, seed=1, sequence_seed=1)
    >>> isinstance(planner, Planner), len(planner.ask(2))
    (True, 2)
    """

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return up to ``n`` new candidates, given those that are under way; asking changes nothing.

        Raises:
            PlanningError: no candidate is left.
        """
        ...

    def tell(self, observations: Sequence[Observation]) -> None:
        """Add observations, in the order in which they were made."""
        ...


@runtime_checkable
class Proposer(Protocol):
    """One way to choose what to try next.

    >>> from zosimos.core.parameters import value_at
    >>> class Middle:
    ...     def propose(self, n, context):
    ...         row = {parameter.name: value_at(parameter, 0.5) for parameter in context.space.parameters}
    ...         return [Candidate(row, "middle", "the middle of every range")]
    >>> isinstance(Middle(), Proposer)
    True
    """

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates; what is not allowed or was tried is dropped and replaced by the planner."""
        ...

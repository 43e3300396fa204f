"""The seams of planning: a planner answers a campaign, a proposer answers a planner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.pool_scale import PoolScale
from zosimos.planners.sampling import listed


@runtime_checkable
class Planner(Protocol):
    """Says what to try next (ask) and learns what was found (tell)."""

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return up to ``n`` new candidates, given those that are under way; asking changes nothing.

        Raises:
            PlanningError: no candidate is left.
        """
        ...

    def tell(self, observations: Sequence[Observation]) -> None:
        """Add observations, in the order in which they were made."""
        ...


@dataclass(frozen=True)
class ProposalContext:
    """Everything a proposer may know; a proposal is a pure function of it.

    Args:
        space: what may be tried.
        objectives: what is wanted.
        observations: what was found, in order, failed experiments included.
        pending: rows under way, or chosen earlier in this batch.
        avoid: rows that must not be proposed, such as those a person rejected.
        seed: for this decision's own random choices.
        sequence_seed: the campaign's, for sequences that go on from one decision to the next.
        position: how many experiments were proposed before: the place in such a sequence.
    """

    space: SearchSpace
    objectives: tuple[Objective, ...]
    observations: tuple[Observation, ...] = ()
    pending: tuple[Values, ...] = ()
    avoid: tuple[Values, ...] = ()
    seed: int = 0
    sequence_seed: int = 0
    position: int = 0

    @cached_property
    def taken(self) -> frozenset[str]:
        """Keys of the rows that must not be proposed again: tried, under way or to be avoided."""
        tried = (observation.values for observation in self.observations)
        return frozenset(row_key(values) for group in (tried, self.pending, self.avoid) for values in group)

    @cached_property
    def free(self) -> tuple[Values, ...] | None:
        """The rows that are left, where the space can be listed (a pool or a small grid); None where it cannot."""
        rows = listed(self.space)
        return None if rows is None else tuple(row for row in rows if row_key(row) not in self.taken)

    @cached_property
    def scale(self) -> PoolScale | None:
        """How models see the columns of rows: for half of the decisions by their place among a pool's candidates.

        None means as they are, by the declared ranges; always so without a pool. Neither way serves all pools: ranges
        lead to the corners, where some optima lie, places into the dense regions, where others do. So they take turns,
        by the decision's own seed.
        """
        by_place = self.space.pool is not None and derive_seed(self.seed, "scale") % 2
        return PoolScale.of(self.space) if by_place else None

    @cached_property
    def training(self) -> tuple[Observation, ...]:
        """The observations that models may learn from: not failed, with a value of an objective that trains."""
        names = [objective.name for objective in self.objectives]
        return tuple(
            observation
            for observation in self.observations
            if not observation.failed
            and any(name in observation.measurements and observation.measurements[name].trains for name in names)
        )

    @cached_property
    def usable(self) -> int:
        """How many observations train the objective that has the fewest."""
        return min(
            sum(o.name in seen.measurements and seen.measurements[o.name].trains for seen in self.training)
            for o in self.objectives
        )


@runtime_checkable
class Proposer(Protocol):
    """One way to choose what to try next."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates; what is not allowed or was tried is dropped and replaced by the planner."""
        ...

"""The seams of planning: a planner answers a campaign, a proposer answers a planner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.pool import Pool
from zosimos.core.records import Candidate, Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.advice import Advice
from zosimos.planners.candidates.sampling import listed
from zosimos.planners.goal.cost import Account, lasting
from zosimos.planners.goal.settings import PlannerSettings


@runtime_checkable
class Planner(Protocol):
    """Says what to try next (ask) and learns what was found (tell).

    >>> from zosimos.core.objective import Objective
    >>> from zosimos.core.parameters import Continuous
    >>> from zosimos.planners.planner import make_planner
    >>> space = SearchSpace((Continuous("x", 0.0, 1.0),))
    >>> planner = make_planner(space, [Objective("y", "max")], PlannerSettings(), seed=1, sequence_seed=1)
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
        settings: how the campaign plans: by what it judges, with which model, and what it knows besides.
        charged: rows whose experiments cost something, in the order in which they were chosen, those under way
            included; None: all observed, then all pending.
        advice: what is advised and still counts, in the order in which it was given.

    >>> from zosimos.core.objective import Objective
    >>> from zosimos.core.parameters import Integer
    >>> context = ProposalContext(SearchSpace((Integer("n", 1, 3),)), (Objective("y", "max"),), pending=({"n": 2},))
    >>> [row["n"] for row in context.free]
    [1, 3]
    """

    space: SearchSpace
    objectives: tuple[Objective, ...]
    observations: tuple[Observation, ...] = ()
    pending: tuple[Values, ...] = ()
    avoid: tuple[Values, ...] = ()
    seed: int = 0
    sequence_seed: int = 0
    position: int = 0
    settings: PlannerSettings = field(default_factory=PlannerSettings)
    charged: tuple[Values, ...] | None = None
    advice: tuple[Advice, ...] = ()

    def after(self, rows: Sequence[Values]) -> Self:
        """Return the context once further rows were chosen: they are under way, and cost something."""
        charged = None if self.charged is None else (*self.charged, *rows)
        return replace(self, pending=(*self.pending, *rows), charged=charged)

    def paid_for(self) -> Self:
        """Return the context with a space that, where it cannot be listed, leaves out what can't be afforded any more.

        Of what can be listed :attr:`free` leaves it out.
        """
        if self.settings.costs is None or self.account is None:
            return self
        return replace(self, space=self.settings.costs.within(self.space, self.account))

    @property
    def charged_rows(self) -> tuple[Values, ...]:
        """The rows whose experiments cost something, the last to be chosen last."""
        return (*(seen.values for seen in self.observations), *self.pending) if self.charged is None else self.charged

    @cached_property
    def account(self) -> Account | None:
        """What experiments have taken, those under way included; None where nothing is said of costs."""
        return None if self.settings.costs is None else self.settings.costs.account(self.charged_rows)

    def affords(self, rows: Sequence[Values], chosen: Sequence[Values] = ()) -> NDArray[np.bool_]:
        """Return which of ``n`` rows what is left of budget and stock allows after those chosen in the same batch."""
        costs, account = self.settings.costs, self.after(chosen).account
        if costs is None or account is None or not costs.limited:
            return np.ones(len(rows), dtype=bool)
        return costs.affordable(rows, account)

    @cached_property
    def contradicted(self) -> bool:
        """Whether results contradict what a person expects of the best row's place."""
        expectation = self.settings.expectation
        return expectation is not None and expectation.contradicted(self.observations, self.objectives)

    @cached_property
    def taken(self) -> frozenset[str]:
        """Keys of the rows that must not be proposed again: tried, under way or to be avoided.

        A row whose only trial an instrument's fault ended is free once more.

        Rows count as under the current conditions, whatever the conditions were: only what is chosen makes a row new.
        """
        return frozenset(row_key(self.space.pinned(values)) for values in self._taken_rows)

    def closed(self, chosen: Sequence[Values] = ()) -> frozenset[str]:
        """Keys of the rows that must not even be measured again: under way, to be avoided, or chosen in this batch."""
        return frozenset(row_key(self.space.pinned(row)) for row in (*self.pending, *self.avoid, *chosen))

    @property
    def _taken_rows(self) -> tuple[Values, ...]:
        return (
            *(observation.values for observation in self.observations if not self._again(observation)),
            *self.pending,
            *self.avoid,
        )

    def _again(self, observation: Observation) -> bool:
        """Say whether an experiment taught nothing and may be tried once more: an instrument's fault ended it."""
        if not observation.failed or observation.cause != "fault":
            return False
        return sum(other.values == observation.values for other in self.observations) == 1

    @cached_property
    def free_indices(self) -> NDArray[np.int64] | None:
        """Places of the rows that are left in ``space.listed``: a pool's candidates, or the rows of a small grid.

        None where the space cannot be listed. No row is built: this is the way to go over a large pool.
        """
        rows = listed(self.space)
        if rows is None:
            return None
        left = np.ones(len(rows), dtype=bool)
        for values in self._taken_rows:
            place = rows.find(values)
            if place is not None:
                left[place] = False
        free = np.flatnonzero(left)
        costs = self.settings.costs
        if costs is None or self.account is None or not costs.limited or not len(free):
            return free
        return free[costs.affordable(rows.take(free), self.account)]

    @cached_property
    def free(self) -> Pool | None:
        """The rows that are left, where the space can be listed (a pool or a small grid); None where it cannot."""
        rows, indices = listed(self.space), self.free_indices
        if rows is None or indices is None:
            return None
        return rows if len(indices) == len(rows) else rows.take(indices)

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
    def answers(self) -> tuple[Values, ...]:
        """The rows learned from that may be chosen in the end: under the current conditions, as far as allowed there.

        Whether they could be afforded once more does not matter.
        """
        space = lasting(self.space)
        rows = (space.pinned(seen.values) for seen in self.training)
        return tuple(row for row in rows if not space.problems(row))

    @property
    def counting(self) -> tuple[Observation, ...]:
        """The observations that models may learn from and that are results: of the last level of fidelity."""
        fidelity = self.settings.fidelity
        return self.training if fidelity is None else tuple(o for o in self.training if fidelity.counts(o.values))

    @cached_property
    def usable(self) -> int:
        """How many observations train the objective that has the fewest."""
        return min(
            sum(o.name in seen.measurements and seen.measurements[o.name].trains for seen in self.counting)
            for o in self.objectives
        )


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

"""The context of a decision: everything a proposer may know, in three parts, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from zosimos.core.objective import Objective, to_measure
from zosimos.core.parameters import Values
from zosimos.core.pool import Pool
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.advice import Advice
from zosimos.planners.candidates.sampling import listed
from zosimos.planners.candidates.settable import settable
from zosimos.planners.flat import MadeOfParts, PlannerSettings
from zosimos.planners.goal.cost import Account, lasting
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.observed import Observed
from zosimos.planners.policy import Policy
from zosimos.planners.tried import Taken, left_rows, taken_rows, trained

_SMALLEST, _LARGEST = 1e-140, 1e140  # outcomes whose variance is a number


@dataclass(frozen=True)
class ProposalContext(metaclass=MadeOfParts):
    """Everything a proposer may know; a proposal is a pure function of it.

    Args:
        goal: what is wanted, and what may be tried for it.
        history: what was found, is under way or advised.
        policy: how the campaign plans.
        seed: for this decision's own random choices.
        sequence_seed: the campaign's, for sequences that go on from one decision to the next.
        position: how many experiments were proposed before: the place in such a sequence.

    >>> from zosimos.core.objective import Objective
    >>> from zosimos.core.parameters import Integer
    >>> goal = Goal(SearchSpace((Integer("n", 1, 3),)), (Objective("y", "max"),))
    >>> [row["n"] for row in ProposalContext(goal, History(pending=({"n": 2},))).free]
    [1, 3]
    """

    goal: Goal
    history: History = field(default_factory=History)
    policy: Policy = field(default_factory=Policy)
    seed: int = 0
    sequence_seed: int = 0
    position: int = 0

    @property
    def space(self) -> SearchSpace:
        """What may be tried."""
        return self.goal.space

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What is wanted."""
        return self.goal.objectives

    @property
    def observations(self) -> Sequence[Observation]:
        """What was found, in order, failed experiments included."""
        return self.history.observations

    @property
    def pending(self) -> tuple[Values, ...]:
        """Rows under way, or chosen earlier in this batch."""
        return self.history.pending

    @property
    def avoid(self) -> tuple[Values, ...]:
        """Rows that must not be proposed."""
        return self.history.avoid

    @property
    def charged(self) -> tuple[Values, ...] | None:
        """Rows whose experiments cost something; see :class:`~zosimos.planners.history.History`."""
        return self.history.charged

    @property
    def charged_rows(self) -> tuple[Values, ...]:
        """The rows whose experiments cost something, the last to be chosen last."""
        return self.history.charged_rows

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What is advised and still counts."""
        return self.history.advice

    @property
    def improves_one(self) -> bool:
        """Whether the improvement of one objective that is measured itself is sought, where rows cannot be listed."""
        alone = len(self.objectives) == 1 and self.objectives[0].of is None and self.goal.fidelity is None
        return alone and self.policy.acquisition.kind == "improvement" and self.free is None

    @property
    def settings(self) -> PlannerSettings:
        """What goal, history and policy say of planning, as it was in one piece; goes with the next release."""
        return PlannerSettings.of(self.goal, self.history, self.policy)

    def after(self, rows: Sequence[Values]) -> Self:
        """Return the context once further rows were chosen: they are under way, and cost something."""
        return replace(self, history=self.history.after(rows))

    def knowing(self, observations: Sequence[Observation]) -> Self:
        """Return the context as it would be had only these observations been made, with nothing under way."""
        return replace(self, history=replace(self.history, observations=tuple(observations), pending=()))

    def within(self, space: SearchSpace) -> Self:
        """Return the context with another space, such as one that leaves something out."""
        return replace(self, goal=replace(self.goal, space=space))

    def paid_for(self) -> Self:
        """Return the context with a space that, where it cannot be listed, leaves out what can't be afforded any more.

        Of what can be listed :attr:`free` leaves it out.
        """
        if self.goal.costs is None or self.account is None:
            return self
        return self.within(self.goal.costs.within(self.space, self.account))

    @property
    def start(self) -> int:
        """The number of space-filling points: as the policy says, or two for each parameter, at least 3.

        A pool gives at most a quarter of its rows to the start (but at least 2), so that a tiny one is not used up
        before the first model. Where a design comes first there are none.
        """
        if self.policy.design is not None:
            return 0
        if self.goal.fidelity is not None:
            return sum(self.opening.values())
        if self.policy.start is not None:
            return self.policy.start
        rule = 3 if self.history.sources else max(3, 2 * len(self.space.parameters))
        return rule if self.space.pool is None else min(rule, max(2, math.ceil(len(self.space.candidates) / 4)))

    @property
    def opening(self) -> dict[str, int]:
        """How many space-filling points each level of fidelity gets: two, the least trusted one all others."""
        assert self.goal.fidelity is not None, "asked only where there are levels"
        first, *above = self.goal.fidelity.levels
        start = self.policy.start
        rule = max(3, 2 * (len(self.space.parameters) - 1)) if start is None else max(1, start - 2 * len(above))
        return {first: rule, **dict.fromkeys(above, 2)}

    @cached_property
    def account(self) -> Account | None:
        """What experiments have taken, those under way included; None where nothing is said of costs."""
        return None if self.goal.costs is None else self.goal.costs.account(self.charged_rows)

    def affords(self, rows: Sequence[Values], chosen: Sequence[Values] = ()) -> NDArray[np.bool_]:
        """Return which of ``n`` rows what is left of budget and stock allows after those chosen in the same batch."""
        costs, account = self.goal.costs, self.after(chosen).account
        if costs is None or account is None or not costs.limited:
            return np.ones(len(rows), dtype=bool)
        return costs.affordable(rows, account)

    @cached_property
    def contradicted(self) -> bool:
        """Whether results contradict what a person expects of the best row's place."""
        expectation = self.goal.expectation
        return expectation is not None and expectation.contradicted(self.observations, self.objectives)

    @cached_property
    def _observed(self) -> Observed:
        """The observations with what is kept of them; a campaign's own are that already."""
        return Observed.over(self.observations)

    @cached_property
    def taken(self) -> Taken:
        """Keys of the rows that must not be proposed again: tried, under way or to be avoided.

        A row whose only trial an instrument's fault ended is free once more.

        Rows count as under the current conditions, whatever the conditions were: only what is chosen makes a row new.
        """
        return taken_rows(self._observed, self.space, (*self.pending, *self.avoid))

    @property
    def not_new(self) -> Container[str]:
        """The same keys to be asked one by one: where the history knows of a row, without going over all of it."""
        return self.taken if self.history.tried is None or self.space.current else _Taken(self)

    def closed(self, chosen: Sequence[Values] = ()) -> frozenset[str]:
        """Keys of the rows that must not even be measured again: under way, to be avoided, or chosen in this batch."""
        rows = map(self.space.canonical, (*self.pending, *self.avoid, *chosen))
        return frozenset(row_key(self.space.pinned(row)) for row in rows)

    @cached_property
    def free_indices(self) -> NDArray[np.int64] | None:
        """Places of the rows that are left in ``space.listed``: a pool's candidates, or the rows of a small grid.

        None where the space cannot be listed. No row is built: this is the way to go over a large pool.
        """
        rows = listed(self.space)
        if rows is None:
            return None
        free = np.flatnonzero(left_rows(self._observed, rows, (*self.pending, *self.avoid)))
        costs = self.goal.costs
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
        """The observations that models may learn from: not failed, with a value of an objective that trains.

        So is one that still lacks an objective, with a value that trains of what this is made of.
        """
        names = [objective.name for objective in self.objectives]
        parts = [
            (objective.name, [part.name for part in objective.of.quantities])
            for objective in self.objectives
            if objective.of is not None
        ]

        def trains(found: Mapping[str, Measurement]) -> bool:
            known = [*names, *(part for made, of in parts if made not in found for part in of)]
            return any(name in found and found[name].trains for name in known)

        return tuple(seen for seen in self.observations if not seen.failed and trains(seen.measurements))

    @cached_property
    def half_done(self) -> bool:
        """Whether some observation that models may learn from still lacks an objective."""
        return any(o.name not in seen.measurements for seen in self.training for o in self.objectives)

    @cached_property
    def alike(self) -> bool:
        """Whether all outcomes that can be learned from are the same, each objective's but for its last digit."""
        extents = [self._extents[one.name] for one in self.objectives if one.name in self._extents]
        return all(vary <= 4 * np.finfo(float).eps * largest for vary, largest in extents)

    @cached_property
    def beyond(self) -> str:
        """The objective whose outcomes, or differences of them, have no variance that is a number; or "".

        From the fifth revision on it may also be a quantity that an objective is made of.
        """
        for name in (objective.name for objective in self.objectives if objective.name in self._extents):
            vary, largest = self._extents[name]
            if largest > _LARGEST or 0 < vary < _SMALLEST:
                return name
        return self.too_large if self.policy.fifth else ""

    @cached_property
    def too_large(self) -> str:
        """The objective, or the quantity that one is made of, whose outcomes are too large for any model; or ""."""
        return next((name for name, (_, largest) in self._extents.items() if largest > _LARGEST), "")

    @cached_property
    def _extents(self) -> Mapping[str, tuple[float, float]]:
        """For each objective or quantity that was measured, by how much its outcomes vary, and how large they are."""
        found = {}
        for name in dict.fromkeys([one.name for one in (*self.objectives, *to_measure(self.objectives))]):
            seen = [o.measurements[name] for o in self.training if name in o.measurements]
            values = np.array([measurement.value for measurement in seen if measurement.trains])
            if len(values):
                values = np.append(values, self._apart(name, values))
                halves = values / 2  # the difference of two large numbers may be none
                found[name] = float(2 * np.ptp(halves)), float(np.abs(values).max())
        return found

    def bounding(self, quantity: str) -> list[tuple[Observation, Measurement]]:
        """Return the results of a quantity of which only a limit is known, as far as limits teach."""
        seen = self.observations if self.policy.third else ()
        found = ((one, one.measurements.get(quantity)) for one in seen if not one.failed)
        return [(one, limit) for one, limit in found if limit is not None and limit.bounds]

    def _apart(self, name: str, values: NDArray[np.float64]) -> list[float]:
        """Return the limits of a quantity that some of its outcomes do not keep to: they tell where to look, too."""
        low, high = float(values.min()), float(values.max())
        return [
            found.value
            for _, found in self.bounding(name)
            if (found.value < high if found.limit == "below" else found.value > low)
        ]

    @cached_property
    def answers(self) -> tuple[Values, ...]:
        """The rows learned from that may be chosen in the end: under the current conditions, as far as allowed there.

        Whether they could be afforded once more does not matter.
        """
        space = lasting(self.space)
        rows = (settable(space, seen) for seen in self.training)
        return tuple(row for row in rows if not space.problems(row))

    def can_learn(self, least: int) -> bool:
        """Say whether so many observations train each objective; no more of them are looked at than it takes."""
        missing = dict.fromkeys((objective.name for objective in self.objectives), least)
        fidelity = self.goal.fidelity
        for seen in reversed(self.observations):
            if not missing:
                break
            if seen.failed or (fidelity is not None and not fidelity.counts(seen.values)):
                continue
            for name in [name for name in missing if name in seen.measurements and seen.measurements[name].trains]:
                missing[name] -= 1
                if missing[name] <= 0:
                    del missing[name]
        return not missing

    @property
    def counting(self) -> tuple[Observation, ...]:
        """The observations that models may learn from and that are results: of the last level of fidelity."""
        fidelity = self.goal.fidelity
        return self.training if fidelity is None else tuple(o for o in self.training if fidelity.counts(o.values))

    @cached_property
    def usable(self) -> int:
        """How many observations train the objective that has the fewest."""
        if self.goal.fidelity is None:
            return min(trained(self._observed, objective.name) for objective in self.objectives)
        return min(
            sum(o.name in seen.measurements and seen.measurements[o.name].trains for seen in self.counting)
            for o in self.objectives
        )


class _Taken:
    """The keys of a context's taken rows: most rows are known to be new without a look at the observations."""

    def __init__(self, context: ProposalContext) -> None:
        self._context = context
        self._closed = context.closed()

    def __contains__(self, key: object) -> bool:
        tried = self._context.history.tried
        if key in self._closed:
            return True
        return isinstance(key, str) and (tried is None or tried(key)) and key in self._context.taken

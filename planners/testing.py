"""Conformance kits for planners and proposers: parametrize a test with ``planner_checks`` or ``proposer_checks``."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from zosimos.core.conformance import Check, run_all
from zosimos.core.constraints import Condition, Simplex
from zosimos.core.expression import Expression
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer, Values
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.candidates.sampling import fresh, sobol_rows
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.isolation import isolated
from zosimos.planners.protocol import Planner, ProposalContext, Proposer


class PlannerFactory(Protocol):
    """Makes a planner that knows nothing yet; the same arguments make an equal planner."""

    def __call__(self, space: SearchSpace, objectives: Sequence[Objective], *, seed: int) -> Planner:
        """Return the planner."""
        ...


def example_spaces() -> dict[str, SearchSpace]:
    """Return small spaces of every kind that planners and proposers must handle."""
    mixture = tuple(Continuous(name, 0.0, 0.8) for name in ("a", "b", "c"))
    x, y = Continuous("x", 0.0, 1.0), Continuous("y", 1e-3, 1.0, log=True)
    grid = tuple({"x": i / 4, "y": 10.0 ** (j - 3)} for i in range(5) for j in range(4))
    return {
        "continuous": SearchSpace((x, y), (Condition(Expression("x + y <= 1.5")),)),
        "mixed": SearchSpace(
            (x, Integer("k", 1, 5), Discrete("t", (20.0, 40.0, 80.0)), Categorical("solvent", ("water", "ethanol")))
        ),
        "mixture": SearchSpace(mixture, (Simplex(("a", "b", "c")),)),
        "pool": SearchSpace((x, y), pool=grid),
    }


def check_planner(factory: PlannerFactory) -> None:
    """Run :func:`planner_checks`.

    Raises:
        AssertionError: a check failed; it is named, and the message says what was expected.
    """
    run_all(planner_checks(factory))


def planner_checks(factory: PlannerFactory) -> list[Check]:
    """Return the checks of the contract of :class:`Planner`, for each kind of space."""
    found = []
    for kind, space in example_spaces().items():
        kit = _PlannerKit(factory, kind, space)
        found += [
            Check(f"{kind}: it has ask and tell", kit.is_one),
            Check(f"{kind}: nothing known, its candidates are allowed", kit.begins),
            Check(f"{kind}: its candidates are new and allowed", kit.proposes),
            Check(f"{kind}: what is under way is not proposed again", kit.skips_pending),
            Check(f"{kind}: the same question has the same answer", kit.repeats),
            Check(f"{kind}: it leaves the global sources of chance alone", kit.disturbs_nothing),
        ]
    return found


def check_proposer(factory: Callable[[], Proposer]) -> None:
    """Run :func:`proposer_checks`.

    Raises:
        AssertionError: a check failed; it is named, and the message says what was expected.
    """
    run_all(proposer_checks(factory))


def proposer_checks(factory: Callable[[], Proposer]) -> list[Check]:
    """Return the checks of the contract of :class:`Proposer`, for each kind of space: new rows, and the same again."""
    found = []
    for kind, space in example_spaces().items():
        kit = _ProposerKit(factory, kind, space)
        found += [
            Check(f"{kind}: it has propose", kit.is_one),
            Check(f"{kind}: its candidates are new and allowed", kit.proposes),
            Check(f"{kind}: the same context gives the same candidates", kit.repeats),
            Check(f"{kind}: what is under way is not proposed again", kit.skips_pending),
        ]
    return found


class _PlannerKit:
    """Checks of a planner in one space."""

    def __init__(self, factory: PlannerFactory, kind: str, space: SearchSpace) -> None:
        self._factory = factory
        self._kind = kind
        self._space = space
        self._observations = _observations(space, 6)

    def _answer(
        self, n: int, pending: Sequence[Candidate] = (), known: Sequence[Observation] | None = None
    ) -> list[Candidate]:
        planner = self._factory(self._space, [_OBJECTIVE], seed=5)
        planner.tell(self._observations if known is None else known)
        return planner.ask(n, pending)

    def is_one(self) -> None:
        assert isinstance(self._factory(self._space, [_OBJECTIVE], seed=5), Planner), "it must have ask and tell"

    def begins(self) -> None:
        _check_rows(f"{self._kind}, nothing known", self._answer(3, known=()), self._space, ())

    def proposes(self) -> None:
        batch = self._answer(3)
        assert len(batch) == 3, f"{self._kind}: 3 candidates must come back where 3 are free, not {len(batch)}"
        _check_rows(self._kind, batch, self._space, [seen.values for seen in self._observations])

    def skips_pending(self) -> None:
        batch = self._answer(3)
        busy = [*(seen.values for seen in self._observations), *(candidate.values for candidate in batch)]
        _check_rows(f"{self._kind}, with pending", self._answer(2, batch), self._space, busy)

    def repeats(self) -> None:
        batch = self._answer(3)
        _disturb_global_chance()
        assert self._answer(3) == batch, (
            f"{self._kind}: the same question must have the same answer, whatever ran before"
        )

    def disturbs_nothing(self) -> None:
        _check_undisturbed(lambda: self._answer(2), self._kind)


class _ProposerKit:
    """Checks of a proposer in one space."""

    def __init__(self, factory: Callable[[], Proposer], kind: str, space: SearchSpace) -> None:
        self._factory = factory
        self._kind = kind
        self._space = space
        observations = tuple(_observations(space, 6))
        self._tried = [seen.values for seen in observations]
        goal = Goal(space, (_OBJECTIVE,))
        self._context = ProposalContext(goal, History(observations), seed=5, sequence_seed=7, position=6)

    def is_one(self) -> None:
        assert isinstance(self._factory(), Proposer), "it must have propose"

    def _batch(self) -> list[Candidate]:
        return _isolated_proposal(self._factory, 3, self._context)

    def proposes(self) -> None:
        batch = self._batch()
        assert isinstance(batch, list), (
            f"{self._kind}: a list of candidates must come back, not a {type(batch).__name__}"
        )
        assert 1 <= len(batch) <= 3, (
            f"{self._kind}: 1 to 3 candidates must come back where 3 were asked for, not {len(batch)}"
        )
        _check_rows(self._kind, batch, self._space, self._tried)

    def repeats(self) -> None:
        assert self._batch() == self._batch(), f"{self._kind}: the same context must give the same candidates"

    def skips_pending(self) -> None:
        busy = tuple(candidate.values for candidate in self._batch())
        context = replace(self._context.after(busy), position=9)
        more = _isolated_proposal(self._factory, 2, context)
        _check_rows(f"{self._kind}, with pending", more, self._space, [*self._tried, *busy])


def _isolated_proposal(factory: Callable[[], Proposer], n: int, context: ProposalContext) -> list[Candidate]:
    """Return a proposal made as a planner has it made."""
    proposer = factory()
    with isolated(context.seed):
        return proposer.propose(n, context)


_OBJECTIVE = Objective("quality", "max")


def _observations(space: SearchSpace, n: int) -> list[Observation]:
    """Return measurements of the first rows of an even spread, the last of them failed."""
    rows = list(space.candidates[:n]) if space.pool is not None else fresh(sobol_rows(space, 3), frozenset(), n)
    values = [float(np.sin(5.0 * space.features([row])).sum()) for row in rows]
    seen = [
        Observation(f"e{index:04d}", row, {"quality": Measurement("quality", value)})
        for index, (row, value) in enumerate(zip(rows, values, strict=True), 1)
    ]
    return [*seen[:-1], Observation(seen[-1].experiment, seen[-1].values, failed=True)]


def _check_rows(kind: str, batch: Sequence[Candidate], space: SearchSpace, tried: Sequence[Values]) -> None:
    keys = {row_key(row) for row in tried}
    for candidate in batch:
        assert isinstance(candidate, Candidate), f"{kind}: candidates must come back, not {type(candidate).__name__}"
        problems = space.problems(candidate.values)
        assert not problems, f"{kind}: a candidate must be allowed, but {'; '.join(problems)}"
        assert candidate.reason, f"{kind}: a candidate must give its reason"
        key = row_key(candidate.values)
        assert key not in keys, f"{kind}: a row must not be proposed twice: {key}"
        keys.add(key)
        assert Candidate.from_json(candidate.as_json()) == candidate, f"{kind}: a candidate must survive JSON"


def _disturb_global_chance() -> None:
    random.random()  # noqa: S311 - no secret
    np.random.random()
    import torch

    torch.rand(3)


def _check_undisturbed(work: Callable[[], object], kind: str) -> None:
    import torch

    before = random.getstate(), np.random.get_state(legacy=False)["state"]["key"], torch.get_rng_state()
    work()
    same = random.getstate() == before[0] and bool(
        np.array_equal(np.random.get_state(legacy=False)["state"]["key"], before[1])
    )
    same = same and bool(torch.equal(torch.get_rng_state(), before[2]))
    assert same, f"{kind}: the global random generators must be left as they were"

"""Conformance kits for planners and proposers: run ``check_planner`` or ``check_proposer`` in your own tests."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from zosimos.core.constraints import Condition, Simplex
from zosimos.core.expression import Expression
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer, Values
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.isolation import isolated
from zosimos.planners.protocol import Planner, ProposalContext, Proposer
from zosimos.planners.sampling import fresh, sobol_rows


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
    """Check that a planner keeps the contract of :class:`Planner`.

    Raises:
        AssertionError: it does not; the message says what was expected.
    """
    for kind, space in example_spaces().items():
        objectives = [_OBJECTIVE]
        observations = _observations(space, 6)

        def answer(
            n: int, pending: Sequence[Candidate] = (), known: Sequence[Observation] = observations
        ) -> list[Candidate]:
            planner = factory(space, objectives, seed=5)  # noqa: B023 - used within this turn
            planner.tell(known)
            return planner.ask(n, pending)

        assert isinstance(factory(space, objectives, seed=5), Planner), "it must have ask and tell"
        _check_rows(f"{kind}, nothing known", answer(3, known=()), space, ())
        batch = answer(3)
        assert len(batch) == 3, f"{kind}: 3 candidates must come back where 3 are free, not {len(batch)}"
        _check_rows(kind, batch, space, [seen.values for seen in observations])
        busy = [*(seen.values for seen in observations), *(candidate.values for candidate in batch)]
        _check_rows(f"{kind}, with pending", answer(2, batch), space, busy)
        _disturb_global_chance()
        assert answer(3) == batch, f"{kind}: the same question must have the same answer, whatever ran before"
        _check_undisturbed(lambda: answer(2), kind)


def check_proposer(factory: Callable[[], Proposer]) -> None:
    """Check that a proposer keeps the contract of :class:`Proposer`: new allowed rows, repeatable, never in a loop.

    Raises:
        AssertionError: it does not; the message says what was expected.
    """
    for kind, space in example_spaces().items():
        observations = tuple(_observations(space, 6))
        context = ProposalContext(space, (_OBJECTIVE,), observations, seed=5, sequence_seed=7, position=6)
        assert isinstance(factory(), Proposer), "it must have propose"
        batch = _isolated_proposal(factory, 3, context)
        assert isinstance(batch, list), f"{kind}: a list of candidates must come back, not a {type(batch).__name__}"
        assert 1 <= len(batch) <= 3, (
            f"{kind}: 1 to 3 candidates must come back where 3 were asked for, not {len(batch)}"
        )
        tried = [seen.values for seen in observations]
        _check_rows(kind, batch, space, tried)
        assert _isolated_proposal(factory, 3, context) == batch, (
            f"{kind}: the same context must give the same candidates"
        )
        busy = tuple(candidate.values for candidate in batch)
        more = _isolated_proposal(factory, 2, replace(context, pending=busy, position=9))
        _check_rows(f"{kind}, with pending", more, space, [*tried, *busy])


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

"""Playing a run: a planner asks, the world answers, until the aim is met or the budget is spent."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from tasks.task import Trace

from zosimos.core.errors import PlanningError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.sampling import feasible_rows, fresh, random_draw
from zosimos.planners.protocol import Planner


def _one(row: Values, before: Values | None) -> float:
    del row, before
    return 1.0


@dataclass(frozen=True)
class World:
    """What is there to be found.

    Args:
        space: what may be tried.
        objectives: what is wanted.
        measure: gives the outcomes of an experiment at a row, noise included, by a generator of its own; None: the
            experiment fails for a reason in the chemistry.
        quality: of the rows measured so far, by the truth, higher is better.
        aim: the quality that ends a run.
        budget: the cost that may be spent, the start included.
        cost: of an experiment at a row after another (None: the first).
    """

    space: SearchSpace
    objectives: tuple[Objective, ...]
    measure: Callable[[Values, np.random.Generator], Mapping[str, float] | None]
    quality: Callable[[Sequence[Values]], float]
    aim: float
    budget: float
    cost: Callable[[Values, Values | None], float] = _one


def random_rows(space: SearchSpace, n: int, seed: int) -> list[Values]:
    """Return ``n`` allowed rows drawn at random, without replacement from a pool: the start of every entrant."""
    if space.pool is not None:
        order = np.random.default_rng(derive_seed(seed, "start")).permutation(len(space.candidates))[:n]
        return [space.candidates[int(index)] for index in order]
    draw = random_draw(len(space.parameters), derive_seed(seed, "start"))
    return fresh(feasible_rows(space, draw, seed), frozenset(), n)


def play(world: World, planner: Planner, start: Sequence[Values], *, seed: int, batch: int = 1) -> Trace:
    """Return how a planner's run went; a batch is asked for at once and told when all of it was measured."""
    run = _Run(world, seed)
    observations = [run.experiment(row) for row in start]
    cpu, asked = 0.0, 0
    errors: list[str] = []
    while not run.over:
        began = time.process_time()
        try:
            planner.tell(observations)
            chosen: list[Candidate] = planner.ask(batch)
        except PlanningError:
            break
        except Exception as error:  # noqa: BLE001 - a peer may raise anything; the run goes on as a person would
            errors.append(f"{len(run.rows)}: {type(error).__name__}: {error}"[:300])
            chosen = [Candidate(row, "random") for row in random_rows(world.space, batch, derive_seed(seed, asked))]
        cpu += time.process_time() - began
        asked += len(chosen)
        observations = [run.experiment(c.values, c) for c in chosen if not run.over]
    return Trace(seed, run.spent, run.met, run.reached, round(cpu, 3), asked, tuple(errors))


class _Run:
    """The book of a run."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._seed = seed
        self.rows: list[Values] = []
        self.spent = 0.0
        self.reached = -np.inf

    @property
    def met(self) -> bool:
        """Whether the aim was met."""
        return self.reached >= self._world.aim

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self.met or self.spent >= self._world.budget

    def experiment(self, row: Values, candidate: Candidate | None = None) -> Observation:
        """Return what an experiment found; its cost is spent, up to the budget."""
        world = self._world
        cost = world.cost(row, self.rows[-1] if self.rows else None)
        number = len(self.rows) + 1
        if self.spent + cost > world.budget:  # it cannot be afforded: the run ends without it
            self.spent = world.budget
            return Observation(f"e{number:04d}", row, failed=True, cause="fault")
        self.spent += cost
        # noise belongs to the number of the experiment, so that runs with the same seed meet the same luck
        found = world.measure(row, np.random.default_rng(derive_seed(self._seed, "noise", number)))
        self.rows.append(row)
        self.reached = world.quality(self.rows)
        if found is None:
            return _whence(Observation(f"e{number:04d}", row, failed=True, cause="infeasible"), candidate)
        said = candidate.predictions if candidate is not None else {}
        measured = {name: Measurement(name, value) for name, value in found.items()}
        return _whence(Observation(f"e{number:04d}", row, measured, predictions=said), candidate)


def _whence(seen: Observation, candidate: Candidate | None) -> Observation:
    """Return an observation that knows whose idea it was, as a campaign's record does."""
    if candidate is None:
        return seen
    lineage = candidate.lineage or ((candidate.repeats,) if candidate.repeats else ())
    return replace(seen, origin=candidate.origin, author=candidate.author, expected=candidate.expected, lineage=lineage)

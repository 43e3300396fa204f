"""One run: a planner asks for one row of a pool after another and is told what was measured."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np

from planning.entrants import make
from planning.tables import Pool
from zosimos.core.errors import PlanningError
from zosimos.core.records import Candidate, Measurement, Observation, Prediction
from zosimos.core.seeds import derive_seed
from zosimos.core.space import row_key

TOP = 0.01  # a run that is not asked to go on ends with the first row of this share


@dataclass(frozen=True)
class Run:
    """What a run measured, the start included: places of rows in the pool and outcomes, in order.

    ``cpu`` has the CPU seconds (all threads) of each suggestion: telling what was new, and asking. ``beliefs`` has for
    each new row what the planner said of it before: mean, standard deviation without noise, and with noise where
    it gave one; None where it said nothing. ``errors`` tells what a planner raised; a random row took the place.
    """

    seed: int
    rows: tuple[int, ...]
    outcomes: tuple[float, ...]
    cpu: tuple[float, ...]
    beliefs: tuple[tuple[float, float, float | None] | None, ...]
    errors: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the value that ``as_json`` gave."""
        beliefs = tuple(None if item is None else tuple(item) for item in data["beliefs"])
        lists = {name: tuple(data[name]) for name in ("rows", "outcomes", "cpu", "errors")}
        return cls(seed=data["seed"], beliefs=beliefs, **lists)


def replay(name: str, pool: Pool, *, seed: int, start: int, budget: int, full: bool) -> Run:
    """Run one planner on a pool until a top row was measured (or, if ``full``, to the end), at most ``budget`` rows.

    The ``start`` first rows are drawn uniformly, the same for every planner with this seed. A planner is shown the rows
    in an order of the seed's own: files are often sorted, and where scores are equal the first row is taken.
    """
    chance = np.random.default_rng(derive_seed(seed, "start"))
    rows = [int(index) for index in chance.permutation(pool.size)[:start]]
    planner = make(name, pool.in_order(shown_order(pool, seed)), seed, start)
    limit = pool.limit(TOP)
    cpu: list[float] = []
    beliefs: list[tuple[float, float, float | None] | None] = []
    errors: list[str] = []
    said: dict[int, Mapping[str, Prediction]] = {}
    told = 0
    while len(rows) < min(budget, pool.size) and (full or max(pool.utilities[index] for index in rows) < limit):
        news = [_observation(pool, rows[place], place, said.get(rows[place], {})) for place in range(told, len(rows))]
        told = len(rows)
        began = time.process_time()
        try:
            planner.tell(news)
            candidate: Candidate | None = planner.ask()[0]
        except PlanningError:
            break
        except Exception as error:  # noqa: BLE001 - a peer may raise anything; the run goes on as a person would
            errors.append(f"{len(rows) + 1}: {type(error).__name__}: {error}"[:300])
            candidate = None
        cpu.append(round(time.process_time() - began, 4))
        if candidate is None:
            rows.append(int(chance.choice(np.setdiff1d(np.arange(pool.size), rows))))
            beliefs.append(None)
            continue
        index = pool.places[row_key(candidate.values)]
        if index in rows and not candidate.repeats:
            raise RuntimeError(f"{name} asked for a row that was measured before")
        rows.append(index)
        beliefs.append(None if candidate.repeats else _belief(pool, candidate))  # what was measured is no prediction
        said[index] = candidate.predictions
    outcomes = tuple(pool.outcomes[index] for index in rows)
    return Run(seed, tuple(rows), outcomes, tuple(cpu), tuple(beliefs), tuple(errors))


def shown_order(pool: Pool, seed: int) -> list[int]:
    """Return the places of the rows in the order in which a seed's runs are shown them."""
    return [int(index) for index in np.random.default_rng(derive_seed(seed, "order")).permutation(pool.size)]


def _observation(pool: Pool, index: int, place: int, said: Mapping[str, Prediction]) -> Observation:
    name = pool.objective.name
    found = Measurement(name, pool.outcomes[index])
    return Observation(f"e{place + 1:04d}", pool.space.candidates[index], {name: found}, predictions=said)


def _belief(pool: Pool, candidate: Candidate) -> tuple[float, float, float | None] | None:
    name = pool.objective.name
    said = candidate.predictions.get(name)
    if said is None:
        return None
    noisy = candidate.predictions.get(f"{name} with noise")  # the baselines'
    with_noise = None if said.noise is None else said.total
    return said.mean, said.sd, with_noise if noisy is None else noisy.sd

"""One run: a planner is asked for batches, each point is measured with noise, until the evaluations are spent.

All ways to plan begin with the same scrambled Sobol points, and the noise goes by the number of the experiment, so
that runs of a seed differ in what was planned and in nothing else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from scipy.stats import qmc

from surfaces.problems import Array, Problem
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Measurement, Observation, Prediction
from zosimos.core.seeds import derive_seed
from zosimos.planners.protocol import Planner


@dataclass(frozen=True)
class Belief:
    """What was said of a point before it was measured, and its place in its batch (0: the first).

    ``sd`` leaves noise out; ``scale`` is the factor that earlier predictions of the run ask for (1: none is told).
    """

    place: int
    mean: float
    sd: float
    noise: float
    scale: float = 1.0


@dataclass(frozen=True)
class Trial:
    """What came of a run, by experiment.

    ``true`` are the values without noise, ``measured`` those with it. ``beliefs`` has None where nothing was said, as
    of the points of the start. ``cpu`` are the seconds of each question (all threads); ``errors`` what a planner
    raised, whose points are drawn at random.
    """

    seed: int
    true: tuple[float, ...]
    measured: tuple[float, ...]
    beliefs: tuple[Belief | None, ...]
    cpu: tuple[float, ...]
    errors: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the value that ``as_json`` gave."""
        beliefs = tuple(None if item is None else Belief(**item) for item in data["beliefs"])
        lists = {name: tuple(data[name]) for name in ("true", "measured", "cpu", "errors")}
        return cls(seed=data["seed"], beliefs=beliefs, **lists)


def play(problem: Problem, planner: Planner, batch: int, seed: int) -> Trial:
    """Run a planner that knows nothing yet; the last batch is what is left of the evaluations."""
    rows: list[Values] = [problem.row(unit) for unit in opening(problem, seed)]
    noise = problem.noise * np.random.default_rng(derive_seed(seed, "noise", problem.name)).normal(
        size=problem.evaluations
    )
    spare = np.random.default_rng(derive_seed(seed, "spare", problem.name))
    said: list[tuple[int, Prediction] | None] = [None] * len(rows)
    true, measured, cpu, errors = list[float](), list[float](), list[float](), list[str]()
    while True:
        news = []
        for place in range(len(true), len(rows)):
            true.append(problem.true(rows[place]))
            measured.append(true[-1] + float(noise[place]))
            found = {"y": Measurement("y", measured[-1])}
            before = said[place]
            told = {} if before is None else {"y": before[1]}
            news.append(Observation(f"e{place + 1:04d}", rows[place], found, predictions=told))
        left = problem.evaluations - len(rows)
        if left <= 0:
            break
        began = time.process_time()
        try:
            planner.tell(news)
            asked = planner.ask(min(batch, left))
        except Exception as error:  # noqa: BLE001 - a peer may raise anything; the run goes on as a person would
            errors.append(f"{len(rows) + 1}: {type(error).__name__}: {error}"[:300])
            width = len(problem.bounds) + bool(problem.choices)
            asked = [Candidate(problem.row(u), "random") for u in spare.random((min(batch, left), width))]
        cpu.append(round(time.process_time() - began, 4))
        for place, candidate in enumerate(asked):
            rows.append(candidate.values)
            belief = None if candidate.repeats else candidate.predictions.get("y")
            said.append(None if belief is None else (place, belief))
    beliefs = tuple(None if item is None else _belief(*item) for item in said)
    return Trial(seed, tuple(true), tuple(measured), beliefs, tuple(cpu), tuple(errors))


def opening(problem: Problem, seed: int) -> Array:
    """Return the points of the unit cube that every run of a seed begins with, ``start x d``."""
    width = len(problem.bounds) + bool(problem.choices)
    sequence = qmc.Sobol(width, scramble=True, seed=derive_seed(seed, "start", problem.name) % 2**32)
    drawn = sequence.random_base2(math.ceil(math.log2(problem.start)))
    return np.asarray(drawn[: problem.start], dtype=float)


def _belief(place: int, told: Prediction) -> Belief:
    return Belief(place, told.mean, told.sd, told.noise or 0.0, told.scale)

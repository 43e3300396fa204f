"""Uncertainty that all results share: which part scatters said, learned, or all of it taken as scatter; six problems.

    python bench/shared.py --seeds 12 --jobs 2 --cache shared-runs.jsonl

Each result is the truth, an error that is the same for all results of a campaign (a calibration, drawn once), and one
of its own. What is stated of a result is the standard uncertainty of both together, as a data sheet or a budget of
uncertainties has it. The problems were chosen before any was run:

- ``colour``: L, a and b of three dyes, mixed for the least CIEDE2000 to a target, which is worked out of them; the
  calibration shifts each by 0.16, they scatter by 0.06;
- ``branin``: shifted by 10, scatters by 1; two parameters;
- ``hartmann``: of three parameters, shifted by 0.3, scatters by 0.05;
- ``yield``: in percent, of three parameters, shifted by 3, scatters by 0.7;
- ``assay``: the product of the yields of three steps, four parameters; each result is off by the same 10 % and by 2 %
  of its own, so that what is stated grows with the result;
- ``handling``: as ``yield``, without a calibration that is off; what is stated is the detector's 0.3, and preparing the
  sample scatters by 2.

Four ways plan the same campaigns from the same first rows with the same errors, one experiment at a time: ``scatter``
takes all that is stated as scatter: it decides by the rules of the fourth revision, with all else that these do
otherwise; ``learned`` learns how much of it scatters;
``said`` is told the two parts (``u`` and ``u_shared``); to ``none`` nothing is stated.

Figures: ``regret`` (problem: way: how far the best row tried is from the optimum at the end, without an error of its
own, as a share of the distance from the median of random rows: median over seeds), ``n`` (problem: way: mean
experiments until a row was tried that is as good as one in ``ONE_IN`` random ones; the budget plus one where none was),
and ``regret_ratio`` and ``n_ratio`` (problem, and ``all``: way: over ``scatter``, paired over seeds, with a 90 %
bootstrap interval; geometric means for regrets, of which ``LEAST`` counts as nothing).
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from achieved import FUNCTIONS
from numpy.typing import NDArray
from outcomes import ONE_IN, RESAMPLES, Figures, Job, Scale, compare, interval
from outcomes import PROBLEMS as LIMITED

from zosimos.analysis.colour.difference import xyz_to_lab
from zosimos.core.composite import Composite, MeasuredQuantity
from zosimos.core.objective import Goal as Wanted
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.revision import FOURTH, REVISION
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.labs.colour.dyes import mixture, xyz
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

Array = NDArray[np.float64]

WAYS = ("scatter", "learned", "said", "none")
BUDGET = 30
LEAST = 2e-4  # of the distance from the median of random rows: a smaller regret counts as this
_DYES = ("red", "yellow", "blue")
_TARGET = (40.0, 120.0, 80.0)  # sRGB
_FORMULA = Composite("ciede2000(L, a, b, target)", tuple(map(MeasuredQuantity, ("L", "a", "b"))), {"target": _TARGET})


@dataclass(frozen=True)
class Problem:
    """What is measured of ``n x d`` rows in the unit cube, and what is wanted of it.

    Args:
        width: number of parameters.
        goal: what is wanted.
        measured: ``n x q`` true quantities of rows.
        shared: standard deviation of the error that all results share.
        random: of the error that each has of its own.
        stated: standard uncertainty of a result's own error, as it is stated; None: as it is.
        relative: whether all of these are shares of the quantity.
        rows: how many random rows tell how good a row is.
        formula: how the objective follows from the quantities; None: it is the only one.
    """

    width: int
    goal: Wanted
    measured: Callable[[Array], Array]
    shared: float
    random: float
    stated: float | None = None
    relative: bool = False
    rows: int = 100_000
    formula: Composite | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What is measured."""
        return ("y",) if self.formula is None else tuple(one.name for one in self.formula.quantities)

    def objective(self, quantities: Array) -> Array:
        """Return the objective of ``n x q`` quantities, ``n``."""
        if self.formula is None:
            return quantities[:, 0]
        return self.formula.of(dict(zip(self.names, quantities.T, strict=True)))


def _colours(x: Array) -> Array:
    """Return L, a and b of mixtures of up to 0.5 mL of each dye in 1.5 mL."""
    volumes = (dict(zip(_DYES, (0.5 * row).tolist(), strict=True)) for row in x)
    return np.array([xyz_to_lab(xyz(mixture(each, 1.5))) for each in volumes])


def _one(outcome: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda x: outcome(x)[:, None]


PROBLEMS: Mapping[str, Problem] = {
    "colour": Problem(3, "min", _colours, 0.16, 0.06, rows=4_000, formula=_FORMULA),
    "branin": Problem(2, "max", _one(FUNCTIONS["branin"][1]), 10.0, 1.0),
    "hartmann": Problem(3, "max", _one(FUNCTIONS["hartmann3"][1]), 0.3, 0.05),
    "yield": Problem(3, "max", _one(LIMITED["saturating"].outcome), 3.0, 0.7),
    "assay": Problem(4, "max", _one(LIMITED["product"].outcome), 0.1, 0.02, relative=True),
    "handling": Problem(3, "max", _one(LIMITED["saturating"].outcome), 0.0, 2.0, stated=0.3),
}


@dataclass(frozen=True)
class World:
    """A problem with the errors of one campaign, whatever the way it is planned."""

    problem: Problem
    shared: Array
    own: Array

    @classmethod
    def of(cls, name: str, seed: int) -> World:
        """Return the world of a seed."""
        problem, rng = PROBLEMS[name], np.random.default_rng(derive_seed(seed, "errors", name))
        shared = problem.shared * rng.normal(size=len(problem.names))
        return cls(problem, shared, problem.random * rng.normal(size=(BUDGET, len(problem.names))))

    def seen(self, row: Array) -> Array:
        """Return the quantities of a row as the calibration has them, ``q``."""
        true = self.problem.measured(row[None])[0]
        return np.asarray(true * (1.0 + self.shared) if self.problem.relative else true + self.shared)

    def result(self, row: Array, number: int, way: str) -> dict[str, Measurement]:
        """Return what is reported of an experiment."""
        problem, seen = self.problem, self.seen(row)
        unit = np.abs(seen) if problem.relative else np.ones(len(seen))
        found = seen + unit * self.own[number]
        random, shared = unit * (problem.random if problem.stated is None else problem.stated), unit * problem.shared
        told = {}
        for place, name in enumerate(problem.names):
            u, u_shared = float(random[place]), float(shared[place])
            stated = {"none": None, "said": u}.get(way, float(np.hypot(u, u_shared)))
            told[name] = Measurement(name, float(found[place]), stated, u_shared=u_shared if way == "said" else None)
        return told


def true_outcomes(name: str, way: str, seed: int) -> list[float]:
    """Return the outcomes of a campaign's rows in order, without errors of their own."""
    world = World.of(name, seed)
    problem = world.problem
    space = SearchSpace(tuple(Continuous(f"x{place}", 0.0, 1.0) for place in range(problem.width)))
    goal = Goal(space, (Objective("y", problem.goal, of=problem.formula),))
    policy = Policy(revision=FOURTH if way == "scatter" else REVISION)
    seen, found = list[Observation](), list[float]()
    for number in range(BUDGET):
        history = History(observations=tuple(seen))
        planner = make_planner(goal, policy, history, seed=derive_seed(seed, number), sequence_seed=seed)
        (candidate,) = planner.ask(1)
        row = np.array([float(candidate.values[f"x{place}"]) for place in range(problem.width)])  # type: ignore[arg-type]  # numbers all
        found.append(float(problem.objective(world.seen(row)[None])[0]))
        result = world.result(row, number, way)
        if problem.formula is not None:
            parts = {one: (result[one].value, result[one].uncertainty) for one in problem.names}
            result["y"] = Measurement("y", *problem.formula.measured(parts, candidate.values))
        seen.append(Observation(f"e{number + 1:04d}", candidate.values, result))
    return found


@cache
def scale_of(name: str, seed: int) -> Scale:
    """Return the scale of a seed's world: the best by random rows and ever smaller steps from the best of them."""
    world, problem = World.of(name, seed), PROBLEMS[name]
    sign = 1.0 if problem.goal == "max" else -1.0

    def gains(x: Array) -> Array:
        true = problem.measured(x)
        moved = true * (1.0 + world.shared) if problem.relative else true + world.shared
        return sign * problem.objective(moved)

    rng = np.random.default_rng(derive_seed(0, "scale", name))
    rows = rng.random((problem.rows, problem.width))
    drawn = gains(rows)
    best = rows[np.argsort(-drawn)[:5]]
    for step in np.geomspace(0.1, 1e-4, 30):
        near = np.clip(best[:, None] + step * rng.normal(size=(len(best), 20, problem.width)), 0.0, 1.0)
        near = np.concatenate([best, near.reshape(-1, problem.width)])
        best = near[np.argsort(-gains(near))[:5]]
    top = float(gains(best[:1])[0])
    return Scale(sign * top, sign * float(np.median(drawn)), sign * float(np.quantile(drawn, 1 - 1 / ONE_IN)))


def regret(name: str, seed: int, found: Sequence[float]) -> float:
    """Return how far the best row that was tried is from the optimum, of the distance from the median."""
    scale = scale_of(name, seed)
    best = max(found) if PROBLEMS[name].goal == "max" else min(found)
    return max(0.0, (scale.best - best) / (scale.best - scale.middle))


def reached(name: str, seed: int, found: Sequence[float]) -> int:
    """Return how many experiments it took to the level; the budget plus one where none was as good."""
    level, sign = scale_of(name, seed).level, 1.0 if PROBLEMS[name].goal == "max" else -1.0
    return next((place for place, value in enumerate(found, start=1) if sign * value >= sign * level), len(found) + 1)


def summary(known: Mapping[Job, Sequence[float]], names: Sequence[str], seeds: Sequence[int]) -> Figures:
    """Return the figures of finished campaigns."""
    rng = np.random.default_rng(0)
    figures: Figures = {"regret": {}, "n": {}, "regret_ratio": {}, "n_ratio": {}}
    every: dict[tuple[str, str], list[Array]] = {}
    for name in names:
        regrets = {way: np.array([regret(name, seed, known[name, way, seed]) for seed in seeds]) for way in WAYS}
        counts = {way: np.array([float(reached(name, s, known[name, way, s])) for s in seeds]) for way in WAYS}
        figures["regret"][name] = {way: round(statistics.median(some.tolist()), 4) for way, some in regrets.items()}
        figures["n"][name] = {way: round(float(some.mean()), 2) for way, some in counts.items()}
        logs = {way: np.log(np.maximum(some, LEAST)) for way, some in regrets.items()}
        for way in WAYS[1:]:
            picks = rng.integers(len(seeds), size=(RESAMPLES, len(seeds)))
            apart = logs[way] - logs[WAYS[0]]
            ours, base = counts[way], counts[WAYS[0]]
            drawn = {
                "regret_ratio": np.append(apart.mean(), apart[picks].mean(axis=1)),
                "n_ratio": np.log(np.append(ours.mean() / base.mean(), ours[picks].mean(1) / base[picks].mean(1))),
            }
            for figure, resampled in drawn.items():
                figures[figure].setdefault(name, {})[way] = interval(resampled)
                every.setdefault((figure, way), []).append(resampled)
    for (figure, way), some in every.items():
        figures[figure].setdefault("all", {})[way] = interval(np.mean(some, axis=0))
    return figures


def main() -> None:
    """Run what is missing and print the figures."""
    settings = {"budget": BUDGET, "one_in": ONE_IN}
    compare("shared", __doc__, tuple(PROBLEMS), WAYS, true_outcomes, _told, summary, settings)


def _told(job: Job, found: Sequence[float]) -> str:
    name, _, seed = job
    return f"regret {regret(name, seed, found):.4f}, to the level {reached(name, seed, found)}"


if __name__ == "__main__":
    main()

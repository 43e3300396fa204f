"""Limits of an outcome, and members that model a transformed one: each on and off, on eight problems.

    python bench/outcomes.py --seeds 12 --jobs 2 --cache outcome-runs.jsonl

Each problem has a natural limit, or outcomes that are anything but evenly spread; they were chosen before any was run:

- ``branin``: how far the Branin function lies above its lowest value, so at least 0; two parameters;
- ``distance``: between three smooth responses and their targets, at least 0; three parameters;
- ``saturating``: a yield in percent that a faster reaction brings up to 100 and a side reaction down; three;
- ``plateau``: a conversion in percent that is next to 100 in a sixth of the space; two;
- ``rate``: over some four decades, at least 0, measured with 10 % of scatter; three;
- ``decay``: what is left of a contaminant, in percent, after a first-order decay, measured with 10 % of scatter; three;
- ``impurity``: in percent, of a mixture of three solvents, measured with 10 % of scatter; a simplex and a temperature;
- ``product``: of the yields of three steps, in percent; four parameters.

Four ways plan the same campaigns from the same first rows, one experiment at a time: ``off``, ``range`` (the outcome's
limits are said), ``warped`` (a member models the outcome on a learned scale, no limits are said) and ``both``.

Figures: ``regret`` (problem: way: how far the best row tried is from the optimum at the end, without noise, as a share
of the distance from the median of random rows: median over seeds), ``n`` (problem: way: mean experiments until a row
was tried that is as good as one in ``ONE_IN`` random ones; the budget plus one where none was), and ``regret_ratio``
and ``n_ratio`` (problem, and ``all``: way: over ``off``, paired over seeds, with a 90 % bootstrap interval; geometric
means for regrets, of which ``LEAST`` counts as nothing; over ``all`` geometric means of the problems' ratios).
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from achieved import branin
from common import report
from numpy.typing import NDArray

from zosimos.core.constraints import Simplex
from zosimos.core.objective import Goal as Wanted
from zosimos.core.objective import Objective, Transform
from zosimos.core.parameters import Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

Array = NDArray[np.float64]
Job = tuple[str, str, int]  # problem, way, seed

WAYS = ("off", "range", "warped", "both")
BUDGET = 30
ONE_IN = 500
LEAST = 1e-3  # of the distance from the median of random rows: a smaller regret counts as this
RESAMPLES = 10_000
_MANY, _ROUNDS = 100_000, 60


@dataclass(frozen=True)
class Problem:
    """An outcome of ``n x d`` rows in the unit cube, without noise, and how it is measured.

    Args:
        width: number of parameters.
        goal: what is wanted.
        limits: the lowest and the highest value that can be; None: there is no such limit.
        outcome: of rows.
        noise: standard deviation that is added.
        scatter: standard deviation as a share of the outcome.
        mixed: how many of the first parameters sum to 1.
    """

    width: int
    goal: Wanted
    limits: tuple[float | None, float | None]
    outcome: Callable[[Array], Array]
    noise: float = 0.0
    scatter: float = 0.0
    mixed: int = 0

    def rows(self, n: int, rng: np.random.Generator) -> Array:
        """Return random rows."""
        found = rng.random((n, self.width))
        if self.mixed:
            found[:, : self.mixed] = rng.dirichlet(np.ones(self.mixed), n)
        return found

    def space(self) -> SearchSpace:
        parameters = tuple(Continuous(f"x{place}", 0.0, 1.0) for place in range(self.width))
        parts = [f"x{place}" for place in range(self.mixed)]
        return SearchSpace(parameters, (Simplex(tuple(parts), 1.0),) if parts else ())


def _bump(x: Array, *centre: float) -> Array:
    return np.asarray(((x - np.array(centre)) ** 2).sum(axis=1))


def _distance(x: Array) -> Array:
    a, b, c = x.T
    seen = np.column_stack([60 * a * (1 - 0.3 * b) + 10 * c, 50 * np.sin(2 * b) + 20 * a * c, 40 * c**2 - 25 * a * b])
    return np.asarray(np.linalg.norm(seen - np.array([31.0, 38.0, 9.0]), axis=1))


def _saturating(x: Array) -> Array:
    speed, loading, time = 6.0 * np.exp(2.5 * (x[:, 0] - 1.0)), 0.2 + x[:, 1], 0.1 + 1.4 * x[:, 2]
    lost = 0.02 * np.exp(4.0 * (x[:, 0] - 0.5)) * time
    return np.asarray(100 * (1 - np.exp(-speed * loading * time)) * np.exp(-lost))


def _plateau(x: Array) -> Array:
    return np.asarray(100 / (1 + np.exp(80 * (_bump(x, 0.35, 0.6) - 0.06))) * (1 - 0.04 * x[:, 0]))


def _rate(x: Array) -> Array:
    return np.asarray(50 * 10 ** (-6 * _bump(x, 0.7, 0.25, 0.55) + 0.3 * np.sin(7 * x[:, 0] + 3 * x[:, 2])))


def _decay(x: Array) -> Array:
    speed = 7.0 * np.exp(-4.0 * _bump(x[:, :2], 0.65, 0.4)) * (0.3 + 0.7 * np.sin(np.pi * x[:, 2]))
    return np.asarray(100 * np.exp(-speed))


def _impurity(x: Array) -> Array:
    made = 3.0 * x[:, 0] * x[:, 1] + 8.0 * (x[:, 2] - 0.35) ** 2 + 2.0 * (x[:, 0] - 0.5) ** 2
    return np.asarray(100 / (1 + np.exp(6.0 - made - 2.5 * (x[:, 3] - 0.6) ** 2 * 4)))


def _product(x: Array) -> Array:
    steps = [np.exp(-3 * _bump(x[:, [0, 1]], 0.3, 0.7)), np.exp(-4 * _bump(x[:, [1, 2]], 0.55, 0.4))]
    steps.append(1 - 0.9 * np.abs(np.sin(1.5 * (x[:, 3] - 0.4 - 0.3 * x[:, 0]))) ** 1.5)
    return np.asarray(97 * np.prod(steps, axis=0))


PROBLEMS: Mapping[str, Problem] = {
    "branin": Problem(2, "min", (0.0, None), lambda x: np.maximum(-branin(x) - 0.397887, 0.0), noise=0.5),
    "distance": Problem(3, "min", (0.0, None), _distance, noise=0.3),
    "saturating": Problem(3, "max", (0.0, 100.0), _saturating, noise=1.5),
    "plateau": Problem(2, "max", (0.0, 100.0), _plateau, noise=1.5),
    "rate": Problem(3, "max", (0.0, None), _rate, scatter=0.1),
    "decay": Problem(3, "min", (0.0, 100.0), _decay, scatter=0.1, noise=0.02),
    "impurity": Problem(4, "min", (0.0, 100.0), _impurity, scatter=0.1, mixed=3),
    "product": Problem(4, "max", (0.0, 100.0), _product, noise=1.0),
}


@dataclass(frozen=True)
class Scale:
    """The best outcome of a problem, the median of random rows, and what one in ``ONE_IN`` of them has."""

    best: float
    middle: float
    level: float


@cache
def scale_of(name: str) -> Scale:
    """Return the scale of a problem; its best by random rows and ever smaller steps from the best of them."""
    problem = PROBLEMS[name]
    sign = 1.0 if problem.goal == "max" else -1.0
    rng = np.random.default_rng(derive_seed(0, "scale", name))
    rows = problem.rows(_MANY, rng)
    gains = sign * problem.outcome(rows)
    best = rows[np.argsort(-gains)[:20]]
    for step in np.geomspace(0.2, 1e-4, _ROUNDS):
        near = np.clip(best[:, None] + step * rng.normal(size=(len(best), 50, problem.width)), 0.0, 1.0)
        near = np.concatenate([best, near.reshape(-1, problem.width)])
        if problem.mixed:
            near[:, : problem.mixed] /= np.maximum(near[:, : problem.mixed].sum(axis=1, keepdims=True), 1e-9)
        best = near[np.argsort(-sign * problem.outcome(near))[:20]]
    top = float(sign * problem.outcome(best[:1])[0])
    return Scale(sign * top, sign * float(np.median(gains)), sign * float(np.quantile(gains, 1 - 1 / ONE_IN)))


def true_outcomes(name: str, way: str, seed: int) -> list[float]:
    """Return the outcomes of a campaign's rows in order, without noise."""
    problem = PROBLEMS[name]
    least, most = problem.limits if way in ("range", "both") else (None, None)
    transform: Transform = "auto" if way in ("warped", "both") else "none"
    goal = Goal(problem.space(), (Objective("y", problem.goal, least=least, most=most, transform=transform),))
    rng = np.random.default_rng(derive_seed(seed, "noise", name))
    added, shares = rng.normal(size=BUDGET) * problem.noise, rng.normal(size=BUDGET) * problem.scatter
    seen, found = list[Observation](), list[float]()
    for number in range(BUDGET):
        planner = make_planner(
            goal, Policy(), History(observations=tuple(seen)), seed=derive_seed(seed, number), sequence_seed=seed
        )
        (candidate,) = planner.ask(1)
        row = np.array([[float(candidate.values[f"x{place}"]) for place in range(problem.width)]])  # type: ignore[arg-type]  # numbers all
        found.append(float(problem.outcome(row)[0]))
        value = found[-1] * (1.0 + shares[number]) + added[number]
        if problem.goal == "min" and least_of(problem) is not None:
            value = abs(value)  # a distance or a content that is measured is none below 0
        seen.append(Observation(f"e{number + 1:04d}", candidate.values, {"y": Measurement("y", value)}))
    return found


def least_of(problem: Problem) -> float | None:
    """Return the lowest value that can be."""
    return problem.limits[0]


class Kept:
    """Finished campaigns, a line each in a file, or nowhere."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        lines = path.read_text().splitlines() if path is not None and path.is_file() else []
        self.known = {(key["problem"], key["way"], key["seed"]): key["found"] for key in map(json.loads, lines)}

    def keep(self, job: Job, found: list[float]) -> None:
        """Keep what a campaign found."""
        self.known[job] = found
        if self._path is not None:
            with self._path.open("a") as out:
                out.write(json.dumps(dict(zip(("problem", "way", "seed"), job, strict=True)) | {"found": found}) + "\n")


def regret(name: str, found: Sequence[float]) -> float:
    """Return how far the best row that was tried is from the optimum, of the distance from the median."""
    scale = scale_of(name)
    best = max(found) if PROBLEMS[name].goal == "max" else min(found)
    return max(0.0, (scale.best - best) / (scale.best - scale.middle))


def reached(name: str, found: Sequence[float]) -> int:
    """Return how many experiments it took to the level."""
    level, sign = scale_of(name).level, 1.0 if PROBLEMS[name].goal == "max" else -1.0
    return next((place for place, value in enumerate(found, start=1) if sign * value >= sign * level), len(found) + 1)


Figures = dict[str, dict[str, dict[str, object]]]


def summary(known: Mapping[Job, Sequence[float]], names: Sequence[str], seeds: Sequence[int]) -> Figures:
    """Return the figures of finished campaigns."""
    rng = np.random.default_rng(0)
    picks = rng.integers(len(seeds), size=(RESAMPLES, len(seeds)))
    figures: Figures = {}
    spread: dict[tuple[str, str], list[Array]] = {}
    for name, way in itertools.product(names, WAYS):
        runs = [known[name, way, seed] for seed in seeds]
        base = [known[name, WAYS[0], seed] for seed in seeds]
        regrets = [np.log(np.maximum([regret(name, run) for run in some], LEAST)) for some in (runs, base)]
        counts = [np.array([reached(name, run) for run in some], dtype=float) for some in (runs, base)]
        figures.setdefault("regret", {}).setdefault(name, {})[way] = round(
            statistics.median(regret(name, run) for run in runs), 4
        )
        figures.setdefault("n", {}).setdefault(name, {})[way] = round(float(counts[0].mean()), 2)
        if way == WAYS[0]:
            continue
        apart = regrets[0] - regrets[1]
        drawn = {
            "regret_ratio": np.append(apart.mean(), apart[picks].mean(axis=1)),
            "n_ratio": np.log(
                np.append(counts[0].mean() / counts[1].mean(), counts[0][picks].mean(1) / counts[1][picks].mean(1))
            ),
        }
        for figure, logs in drawn.items():
            figures.setdefault(figure, {}).setdefault(name, {})[way] = interval(logs)
            spread.setdefault((figure, way), []).append(logs)
    for (figure, way), logs in spread.items():
        own = [np.append(part[:1], rng.permutation(part[1:])) for part in logs]  # problems are resampled apart
        figures[figure].setdefault("all", {})[way] = interval(np.mean(own, axis=0))
    return figures


def interval(logs: Array) -> list[float]:
    """Return a ratio and its 90 % interval from the logarithm of it, and of what resampling made of it."""
    return [round(float(x), 3) for x in np.exp([logs[0], *np.quantile(logs[1:], [0.05, 0.95])])]


def main() -> None:
    """Run what is missing and print the figures."""
    settings = {"budget": BUDGET, "one_in": ONE_IN}
    compare("outcomes", __doc__, tuple(PROBLEMS), WAYS, true_outcomes, _told, summary, settings)


def _told(job: Job, found: Sequence[float]) -> str:
    return f"regret {regret(job[0], found):.4f}, to the level {reached(job[0], found)}"


def compare(
    bench: str,
    about: str | None,
    problems: Sequence[str],
    ways: Sequence[str],
    play: Callable[[str, str, int], list[float]],
    told: Callable[[Job, Sequence[float]], str],
    summed: Callable[[Mapping[Job, Sequence[float]], Sequence[str], Sequence[int]], Figures],
    settings: Mapping[str, object],
) -> None:
    """Run the campaigns of a benchmark of ways that the cache lacks, and print its ratios and its figures.

    Args:
        bench: its name.
        about: its help.
        problems: their names.
        ways: to plan them.
        play: runs the campaign of a problem, a way and a seed; it may be sent to another process.
        told: what is said of a campaign once it is finished.
        summed: makes the figures of finished campaigns, problems and seeds.
        settings: that are reported beside the seeds.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12, metavar="N")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    parser.add_argument("--problems", default=",".join(problems), metavar="NAMES")
    parser.add_argument("--cache", type=Path, help="a file of finished campaigns; new code wants a new one")
    given = parser.parse_args()
    names, seeds, kept = given.problems.split(","), range(given.seeds), Kept(given.cache)
    jobs = [job for job in ((n, w, s) for s in seeds for n in names for w in ways) if job not in kept.known]
    with ProcessPoolExecutor(given.jobs) as pool:
        for job, found in zip(jobs, pool.map(play, *zip(*jobs, strict=True)) if jobs else (), strict=True):
            kept.keep(job, found)
            print(*job, told(job, found), file=sys.stderr, flush=True)
    figures = summed(kept.known, names, seeds)
    for figure in ("regret_ratio", "n_ratio"):
        for name, ways in figures[figure].items():
            shown = ", ".join(f"{way} {x} ({low} to {high})" for way, (x, low, high) in ways.items())  # type: ignore[misc]  # intervals
            print(f"{figure:<13}{name:<11} {shown}")
    report(bench, {"seeds": given.seeds, **settings}, figures)


if __name__ == "__main__":
    main()

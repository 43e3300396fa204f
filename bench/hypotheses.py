"""Experiments until the right one of two mechanisms is known: by what tells them apart, by log-EI, and by chance.

    python bench/hypotheses.py --seeds 20 --cache hypothesis-runs.jsonl

Two pairs of rival rate laws, every constant of which is unknown within stated bounds; rows are grids of two
quantities, and every rate is measured with normal noise (0.45 of rates up to 7, 0.5 of rates up to 8):

- Michaelis-Menten with substrate inhibition or without (Haldane 1930), over substrate and enzyme;
- a bimolecular surface reaction by Langmuir and Hinshelwood or by Eley and Rideal, over two partial pressures.

Either law of a pair is planted once, which makes four problems: ``inhibition`` and ``langmuir_hinshelwood``, where the
law with more constants is true, and ``plain`` and ``eley_rideal``, where the simpler one is. Three ways run the same
campaigns one experiment at a time from the same three first rows, with the same noise: ``discriminate`` (the row that
is expected to tell most about which law is true), ``log-ei`` (the Bayesian proposer as it is, for the highest rate) and
``random``. One referee judges all: the right law's probability by :mod:`zosimos.planners.goal.hypotheses`, both laws
equally likely at first.

``n`` is the number of results after which that probability is above 0.95 and stays there for the next two results; the
budget plus one where it never was, which flatters a way that fails. Figures, by problem and way: ``n`` (a list over
seeds), ``mean`` (arithmetic), ``geometric`` (mean), ``found`` (the share of seeds within the budget), and ``ratio``
(mean of ``discriminate`` over that of each other way).
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from common import report
from planning.lines import add_line, read_lines

from zosimos.core.expression import Formula
from zosimos.core.objective import Objective
from zosimos.core.parameters import Discrete
from zosimos.core.records import Measurement, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.hypotheses import Hypotheses
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

Job = tuple[str, str, int]  # problem, way, seed

WAYS = {"discriminate": "discriminate", "log-ei": "bayesian", "random": "random"}
BUDGET = 100
START = 3  # first rows, the same for every way
SURE = 0.95  # probability of the right law
KEPT = 3  # results in a row with such a probability, the first of which counts


@dataclass(frozen=True)
class Problem:
    """Rival laws of a rate over a grid, which of them is planted, and its constants."""

    space: SearchSpace
    rivals: Hypotheses
    right: str
    constants: Mapping[str, float]

    def rate(self, values: Mapping[str, Any]) -> float:
        """Return the true rate at a row."""
        return self.rivals.formulas[self.right].value({**values, **self.constants})


def levels(low: float, high: float, n: int) -> tuple[float, ...]:
    """Return ``n`` levels, the next by the same factor each time, in three digits."""
    return tuple(float(f"{x:.3g}") for x in np.geomspace(low, high, n))


ENZYME = SearchSpace(
    (Discrete("S", levels(0.5, 50.0, 21), "mM"), Discrete("E", tuple(round(0.1 * i, 1) for i in range(1, 11)), "uM"))
)
KINETICS = Hypotheses(
    "v",
    {"plain": Formula("k*E*S/(Km + S)"), "inhibition": Formula("k*E*S/(Km + S + S**2/Ki)")},
    0.45,
    {"k": (2.0, 20.0), "Km": (0.5, 20.0), "Ki": (20.0, 400.0)},
)
SURFACE = SearchSpace((Discrete("a", levels(0.1, 5.0, 15), "bar"), Discrete("b", levels(0.1, 5.0, 15), "bar")))
ADSORPTION = Hypotheses(
    "v",
    {"eley_rideal": Formula("k*a*b/(1 + Ka*a)"), "langmuir_hinshelwood": Formula("k*a*b/(1 + Ka*a + Kb*b)**2")},
    0.5,
    {"k": (0.5, 10.0), "Ka": (0.05, 3.0), "Kb": (0.02, 1.0)},
)
PROBLEMS: Mapping[str, Problem] = {
    "inhibition": Problem(ENZYME, KINETICS, "inhibition", {"k": 10.0, "Km": 4.0, "Ki": 150.0}),
    "langmuir_hinshelwood": Problem(SURFACE, ADSORPTION, "langmuir_hinshelwood", {"k": 4.0, "Ka": 0.5, "Kb": 0.15}),
    "plain": Problem(ENZYME, KINETICS, "plain", {"k": 10.0, "Km": 4.0}),
    "eley_rideal": Problem(SURFACE, ADSORPTION, "eley_rideal", {"k": 1.5, "Ka": 0.5}),
}


def until_sure(problem: Problem, way: str, seed: int) -> int:
    """Return after how many results the right law is known, and stays so; the budget plus one if it never is."""
    rivals, goal = problem.rivals, Goal(problem.space, (Objective("v", "max"),), hypotheses=problem.rivals)
    place, rng = list(rivals.formulas).index(problem.right), np.random.default_rng(derive_seed(seed, "noise"))
    policy = Policy({WAYS[way]: 1.0}, start=START)
    seen: list[Observation] = []
    sure = 0
    while len(seen) < BUDGET + KEPT - 1:
        number = len(seen)
        planner = make_planner(
            goal, policy, seed=derive_seed(seed, "decision", number), sequence_seed=derive_seed(seed, "all")
        )
        planner.tell(seen)
        (candidate,) = planner.ask()
        value = problem.rate(candidate.values) + rng.normal(0.0, rivals.noise)
        seen.append(Observation(f"e{number:04}", candidate.values, {"v": Measurement("v", value)}))
        sure = sure + 1 if rivals.weighed(seen).probabilities[place] > SURE else 0
        if sure == KEPT:
            return number + 2 - KEPT
    return BUDGET + 1


def made(job: Job) -> tuple[Job, int]:
    """Return a job with its figure."""
    problem, way, seed = job
    return job, until_sure(PROBLEMS[problem], way, seed)


def runs(jobs: Sequence[Job], workers: int, cache: Path | None) -> dict[Job, int]:
    """Return the figure of each job; those that the cache lacks are made, and kept there."""
    found = {} if cache is None else {tuple(line["job"]): int(line["n"]) for line in read_lines(cache)}
    left = [job for job in jobs if job not in found]
    with ProcessPoolExecutor(workers) as pool:
        for job, n in pool.map(made, left):
            found[job] = n
            print(f"{job[0]:20} {job[1]:12} seed {job[2]:2}: {n}", file=sys.stderr, flush=True)
            if cache is not None:
                add_line(cache, {"job": job, "n": n})
    return {job: found[job] for job in jobs}


def figures(found: Mapping[Job, int]) -> dict[str, dict[str, Any]]:
    """Return the figures by problem and way."""
    told: dict[str, dict[str, Any]] = {}
    for (problem, way, _), n in found.items():
        told.setdefault(problem, {}).setdefault(way, {"n": []})["n"].append(n)
    for ways in told.values():
        for figure in ways.values():
            figure["mean"] = round(statistics.mean(figure["n"]), 3)
            figure["geometric"] = round(statistics.geometric_mean(figure["n"]), 3)
            figure["found"] = round(statistics.mean(n <= BUDGET for n in figure["n"]), 3)
        own = ways.get("discriminate")
        for way, figure in ways.items():
            if own is not None and way != "discriminate":
                figure["ratio"] = round(own["mean"] / figure["mean"], 3)
    return told


def main() -> None:
    """Run every way on every problem and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, metavar="N")
    parser.add_argument("--ways", default=",".join(WAYS), metavar="NAMES")
    parser.add_argument("--problems", default=",".join(PROBLEMS), metavar="NAMES")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    parser.add_argument("--cache", type=Path, help="a file of finished campaigns; new code wants a new one")
    given = parser.parse_args()
    ways, problems = given.ways.split(","), given.problems.split(",")
    jobs = list(itertools.product(problems, ways, range(given.seeds)))
    found = runs(jobs, given.jobs, given.cache)
    report("hypotheses", {"seeds": given.seeds, "budget": BUDGET, "sure": SURE, "kept": KEPT}, figures(found))


if __name__ == "__main__":
    main()

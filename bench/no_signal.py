"""Hits where most experiments give nothing: clipped and binary tables, until the first hit says where to look.

    python bench/no_signal.py --seeds 20

Five tables are made with the seed of the script: outcomes are 0 or 1, or what an outcome is above a bound, and 0 below.
Every way gets 20 experiments on each, one at a time; a hit is an experiment with an outcome above 0. Ways: ``planner``
(as it is by default), and ``random``, ``maximin`` and ``sobol`` alone. Figures: ``hits`` (table, way: mean hits);
``share`` (table: the share of rows that are hits).
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from common import report

from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Parameter, Values
from zosimos.core.records import Measurement, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.goal.goal import Goal
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

WAYS = {"planner": "bayesian", "random": "random", "maximin": "maximin", "sobol": "sobol"}
EXPERIMENTS = 20
SEED = 14  # of the tables
LIGANDS = ("A", "B", "C", "D", "E", "F")


def grid(levels: int, *names: str) -> tuple[Parameter, ...]:
    """Return parameters from 0 to 1, each with so many levels."""
    return tuple(Continuous(name, 0, 1, step=1 / (levels - 1)) for name in names)


def rows_of(parameters: Sequence[Parameter]) -> list[Values]:
    """Return all combinations of levels."""
    listed = SearchSpace(tuple(parameters)).listed
    assert listed is not None
    return list(listed)


def tables(rng: np.random.Generator) -> dict[str, tuple[tuple[Parameter, ...], list[Values], list[float]]]:
    """Return each table's parameters, rows and outcomes."""
    found = {}

    def add(name: str, parameters: tuple[Parameter, ...], outcome: Callable[[Values], float]) -> None:
        rows = rows_of(parameters)
        found[name] = parameters, rows, [outcome(row) for row in rows]

    add("block", grid(12, "x", "t"), lambda row: float(all(0.25 < float(x) < 0.75 for x in row.values())))
    centre = rng.uniform(0.3, 0.7, 3)
    add("clipped", grid(9, "x", "t", "p"), lambda row: max(0.0, 100 - 120 * _off(row, centre) - 70))
    best = rng.permutation(LIGANDS)[:2]
    add(
        "ligands",
        (Categorical("ligand", LIGANDS), *grid(8, "x", "t")),
        lambda row: float(row["ligand"] in best and 0.2 < float(row["x"]) < 0.8),
    )
    middle = rng.uniform(0.35, 0.65, 5)
    add("five", grid(5, "a", "b", "c", "d", "e"), lambda row: max(0.0, 0.5 - _off(row, middle)))
    add("ring", grid(20, "x", "t"), lambda row: float(0.28 < _off(row, np.array([0.5, 0.5])) < 0.36))
    return found


def _off(row: Values, centre: np.ndarray) -> float:
    return float(np.linalg.norm(np.array([float(x) for x in row.values()]) - centre))


def hits(
    parameters: tuple[Parameter, ...], rows: Sequence[Values], outcomes: Mapping[str, float], kind: str, seed: int
) -> int:
    """Return how many of the experiments are hits."""
    goal = Goal(SearchSpace(parameters, pool=rows), (Objective("y", "max"),))
    seen: list[Observation] = []
    for number in range(EXPERIMENTS):
        planner = make_planner(
            goal,
            Policy({kind: 1.0}),
            seed=derive_seed(seed, "decision", number),
            sequence_seed=derive_seed(seed, "all"),
        )
        planner.tell(seen)
        (candidate,) = planner.ask()
        value = outcomes[row_key(candidate.values)]
        seen.append(Observation(f"e{number:04}", candidate.values, {"y": Measurement("y", value)}))
    return sum(one.measurements["y"].value > 0 for one in seen)


def main() -> None:
    """Run every way on every table and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, metavar="N")
    parser.add_argument("--ways", default=",".join(WAYS), metavar="NAMES")
    given = parser.parse_args()
    made = tables(np.random.default_rng(SEED))
    ways = [way for way in given.ways.split(",") if way in WAYS]
    figures: dict[str, dict[str, float]] = {name: {} for name in made}
    for (name, (parameters, rows, outcomes)), way in itertools.product(made.items(), ways):
        known = {row_key(row): value for row, value in zip(rows, outcomes, strict=True)}
        counts = [hits(parameters, rows, known, WAYS[way], seed) for seed in range(given.seeds)]
        figures[name][way] = statistics.mean(counts)
        print(f"{name:10} {way:10} {figures[name][way]:5.2f} hits of {EXPERIMENTS}", file=sys.stderr, flush=True)
    share = {name: round(float(np.mean(np.array(outcomes) > 0)), 3) for name, (_, _, outcomes) in made.items()}
    report("no_signal", {"seeds": given.seeds, "experiments": EXPERIMENTS}, {"hits": figures, "share": share})


if __name__ == "__main__":
    main()

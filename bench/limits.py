"""Learning from limits: an instrument with a floor or a ceiling, its limits learned from, taken for values or left out.

    python bench/limits.py --seeds 12

A function is measured with noise of 0.02. What lies below the floor, the median of random points, is reported as
``< floor``; what lies above the ceiling, an outcome that one in 50 random points has, as ``> ceiling``. Three ways make
of that what they can: ``learned`` (a limit: the value lies below or above), ``values`` (the limit is written as if it
were the value, as in many spreadsheets) and ``left out`` (nothing is learned, as in campaigns of earlier revisions).

Figures: ``regret`` (function and side: way: how far the best row tried is from the optimum after ``BUDGET``
experiments, without noise, as a share of the distance from the median of random points; mean over seeds).
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys

import numpy as np
from achieved import FUNCTIONS
from common import report

from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Limit, Measurement, Observation
from zosimos.core.revision import EXACT, REVISION
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

SIDES: tuple[Limit, ...] = ("below", "above")
WAYS = ("learned", "values", "left out")
BUDGET, NOISE = 24, 0.02


def levels(name: str) -> tuple[float, float, float]:
    """Return the median of random points, what one in 50 of them has, and the best of many."""
    width, function = FUNCTIONS[name]
    found = function(np.random.default_rng(derive_seed(0, "levels", name)).random((200_000, width)))
    middle, high = np.quantile(found, [0.5, 0.98])
    return float(middle), float(high), float(found.max())


def regret(name: str, side: Limit, way: str, seed: int) -> float:
    """Return how far the best row that was tried is from the optimum."""
    width, function = FUNCTIONS[name]
    middle, high, best = levels(name)
    limit = middle if side == "below" else high
    goal = Goal(SearchSpace(tuple(Continuous(f"x{i}", 0.0, 1.0) for i in range(width))), (Objective("y", "max"),))
    noise = np.random.default_rng(derive_seed(seed, "noise", name)).normal(size=BUDGET) * NOISE
    policy, seen, tried = Policy(revision=REVISION if way == "learned" else EXACT), list[Observation](), list[float]()
    for number in range(BUDGET):
        planner = make_planner(
            goal, policy, History(observations=tuple(seen)), seed=derive_seed(seed, number), sequence_seed=seed
        )
        row = planner.ask(1)[0].values
        tried.append(float(function(np.array([[float(row[f"x{i}"]) for i in range(width)]]))[0]))
        value = tried[-1] + noise[number]
        beyond = value < limit if side == "below" else value > limit
        told = Measurement("y", limit if beyond else value, limit=side if beyond and way != "values" else None)
        seen.append(Observation(f"e{number + 1:04d}", row, {"y": told}))
    return (best - max(tried)) / (best - middle)


def main() -> None:
    """Run all functions, sides and ways, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12, metavar="N")
    parser.add_argument("--functions", default=",".join(FUNCTIONS), metavar="NAMES")
    given = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    for name, side in itertools.product(given.functions.split(","), SIDES):
        case = f"{name}, {'floor' if side == 'below' else 'ceiling'}"
        runs = {way: [regret(name, side, way, seed) for seed in range(given.seeds)] for way in WAYS}
        found[case] = {way: round(statistics.mean(regrets), 4) for way, regrets in runs.items()}
        print(case, found[case], file=sys.stderr, flush=True)
    report("limits", vars(given) | {"budget": BUDGET, "noise": NOISE}, {"regret": found})


if __name__ == "__main__":
    main()

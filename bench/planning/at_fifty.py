"""CPU seconds of one suggestion after 50 results, ours and peers in turn in one process, under the peers' interpreter.

Reads ``{"planners", "times"}`` from standard input and prints one line of JSON: world -> planner -> CPU seconds (all
threads) of each suggestion: telling the fiftieth result, and asking. Three worlds: a pool of five numbers at four
levels each (1,024 rows), one of all 512 combinations of three times eight names, and five ranges. The first suggestion
of each is not counted: it imports.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import time

import numpy as np

from planning.entrants import make
from planning.tables import Pool
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Values
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace

RESULTS = 50
WORLDS = ("pool", "names", "ranges")
_NUMBERS = ("a", "b", "c", "d", "e")


def world(name: str) -> tuple[Pool, list[Values], list[float]]:
    """Return what is planned in, and 50 rows of it with their outcomes (Friedman 1991, with noise of 1)."""
    rng = np.random.default_rng(len(name))
    if name == "names":
        choices = tuple("ABCDEFGH")
        parameters = tuple(Categorical(letter, choices) for letter in "abc")
        rows: list[Values] = [dict(zip("abc", row, strict=True)) for row in itertools.product(choices, repeat=3)]
        numbers = np.array([[choices.index(str(row[letter])) / 7 for letter in "abc"] + [0.5, 0.5] for row in rows])
        space = SearchSpace(parameters, pool=tuple(rows))
    else:
        ranges = tuple(Continuous(letter, 0.0, 1.0) for letter in _NUMBERS)
        levels = np.linspace(0.0, 1.0, 4)
        numbers = np.array(list(itertools.product(levels, repeat=5))) if name == "pool" else rng.random((1000, 5))
        rows = [dict(zip(_NUMBERS, map(float, row), strict=True)) for row in numbers]
        space = SearchSpace(ranges, pool=tuple(rows) if name == "pool" else None)
    x = numbers.T
    outcomes = 10 * np.sin(np.pi * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4]
    outcomes = outcomes + rng.normal(size=len(outcomes))
    some = rng.permutation(len(rows))[:RESULTS]
    return Pool(space, Objective("y", "max"), ()), [rows[i] for i in some], [float(outcomes[i]) for i in some]


def seconds(planner: str, name: str, seed: int) -> float:
    """Return the CPU seconds of one suggestion."""
    pool, rows, outcomes = world(name)
    seen = [
        Observation(f"e{i:04d}", row, {"y": Measurement("y", outcome)})
        for i, (row, outcome) in enumerate(zip(rows, outcomes, strict=True), 1)
    ]
    made = make(planner, pool, seed, 2)
    made.tell(seen[:-1])
    began = time.process_time()
    made.tell(seen[-1:])
    made.ask()
    return time.process_time() - began


def main() -> None:
    """Measure in turn, so that what else the machine does meets all alike."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    job = json.load(sys.stdin)
    found: dict[str, dict[str, list[float]]] = {name: {p: [] for p in job["planners"]} for name in WORLDS}
    for seed, name, planner in itertools.product(range(job["times"] + 1), WORLDS, job["planners"]):
        spent = seconds(planner, name, seed)
        if seed:
            found[name][planner].append(round(spent, 4))
    print(json.dumps(found), file=lines, flush=True)


if __name__ == "__main__":
    main()

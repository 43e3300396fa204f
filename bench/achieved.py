"""Learning at achieved values: a bench that misses its set-points, with what it did told and without.

    python bench/achieved.py --seeds 20 --cache achieved-runs

A simulated bench is asked for a point of a space and does another: each parameter is off by a normal error with a
standard deviation of 0, 2, 5 or 10 % of its range (what would leave the range stops at its end), and the outcome is
that of the point that was done. Two ways tell it to a campaign by hand: ``achieved`` with the values that were done,
``asked`` without, as one would from a list of set-points. Runs of a seed have the same errors in the same order for
both. A run ends at the target, an outcome that one of so many random points has (``--one-in``), or after ``BUDGET``
experiments, which a run without it counts as. Runs are kept in the cache folder, and what is there is not run again:
new code or another target wants a new folder.

Figures: ``n`` (error in percent of a range: way: mean experiments to the target over functions and seeds); ``ratio``
(error: asked over achieved, with a 90 % interval, paired over seeds); ``by_function`` (function: error: way).
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from common import report
from numpy.typing import NDArray

import zosimos as zo
from zosimos.core.seeds import derive_seed

Array = NDArray[np.float64]

ERRORS = (0, 2, 5, 10)  # percent of a range
WAYS = ("achieved", "asked")
BUDGET = 40
RESAMPLES = 10_000


def branin(x: Array) -> Array:
    """Return the Branin function, turned to be maximised, of ``n x 2`` points of the unit square."""
    a, b = 15 * x[:, 0] - 5, 15 * x[:, 1]
    bowl = (b - 5.1 * a**2 / (4 * math.pi**2) + 5 * a / math.pi - 6) ** 2
    return np.asarray(-(bowl + 10 * (1 - 1 / (8 * math.pi)) * np.cos(a) + 10))


def hartmann(x: Array) -> Array:
    """Return the Hartmann function of three parameters, turned to be maximised, of ``n x 3`` points."""
    scales = np.array([[3.0, 10, 30], [0.1, 10, 35], [3.0, 10, 30], [0.1, 10, 35]])
    centres = 1e-4 * np.array([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]])
    distances = (scales * (x[:, None, :] - centres) ** 2).sum(axis=2)
    return np.asarray(np.exp(-distances) @ np.array([1.0, 1.2, 3.0, 3.2]))


FUNCTIONS: Mapping[str, tuple[int, Callable[[Array], Array]]] = {"branin": (2, branin), "hartmann3": (3, hartmann)}


def target_of(name: str, one_in: int) -> float:
    """Return the outcome that one of so many random points has or beats."""
    width, function = FUNCTIONS[name]
    points = np.random.default_rng(derive_seed(0, "target", name)).random((200_000, width))
    return float(np.quantile(function(points), 1 - 1 / one_in))


def experiments(name: str, error: int, way: str, seed: int, target: float) -> int:
    """Return how many experiments a campaign took to the target."""
    width, function = FUNCTIONS[name]
    names = [f"x{place + 1}" for place in range(width)]
    misses = np.random.default_rng(derive_seed(seed, "misses", name)).standard_normal((BUDGET, width)) * error / 100
    spec = {
        "name": f"{name} {error} % {way}",
        "space": {one: {"min": 0, "max": 1} for one in names},
        "objectives": {"y": {"goal": "max"}},
        "budget": {"experiments": BUDGET},
        "seed": seed,
    }
    with tempfile.TemporaryDirectory() as folder, zo.Campaign.create(spec, ledger=f"{folder}/bench.db") as campaign:
        for number, miss in enumerate(misses, start=1):
            (candidate,) = campaign.ask(1)
            done = np.clip([float(candidate[one]) for one in names] + miss, 0.0, 1.0)
            value = float(function(done[None])[0])
            if value >= target:
                return number
            ran_at = dict(zip(names, done.tolist(), strict=True)) if way == "achieved" else None
            campaign.tell(candidate, {"y": value}, ran_at=ran_at)
    return BUDGET


def kept(cache: Path, name: str, error: int, way: str, seed: int, target: float) -> int:
    """Return the same, from the cache if it is there; without errors both ways are one."""
    way = WAYS[0] if error == 0 else way
    path = cache / f"{name}-{error}-{way}-{seed:03}.json"
    if not path.is_file():
        found = experiments(name, error, way, seed, target)
        path.with_suffix(".part").write_text(json.dumps(found))
        path.with_suffix(".part").replace(path)
        print(f"{name:10} {error:3} % {way:9} seed {seed:3}: {found}", file=sys.stderr, flush=True)
    return int(json.loads(path.read_text()))


def ratio(counts: Mapping[str, Mapping[int, list[int]]]) -> list[float]:
    """Return the mean of ``asked`` over that of ``achieved``, and its 90 % interval by resampling seeds."""
    achieved, asked = (np.array([list(runs) for runs in counts[way].values()], dtype=float) for way in WAYS)
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(achieved), size=(RESAMPLES, len(achieved)))
    spread = asked[drawn].mean(axis=(1, 2)) / achieved[drawn].mean(axis=(1, 2))
    return [round(float(x), 2) for x in (asked.mean() / achieved.mean(), *np.quantile(spread, [0.05, 0.95]))]


def main() -> None:
    """Run what is not in the cache yet, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, metavar="N")
    parser.add_argument("--one-in", type=int, default=200, metavar="N", help="how rare the target is among points")
    parser.add_argument("--functions", default=",".join(FUNCTIONS), metavar="NAMES")
    parser.add_argument("--errors", default=",".join(map(str, ERRORS)), metavar="PERCENTS")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep finished runs there, and go on from them")
    given = parser.parse_args()
    functions = [name for name in given.functions.split(",") if name in FUNCTIONS]
    errors = [int(text) for text in given.errors.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        cache = given.cache or Path(folder)
        cache.mkdir(parents=True, exist_ok=True)
        targets = {name: target_of(name, given.one_in) for name in functions}
        found: dict[int, dict[str, dict[int, list[int]]]] = {error: {way: {} for way in WAYS} for error in errors}
        for seed, error, name, way in itertools.product(range(given.seeds), errors, functions, WAYS):
            count = kept(cache, name, error, way, seed, targets[name])
            found[error][way].setdefault(seed, []).append(count)
    figures: dict[str, Any] = {
        "n": {
            str(error): {way: round(statistics.mean(itertools.chain(*runs.values())), 2) for way, runs in ways.items()}
            for error, ways in found.items()
        },
        "ratio": {str(error): ratio(ways) for error, ways in found.items()},
        "by_function": {
            name: {
                str(error): {
                    way: round(statistics.mean(runs[place] for runs in by_seed.values()), 2)
                    for way, by_seed in ways.items()
                }
                for error, ways in found.items()
            }
            for place, name in enumerate(functions)
        },
    }
    report(
        "achieved", {"seeds": given.seeds, "budget": BUDGET, "one_in": given.one_in, "functions": functions}, figures
    )


if __name__ == "__main__":
    main()

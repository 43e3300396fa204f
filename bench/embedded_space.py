"""A space embedded by what descriptions say, against names alone: how many experiments until nearly the best.

    python bench/embedded_space.py --seeds 20 --cache DIR

Two made problems, each with a choice of 48 things and one number. A thing has three properties that nobody measured,
each on four levels; its description says each in one of three wordings, and something that has nothing to do with it.
What is measured is highest for one combination of properties, drawn for each seed, and depends on the number and on how
it goes with the first property. Noise is 2 % of the range of outcomes.

Three ways: ``raw`` knows names only; ``informative`` has each thing's description; ``uninformative`` has descriptions
that were handed out at random. All ask for one experiment at a time, with the same seed, until a true outcome within
2 % of the range from the best, at most 60 (a miss counts 61).

Figures: ``n`` (problem -> way -> mean), ``n_by_seed``, ``informative_over_raw``, ``uninformative_over_raw``: means over
both problems' seeds of one way over those of raw, with 90 % intervals (seeds drawn again, paired). Wordings and levels
were written once; seeds 100 and on were looked at before.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from common import report

import zosimos as zo

WAYS = ("raw", "informative", "uninformative")
BUDGET, NEAR, NOISE = 60, 0.02, 0.02
THINGS = 48
LEVELS = (-1.0, -0.35, 0.35, 1.0)
WORDINGS: dict[str, tuple[tuple[tuple[str, str, str], ...], ...]] = {
    "additives": (
        (
            (
                "a greasy hydrocarbon that repels water",
                "oily, does not mix with water at all",
                "an apolar wax-like oil",
            ),
            ("only slightly polar", "weakly polar, at home in organic liquids", "a mild ester-like polarity"),
            ("a polar liquid", "polar, takes up some water", "fairly polar, dissolves a little salt"),
            ("extremely polar, dissolves salts", "fully miscible with water, ionic", "a salt-like, very polar fluid"),
        ),
        (
            ("evaporates within a minute", "very volatile", "boils below 50 degrees"),
            ("evaporates in an hour", "moderately volatile", "boils near 100 degrees"),
            ("dries slowly, over a day", "hardly volatile", "boils near 200 degrees"),
            ("never evaporates", "not volatile at all", "decomposes before it boils"),
        ),
        (
            ("thin as water", "very low viscosity", "runs like petrol"),
            ("a little thick", "viscosity of light oil", "flows like milk"),
            ("flows like syrup", "rather viscous", "thick as motor oil"),
            ("stiff as honey", "extremely viscous", "barely flows, like tar"),
        ),
    ),
    "alloys": (
        (
            ("soft, can be cut with a knife", "very soft metal", "dents under a fingernail"),
            ("rather soft", "bends easily by hand", "soft like copper"),
            ("hard", "hard to scratch with a file", "hard like tool steel"),
            ("extremely hard", "scratches glass", "as hard as a ceramic"),
        ),
        (
            ("melts in warm water", "very low melting", "liquid on a hot plate"),
            ("melts like lead", "low melting", "melts in a gas flame"),
            ("melts like iron", "high melting", "needs an arc to melt"),
            ("hardly melts at all", "refractory", "stays solid in any furnace"),
        ),
        (
            ("rusts in an hour", "corrodes in moist air", "eaten by weak acids"),
            ("tarnishes in weeks", "corrodes slowly", "stained by sea water"),
            ("keeps its shine for years", "resists rain", "withstands dilute acid"),
            ("never corrodes", "noble, untouched by acids", "passes any salt spray test"),
        ),
    ),
}
BESIDE = ("sold in small drums", "comes with a blue label", "kept on the upper shelf", "ordered twice a year")


class World:
    """A problem of a seed: things, their descriptions, and what is truly found with each.

    Args:
        problem: whose wordings are used.
        seed: of the run.
    """

    def __init__(self, problem: str, seed: int) -> None:
        rng = np.random.default_rng([seed, len(problem)])
        kinds = [(a, b, c) for a in range(4) for b in range(4) for c in range(4)]
        chosen = [kinds[place] for place in rng.permutation(len(kinds))[:THINGS]]
        self.names = [f"no. {number}" for number in range(1, THINGS + 1)]
        self.levels = np.array([[LEVELS[level] for level in kind] for kind in chosen])
        self.texts = []
        for kind in chosen:
            said = [wordings[level][rng.integers(3)] for wordings, level in zip(WORDINGS[problem], kind, strict=True)]
            said.append(BESIDE[rng.integers(len(BESIDE))])
            self.texts.append("; ".join(said[place] for place in rng.permutation(len(said))))
        self.best = rng.uniform(-1.0, 1.0, 3)
        grid = np.array([[self.truth(place, x) for x in np.linspace(0.0, 1.0, 101)] for place in range(THINGS)])
        self.range = float(np.ptp(grid))
        self.aim = float(grid.max()) - NEAR * self.range

    def truth(self, place: int, x: float) -> float:
        """Return what is truly found with the thing at a place, at a value of the number."""
        apart = float(np.sum((self.levels[place] - self.best) ** 2))
        return -apart - 2.0 * (x - 0.5 - 0.2 * float(self.levels[place, 0])) ** 2


def experiments(problem: str, way: str, seed: int) -> int:
    """Return how many experiments it took; the budget plus one if it never came so far."""
    world, rng = World(problem, seed), np.random.default_rng([seed, 7])
    texts = world.texts
    if way == "uninformative":
        texts = [texts[place] for place in np.random.default_rng([seed, 11]).permutation(THINGS)]
    described: dict[str, Any] = {} if way == "raw" else {"descriptions": dict(zip(world.names, texts, strict=True))}
    space = {"thing": zo.Categorical(world.names, **described), "x": zo.Continuous(0.0, 1.0)}
    planner = zo.Optimizer(space, zo.maximize("y"), seed=seed)
    for count in range(1, BUDGET + 1):
        (suggestion,) = planner.ask(1)
        found = world.truth(world.names.index(str(suggestion["thing"])), float(suggestion["x"]))
        if found >= world.aim:
            return count
        planner.tell(suggestion, y=found + NOISE * world.range * float(rng.standard_normal()))
    return BUDGET + 1


def kept(cache: Path | None, problem: str, way: str, seed: int) -> int:
    """Return the same, from the cache if it is there."""
    file = None if cache is None else cache / f"{problem}.{way}.{seed}.json"
    if file is not None and file.is_file():
        return int(json.loads(file.read_text()))
    found = experiments(problem, way, seed)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(found))
    return found


def ratio(ours: list[int], raw: list[int]) -> tuple[float, list[float]]:
    """Return the mean of one way over that of another, and its 90 % interval."""
    pairs, rng = np.array([ours, raw], dtype=float), np.random.default_rng(0)
    drawn = pairs[:, rng.integers(len(raw), size=(2000, len(raw)))].mean(axis=2)
    low, high = np.quantile(drawn[0] / drawn[1], (0.05, 0.95))
    return round(float(pairs[0].mean() / pairs[1].mean()), 3), [round(float(low), 3), round(float(high), 3)]


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--cache", type=Path, help="a folder of finished runs; new code wants a new one")
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    runs: dict[str, dict[str, list[int]]] = {}
    for problem in WORDINGS:
        runs[problem] = {way: [kept(options.cache, problem, way, seed) for seed in seeds] for way in WAYS}
        print(problem, {way: float(np.mean(found)) for way, found in runs[problem].items()}, flush=True)
    figures: dict[str, Any] = {
        "n": {problem: {way: float(np.mean(found)) for way, found in ways.items()} for problem, ways in runs.items()},
        "n_by_seed": runs,
    }
    together = {way: [count for ways in runs.values() for count in ways[way]] for way in WAYS}
    for way in WAYS[1:]:
        figures[f"{way}_over_raw"], figures[f"{way}_over_raw_90"] = ratio(together[way], together["raw"])
    report("embedded_space", {"seeds": options.seeds, "first_seed": options.first_seed, "budget": BUDGET}, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())

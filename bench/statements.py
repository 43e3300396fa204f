"""How far to trust what results make of hypotheses: random outcomes of three parameters, and statements about them.

    python bench/statements.py --campaigns 40 --cache statement-runs.jsonl

Each campaign has an outcome of its own: random slopes, in half of the cases each random squares, products and a bump;
measured with normal noise of a tenth of its standard deviation. It is run twice, by the default planner and by an even
spread, for 10 and for 20 results. Nine statements are made of each before a first result, whose truth a fine grid
tells: a trend and a place of the best for each parameter, an interaction for each pair.

Figures, by form, way and number of results: ``statements``, ``decided`` (the data's own probability is above 0.95 or
below 0.05), ``right`` (of the decided ones) and ``brier`` (mean squared difference of that probability and the truth;
one that cannot be told yet counts as half and half, which scores 0.25).
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from common import report
from numpy.typing import NDArray
from planning.lines import add_line, read_lines

import zosimos as zo
from zosimos.campaign.explain.hypotheses.scores import decided
from zosimos.campaign.explain.hypotheses.shapes import SHARE

Array = NDArray[np.float64]

WAYS = {"planner": "bayesian", "spread": "sobol"}
RESULTS = (10, 20)
NAMES = ("a", "b", "c")
SEED = 7  # of the outcomes
NOISE = 0.1  # of the outcome's standard deviation
_SIDE = 13  # of the grid that tells the truth
PLACES = np.linspace(0.0, 1.0, _SIDE)
GRID = np.stack(np.meshgrid(PLACES, PLACES, PLACES, indexing="ij"), -1).reshape(-1, 3)


def outcome_of(rng: np.random.Generator) -> Callable[[Array], Array]:
    """Return a random outcome of ``n x 3`` rows in the unit cube."""
    slopes, centre = rng.normal(size=3), rng.uniform(size=3)
    squares = rng.normal(size=3) * rng.integers(0, 2)
    products = 2.0 * rng.normal(size=3) * rng.integers(0, 2, size=3)
    height = 2.0 * rng.normal() * rng.integers(0, 2)

    def outcome(rows: Array) -> Array:
        a, b, c = rows.T
        smooth = rows @ slopes + (rows - 0.5) ** 2 @ squares + np.column_stack([a * b, a * c, b * c]) @ products
        return np.asarray(smooth + height * np.exp(-10.0 * ((rows - centre) ** 2).sum(axis=1)))

    return outcome


def statements(outcome: Callable[[Array], Array]) -> dict[str, bool]:
    """Return statements about an outcome that is to be least, and whether each is true."""
    cube = outcome(GRID).reshape((_SIDE,) * 3)
    best = GRID[int(np.argmin(cube))]
    found: dict[str, bool] = {}
    for place, name in enumerate(NAMES):
        others = tuple(other for other in range(3) if other != place)
        found[f"y falls with {name}"] = bool(np.polyfit(PLACES, cube.mean(axis=others), 1)[0] < 0)
        found[f"the best y lies where {name} > 0.5"] = bool(best[place] > 0.5)
    for first, second in itertools.combinations(range(3), 2):
        layout = np.moveaxis(cube, (first, second), (1, 2))
        apart = layout - layout.mean(axis=(1, 2), keepdims=True)
        own = apart - apart.mean(axis=1, keepdims=True) - apart.mean(axis=2, keepdims=True)
        share = float((own**2).sum() / (apart**2).sum())
        found[f"{NAMES[first]} and {NAMES[second]} interact on y"] = share >= SHARE
    return found


def judged(way: str, number: int) -> list[dict[str, Any]]:
    """Return what results of one campaign make of its statements, after each number of results."""
    rng = np.random.default_rng((SEED, number))
    outcome = outcome_of(rng)
    told, scatter = statements(outcome), NOISE * float(outcome(GRID).std())
    spec = {
        "name": "statements",
        "space": {name: zo.Continuous(0, 1) for name in NAMES},
        "objectives": zo.minimize("y"),
        "planner": {"kind": WAYS[way]},
        "budget": {"experiments": max(RESULTS)},
    }
    lines = []
    with (
        tempfile.TemporaryDirectory() as folder,
        zo.Campaign.create(spec, ledger=f"{folder}/lab.db", seed=number) as campaign,
    ):
        for text in told:
            campaign.advise(hypothesis=text, odds=0.5, author="bench")
        for results in range(1, max(RESULTS) + 1):
            (candidate,) = campaign.ask(1)
            row = np.array([[candidate[name] for name in NAMES]])
            campaign.tell(candidate, y=float(outcome(row)[0] + scatter * rng.standard_normal()))
            if results in RESULTS:
                lines += [
                    {"way": way, "campaign": number, "results": results, "form": one["form"], "chance": one["data"]}
                    | {"true": told[one["statement"]]}
                    for one in campaign.hypotheses()["hypotheses"]
                ]
    return lines


def figures(lines: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return the figures by form, way and number of results."""
    told: dict[str, dict[str, float]] = {}
    for line in lines:
        chance, true = line["chance"], line["true"]
        one = told.setdefault(
            f"{line['form']}, {line['way']}, {line['results']}",
            {"statements": 0, "decided": 0, "right": 0, "brier": 0.0},
        )
        one["statements"] += 1
        one["decided"] += decided(chance)
        one["right"] += decided(chance) and (chance > 0.5) == true
        one["brier"] += ((0.5 if chance is None else chance) - true) ** 2
    return {name: {**one, "brier": round(one["brier"] / one["statements"], 4)} for name, one in sorted(told.items())}


def main() -> None:
    """Run the campaigns that the cache lacks and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=40, metavar="N")
    parser.add_argument("--ways", default=",".join(WAYS), metavar="NAMES")
    parser.add_argument("--cache", type=Path, help="a file of finished campaigns; new code wants a new one")
    given = parser.parse_args()
    kept = {} if given.cache is None else {(line["way"], line["campaign"]): line for line in read_lines(given.cache)}
    found: list[dict[str, Any]] = []
    for way, number in itertools.product(given.ways.split(","), range(given.campaigns)):
        if (way, number) not in kept:
            kept[way, number] = {"way": way, "campaign": number, "lines": judged(way, number)}
            print(f"{way} campaign {number}", file=sys.stderr, flush=True)
            if given.cache is not None:
                add_line(given.cache, kept[way, number])
        found += kept[way, number]["lines"]
    report("statements", {"campaigns": given.campaigns, "noise": NOISE}, figures(found))


if __name__ == "__main__":
    main()

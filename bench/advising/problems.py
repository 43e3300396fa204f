"""The problems: two simulated laboratories of ranges and four measured tables, each as a campaign and as its truth.

``colour`` is ``examples/colour.yaml`` (three dyes, a colour to match), ``dilution`` is ``examples/dilution.yaml``, a
laboratory of two files (one range, an absorbance to meet). The tables are a mechanical test (``crossed_barrel``), a
mixture of three (``perovskite``), a synthesis of five ranges (``agnp``) and a reaction whose catalyst, base and solvent
are names (``direct_arylation``). Their campaigns run on ``lab: pool``, a row with its replicates averaged.

The truth is what an advisor may know: rows that can be tried, and what each gives without noise.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from planning.suites import SUITES, Source
from planning.tables import load

from zosimos.analysis.colour.difference import ciede2000, srgb_to_lab, xyz_to_lab
from zosimos.campaign.setup import Setup
from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.space import SearchSpace
from zosimos.labs.colour.dyes import mixture, xyz
from zosimos.labs.colour.gamut import nearest
from zosimos.planners.candidates.sampling import sobol_rows

Array = NDArray[np.float64]

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
TOP = 0.05  # share of a table's rows that are looked for
START = 2  # space-filling experiments of every campaign
_ROWS = 2048  # of a space that cannot be listed


@dataclass(frozen=True)
class Truth:
    """What is so, noise aside: rows that can be tried, and the outcome of each."""

    space: SearchSpace
    objective: Objective
    rows: Sequence[Values]
    outcomes: Array

    @property
    def utilities(self) -> Array:
        """Outcomes as numbers to be made large."""
        return np.array([self.objective.utility(float(value)) for value in self.outcomes])

    @property
    def span(self) -> float:
        """The range of outcomes."""
        return float(np.ptp(self.outcomes))


@dataclass(frozen=True)
class Problem:
    """A campaign, and when it is there.

    Args:
        name: of the problem.
        budget: experiments at most; a campaign that is not there by then counts as one more.
        make: writes the campaign file into a folder, if it needs one of its own, and returns where it is.
        truth: of the campaign's setup.
        reach: the outcome that is good enough, or how near to the target is.
    """

    name: str
    budget: int
    make: Callable[[Path, Path], Path]
    truth: Callable[[Setup], Truth]
    reach: Callable[[Truth], float]

    def sets(self, seed: int, experiments: int) -> list[str]:
        """Return what is set otherwise than in the campaign file."""
        return [f"seed={seed}", f"budget.experiments={experiments}", f"planner.start={START}", "batch=1", "parallel=1"]

    def met(self, truth: Truth, value: float) -> bool:
        """Say whether an outcome is good enough."""
        goal, reach = truth.objective, self.reach(truth)
        if goal.goal == "target":
            return abs(value - float(goal.target or 0.0)) <= reach
        return value >= reach if goal.goal == "max" else value <= reach


def _table(name: str) -> Problem:
    source = SUITES["pools"][name]
    return Problem(name, 50, lambda folder, data: _written(folder, data, name, source), _pool_truth, _limit)


def _written(folder: Path, data: Path, name: str, source: Source) -> Path:
    """Write a table's distinct rows and a campaign on them."""
    pool = load(data, source)
    columns = [parameter.name for parameter in pool.space.parameters]
    with (folder / "table.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*columns, pool.objective.name])
        for row, outcome in zip(pool.space.candidates, pool.outcomes, strict=True):
            writer.writerow(
                [*(repr(row[c]) if not isinstance(row[c], str) else row[c] for c in columns), repr(outcome)]
            )
    campaign = {
        "name": name,
        "objectives": {pool.objective.name: {"goal": pool.objective.goal}},
        "lab": {"kind": "pool", "file": "table.csv"},
        "budget": {"experiments": 50},
    }
    file = folder / "campaign.yaml"
    file.write_text(yaml.safe_dump(campaign, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return file


def _pool_truth(setup: Setup) -> Truth:
    space, objective = setup.space(setup.spec), setup.objectives(setup.spec)[0]
    table = setup.lab.candidates() if setup.lab is not None else None
    assert table is not None, "a pool has a table"
    outcomes = [table.number(index, objective.name) for index in range(len(space.candidates))]
    return Truth(space, objective, list(space.candidates), np.array(outcomes))


def _limit(truth: Truth) -> float:
    place = np.argsort(-truth.utilities, kind="stable")[int(np.ceil(TOP * len(truth.rows))) - 1]
    return float(truth.outcomes[place])


def _range_truth(setup: Setup, value: Callable[[Values], float], best: Values) -> Truth:
    """Return the truth of a space that cannot be listed: many rows of it, and its best."""
    space, objective = setup.space(setup.spec), setup.objectives(setup.spec)[0]
    rows = [best, *islice(sobol_rows(space, 0), _ROWS - 1)]
    return Truth(space, objective, rows, np.array([value(row) for row in rows]))


def _colour(setup: Setup) -> Truth:
    """Return the truth by the labels of the stock solutions, which is what anybody could know."""
    assert setup.spec.lab is not None
    wanted = srgb_to_lab(setup.spec.lab.options["target"])

    def difference(row: Values) -> float:
        volumes = {name: float(value) for name, value in row.items()}
        return ciede2000(xyz_to_lab(xyz(mixture(volumes, _VOLUME_ML))), wanted)

    bounds = {one.name: (0.0, 0.5) for one in setup.space(setup.spec).parameters}
    return _range_truth(
        setup, difference, dict(nearest(setup.spec.lab.options["target"], bounds, _VOLUME_ML).volumes_ml)
    )


_VOLUME_ML = 1.5
_PER_ML = 0.856  # absorbance of a mL of concentrate in the 2 mL of examples/dilution, as a few readings there say


def _dilution(setup: Setup) -> Truth:
    return _range_truth(setup, lambda row: _PER_ML * float(row["concentrate"]), {"concentrate": 0.6 / _PER_ML})


_ALL: tuple[Problem, ...] = (
    Problem("colour", 30, lambda *_: EXAMPLES / "colour.yaml", _colour, lambda _: 1.0),
    Problem("dilution", 15, lambda *_: EXAMPLES / "dilution.yaml", _dilution, lambda _: 0.01),
    *(_table(name) for name in ("crossed_barrel", "perovskite", "agnp", "direct_arylation")),
)
PROBLEMS: Mapping[str, Problem] = {problem.name: problem for problem in _ALL}

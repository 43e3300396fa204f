"""Colour matching: how soon a campaign sees no difference any more, and the colour difference that it ends with.

    python bench/colour.py --file examples/colour.yaml --seeds 20 --experiments 30

Four ways at the same budget: ``composite`` models the colour that is measured (L, a and b) and works the difference
out of it; ``plain`` models the difference itself; ``botorch`` does so with BoTorch's default process and qLogNEI, as a
proposer that a package brings; ``random`` chooses by chance. All begin with the same space-filling experiments. Each
campaign is a process of its own, ``zosimos run FILE --seed N --json``, on the simulated lab, through the drivers. The
differences are the measured ones, with their noise. A campaign that never gets there counts as its budget plus one.
With ``--cache FILE`` finished campaigns are kept and not run again.

Figures, way -> median over seeds: ``final`` (the least difference measured), ``n_to_1`` and ``n_to_0_5`` (experiments
until a difference of at most so much); and ``same_start``, whether all ways of a seed began alike.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from common import report

WAYS = {
    "composite": (),
    "plain": ("objectives.delta_e.of=null",),
    "botorch": ("objectives.delta_e.of=null", "planner.kind=botorch"),
    "random": ("planner.kind=random",),
}
LEVELS = {"n_to_1": 1.0, "n_to_0_5": 0.5}  # CIEDE2000: 1 is about the smallest difference that is noticed
BENCH = Path(__file__).resolve().parent


def differences(file: Path, seed: int, way: str, experiments: int) -> list[float]:
    """Run one campaign and return the measured colour differences, in the order in which they were chosen."""
    with tempfile.TemporaryDirectory() as folder:
        _install_botorch(Path(folder))
        sets = (f"budget.experiments={experiments}", *WAYS[way])
        overrides = [part for text in sets for part in ("--set", text)]
        _zosimos(folder, "run", str(file.resolve()), "--json", "--no-report", "--seed", str(seed), *overrides)
        table = _zosimos(folder, "export", "last", "--format", "csv")
        return [float(row["delta_e"]) for row in csv.DictReader(table.splitlines()) if row["delta_e"]]


def _install_botorch(folder: Path) -> None:
    """Write what makes BoTorch a proposer by name for a Python that looks into a folder: a package's entry point."""
    package = folder / "botorch_proposer-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: botorch-proposer\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[zosimos.proposers]\nbotorch = tasks.botorch_proposer:BoTorchProposer\n")


def _zosimos(folder: str, *arguments: str) -> str:
    command = [sys.executable, "-m", "zosimos.faces.cli", *arguments]
    paths = [folder, str(BENCH), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=environment).stdout


def reached(found: Sequence[float], experiments: int, level: float) -> int:
    """Return how many experiments it took to a difference of at most ``level``; the budget plus one if it never came.

    >>> reached([4.0, 0.9, 2.0], 3, 1.0), reached([4.0], 3, 1.0)
    (2, 4)
    """
    return next((place for place, value in enumerate(found, start=1) if value <= level), experiments + 1)


class Kept:
    """Finished campaigns, a line each in a file, or nowhere."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        lines = path.read_text().splitlines() if path is not None and path.is_file() else []
        self._known = {(key["seed"], key["way"], key["experiments"]): key["found"] for key in map(json.loads, lines)}

    def differences(self, file: Path, seed: int, way: str, experiments: int) -> list[float]:
        key = (seed, way, experiments)
        if key not in self._known:
            self._known[key] = differences(file, seed, way, experiments)
            if self._path is not None:
                line = {"seed": seed, "way": way, "experiments": experiments, "found": self._known[key]}
                with self._path.open("a") as out:
                    out.write(json.dumps(line) + "\n")
        return self._known[key]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, default=Path("examples/colour.yaml"))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--experiments", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--cache", type=Path, help="a file of finished campaigns; new code wants a new one")
    arguments = parser.parse_args()
    jobs = [(seed, way) for seed in range(arguments.seeds) for way in WAYS]
    kept = Kept(arguments.cache)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        runs = pool.map(lambda job: kept.differences(arguments.file, *job, arguments.experiments), jobs)
        found = dict(zip(jobs, runs, strict=True))
    same = all(_alike([found[seed, way] for way in WAYS], _start(arguments.file)) for seed in range(arguments.seeds))
    figures: dict[str, dict[str, float]] = {"final": {}, **{figure: {} for figure in LEVELS}}
    print(f"{'way':<12}{'final':>10}{'n to 1':>10}{'n to 0.5':>10}   seeds' n to 0.5")
    for way in WAYS:
        own = [found[seed, way] for seed in range(arguments.seeds)]
        soon = {figure: [reached(run, arguments.experiments, level) for run in own] for figure, level in LEVELS.items()}
        figures["final"][way] = round(statistics.median(min(run) for run in own), 4)
        for figure, counts in soon.items():
            figures[figure][way] = statistics.median(counts)
        medians = "".join(f"{figures[figure][way]:>10.1f}" for figure in LEVELS)
        print(f"{way:<12}{figures['final'][way]:>10.3f}{medians}   {' '.join(map(str, soon['n_to_0_5']))}")
    settings = {"file": arguments.file.name, "seeds": arguments.seeds, "experiments": arguments.experiments}
    report("colour", settings, {**figures, "same_start": same})


def _start(file: Path) -> int:
    """Return how many space-filling experiments a campaign file begins with."""
    return int(yaml.safe_load(file.read_text())["planner"]["start"])


def _alike(runs: Sequence[Sequence[float]], first: int) -> bool:
    """Say whether campaigns began with the same results, their last digits apart."""
    return len({tuple(round(value, 9) for value in run[:first]) for run in runs}) == 1


if __name__ == "__main__":
    main()

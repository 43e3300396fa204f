"""Colour matching: how soon a campaign sees no difference any more, and the colour difference that it ends with.

    python bench/colour.py --file examples/colour.yaml --seeds 20 --experiments 30

Three ways at the same budget: ``composite`` models the colour that is measured (L, a and b) and works the difference
out of it; ``plain`` models the difference itself; ``random`` chooses by chance. Each campaign is a process of its own,
``zosimos run FILE --seed N --json``, on the simulated lab, through the drivers. A campaign that never gets there counts
as its budget plus one. With ``--cache FILE`` finished campaigns are kept and not run again.
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

from common import report

WAYS = {
    "composite": (),
    "plain": ("objectives.delta_e.of=null",),
    "random": ("planner.kind=random",),
}
SEEN = 1.0  # CIEDE2000: about the smallest difference that is noticed


def differences(file: Path, seed: int, way: str, experiments: int) -> list[float]:
    """Run one campaign and return the measured colour differences, in the order in which they were chosen."""
    with tempfile.TemporaryDirectory() as folder:
        sets = (f"budget.experiments={experiments}", *WAYS[way])
        overrides = [part for text in sets for part in ("--set", text)]
        _zosimos(folder, "run", str(file.resolve()), "--json", "--no-report", "--seed", str(seed), *overrides)
        table = _zosimos(folder, "export", "last", "--format", "csv")
        return [float(row["delta_e"]) for row in csv.DictReader(table.splitlines()) if row["delta_e"]]


def _zosimos(folder: str, *arguments: str) -> str:
    command = [sys.executable, "-m", "zosimos.faces.cli", *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=environment).stdout


def reached(found: Sequence[float], experiments: int, level: float = SEEN) -> int:
    """Return how many experiments it took to a difference of at most ``level``; the budget plus one if it never came.

    >>> reached([4.0, 0.9, 2.0], 3), reached([4.0], 3)
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
    figures: dict[str, dict[str, float]] = {"final": {}, "n_to_1": {}}
    print(f"{'way':<12}{'final':>10}{'n to 1':>10}   seeds' n to 1")
    for way in WAYS:
        own = [found[seed, way] for seed in range(arguments.seeds)]
        soon = [reached(run, arguments.experiments) for run in own]
        figures["final"][way] = round(statistics.median(min(run) for run in own), 4)
        figures["n_to_1"][way] = statistics.median(soon)
        print(f"{way:<12}{figures['final'][way]:>10.3f}{figures['n_to_1'][way]:>10.1f}   {' '.join(map(str, soon))}")
    settings = {"file": arguments.file.name, "seeds": arguments.seeds, "experiments": arguments.experiments}
    report("colour", settings, figures)


if __name__ == "__main__":
    main()

"""Colour matching: the colour difference that a campaign ends with, against random choice at the same budget.

    python bench/colour.py --file examples/colour.yaml --seeds 20 --experiments 30

Each campaign is a process of its own, ``zosimos run FILE --seed N --json``, on the simulated lab, through the drivers.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import report

PLANNERS = ("bayesian", "random")


def final(file: Path, seed: int, planner: str, experiments: int) -> float:
    """Run one campaign and return the smallest measured colour difference."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "zosimos.faces.cli", "run", str(file.resolve()), "--json"]
        overrides = ["--set", f"planner.kind={planner}", "--set", f"budget.experiments={experiments}"]
        found = subprocess.run(
            [*command, "--seed", str(seed), *overrides],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        line = json.loads(found.stdout.splitlines()[-1])
        return float(line["best"]["outcomes"]["delta_e"]["value"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, default=Path("examples/colour.yaml"))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--experiments", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    jobs = [(seed, planner) for seed in range(arguments.seeds) for planner in PLANNERS]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        ends = list(pool.map(lambda job: final(arguments.file, *job, arguments.experiments), jobs))
    found = dict(zip(jobs, ends, strict=True))
    print(f"{'seed':>4}{PLANNERS[0]:>12}{PLANNERS[1]:>12}")
    for seed in range(arguments.seeds):
        print(f"{seed:>4}" + "".join(f"{found[seed, planner]:12.3f}" for planner in PLANNERS))
    medians = {
        planner: statistics.median(found[seed, planner] for seed in range(arguments.seeds)) for planner in PLANNERS
    }
    print("median" + f"{medians['bayesian']:10.3f}{medians['random']:12.3f}")
    figures = {f"median_{planner}": round(value, 4) for planner, value in medians.items()}
    figures["ratio"] = round(medians["bayesian"] / medians["random"], 4)
    settings = {"file": arguments.file.name, "seeds": arguments.seeds, "experiments": arguments.experiments}
    report("colour", settings, figures)


if __name__ == "__main__":
    main()

"""What a suggestion costs: seconds against observations, a pool of 100,000 rows, and the memory of a million.

    python bench/planner_cost.py [--rows 100000] [--large 1000000] [--observations 50,200,1000,2000,5000,10000]

`fit_s` is learning (hyper-parameters included), `choose_s` finding the best of all free rows of the pool, both
in CPU seconds of one process in one thread. The large pool is read from a CSV file by a process of its own, which makes
one decision; `peak_mib` is the most memory that process held.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import report

from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.pool import Pool
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.isolation import isolated
from zosimos.planners.models.belief import Belief
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.proposers.top_rows import top_rows
from zosimos.planners.protocol import ProposalContext

NAMES = ("a", "b", "c", "d", "e")
PARAMETERS = tuple(Continuous(name, 0.0, 1.0) for name in NAMES)
GOAL = Objective("y", "max")


def outcome(x: np.ndarray) -> np.ndarray:
    """Return a smooth surface of five variables (after Friedman 1991) at ``n x 5`` rows."""
    return 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]


def observed(n: int, rng: np.random.Generator) -> tuple[Observation, ...]:
    x = rng.random((n, len(NAMES)))
    y = outcome(x) + rng.normal(size=n)
    return tuple(
        Observation(f"e{i:05d}", dict(zip(NAMES, map(float, row), strict=True)), {"y": Measurement("y", float(value))})
        for i, (row, value) in enumerate(zip(x, y, strict=True))
    )


def cost(n: int, rows: int) -> dict[str, float]:
    """Return the CPU seconds of one decision after ``n`` observations over a pool of ``rows``."""
    rng = np.random.default_rng(n)
    table = rng.random((rows, len(NAMES)))
    pool = Pool.of([dict(zip(NAMES, map(float, row), strict=True)) for row in table], PARAMETERS)
    context = ProposalContext(Goal(SearchSpace(PARAMETERS, pool=pool), (GOAL,)), History(observed(n, rng)), seed=1)
    assert context.free is not None
    with isolated(1):
        began = time.process_time()
        belief = Belief(context)
        fitted = time.process_time()
        top_rows(belief, context.free, 1)
        done = time.process_time()
    return {"fit_s": round(fitted - began, 3), "choose_s": round(done - fitted, 3)}


def large(path: Path) -> None:
    """Make one decision over the pool in a CSV file; print the peak memory in MiB and the seconds."""
    from zosimos.core.table import read_table

    began = time.process_time()
    table = read_table(path)
    space = SearchSpace(PARAMETERS, pool=Pool(table.read(dict.fromkeys(NAMES, "number"))))
    read = time.process_time()
    planner = make_planner(Goal(space, (GOAL,)), Policy(start=2), seed=1, sequence_seed=1)
    planner.tell(observed(50, np.random.default_rng(5)))
    planner.ask()
    peak = _peak_kib() / 1024
    print(f"{peak:.0f} {read - began:.1f} {time.process_time() - read:.1f}")


def _peak_kib() -> int:
    """Return this process's peak memory; on Linux from /proc, because getrusage counts what the parent held, too."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--observations", default="50,200,1000,2000,5000,10000")
    parser.add_argument("--decide", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.decide:
        large(options.decide)
        return
    counts = [int(n) for n in options.observations.split(",")]
    by_count = {str(n): cost(n, options.rows) for n in counts}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pool.csv"
        np.savetxt(
            path,
            np.random.default_rng(3).random((options.large, 5)),
            delimiter=",",
            header=",".join(NAMES),
            comments="",
            fmt="%.6f",
        )
        command = [sys.executable, __file__, "--decide", str(path)]
        told = subprocess.run(
            command, check=True, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
    peak, read, decide = map(float, told.stdout.split())
    figures = {
        "by_observations": by_count,
        "million_rows": {"rows": options.large, "peak_mib": peak, "read_s": read, "decide_s": decide},
    }
    report("planner_cost", {"rows": options.rows}, figures)


if __name__ == "__main__":
    main()

"""What a suggestion costs: beside a peer's, against observations over a pool of 100,000 rows, and a million's memory.

    python bench/planner_cost.py [--rows 100000] [--large 1000000] [--observations 50,200,1000,2000,5000,10000]
    python bench/planner_cost.py --parts at_50 --peer baybe

`at_50`: CPU seconds of a suggestion after 50 results, ours and a peer's in turn in one process under --peer-python
(`make bench-env`; without it this part is left out, and said so), medians by world, and `ours_over_peer`.

`fit_s` is learning (hyper-parameters included), `choose_s` finding the best of all free rows of the pool, both
in CPU seconds of one process in one thread. The large pool is read from a CSV file by a process of its own, which makes
one decision; `peak_mib` is the most memory that process held.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import report
from planning.at_fifty import RESULTS
from planning.entrants import PEERS, ROOT
from planning.grid import OURS
from planning.options import names, positive
from planning.processes import exit_code, stream

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
PARTS = ("at_50", "by_observations", "million_rows")


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


def million(rows: int) -> dict[str, float]:
    """Return the memory and the CPU seconds of one decision over a large pool, made by a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pool.csv"
        numbers = np.random.default_rng(3).random((rows, 5))
        np.savetxt(path, numbers, delimiter=",", header=",".join(NAMES), comments="", fmt="%.6f")
        command = [sys.executable, __file__, "--decide", str(path)]
        told = subprocess.run(
            command, check=True, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
    peak, read, decide = map(float, told.stdout.split())
    return {"rows": rows, "peak_mib": peak, "read_s": read, "decide_s": decide}


def at_fifty(peer: str, interpreter: Path, times: int) -> dict[str, Any]:
    """Return CPU seconds of a suggestion by world and planner, and the largest ratio over worlds.

    Raises:
        WorkerError: the interpreter lacks the peer, or a planner failed.
    """
    job = {"planners": [OURS, peer], "times": times}
    (found,) = stream(interpreter, "planning.at_fifty", job, f"{peer} after {RESULTS} results")
    medians = {world: {p: statistics.median(x) for p, x in row.items()} for world, row in found.items()}
    ratios = {world: round(row[OURS] / row[peer], 3) for world, row in medians.items()}
    return {"cpu_s": medians, "ours_over_peer": ratios, "worst_ours_over_peer": max(ratios.values())}


def main() -> int:
    """Measure the parts that are asked for; 2 if the command line is wrong, 1 if a worker failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--observations", default="50,200,1000,2000,5000,10000")
    parser.add_argument("--parts", default=",".join(PARTS), help="with commas between")
    parser.add_argument("--peer", choices=tuple(PEERS), default="baybe")
    parser.add_argument("--peer-python", type=Path, default=ROOT / ".bench-env" / "bin" / "python")
    parser.add_argument("--times", type=positive, default=7, help="suggestions of each planner in each world")
    parser.add_argument("--decide", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.decide:
        large(options.decide)
        return 0
    settings = {"rows": options.rows, "peer": options.peer}
    return exit_code(lambda: report("planner_cost", settings, _figures(options)))


def _figures(options: argparse.Namespace) -> dict[str, Any]:
    parts = names(options.parts, PARTS, "--parts")
    found: dict[str, Any] = {}
    if "at_50" in parts and options.peer_python.exists():
        found["at_50"] = at_fifty(options.peer, options.peer_python, options.times)
    elif "at_50" in parts:
        found["left_out"] = {"at_50": f"no interpreter {options.peer_python}: make bench-env, or name --peer-python"}
    if "by_observations" in parts:
        found["by_observations"] = {n: cost(int(n), options.rows) for n in options.observations.split(",")}
    if "million_rows" in parts:
        found["million_rows"] = million(options.large)
    return found


if __name__ == "__main__":
    sys.exit(main())

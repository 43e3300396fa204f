"""What a suggestion costs: beside a peer's, by results over a pool or over ranges, and a million rows' memory.

    python bench/planner_cost.py [--rows 100000] [--large 1000000] [--observations 50,200,1000,2000,5000,10000]
    python bench/planner_cost.py --parts at_50 --peer baybe
    python bench/planner_cost.py --parts ranges --observations 50,1000,10000 --columns 6,50

`at_50`: CPU seconds of a suggestion after 50 results, ours and a peer's in turn in one process under --peer-python
(`make bench-env`; without it this part is left out, and said so), medians by world, and `ours_over_peer`.

`fit_s` is learning (hyper-parameters included), `choose_s` finding the best of all free rows of the pool, both
in CPU seconds of one process in one thread. The large pool is read from a CSV file by a process of its own, which makes
one decision; `peak_mib` is the most memory that process held.

`ranges`: one suggestion by the number of ranges and of results (Hartmann's function of the first six columns, measured
with noise at random rows), each in a process of its own: `cpu_s`, `peak_mib` beside `base_mib` with everything
imported, `asked`, the true value of the row that is asked for (3.32 is the most there is), `best`, of those measured.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from common import report
from planning.at_fifty import RESULTS
from planning.entrants import PEERS, ROOT
from planning.grid import OURS
from planning.options import names, positive
from planning.processes import exit_code, stream
from tasks.sparse import hartmann6

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
PARTS = ("at_50", "by_observations", "ranges", "million_rows")
_NOISE = 0.02  # of Hartmann's function: 0.6 % of its range


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


def suggest(columns: int, results: int) -> None:
    """Make one decision over ranges; print a JSON object of what it took, and how good the row is that it asks for."""

    names = [f"x{index:03d}" for index in range(columns)]
    space = SearchSpace(tuple(Continuous(name, 0.0, 1.0) for name in names))
    rng = np.random.default_rng(results)
    x = rng.random((results, columns))
    truth = hartmann6(x[:, :6])
    planner = make_planner(Goal(space, (GOAL,)), Policy(start=2), seed=1, sequence_seed=1)
    planner.tell(
        [
            Observation(f"e{i:05d}", dict(zip(names, map(float, row), strict=True)), {"y": Measurement("y", float(y))})
            for i, (row, y) in enumerate(zip(x, truth + _NOISE * rng.normal(size=results), strict=True))
        ]
    )
    base, began = _peak_kib() / 1024, time.process_time()
    (chosen,) = planner.ask()
    took, peak = time.process_time() - began, _peak_kib() / 1024
    asked = hartmann6(np.array([[float(chosen.values[name]) for name in names[:6]]]))[0]
    found = {"cpu_s": round(took, 2), "base_mib": round(base), "peak_mib": round(peak)}
    print(json.dumps({**found, "asked": round(float(asked), 3), "best": round(float(truth.max()), 3)}))


def over_ranges(columns: Sequence[int], results: Sequence[int]) -> dict[int, dict[int, Any]]:
    """Return what a suggestion took by the number of columns, then of results, each of a process of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    found: dict[int, dict[int, Any]] = {}
    for d in columns:
        for n in results:
            command = [sys.executable, __file__, "--suggest", f"{d},{n}"]
            told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
            found.setdefault(d, {})[n] = json.loads(told)
            print(f"{d} columns, {n} results: {told.strip()}", file=sys.stderr, flush=True)
    return found


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
    parser.add_argument("--columns", default="6,20,50,100")
    parser.add_argument("--parts", default=",".join(PARTS), help="with commas between")
    parser.add_argument("--peer", choices=tuple(PEERS), default="baybe")
    parser.add_argument("--peer-python", type=Path, default=ROOT / ".bench-env" / "bin" / "python")
    parser.add_argument("--times", type=positive, default=7, help="suggestions of each planner in each world")
    parser.add_argument("--decide", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--suggest", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.decide:
        large(options.decide)
        return 0
    if options.suggest:
        suggest(*map(int, options.suggest.split(",")))
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
    if "ranges" in parts:
        found["ranges"] = over_ranges(_counts(options.columns, 6), _counts(options.observations, 2))
    if "million_rows" in parts:
        found["million_rows"] = million(options.large)
    return found


def _counts(text: str, least: int) -> list[int]:
    """Return numbers with commas between; no less than the function has columns, or a decision needs results."""
    return [max(least, int(number)) for number in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())

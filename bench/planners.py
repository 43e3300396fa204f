"""Planners against each other on pools of measured rows: experiments until a top-1 % row was measured.

    python bench/planners.py --suite pools --seeds 20 --budget 50 --table
    python bench/planners.py --data FILE.csv --target COLUMN --goal max --planners zosimos,baybe

Every planner starts from the same two random rows, seed by seed, and then asks for one experiment at a time until a row
at least as good as the ceil(1 % of n)-th best was measured, or the budget is spent. Replicates are averaged. Random
choice is computed exactly. Runs are kept in the cache folder: what is there is not computed again, and a benchmark that
was stopped goes on where it was. The other planning packages run under --peer-python (`make bench-env`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from common import report
from planning.cache import Contest, RunCache
from planning.dispatch import Workers
from planning.entrants import CHANCE, NAMES
from planning.figures import figures, markdown
from planning.honesty import honesty
from planning.options import add_shared, names, positive
from planning.processes import WorkerError
from planning.suites import SUITES, Source
from planning.tables import load

from zosimos.core.errors import SpecError, ZosimosError


def main() -> int:
    """Run the benchmark; 2 if the command line or a file is wrong, 1 if a worker failed."""
    options = _options()
    try:
        _run(options)
    except WorkerError as error:
        print(error, file=sys.stderr)
        return 1
    except ZosimosError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _run(options: argparse.Namespace) -> None:
    sources = _sources(options)
    planners = names(options.planners, NAMES, "--planners")
    folder = Path() if options.data else options.data_dir
    pools = {name: load(folder, source) for name, source in sources.items()}
    runners = [name for name in planners if name != CHANCE]
    if not runners:
        raise SpecError("random choice is computed, not run: name a planner besides it", field="--planners")
    workers = Workers(options.jobs, options.chunk, options.peer_python)
    versions = workers.versions(runners)
    contests = {
        (name, planner): Contest(name, pools[name], planner, versions[planner], options.budget, options.start)
        for name in pools
        for planner in runners
    }
    cache = RunCache(options.cache)
    seeds = list(range(options.seeds))
    jobs = [(contest, folder, sources[name]) for (name, _), contest in contests.items()]
    problems = workers.work(jobs, seeds, options.full, cache)
    if problems:
        raise WorkerError("\n".join(problems))
    runs = {
        name: {
            planner: [run for _, run in sorted(cache.runs(contests[name, planner], seeds, options.full).items())]
            for planner in runners
        }
        for name in pools
    }
    found = figures(pools, runs, options.budget, versions) | {"honesty": honesty(pools, runs)}
    if options.table:
        print(markdown(found, [*runners, CHANCE]))
    settings = {
        "suite": None if options.data else options.suite,
        "sets": {name: pool.size for name, pool in pools.items()},
        "planners": planners,
        **{name: getattr(options, name) for name in ("seeds", "budget", "start", "full")},
    }
    report("planners", settings, found)


def _sources(options: argparse.Namespace) -> Mapping[str, Source]:
    if not options.data:
        suite = SUITES[options.suite]
        chosen = names(options.sets, tuple(suite), "--sets") if options.sets else list(suite)
        return {name: suite[name] for name in chosen}
    if not (options.target and options.goal):
        raise SpecError("a table needs its target and goal", field="--data", hint="add --target COLUMN --goal max")
    ignored = tuple(name for name in options.ignore.split(",") if name)
    return {options.data.stem: Source(str(options.data.resolve()), options.target, options.goal, ignored)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=tuple(SUITES), default="pools")
    parser.add_argument("--sets", help="only these sets of the suite, with commas between")
    parser.add_argument("--data", type=Path, help="a table of your own instead of a suite")
    parser.add_argument("--target", help="its target column")
    parser.add_argument("--goal", choices=("max", "min"))
    parser.add_argument("--ignore", default="", help="its columns that are neither parameters nor the target")
    parser.add_argument("--planners", default="zosimos,baybe,ax,optuna,botorch,forest,random")
    parser.add_argument("--budget", type=positive, default=50)
    parser.add_argument("--start", type=positive, default=2, help="rows drawn at random to start with")
    parser.add_argument("--full", action="store_true", help="go on to the budget after the first top row")
    add_shared(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

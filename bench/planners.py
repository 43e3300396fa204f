"""Planners against each other on pools of measured rows: experiments until a top-1 % row was measured.

    python bench/planners.py --suite all --seeds 20 --budget 50 --full zosimos,botorch --table
    python bench/planners.py --data FILE.csv --target COLUMN --goal max --planners zosimos,baybe

Every planner starts from the same two random rows, seed by seed, and then asks for one experiment at a time until a row
at least as good as the ceil(1 % of n)-th best was measured, or the budget is spent. Replicates are averaged. Random
choice is computed exactly. Runs are kept in the cache folder: what is there is not computed again, and a benchmark that
was stopped goes on where it was. The other planning packages run under --peer-python (`make bench-env`).

On a suite our planner is run with each setting of a small grid (--settings), and for each table the setting counts that
was best on the others: no table has a say in how its own runs are planned. A table of one's own is planned with the
settings that campaigns have; what is needed to check its figures is printed with them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from common import report
from planning.cache import Contest, RunCache
from planning.crossfit import hindsight_choice, left_out_choice
from planning.dispatch import Workers
from planning.entrants import CHANCE, NAMES
from planning.figures import figures, markdown
from planning.grid import DEFAULT, GRID, OURS, entrant_of
from planning.honesty import honesty
from planning.options import add_shared, names, positive
from planning.processes import WorkerError, exit_code
from planning.protocol import in_words, protocol
from planning.replay import Run
from planning.scoring import acceleration, chance, needed
from planning.suites import SUITES, Source
from planning.tables import Pool, load

from zosimos.core.errors import SpecError

Runs = dict[str, dict[str, list[Run]]]  # table -> planner -> runs by seed
_TOP = 0.01  # by which a setting is chosen


def main() -> int:
    """Run the benchmark; 2 if the command line or a file is wrong, 1 if a worker failed."""
    options = _options()
    return exit_code(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    sources = _sources(options)
    planners = names(options.planners, NAMES, "--planners")
    settings = names(options.settings or (DEFAULT if options.data else ",".join(GRID)), tuple(GRID), "--settings")
    folder = Path() if options.data else options.data_dir
    pools = {name: load(folder, source) for name, source in sources.items()}
    runners = [name for name in planners if name != CHANCE]
    if not runners:
        raise SpecError("random choice is computed, not run: name a planner besides it", field="--planners")
    of_ours = {entrant_of(setting): setting for setting in settings}
    entrants = [entrant for name in runners for entrant in (of_ours if name == OURS else [name])]
    workers = Workers(options.jobs, options.chunk, options.peer_python)
    versions = workers.versions(entrants)
    runs = _made(options, sources, folder, pools, entrants, versions, workers)
    chosen: dict[str, Any] = {}
    if OURS in runners:
        chosen = _chosen(pools, runs, of_ours, options.budget)
        runs = {
            name: {p: row[entrant_of(chosen["chosen"][name])] if p == OURS else row[p] for p in runners}
            for name, row in runs.items()
        }
    found = figures(pools, runs, options.budget, versions) | {"honesty": honesty(pools, runs)}
    if len(settings) > 1 and chosen:
        found["settings"] = chosen
    found["seeds"] = {name: len(next(iter(row.values()))) for name, row in runs.items()}
    if options.table:
        print(markdown(found, [*runners, CHANCE]))
    if options.data:
        (pool,) = pools.values()
        found["protocol"] = protocol(pool)
        print(in_words(found["protocol"], found, options.budget))
    told = {
        "suite": None if options.data else options.suite,
        "sets": {name: pools[name].size for name in runs},
        "planners": planners,
        "settings": settings if OURS in runners else [],
        **{name: getattr(options, name) for name in ("seeds", "budget", "start", "full", "kept")},
    }
    report("planners", told, found)


def _made(
    options: argparse.Namespace,
    sources: Mapping[str, Source],
    folder: Path,
    pools: Mapping[str, Pool],
    entrants: Sequence[str],
    versions: Mapping[str, str],
    workers: Workers,
) -> Runs:
    """Return all runs; those that the cache lacks are made, or left out with ``--kept``."""
    to_end = {*names(options.full, NAMES, "--full")} if options.full else set()
    full = {entrant: (OURS if entrant.startswith(OURS) else entrant) in to_end for entrant in entrants}
    contests = {
        (name, entrant): Contest(name, pools[name], entrant, versions[entrant], options.budget, options.start)
        for name in pools
        for entrant in entrants
    }
    cache = RunCache(options.cache)
    seeds = list(range(options.seeds))
    if not options.kept:
        jobs = [(contest, folder, sources[name], full[entrant]) for (name, entrant), contest in contests.items()]
        if problems := workers.work(jobs, seeds, cache):
            raise WorkerError("\n".join(problems))
    runs: Runs = {}
    for name in pools:
        row = {entrant: cache.runs(contests[name, entrant], seeds, full[entrant]) for entrant in entrants}
        shared = [seed for seed in seeds if all(seed in found for found in row.values())]
        if shared:
            runs[name] = {entrant: [found[seed] for seed in shared] for entrant, found in row.items()}
    if not runs:
        raise SpecError("no table has a seed that all planners have run", field="--kept", hint="leave --kept out")
    return runs


def _chosen(pools: Mapping[str, Pool], runs: Runs, of_ours: Mapping[str, str], budget: int) -> dict[str, Any]:
    """Return which setting counts for each table, and how all of them did.

    ``chosen`` by table; ``n_top1`` (table: setting: mean experiments); ``af_top1`` by setting, over all tables;
    ``best_in_hindsight`` by table, which is for comparison only.
    """
    counts = {
        name: {
            setting: [float(needed(pools[name], run, _TOP, budget)) for run in row[entrant]]
            for entrant, setting in of_ours.items()
        }
        for name, row in runs.items()
    }
    by_chance = {name: chance(pools[name], _TOP, budget) for name in runs}
    return {
        "chosen": left_out_choice(counts, by_chance),
        "best_in_hindsight": hindsight_choice(counts),
        "af_top1": {name: round(factor, 4) for name, factor in acceleration(counts, by_chance).items()},
        "n_top1": {name: {s: round(sum(x) / len(x), 2) for s, x in row.items()} for name, row in counts.items()},
    }


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
    parser.add_argument("--settings", help=f"of our planner, from {', '.join(GRID)} (default: all; one table: default)")
    parser.add_argument("--budget", type=positive, default=50)
    parser.add_argument("--start", type=positive, default=2, help="rows drawn at random to start with")
    parser.add_argument(
        "--full",
        nargs="?",
        const=",".join(NAMES),
        default="",
        metavar="PLANNERS",
        help="these go on to the budget after the first top row, as coverage needs (without names: all)",
    )
    parser.add_argument("--kept", action="store_true", help="run nothing: only tables and seeds that all have run")
    add_shared(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

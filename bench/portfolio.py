"""Proposers that compete and advisors that are right or wrong, against Bayesian optimisation alone, on measured tables.

    python bench/portfolio.py --data-dir DIR --seeds 20 --table

Every way starts from the same two random rows, seed by seed, and asks for one experiment at a time until a row of the
top 5 % was measured, at most 50; a miss counts 51. Ways: ``plain`` (the Bayesian proposer alone), each other proposer
of the portfolio alone, ``portfolio`` (they compete, ``portfolio: earned``), and plain with a scripted advisor:
``good``, ``useless`` or ``adversarial``.

An advisor knows the whole table. It is called before each decision, and what it says counts for five results. In a
call it means one row: the good one the best row in 60 % of its calls, drawn by chance, and any row drawn at random in
the others; the useless one always a row drawn at random; the adversarial one always the worst row. Nobody says which
calls are right. It gives two things:

- a prior of where the best lies: by number, the value of the row meant, off by 0.15 of the column's range, up or down
  by chance, with a standard deviation of 0.2 of the range; by name, the choice of the row meant, three times as
  likely as any other;
- a point: the untried row that is likeliest under this prior, with an expected outcome. That is the row's true outcome
  in the good advisor's right calls, the best outcome of the table in all others; off by 0.15 of the range of outcomes,
  up or down by chance, with a standard deviation of 0.2 of the range.

Figures: ``n_top5`` (set, way: mean experiments); ``A_over_B``, mean experiments of A over those of B, by the geometric
mean over sets, with its 90 % interval (``_90``; seeds drawn again, paired) and by set (``_by_set``). The best single
proposer is the one whose geometric mean over sets is lowest in the same runs. Finished runs are kept in the cache
folder and not made again.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from common import report
from planning.options import add_shared, names
from planning.processes import exit_code
from planning.suites import SUITES
from planning.tables import load
from tasks.advisors import ADVISORS
from tasks.book import Book
from tasks.figures import compared, figures
from tasks.portfolio import BUDGET, PLAIN, SINGLES, START, TASK, WAYS
from tasks.task import Trace


def main() -> int:
    """Run the benchmark; 2 if the command line or a file is wrong, 1 if a worker failed."""
    options = _options()
    return exit_code(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    suite = SUITES[options.suite]
    sets = names(options.sets or ",".join(suite), tuple(suite), "--sets")
    ways = names(options.ways, WAYS, "--ways")
    sizes = {name: load(options.data_dir, suite[name]).size for name in sets}
    book = Book(options.cache, options.data_dir, options.jobs, options.chunk, options.peer_python)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    found = summary(book.traces(replace(TASK, variants=tuple(sets)), ways, seeds))
    if options.table:
        print(markdown(found))
    settings = {"suite": options.suite, "sets": sizes, "ways": ways, "start": START, "budget": BUDGET}
    report("portfolio", {**settings, "first_seed": options.first_seed, "seeds": options.seeds}, found)


def summary(traces: Mapping[str, Mapping[str, Sequence[Trace]]]) -> dict[str, Any]:
    """Return all figures from the runs by set and way; comparisons with a way that was not run are left out."""
    known = figures(TASK, traces)
    found: dict[str, Any] = {
        "n_top5": known["spent"],
        "n_top5_se": known["spent_se"],
        "met": known["met"],
        "errors": known["errors"],
    }
    ways = list(known["errors"])
    singles = [name for name in SINGLES if name in ways]
    pairs = [(way, PLAIN, PLAIN) for way in (*ADVISORS, "portfolio")]
    if singles:
        rows = known["spent"].values()
        found["best_single"] = min(singles, key=lambda name: statistics.geometric_mean(row[name] for row in rows))
        pairs.append(("portfolio", found["best_single"], "best_single"))
    spent = {name: {way: [run.spent for run in runs] for way, runs in row.items()} for name, row in traces.items()}
    for ours, rival, told in pairs:
        if ours in ways and rival in ways:
            ratio = compared(spent, ours, rival)
            name = f"{ours}_over_{told}"
            found |= {name: ratio["ratio"], f"{name}_90": ratio["ratio_90"], f"{name}_by_set": ratio["by_variant"]}
    return found


def markdown(found: Mapping[str, Any]) -> str:
    """Return mean experiments ± standard error by set and way as a table, and the comparisons below it."""
    ways = list(found["errors"])
    lines = [f"| set | {' | '.join(ways)} |", f"|{'---|' * (len(ways) + 1)}"]
    for name, row in found["n_top5"].items():
        errors = found["n_top5_se"][name]
        lines.append(f"| {name} | {' | '.join(f'{row[way]:.1f} ± {errors[way] or 0.0:.1f}' for way in ways)} |")
    for name in [name.removesuffix("_90") for name in found if name.endswith("_90")]:
        low, high = found[f"{name}_90"]
        lines.append(f"\n{name}: {found[name]:.3f} (90 % interval {low:.3f} to {high:.3f})")
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=tuple(SUITES), default="pools")
    parser.add_argument("--sets", help="only these sets of the suite, with commas between")
    parser.add_argument("--ways", default=",".join(WAYS), help="only these, with commas between")
    parser.add_argument("--first-seed", type=int, default=0, help="the seeds are this one and those after it")
    add_shared(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

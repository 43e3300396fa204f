"""Planning over ranges, and over ranges and a choice: ours against BoTorch as its tutorials use it, and chance.

    python bench/continuous.py --seeds 12 --cache DIR --table
    python bench/continuous.py --problems hartmann6 --batches 4 --ways zosimos,botorch --seeds 3

Six functions are measured with noise: Branin, Hartmann-6, Ackley-5, Levy-8, Rosenbrock-4 (formulas and bounds of
``botorch.test_functions``) and ``mixed``, Hartmann's function of three under a choice of four. Points are asked for in
batches of 1, 4 and 8, on Hartmann-6 of 16, too. A run begins with two Sobol points for each parameter and has 60
evaluations, from five parameters on 100. All ways begin with the same points of a seed and meet the same noise by
number of the experiment. Runs are kept in the cache folder, BoTorch's under its version and the sources of its part of
this benchmark, ours under the source of the planning rooms: what is there is not run again.

The figures are described in ``bench/surfaces/figures.py``; the main one is ``regret`` (problem: batch: way).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from common import report
from planning.grid import OURS
from planning.options import names, positive
from planning.processes import exit_code
from surfaces.book import Book, Case
from surfaces.figures import figures, markdown
from surfaces.play import Trial
from surfaces.problems import PROBLEMS
from surfaces.ways import BOTORCH, RANDOM, WAYS

from zosimos.core.errors import SpecError

BATCHES = (1, 4, 8)
MORE = {"hartmann6": (16,)}  # batches of one problem alone


def main() -> int:
    """Run the benchmark; 2 if the command line is wrong, 1 if a worker failed."""
    options = _options()
    return exit_code(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    problems = names(options.problems, tuple(PROBLEMS), "--problems")
    ways = names(options.ways, WAYS, "--ways")
    known = [str(batch) for batch in (*BATCHES, *(batch for more in MORE.values() for batch in more))]
    asked = [int(batch) for batch in names(options.batches, tuple(known), "--batches")]
    pairs = [(name, b) for b in asked for name in problems if b in (*BATCHES, *MORE.get(name, ()))]
    if not pairs:
        raise SpecError("no problem is run with such batches", field="--batches", value=options.batches)
    book, seeds = Book.of(options.cache, options.jobs, options.chunk, ways), list(range(options.seeds))
    if not options.kept:
        book.fill([Case(name, batch, way) for name, batch in pairs for way in ways], seeds)
    cells: dict[str, dict[int, dict[str, list[Trial]]]] = {}
    for name, batch in pairs:
        row = {way: book.trials(Case(name, batch, way), seeds) for way in ways}
        shared = [seed for seed in seeds if all(seed in found for found in row.values())]
        if shared:
            cells.setdefault(name, {})[batch] = {way: [found[s] for s in shared] for way, found in row.items()}
    if not cells:
        raise SpecError("no problem has a seed that all ways have run", field="--kept", hint="leave --kept out")
    found = figures(PROBLEMS, cells)
    if options.table:
        print(markdown(found))
    used = {name: PROBLEMS[name] for name in cells}
    settings = {
        "problems": {
            name: {"evaluations": p.evaluations, "start": p.start, "noise": p.noise, "range": p.span}
            for name, p in used.items()
        },
        "ways": ways,
        "batches": asked,
        **{name: getattr(options, name) for name in ("seeds", "kept")},
    }
    report("continuous", settings, found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=positive, default=12)
    parser.add_argument("--problems", default=",".join(PROBLEMS))
    parser.add_argument("--batches", default=",".join(map(str, (*BATCHES, *MORE["hartmann6"]))))
    parser.add_argument("--ways", default=f"{OURS},{BOTORCH},{RANDOM}", help=f"from {', '.join(WAYS)}")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "zosimos" / "bench")
    parser.add_argument("--jobs", type=positive, default=2)
    parser.add_argument("--chunk", type=positive, default=3, help="seeds for one worker process")
    parser.add_argument("--kept", action="store_true", help="run nothing: only what all ways have run")
    parser.add_argument("--table", action="store_true", help="print Markdown tables, too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

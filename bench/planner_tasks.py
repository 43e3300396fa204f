"""Planning tasks beyond one objective in one pool: a table each, ours against a peer or against a feature switched off.

    python bench/planner_tasks.py --tasks batch,transfer --seeds 20 --data-dir DIR --table

Runs of the same seed start from the same rows and meet the same noise, so that comparisons are paired. A run ends when
its aim is met or its budget is spent; what was spent is the score. Runs are kept in the cache folder: what is there is
not computed again. Peers run under --peer-python (`make bench-env`); leave them out with --entrants. --variants takes
patterns, such as 'gross_errors_*'.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from fnmatch import fnmatchcase
from importlib import import_module

from common import report
from planning.options import add_shared, names
from planning.processes import exit_code
from tasks.book import Book
from tasks.figures import figures, markdown
from tasks.task import TASKS, Task

from zosimos.core.errors import SpecError


def main() -> int:
    """Run the tasks; 2 if the command line or a file is wrong, 1 if a worker failed."""
    options = _options()
    return exit_code(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    tasks = [_task(name, options.variants) for name in names(options.tasks, TASKS, "--tasks")]
    book = Book(options.cache, options.data_dir, options.jobs, options.chunk, options.peer_python)
    found = {}
    for task in tasks:
        chosen = options.entrants or ",".join(task.entrants)
        traces = book.traces(task, names(chosen, tuple(task.entrants), "--entrants"), range(options.seeds))
        found[task.name] = figures(task, traces)
        if options.table:
            print(markdown(task, found[task.name]), end="\n\n")
    report("planner_tasks", {"tasks": options.tasks, "variants": options.variants, "seeds": options.seeds}, found)


def _task(name: str, patterns: str) -> Task:
    """Return a task, of its variants those that a pattern fits."""
    found: Task = import_module(f"tasks.{name}").TASK
    wanted = [variant for variant in found.variants if any(fnmatchcase(variant, p) for p in patterns.split(","))]
    if not wanted:
        raise SpecError("it fits no variant", field="--variants", value=patterns, allowed=", ".join(found.variants))
    return replace(found, variants=tuple(wanted))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", default=",".join(TASKS), help="names, with commas between")
    parser.add_argument("--entrants", help="only these, in tasks that all have them")
    parser.add_argument("--variants", default="*", help="only these of each task: patterns, with commas between")
    add_shared(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

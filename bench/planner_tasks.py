"""Planning tasks beyond one objective in one pool: a table each, ours against a peer or against a feature switched off.

    python bench/planner_tasks.py --tasks batch,transfer --seeds 20 --data-dir DIR --table

Runs of the same seed start from the same rows and meet the same noise, so that comparisons are paired. A run ends when
its aim is met or its budget is spent; what was spent is the score. Runs are kept in the cache folder: what is there is
not computed again. Peers run under --peer-python (`make bench-env`); leave them out with --entrants.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

from common import report
from planning.entrants import ROOT
from planning.processes import WorkerError
from tasks.book import Book
from tasks.figures import figures, markdown
from tasks.task import TASKS, Task

from zosimos.core.errors import SpecError, ZosimosError


def main() -> int:
    """Run the tasks; 2 if the command line or a file is wrong, 1 if a worker failed."""
    options = _options()
    try:
        tasks = [_task(name) for name in _names(options.tasks, TASKS, "--tasks")]
        book = Book(options.cache, options.data_dir, options.jobs, options.chunk, options.peer_python)
        found = {}
        for task in tasks:
            chosen = options.entrants or ",".join(task.entrants)
            traces = book.traces(task, _names(chosen, tuple(task.entrants), "--entrants"), range(options.seeds))
            found[task.name] = figures(task, traces)
            if options.table:
                print(markdown(task, found[task.name]), end="\n\n")
    except WorkerError as error:
        print(error, file=sys.stderr)
        return 1
    except ZosimosError as error:
        print(error, file=sys.stderr)
        return 2
    report("planner_tasks", {"tasks": options.tasks, "seeds": options.seeds}, found)
    return 0


def _task(name: str) -> Task:
    found: Task = import_module(f"tasks.{name}").TASK
    return found


def _names(given: str, known: tuple[str, ...], option: str) -> list[str]:
    names = [name.strip() for name in given.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise SpecError(f"unknown name {name!r}", field=option, value=name, allowed=", ".join(known))
    return names


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", default=",".join(TASKS), help="names, with commas between")
    parser.add_argument("--entrants", help="only these, in tasks that all have them")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("ZOSIMOS_BENCH_DATA", "data")))
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "zosimos" / "bench")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--chunk", type=int, default=5, help="seeds for one worker process")
    parser.add_argument("--peer-python", type=Path, default=ROOT / ".bench-env" / "bin" / "python")
    parser.add_argument("--table", action="store_true", help="print Markdown tables, too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

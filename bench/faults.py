"""Everything goes wrong: kills, pauses, cut and silent networks, jumping clocks, slow and full disks, lost files.

Each run is a small campaign on the wall clock, with one runner or two, whose lab is a journal outside the process (in
some runs the colour lab, served by another process). A nemesis does to it what the run's plan says; runners that die
are started again, as a watchdog would. Then what the devices saw is held against the record
(``bench/faulty/checker.py``):

- lost: steps on record as done that no device saw; events that were stored and are gone
- doubled: effects that may not be repeated and were done more than once
- overlapping: two effects at once on one device; effects of a runner after another took over
- unreadable: records that do not verify or fold
- unexplained: effects that no record speaks of; ends that are neither the goal nor a question to a person

``resumed_share`` is the share of runs that finished without a person; ``safe_s`` the seconds from the beginning of an
outage until the devices of the runner that lives are stopped. Leases and deadlines are a tenth as long in the runners.
Without ``--postgres`` SQLite alone is run. As root on Linux, disks are really full, cables are really pulled, and a
second runner sits in a container of its own; else a limit on pages and the proxy stand in for them. Where the server's
programs are found, a server of the run's own is stopped and started again; else connections are dropped and refused.

    python bench/faults.py --runs 400 --postgres postgresql://user:password@host/database --cache faults
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast, get_args

from common import report
from faulty import kernel
from faulty.checker import COUNTS
from faulty.conduct import conducted
from faulty.figures import figures
from faulty.plan import KINDS, Database, planned
from faulty.sabotage import FINDS
from faulty.server import binaries


def main() -> None:
    """Do all runs that are not done yet, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=400, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(KINDS), metavar="NAMES", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--postgres", default="", metavar="URL", help="a server to use as well; schemas are its own")
    parser.add_argument("--only", choices=get_args(Database), help="one database alone")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="runs at the same time")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep finished runs there, and go on from them")
    parser.add_argument("--sabotage", choices=sorted(FINDS), default="", help="do damage that must be found")
    options = parser.parse_args()
    kinds = options.kinds.split(",")
    if unknown := sorted(set(kinds) - set(KINDS)):
        parser.error(f"no such kind: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    databases: list[Database] = ["sqlite", *(["postgres"] if options.postgres else [])]  # type: ignore[list-item]
    if options.only:
        databases = [cast("Database", options.only)]
    if not any(database in KINDS[kind] for kind in kinds for database in databases):
        parser.error(f"none of {', '.join(kinds)} can happen to {', '.join(databases)}; --postgres names a server")
    with tempfile.TemporaryDirectory() as name:
        runs = _all(options, databases, kinds, options.cache or Path(name))
    found = figures(runs)
    found["databases"] = databases
    if databases == ["sqlite"]:
        print("SQLite alone was run; --postgres URL runs PostgreSQL as well", file=sys.stderr)
    for run in runs:
        for count in COUNTS:
            for words in run["found"][count]:
                place = f"run {run['number']} ({run['database']}, {run['kind']} {run['how']}, second {run['second']})"
                print(f"{count}: {place}: {words}", file=sys.stderr)
    print(json.dumps(found, indent=1))
    settings = {"runs": options.runs, "seed": options.seed, "kinds": kinds, "sabotage": options.sabotage}
    report("faults", {**settings, "root": kernel.able(), "restarts": binaries() is not None}, found)


def _all(
    options: argparse.Namespace, databases: Sequence[Database], kinds: Sequence[str], cache: Path
) -> Sequence[Mapping[str, Any]]:
    """Do what is not done yet, several runs at a time, each in a process of its own; return all."""
    cache.mkdir(parents=True, exist_ok=True)
    key = "-".join([str(options.seed), *databases, *kinds, options.sabotage])
    paths = [cache / f"{key}-{number:05}.json" for number in range(options.runs)]
    waiting = [number for number in range(options.runs) if not paths[number].exists()]
    running: dict[int, int] = {}
    while waiting or running:
        while waiting and len(running) < options.jobs:
            number = waiting.pop(0)
            running[_forked(number, options, databases, kinds, paths[number])] = number
        pid, status = os.wait()
        number = running.pop(pid)
        if status:
            raise SystemExit(f"run {number} of seed {options.seed} broke off with wait status {status}")
        _progress(number, json.loads(paths[number].read_text()))
    return [json.loads(path.read_text()) for path in paths]


def _forked(
    number: int, options: argparse.Namespace, databases: Sequence[Database], kinds: Sequence[str], path: Path
) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        plan = planned(number, options.seed, databases, kinds)
        found = conducted(plan, options.postgres, options.sabotage, options.cache)
        partly = path.with_suffix(".part")
        partly.write_text(json.dumps(found))
        partly.rename(path)
        status = 0
    except Exception:  # noqa: BLE001 - shown, and the parent ends
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _progress(number: int, run: Mapping[str, Any]) -> None:
    wrong = ", ".join(f"{len(words)} {name}" for name, words in run["found"].items() if words)
    second = f", second {run['second']}" if run["second"] else ""
    print(
        f"run {number}: {run['database']}, {run['lab']}, {run['kind']} {run['how']}{second}: {run['status']}, "
        f"{run['starts']} starts, {run['seconds']:.1f} s" + (f": {wrong}" if wrong else ""),
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()

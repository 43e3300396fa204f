"""A worker: reads a job from standard input and prints each finished run as a line of JSON.

It runs under the interpreter that has the planner's packages. What packages print goes to standard error. It computes
in one thread: the environment it is started with says so to numerical libraries, and isolation to torch.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from planning.grid import ENTRANTS, Setting
from planning.replay import replay
from planning.suites import Source
from planning.tables import load


def main() -> None:
    """Work the job off."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    job = json.load(sys.stdin)
    pool = load(Path(job["folder"]), Source(**job["source"]))
    with ENTRANTS.get(job["planner"], Setting()).in_force():
        for seed in job["seeds"]:
            run = replay(job["planner"], pool, seed=seed, start=job["start"], budget=job["budget"], full=job["full"])
            print(json.dumps(run.as_json()), file=lines, flush=True)


if __name__ == "__main__":
    main()

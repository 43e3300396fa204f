"""A worker: reads a job from standard input and prints each finished run as a line of JSON."""

from __future__ import annotations

import json
import os
import sys

from planning.grid import ENTRANTS, Setting

from surfaces.play import play
from surfaces.problems import PROBLEMS
from surfaces.ways import make


def main() -> None:
    """Work the job off."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    job = json.load(sys.stdin)
    problem = PROBLEMS[job["problem"]]
    with ENTRANTS.get(job["way"], Setting()).in_force():
        for seed in job["seeds"]:
            planner = make(job["way"], problem, seed)
            print(json.dumps(play(problem, planner, job["batch"], seed).as_json()), file=lines, flush=True)


if __name__ == "__main__":
    main()

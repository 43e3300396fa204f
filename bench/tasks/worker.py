"""A worker: reads a job from standard input and prints each finished run as a line of JSON.

It runs under the interpreter that has the entrant's packages. What packages print goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path


def main() -> None:
    """Work the job off."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    job = json.load(sys.stdin)
    task = import_module(f"tasks.{job['task']}").TASK
    for seed in job["seeds"]:
        trace = task.run(Path(job["folder"]), job["variant"], job["entrant"], seed)
        print(json.dumps(trace.as_json()), file=lines, flush=True)


if __name__ == "__main__":
    main()

"""How soon a command shows life: seconds until its first character in a terminal, and until it has ended.

Each command runs in a pseudo-terminal of its own, several times after one that warms the disk's cache; the median and
the worst of both times are reported.
"""

from __future__ import annotations

import argparse
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from common import report

SPEC = """\
name: start
space:
  binder: {min: 10, max: 40, unit: g}
  temp: {min: 20, max: 80, unit: degC, step: 5}
objectives:
  hardness: {goal: max, unit: MPa}
budget: {experiments: 20}
"""
COMMANDS = (
    ["--help"],
    ["ask", "--help"],
    ["validate", "start.yaml"],
    ["ask", "start.yaml"],
    ["list"],
    ["status", "last"],
    ["show", "last"],
    ["tell", "last", "results.csv"],
    ["report", "last"],
)


def timed(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Return the seconds until the first character and until the end of a command."""
    leader, follower = pty.openpty()
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "zosimos.faces.cli", *command],
        cwd=folder,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"},
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    first = None
    try:
        while os.read(leader, 65536):
            first = first or time.perf_counter() - began
    except OSError:  # how a pseudo-terminal ends on Linux
        pass
    process.wait()
    os.close(leader)
    ended = time.perf_counter() - began
    return first or ended, ended


def main() -> None:
    """Time each command and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "start.yaml").write_text(SPEC)
        (folder / "results.csv").write_text("experiment,hardness\ne0001,12.5\n")
        for command in COMMANDS:
            timed(command, folder)
            both = [timed(command, folder) for _ in range(times)]
            firsts, ends = zip(*both, strict=True)
            found[" ".join(command)] = {
                "first_character_s": round(statistics.median(firsts), 3),
                "first_character_worst_s": round(max(firsts), 3),
                "end_s": round(statistics.median(ends), 3),
            }
    report("startup", {"times": times}, found)


if __name__ == "__main__":
    main()

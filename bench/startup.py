"""How soon a command shows life: seconds until its first character in a terminal, and until it has ended.

Each command runs in a pseudo-terminal of its own, several times after one that warms the disk's cache; the median and
the worst of both times are reported, and the CPU seconds that a process spent outside the kernel (``user_s``, median),
which other work on the machine changes least. Python keeps its bytecode in a folder of the run, as it does beside an
installed package, whatever ``PYTHONDONTWRITEBYTECODE`` says. ``ask_user_s`` has those of a cold ``zosimos ask``:
``without_model``, the first of a campaign, which is an even spread, and ``with_model``, after results, by the models.
``within`` holds them against ``LIMITS``.
"""

from __future__ import annotations

import argparse
import os
import pty
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
LIMITS = {"without_model": 1.0, "with_model": 2.5}  # CPU seconds of a cold `zosimos ask`
LEARNED = 12  # results that the models of ``with_model`` learn from: more than the points a campaign begins with


@dataclass(frozen=True)
class Times:
    """Seconds until the first character and until the end of a command, and the CPU seconds it spent in user mode."""

    first: float
    end: float
    user: float


def timed(command: Sequence[str], folder: Path, must: bool = False) -> Times:
    """Run a command in a terminal of its own.

    Raises:
        RuntimeError: it failed, and it ``must`` not.
    """
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
    first, said = None, b""
    try:
        while part := os.read(leader, 65536):
            first = first or time.perf_counter() - began
            said += part
    except OSError:  # how a pseudo-terminal ends on Linux
        pass
    _, status, spent = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    os.close(leader)
    ended = time.perf_counter() - began
    if process.returncode and must:
        raise RuntimeError(f"zosimos {' '.join(command)} failed:\n{said.decode(errors='replace')}")
    return Times(first or ended, ended, spent.ru_utime)


def ask_user(folder: Path, times: int) -> dict[str, float]:
    """Return the median CPU seconds of a cold ``zosimos ask`` without a model, and with one."""
    draw = random.Random(0)
    found: dict[str, list[float]] = {"without_model": [], "with_model": []}
    for number in range(times + 1):
        begun = folder / f"cold-{number}"  # a folder, and so a ledger, of its own: each campaign is new
        begun.mkdir()
        (begun / "cold.yaml").write_text(SPEC.replace("name: start", "name: cold"))
        without = timed(["ask", "cold.yaml"], begun, must=True)
        timed(["ask", "last", "-n", str(LEARNED - 1)], begun, must=True)
        told = "".join(f"e{place:04d},{10 + draw.random():.3f}\n" for place in range(1, LEARNED + 1))
        (begun / "results.csv").write_text(f"experiment,hardness\n{told}")
        timed(["tell", "last", "results.csv"], begun, must=True)
        with_model = timed(["ask", "last"], begun, must=True)
        if number:
            found["without_model"].append(without.user)
            found["with_model"].append(with_model.user)
    return {name: round(statistics.median(x), 3) for name, x in found.items()}


def main() -> None:
    """Time each command and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--ask-only", action="store_true", help="only what a cold `zosimos ask` costs")
    options = parser.parse_args()
    times, found = options.times, dict[str, Any]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        (folder / "start.yaml").write_text(SPEC)
        (folder / "results.csv").write_text("experiment,hardness\ne0001,12.5\n")
        for command in [] if options.ask_only else COMMANDS:
            timed(command, folder)
            runs = [timed(command, folder) for _ in range(times)]
            found[" ".join(command)] = {
                "first_character_s": round(statistics.median(run.first for run in runs), 3),
                "first_character_worst_s": round(max(run.first for run in runs), 3),
                "end_s": round(statistics.median(run.end for run in runs), 3),
                "user_s": round(statistics.median(run.user for run in runs), 3),
            }
        asked = ask_user(folder, times)
    found |= {"ask_user_s": asked, "within": {name: asked[name] <= limit for name, limit in LIMITS.items()}}
    report("startup", {"times": times, "limits": LIMITS}, found)


if __name__ == "__main__":
    main()

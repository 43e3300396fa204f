"""A command in a process of its own: its CPU seconds and its peak memory, within a limit of time."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_LAUNCH = Path(__file__).with_name("launch.py")
_REPEATS = 3  # at most; the median counts
_PATIENCE_S = 6.0  # of wall time, beyond which a command is not repeated


@dataclass(frozen=True)
class Cell:
    """What a command took; ``left_out`` says why there is nothing where there is nothing."""

    cpu_s: float = 0.0
    mb: float = 0.0
    text: str = ""
    left_out: str = ""

    def as_json(self) -> dict[str, float]:
        """Return JSON data."""
        return {"cpu_s": round(self.cpu_s, 3), "mb": round(self.mb, 1)}


def measured(arguments: Sequence[str], limit_s: float, *, once: bool = False) -> Cell:
    """Run a command, a quick one a few times, and return the medians.

    Args:
        arguments: the command.
        limit_s: real seconds after which it is ended and left out.
        once: whether it changes what it is run on, so that the second time would be another thing.
    """
    found: list[Cell] = []
    began = time.monotonic()
    while not found or (not once and len(found) < _REPEATS and time.monotonic() - began < _PATIENCE_S):
        cell = _run(arguments, limit_s)
        if cell.left_out:
            return cell
        found.append(cell)
    return Cell(median(cell.cpu_s for cell in found), median(cell.mb for cell in found), found[-1].text)


def _run(arguments: Sequence[str], limit_s: float) -> Cell:
    if limit_s <= 0:
        return Cell(left_out="the time of the script was used up")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "used.json"
        launch = [sys.executable, "-I", "-S", str(_LAUNCH), str(limit_s), str(out), *arguments]
        done = subprocess.run(launch, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        used = json.loads(out.read_text(encoding="utf-8"))
    if used["late"]:
        return Cell(left_out=f"it took more than {limit_s:.0f} s")
    if used["status"]:
        said = " ".join((done.stderr or done.stdout).split())
        return Cell(left_out=f"it failed with exit code {used['status']}: {said[-300:]}")
    return Cell(used["cpu_s"], used["mb"], done.stdout)

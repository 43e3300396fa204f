"""Finished runs on disk: a file of JSON lines for each set, planner, its version, budget and start.

Lines are appended whole, so that several benchmarks can share a folder and a kill loses one line at most.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from planning.replay import Run
from planning.tables import Pool
from zosimos.core.canonical import canonical_json

PROTOCOL = 1  # raised by hand when the way a run is made changes, or an adapter's


@dataclass(frozen=True)
class Contest:
    """What makes runs comparable: a pool, a planner at a version, how many rows, and how many of them at random."""

    table: str
    pool: Pool
    planner: str
    version: str
    budget: int
    start: int

    @property
    def file_name(self) -> str:
        """Name of the file with its runs."""
        key = [PROTOCOL, self.pool.digest, self.planner, self.version, self.budget, self.start]
        return f"{self.table}.{self.planner}.{hashlib.sha256(canonical_json(key).encode()).hexdigest()[:16]}.jsonl"

    def complete(self, run: Run) -> bool:
        """Say whether a run went on to the end."""
        return len(run.rows) >= min(self.budget, self.pool.size)


class RunCache:
    """A folder with the runs of contests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def runs(self, contest: Contest, seeds: Sequence[int], full: bool) -> dict[int, Run]:
        """Return the finished runs with these seeds; if ``full``, those that went on to the end.

        A run that went on serves for one that need not, whose beginning it is.
        """
        path = self._folder / contest.file_name
        found: dict[int, Run] = {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            try:
                run = Run.from_json(json.loads(line))
            except ValueError:  # a line that a kill cut off
                continue
            if run.seed in seeds and (contest.complete(run) or not full):
                found.setdefault(run.seed, run)
        return found

    def add(self, contest: Contest, run: Run) -> None:
        """Append a run."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / contest.file_name
        cut = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
        line = ("\n" if cut else "") + json.dumps(run.as_json()) + "\n"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)

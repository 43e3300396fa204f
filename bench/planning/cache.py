"""Finished runs on disk: a file of JSON lines for each set, planner, its version, budget and start."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from planning.lines import add_line, read_lines
from planning.replay import Run
from planning.tables import Pool
from zosimos.core.canonical import canonical_json

PROTOCOL = 2  # raised by hand when the way a run is made changes, or an adapter's


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
        for data in read_lines(path):
            run = Run.from_json(data)
            if run.seed in seeds and (contest.complete(run) or not full):
                found.setdefault(run.seed, run)
        return found

    def add(self, contest: Contest, run: Run) -> None:
        """Append a run."""
        add_line(self._folder / contest.file_name, run.as_json())

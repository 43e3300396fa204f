"""Getting runs made and kept: chunks of seeds go to worker processes, each finished run to a line of a file."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from planning.lines import add_line, read_lines
from planning.processes import WorkerError, stream

from surfaces.play import Trial
from surfaces.ways import version_of


@dataclass(frozen=True)
class Case:
    """What the seeds of one file have in common: a problem, how many points are asked for at a time, a way to plan."""

    problem: str
    batch: int
    way: str


@dataclass(frozen=True)
class Book:
    """Finished runs in a folder, and how those that lack are made.

    Args:
        folder: where they are.
        jobs: workers at a time.
        chunk: seeds for one worker.
        versions: of each way; runs of another are not counted.
    """

    folder: Path
    jobs: int
    chunk: int
    versions: Mapping[str, str]

    @classmethod
    def of(cls, folder: Path, jobs: int, chunk: int, ways: Sequence[str]) -> Book:
        """Return the book for ways as they are now."""
        return cls(folder, jobs, chunk, {way: version_of(way) for way in ways})

    def fill(self, cases: Sequence[Case], seeds: Sequence[int]) -> None:
        """Make the runs that lack: the first seeds of all cases first, so that a stop leaves something of each.

        Raises:
            WorkerError: a worker failed; what the others made is kept.
        """
        chunks = [seeds[first : first + self.chunk] for first in range(0, len(seeds), self.chunk)]
        with ThreadPoolExecutor(self.jobs) as workers:
            told = workers.map(lambda job: self._make(*job), [(case, chunk) for chunk in chunks for case in cases])
            problems = [problem for problem in told if problem]
        if problems:
            raise WorkerError("\n".join(problems))

    def trials(self, case: Case, seeds: Sequence[int]) -> dict[int, Trial]:
        """Return the runs there are, by seed."""
        found: dict[int, Trial] = {}
        for data in read_lines(self._path(case)):
            if data["seed"] in seeds:
                found.setdefault(data["seed"], Trial.from_json(data))
        return found

    def _make(self, case: Case, seeds: Sequence[int]) -> str:
        done = self.trials(case, seeds)  # another benchmark may have made some meanwhile
        lacking = [seed for seed in seeds if seed not in done]
        if not lacking:
            return ""
        about = f"{case.problem}, batch {case.batch}, {case.way}"
        job = {"problem": case.problem, "batch": case.batch, "way": case.way, "seeds": lacking}
        try:
            for data in stream(sys.executable, "surfaces.worker", job, f"{about}, seeds {lacking}"):
                add_line(self._path(case), data)
                trial = Trial.from_json(data)
                failures = f", {len(trial.errors)} failures" if trial.errors else ""
                print(f"{about}, seed {trial.seed}: {sum(trial.cpu):.1f} CPU s{failures}", file=sys.stderr, flush=True)
        except WorkerError as error:
            return str(error)
        return ""

    def _path(self, case: Case) -> Path:
        digest = hashlib.sha256(self.versions[case.way].encode()).hexdigest()[:16]
        return self.folder / "continuous" / f"{case.problem}.{case.batch}.{case.way}.{digest}.jsonl"

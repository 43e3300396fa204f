"""Getting runs of tasks made and kept: chunks of seeds go to worker processes, finished runs to files."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from planning.entrants import OURS, source_digest, version_key
from planning.lines import add_line, read_lines
from planning.processes import WorkerError, stream
from tasks.task import Task, Trace

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Book:
    """The runs of tasks in a folder, and how those that lack are made.

    Args:
        folder: where finished runs are kept.
        data: where the tables are.
        jobs: workers at a time.
        chunk: seeds for one worker.
        peer_python: interpreter with the other planning packages.
    """

    folder: Path
    data: Path
    jobs: int
    chunk: int
    peer_python: Path

    def traces(
        self, task: Task, entrants: Sequence[str], seeds: Sequence[int]
    ) -> Mapping[str, Mapping[str, list[Trace]]]:
        """Return, by variant and entrant, the runs of all seeds; those that lack are made.

        Raises:
            WorkerError: a worker failed; what the others made is kept.
        """
        pairs = [(variant, entrant) for variant in task.variants for entrant in entrants]
        chunks = [
            (variant, entrant, missing[first : first + self.chunk])
            for variant, entrant in pairs
            if (missing := self._missing(task, variant, entrant, seeds))
            for first in range(0, len(missing), self.chunk)
        ]
        with ThreadPoolExecutor(self.jobs) as workers:
            problems = [text for text in workers.map(lambda chunk: self._make(task, *chunk), chunks) if text]
        if problems:
            raise WorkerError("\n".join(problems))
        return {
            variant: {entrant: self._kept(task, variant, entrant, seeds) for entrant in entrants}
            for variant in task.variants
        }

    def _make(self, task: Task, variant: str, entrant: str, seeds: Sequence[int]) -> str:
        job = {"task": task.name, "folder": str(self.data.resolve()), "variant": variant, "entrant": entrant}
        interpreter = sys.executable if task.entrants[entrant] == "own" else self.peer_python
        about = f"{task.name}, {variant}, {entrant}, seeds {seeds}"
        try:
            for data in stream(interpreter, "tasks.worker", {**job, "seeds": list(seeds)}, about):
                add_line(self._path(task, variant, entrant), data)
                trace = Trace.from_json(data)
                print(
                    f"{task.name} {variant} {entrant} seed {trace.seed}: {trace.spent:g}", file=sys.stderr, flush=True
                )
        except (WorkerError, OSError) as error:
            return f"{about}: {error}"
        return ""

    def _kept(self, task: Task, variant: str, entrant: str, seeds: Sequence[int]) -> list[Trace]:
        found = {data["seed"]: Trace.from_json(data) for data in read_lines(self._path(task, variant, entrant))}
        return [found[seed] for seed in seeds if seed in found]

    def _missing(self, task: Task, variant: str, entrant: str, seeds: Sequence[int]) -> list[int]:
        done = {trace.seed for trace in self._kept(task, variant, entrant, seeds)}
        return [seed for seed in seeds if seed not in done]

    def _path(self, task: Task, variant: str, entrant: str) -> Path:
        """Return the file of an entrant's runs: another one when the task, or what plans, has changed."""
        ours = task.entrants[entrant] == "own" and entrant not in task.outside
        sources = [_HERE / f"{task.name}.py", *(_HERE / f"{name}.py" for name in task.parts)]
        key = f"{source_digest(sources)} {version_key(OURS) if ours else ''}"
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        return self.folder / "tasks" / f"{task.name}.{variant}.{entrant}.{digest}.jsonl"

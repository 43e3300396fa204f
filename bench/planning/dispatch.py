"""Getting runs made: chunks of seeds go to worker processes, each under the interpreter that has the packages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from planning.cache import Contest, RunCache
from planning.entrants import PEERS, version_key
from planning.processes import WorkerError, environment, stream
from planning.replay import Run
from planning.suites import Source
from zosimos.core.errors import SpecError


@dataclass(frozen=True)
class Workers:
    """How workers are started: how many at a time, how many seeds each gets, and the peers' interpreter."""

    jobs: int
    chunk: int
    peer_python: Path

    def versions(self, planners: Sequence[str]) -> dict[str, str]:
        """Return the version key of each planner.

        Raises:
            SpecError: there is no interpreter for the peers, or it lacks one of them.
        """
        found = {name: version_key(name) for name in planners if name not in PEERS}
        peers = [name for name in planners if name in PEERS]
        if peers:
            self._check_peer_python()
            done = self._python(self.peer_python, "planning.entrants", peers, "")
            if done.returncode:
                raise SpecError(
                    f"the peers' interpreter lacks a package: {done.stderr.strip().splitlines()[-1]}",
                    field="--peer-python",
                    value=str(self.peer_python),
                    allowed=f"an interpreter with {', '.join(peers)}",
                    hint="make bench-env",
                )
            found.update(zip(peers, done.stdout.split(), strict=True))
        return found

    def _check_peer_python(self) -> None:
        if not self.peer_python.exists():
            raise SpecError(
                "there is no interpreter with the other planning packages",
                field="--peer-python",
                value=str(self.peer_python),
                hint="make bench-env, or leave the peers out with --planners zosimos,botorch,forest,random",
            )

    def _python(
        self, interpreter: Path | str, module: str, arguments: Sequence[str], text: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [interpreter, "-m", module, *arguments],
            input=text,
            capture_output=True,
            text=True,
            env=environment(),
            check=False,
        )

    def work(
        self, contests: Sequence[tuple[Contest, Path, Source, bool]], seeds: Sequence[int], cache: RunCache
    ) -> list[str]:
        """Make the runs that the cache lacks, to the end where a contest is to be full; return what went wrong."""
        chunks = [
            (contest, folder, source, missing[first : first + self.chunk], full)
            for contest, folder, source, full in contests
            if (missing := _missing(contest, seeds, full, cache))
            for first in range(0, len(missing), self.chunk)
        ]

        def one(job: tuple[Contest, Path, Source, Sequence[int], bool]) -> str:
            try:
                self._chunk(*job, cache)
            except WorkerError as error:
                return str(error)
            return ""

        with ThreadPoolExecutor(self.jobs) as pool:
            return [problem for problem in pool.map(one, chunks) if problem]

    def _chunk(
        self, contest: Contest, folder: Path, source: Source, seeds: Sequence[int], full: bool, cache: RunCache
    ) -> None:
        seeds = _missing(contest, seeds, full, cache)  # another benchmark may have made them meanwhile
        if not seeds:
            return
        job = {
            "folder": str(folder.resolve()),
            "source": asdict(source),
            "planner": contest.planner,
            "seeds": seeds,
            "start": contest.start,
            "budget": contest.budget,
            "full": full,
        }
        interpreter = self.peer_python if contest.planner in PEERS else sys.executable
        about = f"{contest.table}, {contest.planner}, seeds {seeds}"
        for data in stream(interpreter, "planning.worker", job, about):
            run = Run.from_json(data)
            cache.add(contest, run)
            _say(contest, run)


def _missing(contest: Contest, seeds: Sequence[int], full: bool, cache: RunCache) -> list[int]:
    done = cache.runs(contest, seeds, full)
    return [seed for seed in seeds if seed not in done]


def _say(contest: Contest, run: Run) -> None:
    failures = f", {len(run.errors)} failures" if run.errors else ""
    print(
        f"{contest.table} {contest.planner} seed {run.seed}: {len(run.rows)} rows, {sum(run.cpu):.1f} CPU s{failures}",
        file=sys.stderr,
        flush=True,
    )

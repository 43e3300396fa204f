"""Worker processes: a job goes in as JSON, finished runs come out as lines of JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from zosimos.core.errors import ZosimosError

BENCH = Path(__file__).resolve().parent.parent
_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class WorkerError(ZosimosError):
    """A worker ended before its job was done."""


def exit_code(run: Callable[[], None]) -> int:
    """Run a benchmark and return its exit code: 2 if the command line or a file is wrong, 1 if a worker failed."""
    try:
        run()
    except ZosimosError as error:
        print(error, file=sys.stderr)
        return 1 if isinstance(error, WorkerError) else 2
    return 0


def environment() -> dict[str, str]:
    """Return the environment of a worker: our modules on its path, one thread for numerical libraries."""
    path = os.pathsep.join(filter(None, [str(BENCH), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), "PYTHONPATH": path}


def stream(interpreter: Path | str, module: str, job: Mapping[str, Any], about: str) -> Iterator[Any]:
    """Run a worker and give what it prints, line by line, from JSON.

    Raises:
        WorkerError: it failed; the message has the last it said.
    """
    with subprocess.Popen(
        [interpreter, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as worker:
        assert worker.stdin
        assert worker.stdout
        assert worker.stderr
        with ThreadPoolExecutor(1) as side:  # a full pipe of warnings must not stop the worker
            said = side.submit(worker.stderr.read)
            worker.stdin.write(json.dumps(job))
            worker.stdin.close()
            for line in worker.stdout:
                yield json.loads(line)
            last = said.result().strip().splitlines()[-3:]
    if worker.returncode:
        raise WorkerError(f"{about}: worker failed: {' | '.join(last)}")

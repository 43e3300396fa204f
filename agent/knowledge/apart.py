"""Reading in a process apart, with limits of time and memory: what a hostile file does there, it does to itself."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

_MEMORY = 2_000_000_000  # bytes


def read_apart(module: str, data: bytes, seconds: float, *arguments: str) -> Mapping[str, Any] | str:
    """Return what ``python -m module`` answers to a file on its standard input, or in words why it did not.

    Args:
        module: what reads; it answers with one JSON object.
        data: the file.
        seconds: how long it may take.
        arguments: what else it is told.
    """
    command = [sys.executable, "-P", "-m", module, *arguments]  # -P: no code of the working folder is run
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=seconds, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return f"it was not read within {seconds:g} s"
    try:
        answer: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        return "its reading ended before its time; it may need too much memory"
    return str(answer["problem"]) if "problem" in answer else answer


def limit(seconds: int) -> None:
    """Limit the memory and the time of this process, where the system can."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))

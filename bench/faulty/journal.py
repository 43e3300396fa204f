"""The journal: what the devices of a run saw, written outside the processes that are killed, one line at a time.

A line is one ``write`` to a file opened for appending, so lines of several processes never mix. Times are those of
CLOCK_MONOTONIC, which all processes of a machine share and no fault moves.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

What = Literal["prepared", "begin", "end", "safe"]


@dataclass(frozen=True)
class Line:
    """Something a device saw.

    Args:
        t: when, in seconds of CLOCK_MONOTONIC.
        who: the session of a runner that did it.
        what: a device was made ready, an effect began or ended, every device was stopped.
        effect: the effect's id, ``experiment/step/attempt``; empty for what concerns all devices.
        device: which one.
    """

    t: float
    who: str
    what: What
    effect: str = ""
    device: str = ""


class Journal:
    """A journal to write to, in one process.

    Args:
        path: the file.
        who: the session that writes.
    """

    def __init__(self, path: Path, who: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._who = who

    def write(self, what: What, effect: str = "", device: str = "") -> None:
        """Write one line."""
        line = Line(time.monotonic(), self._who, what, effect, device)
        os.write(self._file, (json.dumps(asdict(line)) + "\n").encode())

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def read(path: Path) -> Sequence[Line]:
    """Return all lines of a journal, in order."""
    if not path.exists():
        return []
    return [Line(**json.loads(line)) for line in path.read_text().splitlines()]

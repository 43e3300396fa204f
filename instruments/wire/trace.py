"""The wire trace: every byte to and from a device, with the time, in a file that never grows beyond bounds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

_BYTES = 2_000_000
_KEPT = 3


class WireTrace:
    """Writes a line of JSON for each thing said: ``at``, ``device``, ``way`` and the bytes as text.

    Args:
        path: the file; when it is full it becomes ``.1``, and so on up to ``.3``.
        device: whose wire this is.
        now: gives the time to stamp.
    """

    def __init__(self, path: Path, device: str, now: Callable[[], str]) -> None:
        self._path = path
        self._device = device
        self._now = now
        path.parent.mkdir(parents=True, exist_ok=True)
        cut = path.exists() and not path.read_bytes().endswith(b"\n")  # by a crash: the next line must not join it
        self._file = path.open("a", encoding="utf-8")
        self._file.write("\n" if cut and path.stat().st_size else "")

    def note(self, way: Literal["sent", "received", "garbage", "open", "lost"], data: bytes) -> None:
        """Write down bytes that went out or came in."""
        if not data and way in ("sent", "received", "garbage"):
            return
        line = {"at": self._now(), "device": self._device, "way": way, "bytes": shown(data)}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        if self._file.tell() > _BYTES:
            self._rotate()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(_KEPT, 0, -1):
            source = self._path if number == 1 else _numbered(self._path, number - 1)
            if source.exists():
                source.replace(_numbered(self._path, number))
        self._file = self._path.open("a", encoding="utf-8")


def shown(data: bytes) -> str:
    r"""Return bytes as readable text in which every byte can be told.

    >>> shown(b"/1ZR\r")
    '/1ZR\\r'
    """
    return repr(data)[2:-1]


def read_trace(path: Path) -> Iterator[dict[str, Any]]:
    """Yield what a trace holds, oldest first; a last line cut short by a crash is left out."""
    for number in range(_KEPT, -1, -1):
        part = path if number == 0 else _numbered(path, number)
        if not part.exists():
            continue
        with part.open(encoding="utf-8") as file:
            for line in file:
                try:
                    yield json.loads(line)
                except ValueError:
                    continue


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")

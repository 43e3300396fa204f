"""The wire trace: every byte to and from a device, with the time, in a file that never grows beyond bounds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from zosimos.core.files import read_file

_BYTES = 2_000_000
_KEPT = 3
_READ = 50 * _BYTES  # a file is full once a line has gone over its limit, and no line is near this long
_FIELDS = ("at", "device", "way", "bytes")


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
        # A line may have been cut by a crash: the next one must not join it.
        kept = read_file(path, "wire", at_most=_READ) if path.exists() else b""
        self._file = path.open("a", encoding="utf-8")
        self._file.write("\n" if kept and not kept.endswith(b"\n") else "")

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
    """Yield what a trace holds, oldest first; what is no line of one, such as a line cut short, is left out."""
    for number in range(_KEPT, -1, -1):
        part = path if number == 0 else _numbered(path, number)
        if not part.exists():
            continue
        for line in read_file(part, "wire", at_most=_READ).decode("utf-8", "replace").splitlines():
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict) and all(isinstance(found.get(name), str) for name in _FIELDS):
                yield found


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")

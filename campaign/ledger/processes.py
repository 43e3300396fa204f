"""What the operating system of this machine knows of a process: which one it is, and whether it lives.

A number alone does not name a process: numbers are used again, and each container counts its own. So a process is
named by the boot of the machine, the namespace in which it is counted, its number, and the moment at which it started.
On Linux that moment is counted in ticks since the boot (``/proc/PID/stat``, field 22), which no change of the wall
clock moves; elsewhere it is the kernel's own date of creation, as psutil reads it.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

Fate: TypeAlias = Literal["alive", "dead", "unseen"]

_PROC = Path("/proc")
_SLEEPLESS = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC"}  # where time.monotonic() stands still in sleep
_GONE = frozenset("ZX")  # a zombie has ended, and its parent has not asked how


@dataclass(frozen=True)
class Process:
    """One process, as it differs from all others.

    Args:
        pid: its number.
        host: the machine's name, for people.
        boot: which boot of which machine it runs in; empty if that cannot be known.
        namespace: where its number counts.
        started: when it started.
    """

    pid: int
    host: str
    boot: str
    namespace: str
    started: str


def this_process() -> Process:
    """Return the process that asks."""
    import socket

    pid = os.getpid()
    if sys.platform == "linux":
        boot, namespace, started = _boot(), _namespace(), _started_linux(pid)
    else:
        boot, namespace, started = f"{uuid.getnode():x}", "", _started_elsewhere(pid)
    return Process(pid, socket.gethostname(), boot, namespace, started or "")


def fate(process: Process, here: Process) -> Fate:
    """Say whether a process lives, as far as it can be seen from ``here``: one that is suspended lives.

    ``unseen`` is one on another machine, in another container, or before this boot.
    """
    if not here.boot or (process.boot, process.namespace) != (here.boot, here.namespace):
        return "unseen"
    if sys.platform != "linux":
        return "alive" if _started_elsewhere(process.pid) == process.started else "dead"
    try:
        os.kill(process.pid, 0)  # asks only; it sees processes of other users that /proc may hide
    except ProcessLookupError:
        return "dead"
    except PermissionError:
        pass
    started = _started_linux(process.pid)
    return "alive" if started is None or started == process.started else "dead"


def since_boot() -> float:
    """Return seconds that go on while the machine sleeps, and that no change of the wall clock moves."""
    name = _SLEEPLESS.get(sys.platform)
    return time.monotonic() if name is None else time.clock_gettime(getattr(time, name))


def _started_linux(pid: int) -> str | None:
    """Return when a process started; empty if it has ended, None if that is hidden from us."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()  # after the program's name, which may hold anything
    state, threads, started = fields[0], int(fields[17]), fields[19]
    return "" if state in _GONE and threads <= 1 else started


def _boot() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _namespace() -> str:
    """Return the namespaces in which numbers of processes and ticks since the boot count."""
    found = []
    for kind in ("pid", "time"):
        try:
            found.append(str((_PROC / "self/ns" / kind).readlink()))
        except OSError:  # an old kernel has no namespaces of time
            found.append("")
    return " ".join(found)


def _started_elsewhere(pid: int) -> str | None:
    """Return when a process started, by psutil; None if there is none of that number."""
    psutil: Any = importlib.import_module("psutil")
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else repr(process.create_time())
    except psutil.NoSuchProcess:
        return None

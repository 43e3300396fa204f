"""What only root on Linux can make: containers of one process, small disks, networks with a cable to pull."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NEWNS, _NEWPID, _PRIVATE = 0x00020000, 0x20000000, 0x40000 | 0x4000
DISK_KIB = 8192


def able() -> bool:
    """Say whether this process may make them."""
    return sys.platform == "linux" and os.geteuid() == 0


def contained() -> int:
    """Fork a process that sees no other: it has numbers of processes of its own. Returns as ``os.fork`` does.

    Raises:
        OSError: that cannot be made here.
    """
    reading, writing = os.pipe()
    between = os.fork()
    if between:
        os.close(writing)
        with os.fdopen(reading) as answer:
            pid = int(answer.readline() or 0)
        os.waitpid(between, 0)
        if not pid:
            raise OSError("no container can be made")
        return pid
    os.close(reading)
    try:
        _call("unshare", _NEWNS | _NEWPID)
        inner = os.fork()
        if inner:
            os.write(writing, f"{inner}\n".encode())
            os._exit(0)
    except OSError:
        os._exit(1)
    os.close(writing)
    _call("mount", None, b"/", None, _PRIVATE, None)
    _call("mount", b"proc", b"/proc", b"proc", 0, None)
    return 0


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a small disk on a folder while the block lasts."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_KIB}k", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


def fill(folder: Path) -> Path:
    """Fill a small disk to its end; return the file that does it."""
    path = folder / "ballast"
    with path.open("wb", buffering=0) as file, suppress(OSError):
        for size in (4096, 1):
            while True:
                file.write(b"\0" * size)
    return path


class Cable:
    """A network of one cable, between this machine and whoever joins its far end.

    Args:
        number: of 16,000 there can be at the same time.
    """

    def __init__(self, number: int) -> None:
        self.name = f"zf{os.getpid() % 32768}x{number % 100}"
        net = 4 * (number % 16_000)
        self.host, self.guest = (f"10.111.{net // 256}.{net % 256 + end}" for end in (1, 2))
        _ip("netns", "add", self.name)
        _ip("link", "add", f"{self.name}a", "type", "veth", "peer", "name", f"{self.name}b", "netns", self.name)
        _ip("addr", "add", f"{self.host}/30", "dev", f"{self.name}a")
        _ip("link", "set", f"{self.name}a", "up")
        for words in (
            ("addr", "add", f"{self.guest}/30", "dev", f"{self.name}b"),
            ("link", "set", f"{self.name}b", "up"),
        ):
            _ip("-n", self.name, *words)
        _ip("-n", self.name, "link", "set", "lo", "up")

    def join(self) -> None:
        """Have this process use the far end for all that it opens from now on."""
        with open(f"/run/netns/{self.name}") as file:  # noqa: PTH123 - a descriptor is wanted
            _call("setns", file.fileno(), 0)

    def pull(self, *, out: bool) -> None:
        """Pull the cable out, or put it back; nobody gets notice of it."""
        _ip("link", "set", f"{self.name}a", "down" if out else "up")

    def close(self) -> None:
        """Take the network away."""
        with suppress(subprocess.CalledProcessError):
            _ip("netns", "del", self.name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _call(name: str, *arguments: object) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

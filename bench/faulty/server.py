"""A PostgreSQL server of a run's own, which can be stopped without a word and started again."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

_USER = "postgres"
_FOLDERS = ("/usr/lib/postgresql", "/usr/local/pgsql")


def binaries() -> Path | None:
    """Return the folder of the server's programs; None if there are none, or nobody to run them as."""
    if os.geteuid() == 0 and not any(one.pw_name == _USER for one in pwd.getpwall()):
        return None
    found = shutil.which("pg_ctl")
    paths = [Path(found)] if found else []
    paths += sorted(path for folder in _FOLDERS for path in Path(folder).glob("**/bin/pg_ctl"))
    able = [path.parent for path in paths if (path.parent / "initdb").exists()]
    return able[-1] if able else None


class Server:
    """The server; it listens on this machine alone and believes who says to be its user.

    Args:
        programs: the folder of its programs.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="zosimos-server-"))
        self._who: dict[str, Any] = {}
        if os.geteuid() == 0:  # it refuses to run as root
            shutil.chown(self._folder, _USER)
            self._who = {"user": _USER, "group": pwd.getpwnam(_USER).pw_gid, "extra_groups": []}
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self._options = f"-p {port} -k {self._folder} -h 127.0.0.1"
        self._up = False
        self._call("initdb", "--no-sync", "-A", "trust", "-U", "zosimos", "-E", "UTF8")
        self.start()
        self.url = f"postgresql+psycopg://zosimos@127.0.0.1:{port}/postgres"

    def start(self) -> None:
        """Start it if it does not run; returns when it answers."""
        if not self._up:
            self._call("pg_ctl", "-w", "-l", str(self._folder / "log"), "-o", self._options, "start")
            self._up = True

    def stop(self) -> None:
        """Stop it at once, as a crash would."""
        if self._up:
            self._call("pg_ctl", "-m", "immediate", "stop")
            self._up = False

    def close(self) -> None:
        """Take it away."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _call(self, program: str, *words: str) -> None:
        command = [str(self._programs / program), "-D", str(self._folder / "data"), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self._folder, **self._who)

"""langchain's tracing sends nothing unless our own setting asks for it."""

from __future__ import annotations

import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORDS = "match the colour (40, 120, 80) in at most 25 experiments"


def planned(folder: Path, endpoint: str, **more: str) -> int:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZOSIMOS_", "PYTEST_"))}
    env = {
        **kept,
        "PYTHONPATH": str(ROOT / "src"),
        "LANGSMITH_TRACING": "true",
        "LANGCHAIN_TRACING_V2": "true",
        "LANGSMITH_ENDPOINT": endpoint,
        "LANGCHAIN_ENDPOINT": endpoint,
        "LANGSMITH_API_KEY": "ls-key",
        "LANGCHAIN_API_KEY": "ls-key",
        **more,
    }
    line = ["-m", "zosimos.faces.cli", "plan", WORDS, "--lab", "colour", "--no-dry-run", "--json"]
    done = subprocess.run([sys.executable, *line], cwd=folder, env=env, capture_output=True, timeout=100, check=False)
    return done.returncode


@contextmanager
def listening() -> Iterator[tuple[str, list[object]]]:
    """An address that turns everybody away, and who came."""
    came: list[object] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            came.append(self.client_address)
            self.request.recv(65536)
            self.request.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", came
        server.shutdown()
        thread.join()


@pytest.mark.slow
@pytest.mark.parametrize(("asked", "sent"), [("", False), ("true", True)])
def test_variables_of_another_program_send_nothing(tmp_path: Path, asked: str, sent: bool) -> None:
    with listening() as (address, came):
        assert planned(tmp_path, address, **({"ZOSIMOS_TRACING": asked} if asked else {})) == 0
        assert bool(came) == sent

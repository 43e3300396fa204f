"""The command line under test: in this process where that is enough, as a process of its own where it is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "zosimos.faces.cli"]
LeftBy = Callable[[str, Path, Callable[[], object]], None]

SPEC = """\
name: tiny
space:
  temp: {min: 20, max: 80, unit: degC}
  flow: {levels: [1, 2, 3], unit: mL/min}
  solvent: {choices: [water, ethanol]}
objectives:
  yield: {goal: max, unit: percent}
lab: {kind: pool, file: pool.csv, latency: 10 min}
planner: {kind: sobol}
batch: 4
budget: {experiments: 8}
"""


QUICK = {"test_agent.py", "test_python_names.py", "test_words.py"}
"""Files here that the fast tests run, too; the others run many commands each, which takes most of all tests' time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what runs commands, but for a few files that show whether anything works at all."""
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here and item.path.name not in QUICK:
            item.add_marker(pytest.mark.slow)


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The last line of stdout, which is one JSON object with --json."""
        return json.loads(self.out.splitlines()[-1])


def pool() -> str:
    rows = [
        f"{temp},{flow},{solvent},{temp * 0.5 + flow * 3 + (5 if solvent == 'water' else 0)}"
        for temp in (20, 40, 60, 80)
        for flow in (1, 2, 3)
        for solvent in ("water", "ethanol")
    ]
    return "\n".join(["temp,flow,solvent,yield", *rows]) + "\n"


def environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZOSIMOS_", "PYTEST_"))}
    return {**kept, "PYTHONPATH": path, "ZOSIMOS_AUTHOR": "tester", "PYTHONWARNINGS": "default"}


@pytest.fixture
def command() -> tuple[list[str], dict[str, str]]:
    """What starts a command as a process of its own, and its environment."""
    return COMMAND, environment()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a small pool and a campaign file on it."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("ZOSIMOS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZOSIMOS_AUTHOR", "tester")
    (tmp_path / "pool.csv").write_text(pool())
    (tmp_path / "tiny.yaml").write_text(SPEC)
    return tmp_path


@pytest.fixture(scope="session")
def left_by(tmp_path_factory: pytest.TempPathFactory) -> LeftBy:
    """Give a function that fills a working folder: first by what it is given, from then on by a copy of what that left.

    What many tests begin with is made once so. It must leave no ledger open.
    """
    known: dict[str, Path] = {}

    def fill(name: str, folder: Path, make: Callable[[], object]) -> None:
        if name in known:
            shutil.copytree(known[name], folder, dirs_exist_ok=True)
            return
        make()
        known[name] = Path(shutil.copytree(folder, tmp_path_factory.mktemp("left") / "folder"))

    return fill


@pytest.fixture
def waiting(cli: Callable[..., Answer], folder: Path, left_by: LeftBy) -> str:
    """A campaign in the working folder that waits for its first batch to be approved."""
    options = ("--set", "approval=batch", "--no-wait", "--no-report", "--json")
    left_by("waiting", folder, lambda: cli("run", "tiny.yaml", *options))
    return str(cli("list", "--json").json["campaigns"][0]["campaign"])


@pytest.fixture
def cli(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run a command in this process and return what it answered."""
    from zosimos.faces.cli import main

    def call(*arguments: object) -> Answer:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return Answer(code, shown.out, shown.err)

    return call


@pytest.fixture
def shell(folder: Path) -> Callable[..., Answer]:
    """Run a command as a process of its own and return what it answered."""

    def call(*arguments: object, env: Mapping[str, str] | None = None) -> Answer:
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            cwd=folder,
            env={**environment(), **(env or {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def started(folder: Path) -> Any:
    """Start commands as processes of their own, and end those that a test leaves behind."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            cwd=folder,
            env={**environment(), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()

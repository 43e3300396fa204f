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

from zosimos.campaign.ledger.store import Ledger

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "zosimos.faces.cli"]

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
    work_in(tmp_path, monkeypatch)
    return tmp_path


def work_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to a folder, put a small pool and a campaign file there, and forget the settings of who runs the tests."""
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("ZOSIMOS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZOSIMOS_AUTHOR", "tester")
    (folder / "pool.csv").write_text(pool())
    (folder / "tiny.yaml").write_text(SPEC)


@pytest.fixture(scope="session")
def first_batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the ledger of a campaign that waits for its first batch to be approved; to be copied."""
    from zosimos.faces.cli import main

    made = tmp_path_factory.mktemp("first-batch")
    with pytest.MonkeyPatch.context() as patch:
        work_in(made, patch)
        assert main(["run", "tiny.yaml", "--set", "approval=batch", "--no-wait", "--no-report", "--json"]) == 0
    return made


@pytest.fixture
def waiting(first_batch: Path, folder: Path) -> str:
    """A campaign in the working folder that waits for its first batch to be approved."""
    for path in first_batch.glob("zosimos.db*"):
        shutil.copytree(path, folder / path.name) if path.is_dir() else shutil.copy(path, folder)
    with Ledger("zosimos.db") as ledger:
        (campaign,) = ledger.campaigns()
    return campaign


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

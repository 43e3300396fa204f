"""Packages that bring capabilities, devices, actions and laboratories: installed, run, killed, resumed and replayed.

Every folder beside this file that has a pyproject.toml is installed into an environment of its own, in which its tests
run and its examples are carried out by the command line. Nothing here, or anywhere else, knows what is in them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from zosimos.campaign.ledger.events import Event
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGES = sorted(path.parent for path in HERE.glob("*/pyproject.toml"))
KILLED = -signal.SIGKILL
EXPERIMENTS = 5
SHORTER = ["--set", f"budget.experiments={EXPERIMENTS}", "--set", "planner.start=3", "--no-report", "--json"]
READINGS = 5  # after so many of one kind a process is killed among them
SCALE = 200  # how much faster than real time a served laboratory lives

Killed = Callable[..., None]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@dataclass(frozen=True)
class Installed:
    """A package in an environment of its own.

    Args:
        python: of the environment.
        folder: a copy of the package, beside nothing else.
        campaign: its example.
    """

    python: Path
    folder: Path
    campaign: Path

    def call(self, *command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run something in the environment."""
        return ran([self.python, *command], cwd)

    def cli(self, *command: str | Path, cwd: Path) -> Any:
        """Run a command that must succeed; return its JSON if it gives some."""
        done = self.call("-m", "zosimos.faces.cli", *command, cwd=cwd)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1]) if "--json" in command else done.stdout


def ran(command: Sequence[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, check=False, timeout=900)


def environment() -> dict[str, str]:
    """Return the environment of a process that finds this checkout and what it needs, and no network."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZOSIMOS_", "PYTEST_", "PIP_"))}
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH", ""), str(ROOT / "src")]))
    return {**kept, "PYTHONPATH": path, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "NO_COLOR": "1"}


@pytest.fixture(scope="module", params=PACKAGES, ids=lambda path: path.name)
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install a package into a fresh environment that sees what this one has, so that nothing is downloaded."""
    base = tmp_path_factory.mktemp("plugin")
    folder = base / request.param.name
    shutil.copytree(request.param, folder, ignore=shutil.ignore_patterns("__pycache__", ".*_cache", ".hypothesis"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", base / "venv"], check=True, timeout=120)
    python = next((base / "venv").glob("[bS]*/python*"))
    (site,) = [*(base / "venv").glob("lib/python*/site-packages"), *(base / "venv").glob("Lib/site-packages")]
    seen = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    # a line that begins with import is carried out: also what an editable installation added is seen
    (site / "seen.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in seen))
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps"]
    done = ran([*pip, "--no-build-isolation", folder], base)
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(folder / "build", ignore_errors=True)
    (campaign,) = (folder / "examples").glob("*.yaml")
    return Installed(python, folder, campaign)


@pytest.fixture(scope="module")
def killed(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killed]:
    """Give a function that runs a command whose process is killed at a step: when, the command, and where."""
    out = tmp_path_factory.mktemp("dying") / "out"
    program = [installed.python, HERE / "dying.py"]
    with subprocess.Popen(
        program, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        orders, codes = process.stdin, process.stdout
        assert orders is not None
        assert codes is not None

        def killed(death: tuple[str, str, str], *command: str | Path, cwd: Path) -> None:
            order = {"command": [str(word) for word in command], "cwd": str(cwd), "out": str(out), "death": death}
            print(json.dumps(order), file=orders, flush=True)
            assert codes.readline().strip() == str(KILLED), (death, out.read_text(encoding="utf-8"))

        yield killed
        orders.close()


@pytest.fixture(scope="module")
def undisturbed(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the example from beginning to end; return where its ledger is."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert installed.cli("run", installed.campaign, *SHORTER, cwd=folder)["status"] == "finished"
    return folder


def opened(folder: Path) -> tuple[State, list[Event]]:
    with Ledger(str(folder / "zosimos.db")) as ledger:
        (campaign,) = ledger.campaigns()
        return Record(ledger, campaign).state, list(ledger.events(campaign))


def effects(state: State, experiment: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return what was done to devices in an experiment, in order."""
    steps = state.experiments[experiment].steps
    return [(step.name, dict(step.params)) for step in steps if step.how != "read"]


def decided(state: State) -> list[tuple[str, Mapping[str, Any]]]:
    """Return what was tried, in the order in which it was decided."""
    return [(one.id, dict(one.candidate.values)) for one in state.experiments.values()]


def measured(state: State, experiment: str) -> dict[str, tuple[float, float]]:
    """Return what came of an experiment, with uncertainties."""
    found = state.experiments[experiment].measurements
    return {name: (one.value, one.uncertainty or 0.0) for name, one in found.items()}


def test_its_own_tests_pass_where_it_is_installed(installed: Installed) -> None:
    done = installed.call("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", cwd=installed.folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_imports_only_what_is_public(installed: Installed) -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in installed.folder.rglob("*.py"))
    lines = [line.split() for line in code.splitlines() if line.startswith(("import zosimos", "from zosimos"))]
    name = installed.folder.name.replace("-", "_")
    found = {words[1] for words in lines if not words[1].startswith(name)}
    assert found == {"zosimos"}


def test_nothing_else_names_it() -> None:
    names = [form.encode() for path in PACKAGES for form in (path.name, path.name.replace("-", "_"))]
    for folder, inner, files in os.walk(ROOT):
        inner[:] = [name for name in inner if not name.startswith((".", "__")) and Path(folder, name) not in PACKAGES]
        for file in files:
            if not file.startswith(".") and not file.endswith((".db", ".db-wal")):
                text = Path(folder, file).read_bytes()
                assert not [name for name in names if name in text], Path(folder, file)


def test_its_record_verifies_and_replays(installed: Installed, undisturbed: Path) -> None:
    installed.cli("verify", "last", cwd=undisturbed)
    assert installed.cli("replay", "last", "--json", cwd=undisturbed)["decisions"] >= 2
    state, _ = opened(undisturbed)
    assert [one.status for one in state.experiments.values()] == ["measured"] * EXPERIMENTS


def moments(state: State) -> list[tuple[str, str, str]]:
    """Return when to kill, in the order in which it comes.

    After a decision; among readings; at the beginning of each experiment, when nothing is under way that would go on
    while the program is dead; and at every kind of effect of the last, about which nothing is decided any more.
    """
    *names, last = state.experiments
    kinds = {name: list(dict.fromkeys(kind for kind, _ in effects(state, name))) for name in state.experiments}
    steps = [step for step in state.experiments[names[0]].steps if step.how == "read"]
    often = sorted({one.name for one in steps if sum(step.name == one.name for step in steps) > 2 * READINGS})
    begun = [(kind, when) for kind in kinds[names[0]][:2] for when in ("announced", "reported")]
    deaths = [
        *[(name, *moment) for name, moment in zip(names, begun, strict=False)],
        *[(name, reading, "read") for name, reading in zip(names, often, strict=False)],
        *[(last, kind, when) for kind in kinds[last] for when in ("announced", "reported")],
    ]

    def place(death: tuple[str, str, str]) -> tuple[str, int, str]:
        experiment, name, when = death
        at = [step.index for step in state.experiments[experiment].steps if step.name == name]
        return experiment, at[READINGS if when == "read" else 0], when

    return [(names[0], "", "decided"), *sorted(deaths, key=place)]


def test_killed_at_every_kind_of_step_it_decides_the_same_and_does_nothing_twice(
    installed: Installed, killed: Killed, undisturbed: Path, tmp_path: Path
) -> None:
    wanted, _ = opened(undisturbed)
    names = list(wanted.experiments)
    deaths = moments(wanted)
    killed(deaths[0], "run", installed.campaign, *SHORTER, cwd=tmp_path)
    for death in deaths[1:]:
        killed(death, "resume", "last", "--no-report", "--json", cwd=tmp_path)
    assert installed.cli("resume", "last", "--no-report", "--json", cwd=tmp_path)["status"] == "finished"

    installed.cli("verify", "last", cwd=tmp_path)
    installed.cli("replay", "last", "--json", cwd=tmp_path)
    state, events = opened(tmp_path)
    assert state.sessions == len(deaths) + 1
    assert decided(state) == decided(wanted)
    for name in names:
        assert effects(state, name) == effects(wanted, name), name
    for name in names[:-1]:
        assert measured(state, name) == measured(wanted, name)
    for name, (value, uncertainty) in measured(state, names[-1]).items():
        assert value == pytest.approx(measured(wanted, names[-1])[name][0], abs=3 * uncertainty), name
    reported = [(one.body["experiment"], one.body["step"]) for one in events if one.kind == "step.done"]
    assert len(reported) == len(set(reported))
    assert sum(one.kind in ("step.undone", "step.done") and one.body["how"] == "probed" for one in events) > 2


@contextmanager
def served(installed: Installed, cwd: Path) -> Iterator[str]:
    """Serve the example's laboratory by a process of its own, which lives on when a campaign's is killed."""
    file = installed.campaign.parent / yaml.safe_load(installed.campaign.read_text(encoding="utf-8"))["lab"]["file"]
    count = len(yaml.safe_load(file.read_text(encoding="utf-8"))["devices"])
    address = f"127.0.0.1:{free_ports(count)}"
    command = [installed.python, "-m", "zosimos.faces.cli", "lab", "serve", file, "--tcp", address, "--json"]
    process = subprocess.Popen(
        [*command, "--time-scale", str(SCALE)], cwd=cwd, env=environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["devices"]
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=60)


def free_ports(count: int) -> int:
    """Return the first of some ports in a row that nobody uses now."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first: int = probe.getsockname()[1]
        try:
            taken = [socket.create_server(("127.0.0.1", first + more)) for more in range(count)]
        except OSError:
            time.sleep(0.01)
            continue
        for one in taken:
            one.close()
        return first


def test_devices_that_live_on_say_what_was_done_before_a_kill(
    installed: Installed, killed: Killed, undisturbed: Path, tmp_path: Path
) -> None:
    wanted, _ = opened(undisturbed)
    first = next(iter(wanted.experiments))
    kinds = list(dict.fromkeys(name for name, _ in effects(wanted, first)))
    with served(installed, tmp_path) as address:
        here: Sequence[str] = ["--set", f"lab.served={address}", "--set", f"lab.time_scale={SCALE}", *SHORTER]
        command: list[str | Path] = ["run", installed.campaign, *here, "--set", "budget.experiments=1"]
        for kind in kinds:
            killed((first, kind, "reported"), *command, cwd=tmp_path)
            command = ["resume", "last", "--no-report", "--json"]
        assert installed.cli(*command, cwd=tmp_path)["status"] == "finished"
    state, events = opened(tmp_path)
    done, before = [[name for name, _ in effects(one, first)] for one in (state, wanted)]
    assert done[-len(before) :] == before  # a station that was not seen clean is cleaned first
    probed = [one.body for one in events if one.kind in ("step.done", "step.undone") and one.body["how"] == "probed"]
    assert probed
    steps = state.experiments[first].steps
    assert not [body for body in probed if steps[body["step"]].attempt > 1], probed
    reported = [one.body["step"] for one in events if one.kind == "step.done"]
    assert len(reported) == len(set(reported))

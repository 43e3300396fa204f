"""What is shown is literal, whole and safe for a terminal."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from zosimos.core.shown import clean
from zosimos.faces.cli import screen
from zosimos.faces.cli.commands import app

Cli = Callable[..., Any]
NAMES = sorted(get_command(app).commands)  # type: ignore[attr-defined]
PROMISED = {
    *(
        "run",
        "resume",
        "pause",
        "abort",
        "approvals",
        "approve",
        "reject",
        "steer",
        "resolve",
        "list",
        "status",
        "show",
    ),
    *("watch", "ask", "tell", "validate", "dry-run", "schema", "export", "head", "verify", "replay", "report"),
}
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_and_the_common_options(cli: Cli, name: str) -> None:
    inside = {"lab": ["serve"], "knowledge": ["add"]}
    answer = cli(name, *inside.get(name, ()), "--help")
    assert answer.code == 0
    assert "--json" in answer.out
    assert "--ledger" in answer.out or name in inside  # a served lab keeps no ledger, and documents are in none


def test_every_promised_command_is_there(cli: Cli) -> None:
    assert set(NAMES) >= PROMISED
    help_text = cli("--help").out
    assert all(name in help_text for name in PROMISED)
    assert cli().out == help_text
    assert cli("--version").out.startswith("zosimos ")


HEAVY = {"torch", "numpy", "scipy", "sqlalchemy", "matplotlib", "pint"}


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [(["--help"], HEAVY | {"pydantic"}), (["--version"], HEAVY | {"pydantic"}), (["run", "--help"], HEAVY)],
)  # typer itself takes pydantic, where there is one, for the help of a command with arguments
def test_help_loads_nothing_heavy(arguments: list[str], forbidden: set[str]) -> None:
    code = (
        f"import sys; from zosimos.faces.cli import main; assert main({arguments}) == 0;"
        "print('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    )
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = set(done.stdout.rpartition("LOADED ")[2].split())
    assert "zosimos" in loaded
    assert not loaded & forbidden


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jgone", "gone"),
        ("a\x00b\x08c\x7fd\re", "abcde"),
        ("safe\u202eexe.txt", "safeexe.txt"),
        ("[bold]kept[/bold] :smile:", "[bold]kept[/bold] :smile:"),
        ("two\nlines\tand tab", "two lines and tab"),
        ("grad\udcff", "grad"),
        ("\x1b", ""),
    ],
)
def test_text_that_would_steer_a_terminal_is_made_harmless(hostile: str, shown: str) -> None:
    assert clean(hostile) == shown
    assert screen.text(hostile).plain == shown


def test_hostile_names_are_shown_as_they_are(cli: Cli, folder: Path) -> None:
    name = "[red]evil[/red] [/] :smile:"
    text = (folder / "tiny.yaml").read_text().replace("name: tiny", f"name: '{name}'").replace("water", "'[/wa]ter'")
    (folder / "tiny.yaml").write_text(text)
    (folder / "pool.csv").write_text((folder / "pool.csv").read_text().replace("water", "[/wa]ter"))
    assert name in cli("run", "tiny.yaml", "--no-report").out
    for command in ("list", "status last", "show last", "validate tiny.yaml", "ask tiny.yaml -n 8 --new"):
        answer = cli(*command.split())
        assert answer.code == 0, answer.err
        assert name in answer.out
    assert "[/wa]ter" in cli("show", "last").out
    cli("pause", "last", "--reason", "\x1b[2J[blink]now\x07")
    assert "\x1b" not in cli("status", "last").out
    assert "[blink]now" in cli("watch", "last", "--once").out
    wrong = cli("run", "tiny.yaml", "--set", "space.temp.max='\x1b[31m[/]'")
    assert wrong.code == 2
    assert "\x1b" not in wrong.err


def test_numbers_carry_their_uncertainty_with_two_digits() -> None:
    assert screen.quantity(82.3456, 0.4167, "%") == "82.35 ± 0.42 %"
    assert screen.quantity(82.3456, None, "%") == "82.3456 %"
    assert screen.quantity(1.5e-9, 2e-10) == "(1.50 ± 0.20) × 10⁻⁹"
    assert screen.quantity(1234.5, 120.0) == "1230 ± 120"
    assert [screen.duration(s) for s in (0, 61, 3600, 93600)] == ["0 s", "1 min 1 s", "1 h", "1 d 2 h"]


@pytest.mark.slow
def test_a_reader_who_leaves_early_causes_no_complaint(cli: Cli, started: Any) -> None:
    cli("run", "tiny.yaml", "--no-report")
    for command in (["show", "last", "--events"], ["--help"]):
        process = started(*command)
        process.stdout.close()
        process.wait(timeout=60)
        assert process.stderr.read() == ""


@pytest.mark.slow
def test_a_run_goes_on_when_nobody_reads_it(cli: Cli, started: Any) -> None:
    process = started("run", "tiny.yaml", "--no-report")
    process.stdout.readline()
    process.stdout.close()
    process.wait(timeout=60)
    assert process.stderr.read() == ""
    assert cli("status", "last", "--json").json["status"] == "finished"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_an_interrupted_run_says_how_to_go_on(cli: Cli, started: Any, number: int, code: int) -> None:
    process = started("run", "tiny.yaml", "--set", "approval=batch", "--ledger", "mine.db")
    while "waits" not in process.stdout.readline():
        pass
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "zosimos resume c-" in out
    assert "--ledger mine.db" in out
    assert cli("status", "last", "--ledger", "mine.db", "--json").json["status"] == "active"


@pytest.mark.slow
def test_an_interrupted_watch_is_quiet(cli: Cli, started: Any) -> None:
    cli("run", "tiny.yaml", "--set", "approval=batch", "--json")
    process = started("watch", "last")
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == ""


@pytest.mark.slow
def test_a_terminal_sees_the_live_panel(folder: Path, command: tuple[list[str], dict[str, str]]) -> None:
    words, environment = command
    leader, follower = pty.openpty()
    try:
        process = subprocess.Popen(
            [*words, "run", "tiny.yaml", "--no-report"],
            cwd=folder,
            env={**environment, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"},
            stdout=follower,
            stderr=follower,
        )
        os.close(follower)
        seen = b""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                chunk = os.read(leader, 65536)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk
        assert process.wait(timeout=60) == 0, seen
    finally:
        os.close(leader)
    text = seen.decode()
    for shown in ("best so far", "budget", "8/8", "finished", "best recipe"):
        assert shown in text

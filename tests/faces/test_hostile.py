"""What somebody else made gets nowhere at the command line: ledgers, campaign files, addresses, URLs with passwords."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import plain
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.versions import versions
from zosimos.campaign.setup import assemble

Cli = Callable[..., Any]
ROOT = Path(__file__).parents[2]
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
AT = "2030-01-01T00:00:00+00:00"
ID = "../../../PWNED"
BY = {"name": SCRIPT, "at": AT}


def hostile(path: Path, campaign: str = ID, failed: str = SCRIPT) -> None:
    """Make a ledger whose chain holds, with a campaign of any id and text."""
    data = {
        "name": SCRIPT,
        "description": SCRIPT,
        "seed": 1,
        "space": {"a": {"min": 0, "max": 1}, "c": {"choices": [SCRIPT, "</script><script>alert(3)</script>"]}},
        "objectives": {"y": {"goal": "max"}},
        "planner": {"kind": "random"},
        "budget": {"experiments": 5},
    }
    setup = assemble(parse_spec(data), {})
    created = {
        "spec": plain(setup.spec),
        "files": {},
        "order": {"space": ["a", "c"], "objectives": ["y"]},
        "clock": "wall",
        "versions": versions(),
        "by": BY,
    }
    told = {
        "experiment": "e0001",
        "values": {"a": 0.5, "c": SCRIPT},
        "measurements": {},
        "failed": failed,
        "by": BY,
    }
    with Ledger(str(path)) as ledger:
        created["source"] = {"path": f"/etc/shadow{SCRIPT}", "digest": ledger.put_artifact(b"x"), "overrides": []}
        drafts = [Draft("campaign.created", created), Draft("observation.told", told)]
        ledger.append(campaign, lambda: AT, lambda _: drafts, after=0)


@pytest.fixture
def inner(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder some folders deep, with a hostile ledger in it."""
    found = folder / "a" / "b"
    found.mkdir(parents=True)
    monkeypatch.chdir(found)
    hostile(found / "zosimos.db")
    return found


def test_a_campaign_whose_id_is_a_path_is_looked_at_and_written_nowhere_else(cli: Cli, inner: Path) -> None:
    for command in ("list", "status", "show", "verify", "head", "replay", "export", "explain"):
        answer = cli(command, "--json") if command == "list" else cli(command, "last", "--json")
        assert answer.code == 0, answer.err
    report = Path(cli("report", "last", "--json").json["report"])
    assert report.resolve().parent == inner / "reports"
    assert cli("ask", "last", "-n", "1").code == 0
    outside = [path for path in inner.parents[1].rglob("*") if "PWNED" in path.name and inner not in path.parents]
    assert outside == []
    page = report.read_text(encoding="utf-8")
    assert not any(part in page for part in ("<script>alert", "<img src=x"))


@pytest.mark.parametrize("campaign", ["CON", "a/b", "..", "a:b", "x" * 300, "$(touch PWNED)", "é\u202e"])
def test_any_id_has_a_report_in_the_folder_of_reports(cli: Cli, folder: Path, campaign: str) -> None:
    hostile(folder / "zosimos.db", campaign)
    report = Path(cli("report", "last", "--json").json["report"])
    assert report.resolve().parent == folder / "reports"
    assert report.is_file()


def test_texts_of_a_ledger_cannot_steer_the_terminal_and_long_ones_are_cut(cli: Cli, folder: Path) -> None:
    hostile(folder / "zosimos.db", failed="\x1b]0;title\x07\x1b[2J\u202e\x9b31m" + "long " * 100_000)
    for arguments in (["show", "last", "e0001"], ["status", "last"], ["show", "last", "--events"], ["list"]):
        shown = cli(*arguments).out
        assert not set(shown) & set("\x1b\x07\x9b\u202e")
        assert len(shown) < 50_000
    whole = cli("show", "last", "e0001", "--json").json
    assert len(whole["reason"]) > 400_000


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://lab@127.0.0.1:1/x?password=S3cretPw",
        "postgresql://lab:S3cretPw@127.0.0.1:port/x",
        "postgresql://lab:S3cret/Pw@127.0.0.1:1/x",
        "postgresql:/lab:S3cretPw@127.0.0.1/x",
        "host=127.0.0.1 user=lab password=S3cretPw",
        "mysql://lab:S3cretPw@127.0.0.1/x",
    ],
)
@pytest.mark.parametrize("debug", ["0", "1"])
def test_a_password_is_never_on_the_screen(
    cli: Cli, folder: Path, url: str, debug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOSIMOS_DEBUG", debug)
    commands: list[tuple[str, ...]] = [("list",), ("status", "last"), ("run", "tiny.yaml"), ("nonsense",)]
    for command in commands:
        for extra in (("--ledger", url), ("--json", f"--ledger={url}")):
            answer = cli(*command, *extra)
            assert answer.code == 2
            assert "S3cret" not in answer.out + answer.err
    monkeypatch.setenv("ZOSIMOS_LEDGER", url)
    answer = cli("list", "--json")
    assert answer.code == 2
    assert "S3cret" not in answer.out + answer.err
    assert not [path for path in folder.iterdir() if "S3cret" in path.name]


def test_a_bug_that_quotes_a_password_does_not_show_it(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError("lost S3cretPw and S3cret%2FPw, postgresql://a:S3cretPw@b/c")

    monkeypatch.setattr("zosimos.campaign.ledger.opening.exists", failing)
    monkeypatch.setenv("ZOSIMOS_DEBUG", "1")
    url = "postgresql://lab:S3cretPw@127.0.0.1:1/x?password=S3cret%2FPw"
    answer = cli("list", "--json", "--ledger", url)
    assert "this is a bug in Zosimos" in answer.err
    assert "S3cret" not in answer.out + answer.err
    assert "***" in answer.json["error"]["message"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes are files of POSIX systems")
@pytest.mark.parametrize("command", [("list",), ("status", "last"), ("run", "tiny.yaml"), ("ask", "tiny.yaml")])
def test_a_pipe_in_the_place_of_a_ledger_is_refused(cli: Cli, folder: Path, command: tuple[str, ...]) -> None:
    os.mkfifo(folder / "pipe")
    answer = cli(*command, "--json", "--ledger", "pipe")
    assert answer.code == 2
    assert "it is a pipe" in answer.json["error"]["message"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes are files of POSIX systems")
@pytest.mark.parametrize("command", [("validate",), ("run",), ("ask",), ("steer", "last", "--file"), ("tell", "last")])
def test_a_pipe_on_the_command_line_is_refused(cli: Cli, folder: Path, command: tuple[str, ...]) -> None:
    cli("ask", "tiny.yaml")
    os.mkfifo(folder / "pipe.yaml")
    answer = cli(*command, "pipe.yaml", "--json")
    assert answer.code == 2
    assert "it is a pipe" in answer.json["error"]["message"]


@pytest.mark.parametrize("url", ["spy://loop://?file=victim.txt", "spy://socket://127.0.0.1:9?file=victim.txt"])
def test_a_lab_file_cannot_write_a_file(cli: Cli, folder: Path, url: str) -> None:
    (folder / "victim.txt").write_text("precious")
    campaign = yaml.safe_load((ROOT / "examples" / "colour.yaml").read_text(encoding="utf-8"))
    campaign["lab"]["file"] = "lab.yaml"
    lab = yaml.safe_load((ROOT / "labs" / "colour" / "lab.yaml").read_text(encoding="utf-8"))
    for device in lab["devices"].values():
        device |= {"link": "real", "url": url}
    (folder / "c.yaml").write_text(json.dumps(campaign))
    (folder / "lab.yaml").write_text(json.dumps(lab))
    for command in (("validate", "c.yaml"), ("run", "c.yaml"), ("dry-run", "c.yaml")):
        answer = cli(*command, "--json")
        assert answer.code == 2
        assert answer.json["error"]["field"].endswith(".url")
        assert answer.json["error"]["value"] == url
    assert (folder / "victim.txt").read_text() == "precious"


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.1", "no-such-host.invalid"])
def test_a_lab_is_not_served_to_the_network_unless_that_is_meant(cli: Cli, host: str) -> None:
    answer = cli("lab", "serve", "colour", "--tcp", f"{host}:0", "--json")
    assert answer.code == 2
    error = answer.json["error"]
    assert error["field"] == "--tcp"
    assert "--public" in error["allowed"]
    assert "password" in error["hint"]


@pytest.mark.slow
def test_a_lab_that_is_served_to_the_network_says_what_that_means(started: Callable[..., Any]) -> None:
    process = started("lab", "serve", "colour", "--tcp", "0.0.0.0:0", "--public", "--json")
    assert json.loads(process.stdout.readline())["devices"]
    process.send_signal(signal.SIGTERM)
    assert "nothing asks for a password" in process.communicate(timeout=20)[1]


def test_commands_that_look_work_on_a_ledger_that_cannot_be_written(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = cli("run", "tiny.yaml", "--json", "--no-report").json["campaign"]
    allowed = os.access

    def refusing(path: Any, mode: int, **more: Any) -> bool:  # as on a read-only medium, where root is refused too
        return (
            False
            if mode == os.W_OK and folder in (Path(path).resolve(), Path(path).resolve().parent)
            else (allowed(path, mode, **more))
        )

    monkeypatch.setattr("os.access", refusing)
    for command in ("status", "show", "verify", "head", "replay", "export", "explain"):
        assert cli(command, campaign).code == 0, command
    assert cli("list").code == 0
    assert cli("report", campaign, "-o", "r.html").code == 0
    for change in (
        ("steer", campaign, "--set", "budget.experiments=99"),
        ("pause", campaign),
        ("halt", campaign),
        ("abort", campaign),
        ("run", "tiny.yaml"),
    ):
        answer = cli(*change, "--json")
        assert answer.code == 2
        assert "can be read but not changed" in answer.json["error"]["message"]

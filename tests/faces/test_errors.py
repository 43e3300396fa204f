"""Whatever goes wrong is one readable block and exit code 2, never a traceback."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zosimos.campaign.ledger.events import chained
from zosimos.core.errors import LedgerAwayError, LockedError

Cli = Callable[..., Any]


def refused(answer: Any, kind: str) -> dict[str, Any]:
    """Check that a command with --json failed as it should, and return the error."""
    assert answer.code == (3 if kind in ("TamperedError", "DamagedError") else 2)
    assert "Traceback" not in answer.out + answer.err
    error: dict[str, Any] = answer.json["error"]
    assert error["type"] == kind, error
    assert f"error: {error['message'].splitlines()[0]}" in answer.err
    return error


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ("batch: 4", "bacth: 4", "bacth", "did you mean 'batch'"),
        ("max: 80", "max: 80 L", "space.temp.max", "degC"),
        ("{min: 20, max: 80", "{min: 80, max: 20", "space.temp", ""),
        ("batch: 4", "constraints: ['temp > 900']", "space", "widen"),
        ("batch: 4", "batch: many", "batch", ""),
        ("budget: {experiments: 8}", "", "budget", "add budget"),
        ("kind: sobol", "kind: magic", "planner", "sobol"),
        ("kind: pool", "kind: moon", "lab.kind", "pool"),
        ("pool.csv", "gone.csv", "lab.file", "relative"),
        ("name: tiny", "name: tiny\nname: twice", "file", "stands twice"),
    ],
)
def test_a_wrong_campaign_file_is_explained(cli: Cli, folder: Path, old: str, new: str, field: str, words: str) -> None:
    (folder / "tiny.yaml").write_text((folder / "tiny.yaml").read_text().replace(old, new, 1))
    for command in ("validate", "run", "ask", "dry-run"):
        error = refused(cli(command, "tiny.yaml", "--json"), "DataError" if "gone" in new else "SpecError")
        assert error["field"].startswith(field)
        assert words in str(error)
    assert not (folder / "zosimos.db").exists()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("temp,flow,yield\n20,1,2\n40,2,3\n", "'solvent' is missing"),
        ("temp,flow,solvent,yield,mood\n20,1,water,2,good\n40,2,water,3,bad\n", "mood"),
        ("temp,flow,solvent,yield\n20,1,water,nan\n40,2,water,3\n", "not a finite number"),
        ("temp,flow,solvent,yield\n20,1,water\n", "3 cells under 4 columns"),
        ("temp,flow,solvent,yield\n", "has no rows"),
    ],
)
def test_a_wrong_pool_is_explained(cli: Cli, folder: Path, table: str, words: str) -> None:
    (folder / "pool.csv").write_text(table)
    assert words in refused(cli("run", "tiny.yaml", "--json"), "DataError")["message"]


def test_files_that_are_not_text_or_not_there(cli: Cli, folder: Path) -> None:
    assert "No such file" in refused(cli("run", "nowhere.yaml", "--json"), "SpecError")["message"]
    assert "directory" in refused(cli("run", ".", "--json"), "SpecError")["message"]
    (folder / "latin.yaml").write_bytes("name: größe".encode("latin-1"))
    assert "not UTF-8" in refused(cli("run", "latin.yaml", "--json"), "SpecError")["message"]
    (folder / "pool.csv").write_bytes(b"temp,flow,solvent,yield\n20,1,\x81\xff,3\n")
    assert "not UTF-8" in refused(cli("run", "tiny.yaml", "--json"), "DataError")["message"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("temp,flow,solvent\n20,1,water\n", "'yield' is missing"),
        ("temp,flow,solvent,yield,Yield\n20,1,water,3,4\n", "'yield' and 'Yield' are both yield"),
        ("temp,flow,solvent,yield\n20,1,water,nan\n", "not a finite number"),
        ("experiment,yield\ne0001,\n", "holds no result"),
        ("temp,flow,solvent,yield,yield_uncertainty\n20,1,water,5,-1\n", "uncertainty"),
    ],
)
def test_wrong_results_are_explained_and_none_is_recorded(cli: Cli, folder: Path, table: str, words: str) -> None:
    cli("ask", "tiny.yaml")
    before = cli("head", "last").out
    (folder / "results.csv").write_text(table)
    assert words in refused(cli("tell", "last", "results.csv", "--json"), "DataError")["message"]
    assert cli("head", "last").out == before
    assert "No such file" in refused(cli("tell", "last", "gone.csv", "--json"), "DataError")["message"]


@pytest.mark.parametrize(
    "command",
    [
        "status",
        "show",
        "watch",
        "pause",
        "halt",
        "abort",
        "resume",
        "approvals",
        "export",
        "head",
        "verify",
        "replay",
        "report",
    ],
)
def test_an_unknown_campaign_is_named(cli: Cli, folder: Path, command: str) -> None:
    refused(cli(command, "c-1", "--json"), "NotFoundError")
    assert not (folder / "zosimos.db").exists()  # looking makes no ledger
    cli("ask", "tiny.yaml")
    assert "c-1" in refused(cli(command, "c-1", "--json"), "NotFoundError")["message"]


def test_unknown_experiments_tokens_and_heads(cli: Cli) -> None:
    cli("ask", "tiny.yaml", "--set", "approval=batch")
    refused(cli("show", "last", "e0999", "--json"), "NotFoundError")
    refused(cli("resolve", "last", "e0999", "skip", "--json"), "NotFoundError")
    assert "not uncertain" in refused(cli("resolve", "last", "e0001", "redo", "--json"), "StateError")["message"]
    refused(cli("resolve", "last", "e0001", "done", "--result", "{", "--json"), "SpecError")
    assert refused(cli("approve", "nonsense", "--yes", "run", "--json"), "NotFoundError")["field"] == "token"
    refused(cli("reject", "last-1", "--json"), "NotFoundError")
    refused(cli("verify", "last", "--head", "12", "--json"), "SpecError")
    token = cli("approvals", "--json").json["approvals"][0]["token"]
    assert cli("approve", token, "--yes", "run").code == 0
    assert "already granted" in refused(cli("approve", token, "--yes", "run", "--json"), "StateError")["message"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "space.temp.max=10"], "the range is empty"),
        (["--set", "space.temp.max=25 L"], "measure different things"),
        (["--set", "seed=3"], "fixed"),
        (["--set", "nonsense"], "assignment"),
        (["--set", "batch=4"], "changes nothing"),
        (["--file", "gone.yaml"], "No such file"),
        (["--undo"], "no steering"),
        ([], "one way"),
        (["--undo", "--set", "batch=2"], "one way"),
    ],
)
def test_wrong_steering_changes_nothing(cli: Cli, arguments: list[str], words: str) -> None:
    cli("ask", "tiny.yaml")
    before = cli("head", "last").out
    answer = cli("steer", "last", *arguments, "--json")
    assert answer.code == 2
    assert words in answer.json["error"]["message"]
    assert cli("head", "last").out == before


def test_usage_errors_are_answered_in_json_too(cli: Cli) -> None:
    assert "--frobnicate" in refused(cli("run", "tiny.yaml", "--frobnicate", "--json"), "UsageError")["message"]
    refused(cli("run", "--json"), "UsageError")
    refused(cli("unknown", "--json"), "UsageError")
    refused(cli("resolve", "last", "e0001", "perhaps", "--json"), "UsageError")
    refused(cli("run", "tiny.yaml", "--seed", "x", "--json"), "UsageError")
    plain = cli("run")
    assert plain.code == 2
    assert plain.out == ""
    assert "zosimos run --help" in plain.err


def test_a_campaign_file_changed_since_is_not_run_unknowingly(cli: Cli, folder: Path) -> None:
    cli("run", "tiny.yaml", "--set", "approval=batch", "--json")
    (folder / "tiny.yaml").write_text((folder / "tiny.yaml").read_text() + "# a remark\n")
    error = refused(cli("resume", "last", "--json"), "SpecError")
    assert "--recorded" in error["hint"]
    assert "steer" in error["hint"]
    assert cli("resume", "last", "--recorded", "--json").json["status"] == "waiting"


def test_an_edited_ledger_is_noticed(cli: Cli, folder: Path) -> None:
    cli("run", "tiny.yaml", "--no-report")
    with sqlite3.connect(folder / "zosimos.db") as database:
        database.execute("UPDATE events SET text = replace(text, '\"value\":', '\"value\":1') WHERE seq = 16")
    database.close()
    answer = cli("verify", "last", "--json")
    assert answer.code == 3
    assert "event 16 was changed" in answer.json["error"]["message"]
    assert answer.json["views"]["status"]["trusted"] == "no"
    assert answer.json["views"]["replay"] == {"trusted": "in part", "why": "decisions up to event 15"}
    refused(cli("resume", "last", "--json"), "TamperedError")


def test_a_ledger_that_was_cut_short_is_noticed_by_its_head(cli: Cli, folder: Path) -> None:
    cli("run", "tiny.yaml", "--no-report")
    head = cli("head", "last").out.strip()
    with sqlite3.connect(folder / "zosimos.db") as database:
        database.execute(f"DELETE FROM events WHERE seq > {int(head.split(':')[0]) - 2}")
    database.close()
    answer = cli("verify", "last", "--json")  # a head is kept beside the ledger
    assert (answer.code, answer.json["error"]["type"]) == (3, "TamperedError")
    assert {view["trusted"] for view in answer.json["views"].values()} == {"no"}
    for command in ("status", "show", "export"):
        looked = cli(command, "last")
        assert "are gone" in looked.err
        assert (looked.code, bool(looked.out)) == (3, True), "the rest is shown"
    shutil.rmtree(folder / "zosimos.db.heads")
    assert cli("verify", "last").code == 0
    answer = cli("verify", "last", "--head", head, "--json")
    assert answer.code == 3
    assert answer.json["error"]["type"] == "TamperedError"


@pytest.mark.parametrize("command", ["list", "approvals"])
def test_a_record_that_fails_is_said_first_among_others_and_ends_with_the_code_of_it(
    cli: Cli, folder: Path, command: str
) -> None:
    cli("ask", "tiny.yaml")
    cli("ask", "tiny.yaml", "--new")
    first, second = (row["campaign"] for row in cli("list", "--json").json["campaigns"])
    with sqlite3.connect(folder / "zosimos.db") as database:
        database.execute("UPDATE events SET text = text || ' ' WHERE seq = 2 AND campaign = ?", (first,))
    database.close()
    answer = cli(command)
    assert answer.code == 3
    assert answer.err.startswith(f"campaign {first}: event 2")
    if command == "list":
        assert first in answer.out
        assert second in answer.out
    assert cli(command, "--json").code == 3
    assert cli(command, "--json").json


def test_a_ledger_that_does_not_answer_says_nothing_of_any_record(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("ask", "tiny.yaml")

    def away(*_: object) -> None:
        raise LedgerAwayError("the ledger does not answer")

    monkeypatch.setattr("zosimos.campaign.record.record.Record.__init__", away)
    assert cli("list", "--json").json["error"]["type"] == "LedgerAwayError"


def test_a_newer_ledger_is_left_alone(cli: Cli, folder: Path) -> None:
    cli("ask", "tiny.yaml")
    with sqlite3.connect(folder / "zosimos.db") as database:
        ((prev, text),) = database.execute("SELECT prev, text FROM events WHERE seq = 2").fetchall()
        newer = text.replace('"v":1', '"v":99')
        database.execute("UPDATE events SET text = ?, hash = ? WHERE seq = 2", (newer, chained(prev, newer)))
    database.close()
    refused(cli("status", "last", "--json"), "NewerVersionError")
    assert cli("list", "--json").json["campaigns"][0]["status"] == "unreadable"
    assert "unreadable" in cli("list").out
    assert "passed over" in cli("approvals").err
    with sqlite3.connect(folder / "zosimos.db") as database:
        database.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    database.close()
    refused(cli("list", "--json"), "NewerVersionError")


@pytest.mark.parametrize("url", ["://", "moon://x/y", "", "pool.csv"])
def test_ledgers_that_cannot_be_opened(cli: Cli, url: str) -> None:
    answer = cli("list", "--ledger", url, "--json")
    assert answer.code == (3 if url == "pool.csv" else 2), "a file that is no database may be a ledger that was lost"
    found = answer.json["error"]["type"]
    assert found in ("SettingsError", "LedgerError", "NotFoundError", "DamagedError"), answer.json


def test_one_process_at_a_time_runs_a_campaign(cli: Cli, folder: Path) -> None:
    from zosimos.campaign.ledger.claims import execution_claim
    from zosimos.campaign.ledger.store import Ledger

    campaign = cli("run", "tiny.yaml", "--set", "approval=batch", "--json").json["campaign"]
    with Ledger("zosimos.db") as ledger, execution_claim(ledger, campaign):
        before = cli("head", "last").out
        refused(cli("resume", "last", "--json"), LockedError.__name__)
        refused(cli("ask", "last", "--json"), LockedError.__name__)
        assert cli("head", "last").out == before
        cli("pause", "last")
        continued = cli("resume", "last", "--json")
        assert (continued.code, continued.json["status"]) == (0, "continued")
        cli("pause", "last")
        assert "goes on in the process that runs it" in cli("resume", "last").out


def test_time_cannot_change_its_nature(cli: Cli) -> None:
    cli("run", "tiny.yaml", "--set", "approval=batch", "--json")
    assert refused(cli("resume", "last", "--clock", "wall", "--json"), "StateError")["field"] == "--clock"


def test_a_bug_is_called_one(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from zosimos.campaign import views

    def broken(_: object) -> None:
        raise RuntimeError("a [bold]wheel[/bold] came off")

    cli("ask", "tiny.yaml")
    monkeypatch.setattr(views, "status", broken)
    answer = cli("status", "last", "--json")
    error = refused(answer, "InternalError")
    assert "RuntimeError: a [bold]wheel[/bold] came off" in error["message"]
    monkeypatch.setenv("ZOSIMOS_DEBUG", "1")
    assert "Traceback" in cli("status", "last").err

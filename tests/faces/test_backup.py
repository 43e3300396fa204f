"""Backups, copies, witnesses and research objects from the command line, also of a campaign that runs."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.campaign.test_export import issues

Cli = Callable[..., Any]
BUSY = """\
name: busy
space:
  temp: {min: 20, max: 80, unit: degC}
  flow: {levels: [1, 2, 3], unit: mL/min}
  solvent: {choices: [water, ethanol]}
objectives:
  yield: {goal: max, unit: percent}
lab: {kind: pool, file: many.csv, latency: 10 min}
planner: {kind: sobol}
clock: paced
pace: 0.001
budget: {experiments: 2000}
"""
"""A campaign that goes on for twenty minutes, in steps of half a second; who begins it ends it."""
BACKUPS = 8


def refused(answer: Any, kind: str) -> Any:
    assert answer.code >= 2, answer.out
    assert answer.json["error"]["type"] == kind, answer.out
    return answer.json["error"]


def busy(folder: Path, started: Callable[..., subprocess.Popen[str]]) -> subprocess.Popen[str]:
    """Start a campaign in a process of its own, and return that once a head of it was witnessed."""
    (folder / "busy.yaml").write_text(BUSY)
    rows = [f"{20 + n * 0.02:.2f},{1 + n % 3},{('water', 'ethanol')[n % 2]},{n}" for n in range(3000)]
    (folder / "many.csv").write_text("\n".join(["temp,flow,solvent,yield", *rows]) + "\n")
    running = started("run", "busy.yaml", "--no-report", "--json", "--witness", "witness")
    while not (folder / "witness").exists() or not (folder / "witness").read_text():
        assert running.poll() is None
        time.sleep(0.05)
    return running


@pytest.mark.slow
def test_each_backup_of_a_campaign_that_goes_on_meanwhile_restores_and_verifies(
    cli: Cli, folder: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    running = busy(folder, started)
    taken: list[int] = []
    while len(taken) < BACKUPS:
        number = len(taken)
        answer = cli("backup", "-o", f"b{number}.db", "--json")
        assert answer.code == 0, answer.err
        assert cli("restore", f"b{number}.db", "--to", f"r{number}.db").code == 0
        found = cli("verify", "last", "--ledger", f"r{number}.db", "--json").json
        assert answer.json["heads"] == {found["campaign"]: found["head"]}
        assert cli("verify", "last", "--head", found["head"]).code == 0, "it is a beginning of the record"
        taken.append(found["events"])
        while cli("head", "last").out.strip() == found["head"]:
            assert running.poll() is None, "the campaign was over too soon"
            time.sleep(0.2)
    running.terminate()
    running.wait(timeout=120)
    assert taken == sorted(set(taken)), "it went on while it was kept"
    assert cli("verify", "last", "--witness", "witness").code == 0
    middle = ("last", "--ledger", f"r{BACKUPS // 2}.db")
    assert cli("steer", *middle, "--set", "budget.experiments=24").code == 0
    answer = cli("resume", *middle, "--no-report", "--pace", "0", "--json")
    assert answer.json["status"] == "finished", answer.err


@pytest.mark.slow
def test_a_running_campaign_is_copied_as_its_beginning_and_continued_later(
    cli: Cli, folder: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    running = busy(folder, started)
    first = cli("copy", "last", "--to", "copy.db", "--json")
    assert first.code == 0, first.err
    assert first.json["running"] is True
    assert "its beginning" in cli("copy", "last", "--to", "copy.db").out
    shutil.copyfile("zosimos.db", "cp.db")
    assert "copied while a program ran" in cli("status", "last", "--ledger", "cp.db").err
    assert "copied while a program ran" in cli("verify", "last", "--ledger", "cp.db").out
    assert "copied while a program ran" not in cli("status", "last").err
    running.terminate()
    running.wait(timeout=60)
    again = cli("copy", "last", "--to", "copy.db", "--json").json
    assert (again["running"], again["head"]) == (False, cli("head", "last").out.strip())
    assert again["events"] > 0


def test_a_copy_that_was_run_on_parts_and_is_refused_with_what_to_do(cli: Cli) -> None:
    cli("ask", "tiny.yaml", "-n", "1")
    assert "one of the places only" in cli("copy", "last", "--to", "copy.db").out
    for place in ((), ("--ledger", "copy.db")):
        assert cli("pause", "last", "--reason", f"in {place}", *place).code == 0
    error = refused(cli("copy", "last", "--to", "copy.db", "--json"), "StateError")
    assert "have parted" in error["message"]
    assert "two records under one id" in error["hint"]
    refused(cli("copy", "last", "--to", "zosimos.db", "--json"), "LedgerError")


def test_a_ledger_under_another_name_is_no_place_for_a_copy_of_it(cli: Cli, folder: Path) -> None:
    cli("run", "tiny.yaml", "--no-report")
    (folder / "link.db").symlink_to("zosimos.db")
    (folder / "sub").mkdir()
    for place in ("zosimos.db", "link.db", "sub/../zosimos.db", str(folder / "zosimos.db")):
        assert "into itself" in refused(cli("copy", "last", "--to", place, "--json"), "LedgerError")["message"]
    assert cli("copy", "last", "--to", "sub/zosimos.db").code == 0


def test_backup_and_restore_say_where_and_leave_what_is_there_alone(cli: Cli, folder: Path) -> None:
    cli("ask", "tiny.yaml", "-n", "1")
    head = cli("head", "last").out.strip()
    answer = cli("backup")
    assert head in answer.out
    (path,) = (folder / "backups").iterdir()
    assert str(path.relative_to(folder)) in answer.out
    refused(cli("backup", "-o", path, "--json"), "LedgerError")
    assert cli("backup", "-o", path, "--force").code == 0
    assert "--replace" in refused(cli("restore", path, "--json"), "StateError")["hint"]
    cli("pause", "last", "--reason", "after the backup")
    restored = cli("restore", path, "--replace", "--json").json
    assert (restored["ledger"], restored["replaced"]) == ("zosimos.db", "zosimos.db.replaced-1")
    assert cli("head", "last").out.strip() == head
    assert cli("verify", "last").code == 0, "the heads of the ledger that was replaced went with it"
    assert cli("verify", "last", "--ledger", "zosimos.db.replaced-1").code == 0
    refused(cli("restore", "tiny.yaml", "--to", "new.db", "--json"), "LedgerError")
    refused(cli("restore", "missing.db", "--to", "new.db", "--json"), "LedgerError")
    assert not (folder / "new.db").exists()


def test_each_command_that_changes_a_campaign_tells_the_witness_of_the_settings(cli: Cli, folder: Path) -> None:
    (folder / "zosimos.toml").write_text('witness = "witness"\n')
    cli("ask", "tiny.yaml", "-n", "1")
    cli("status", "last")
    cli("pause", "last")
    lines = (folder / "witness").read_text().splitlines()
    assert len(lines) == 2
    assert lines[-1].split()[1] == cli("head", "last").out.strip()
    assert "all 2 heads" in cli("verify", "last", "--witness", "witness").out
    assert cli("verify", "last", "--witness", "witness", "--json").json["witnessed"] == 2


def test_a_witness_that_cannot_be_written_to_is_refused_before_a_run_and_said_after_a_command(
    cli: Cli, folder: Path
) -> None:
    refused(cli("run", "tiny.yaml", "--witness", "/nowhere/at/all", "--json"), "SettingsError")
    assert cli("list", "--json").json["campaigns"] == []
    cli("ask", "tiny.yaml", "-n", "1")
    refused(cli("head", "last", "--witness", "http://127.0.0.1:9/", "--json"), "DataError")
    (folder / "zosimos.toml").write_text('witness = "http://127.0.0.1:9/heads?key=s3cret"\n')
    answer = cli("pause", "last")
    assert answer.code == 0
    assert "cannot be written to" in answer.err
    assert "s3cret" not in answer.err


@pytest.mark.slow
def test_a_campaign_changed_from_python_tells_the_witness_when_it_is_closed(folder: Path, cli: Cli) -> None:
    import zosimos as zo

    (folder / "zosimos.toml").write_text('witness = "witness"\n')
    with zo.Campaign.create("tiny.yaml") as campaign:
        campaign.ask(1)
    with zo.Campaign.open() as campaign:
        assert campaign.pending
    lines = (folder / "witness").read_text().splitlines()
    assert [line.split()[1] for line in lines] == [cli("head", "last").out.strip()]
    with zo.Campaign.open() as campaign:
        campaign.run()
        head = campaign.verify()
        assert campaign.export("crate.eln") == Path("crate.eln")
    assert (folder / "witness").read_text().splitlines()[-1].split()[1] == head
    (folder / "zosimos.toml").write_text('witness = "http://127.0.0.1:9/"\n')
    with (
        pytest.warns(UserWarning, match="cannot be written to"),
        zo.Campaign.create("tiny.yaml") as campaign,
    ):
        campaign.ask(1)


def test_a_crate_is_written_where_it_is_wanted_and_only_there(cli: Cli, folder: Path) -> None:
    cli("run", "tiny.yaml", "--no-report")
    refused(cli("export", "last", "--format", "ro-crate", "--json"), "SpecError")
    answer = cli("export", "last", "--format", "ro-crate", "-o", "crate", "--license", "CC-BY-4.0", "--json")
    assert answer.json["file"] == "crate"
    assert '"license": "CC-BY-4.0"' in (folder / "crate" / "ro-crate-metadata.json").read_text()
    refused(cli("export", "last", "--format", "ro-crate", "-o", "crate", "--json"), "DataError")
    assert "written to a.eln" in cli("export", "last", "--format", "eln", "-o", "a.eln").out


@pytest.mark.slow
def test_a_crate_of_a_campaign_that_ran_is_valid(cli: Cli, folder: Path) -> None:
    cli("run", "tiny.yaml", "--no-report")
    assert cli("export", "last", "--format", "ro-crate", "-o", "crate").code == 0
    assert issues(folder / "crate") == []


def test_no_command_writes_over_a_ledger(cli: Cli, folder: Path) -> None:
    """The name of the ledger is typed by mistake where a file to write is meant."""
    cli("run", "tiny.yaml", "--no-report")
    (folder / "hand.yaml").write_text((folder / "tiny.yaml").read_text().replace("lab:", "description: by hand #"))
    before = cli("list", "--json").json
    for command in (
        ("export", "last", "-o", "zosimos.db"),
        ("export", "last", "--format", "json", "-o", "zosimos.db"),
        ("report", "last", "-o", "zosimos.db"),
        ("ask", "hand.yaml", "-o", "zosimos.db"),
        ("head", "last", "--witness", "zosimos.db"),
        ("run", "tiny.yaml", "--witness", "zosimos.db"),
        ("plan", "match the colour (90, 150, 60)", "--lab", "colour", "--no-dry-run", "--force", "-o", "zosimos.db"),
    ):
        assert "is not written over" in refused(cli(*command, "--json"), "DataError")["message"], command
        for ending in ("-wal", "-shm", "-journal"):  # what was written last is there
            log = [word.replace("zosimos.db", f"zosimos.db{ending}") for word in command]
            assert "a part of the database" in refused(cli(*log, "--json"), "DataError")["message"], log
    assert cli("list", "--json").json == before
    assert cli("verify", "--all").code == 0


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_the_log_of_a_ledger_is_no_place_for_a_backup_and_no_ledger(cli: Cli, folder: Path, ending: str) -> None:
    cli("run", "tiny.yaml", "--no-report")
    cli("backup", "-o", "kept.db")
    log = folder / f"zosimos.db{ending}"
    for command in (
        ("backup", "-o", log.name, "--force"),
        ("backup", "-o", f"new.db{ending}"),
        ("restore", "kept.db", "--to", log.name, "--replace"),
        ("copy", "last", "--to", log.name),
        ("list", "--ledger", log.name),
        ("run", "tiny.yaml", "--ledger", log.name),
    ):
        log.write_bytes(b"")  # SQLite takes away one that nobody uses
        refused(cli(*command, "--json"), "LedgerError")
        assert not log.exists() or log.read_bytes() == b"", command
    log.unlink(missing_ok=True)
    assert cli("verify", "--all").code == 0
    assert not (folder / f"new.db{ending}").exists()


def test_a_ledger_that_is_gone_is_missed_where_something_tells_of_it(cli: Cli, folder: Path) -> None:
    assert cli("list").err == ""
    cli("run", "tiny.yaml", "--no-report")
    (folder / "zosimos.db").rename(folder / "zosimos.db.rescued-20261129T120000Z")
    answer = cli("list")
    assert (
        answer.out
        == "no campaigns yet: zosimos new writes a file; zosimos ask FILE (by hand) or run FILE (a lab) begins one\n"
    )
    assert "zosimos.db was here: heads of 1 campaigns are kept in zosimos.db.heads; zosimos.db.rescued-" in answer.err
    error = refused(cli("status", "last", "--json"), "NotFoundError")
    assert "zosimos.db.rescued-20261129T120000Z is what was in it" in error["hint"]
    assert "run makes one" in refused(cli("status", "last", "--ledger", "other.db", "--json"), "NotFoundError")["hint"]

"""``repair`` and ``verify``: what is shown, what is asked, and what works again afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from broken_ledgers import MISFIT, spoil

import zosimos as zo
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.faces.cli import repair

Cli = Callable[..., Any]
WRONG = "does not fit the record before it"
WHY = ("--reason", "an old version wrote it")


@pytest.fixture
def broken(cli: Cli) -> tuple[str, str]:
    """A campaign that waits for approval, with two events in its record that do not fit; and the token it waits for."""
    found = cli("run", "tiny.yaml", "--set", "approval=batch", "--no-wait", "--no-report", "--json").json
    campaign, token = found["campaign"], found["waiting_for"][0]["token"]
    with Ledger("zosimos.db") as ledger:
        spoil(ledger, campaign, MISFIT, Draft("campaign.paused", {"by": {"name": "bob", "at": ""}, "reason": "smoke"}))
    return campaign, token


def rows(campaign: str) -> int:
    with Ledger("zosimos.db") as ledger:
        return len(ledger.stored(campaign))


def test_after_a_repair_everything_works_again(cli: Cli, broken: tuple[str, str]) -> None:
    campaign, token = broken
    answer = cli("repair", campaign, *WHY, "--yes")
    assert answer.code == 0, answer.err
    for words in ("experiment.started", "campaign.paused", "paused, as bob asked: recorded again", "it is paused now"):
        assert words in answer.out
    assert "set aside by tester: an old version wrote it" in cli("status", campaign).out
    assert WRONG not in cli("status", campaign).err
    events = cli("show", campaign, "--events", "--json").json["events"]
    assert [event["kind"] for event in events if event.get("set_aside")] == ["experiment.started", "campaign.paused"]
    assert cli("show", campaign, "--events").out.count("(set aside)") == 2
    assert cli("resume", campaign, "--no-wait", "--json").json["status"] == "waiting"
    assert cli("steer", campaign, "--set", "budget.experiments=6").code == 0
    for line in ("verify", "replay", "report", "list", "watch --once"):
        assert cli(*line.split(), *([] if line == "list" else [campaign])).code == 0, line
    assert cli("approve", token, "--yes", "run").code == 2, "it expired when the campaign was steered"


def test_what_waited_before_can_be_answered_after(cli: Cli, broken: tuple[str, str]) -> None:
    campaign, token = broken
    assert cli("repair", campaign, *WHY, "--yes", "--json").json["set_aside"][0]["kind"] == "experiment.started"
    assert cli("approve", token, "--yes", "run").code == 0


def test_without_a_terminal_a_repair_is_not_made_unasked(cli: Cli, broken: tuple[str, str]) -> None:
    before = rows(broken[0])
    answer = cli("repair", broken[0], *WHY)
    assert answer.code == 2
    assert "--yes" in answer.err
    assert "campaign.paused" in answer.out, "what would be set aside is shown"
    assert cli("repair", broken[0], *WHY, "--json").json["error"]["field"] == "--yes"
    assert cli("repair", broken[0], "--yes", "--json").json["error"]["field"] == "--reason"
    assert rows(broken[0]) == before


@pytest.mark.parametrize(("typed", "code"), [("n\n", 130), ("y\n", 0)])
def test_at_a_terminal_it_asks(
    cli: Cli, broken: tuple[str, str], monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    asked: list[str] = []

    def confirm(question: str, *, abort: bool) -> None:
        asked.append(question)
        if typed == "n\n" and abort:
            raise repair.typer.Abort

    monkeypatch.setattr(repair, "at_terminal", lambda: True)
    monkeypatch.setattr(repair.typer, "confirm", confirm)
    assert cli("repair", broken[0], *WHY).code == code
    assert asked == ["Set these events aside?"]
    assert (cli("verify", broken[0]).code == 0) == (code == 0)


def test_there_is_nothing_to_repair_in_a_whole_record(cli: Cli) -> None:
    campaign = cli("ask", "tiny.yaml", "--json").json["campaign"]
    answer = cli("repair", campaign, *WHY, "--yes")
    assert answer.code == 2
    assert "nothing to repair" in answer.err


def test_a_changed_record_needs_a_backup(cli: Cli, broken: tuple[str, str]) -> None:
    with sqlite3.connect("zosimos.db") as database:
        database.execute("UPDATE events SET text = replace(text, 'tiny', 'tina') WHERE seq = 1")
    database.close()
    answer = cli("repair", broken[0], *WHY, "--yes")
    assert answer.code == 3
    assert "event 1 was changed" in answer.err
    assert "backup" in answer.err


@pytest.mark.parametrize("verb", ["pause", "halt", "abort"])
def test_a_stop_asked_for_before_the_repair_is_recorded_by_it(cli: Cli, broken: tuple[str, str], verb: str) -> None:
    assert "zosimos repair" in cli(verb, broken[0], "--reason", "fire").out
    answer = cli("repair", broken[0], *WHY, "--yes", "--json").json
    assert answer["status"] == {"pause": "paused", "halt": "paused", "abort": "aborted"}[verb]
    assert cli("status", broken[0], "--json").json["reason"] == "again after a repair: fire"


def test_from_python_too(broken: tuple[str, str]) -> None:
    with zo.Campaign.open(broken[0]) as campaign:
        with pytest.raises(zo.DamagedError, match="zosimos repair"):
            campaign.steer({"batch": 2})
        assert campaign.repair("an old version wrote it") == [
            "e0099 is known from what is set aside alone: it is not part of the campaign",
            "paused, as bob asked: recorded again",
        ]
        assert campaign.status == "paused"
        campaign.steer({"batch": 2})


# --- verify


def test_verify_says_of_every_view_whether_it_can_be_trusted(cli: Cli, broken: tuple[str, str]) -> None:
    answer = cli("verify", broken[0])
    assert answer.code == 3
    assert answer.out.splitlines()[0].endswith("events")
    for view in ("status", "show", "export", "report", "replay", "head"):
        assert f"{view} " in answer.out
    assert f"zosimos repair {broken[0]}" in answer.out
    cli("repair", broken[0], *WHY, "--yes")
    answer = cli("verify", broken[0])
    assert answer.code == 0
    assert "holds" in answer.out
    assert "set aside by tester" in answer.out


def test_verify_checks_every_campaign(cli: Cli, broken: tuple[str, str]) -> None:
    refused = cli("ask", "tiny.yaml", "--json").json["error"]  # the file's own campaign cannot go on
    assert "zosimos ask tiny.yaml --new" in refused["hint"]
    good = cli("ask", "tiny.yaml", "--new", "--json").json["campaign"]
    answer = cli("verify", "--all", "--json")
    assert answer.code == 3
    assert {one["campaign"]: one["valid"] for one in answer.json["campaigns"]} == {broken[0]: False, good: True}
    assert answer.json["ledger"] == []
    said = cli("verify", "--all").out
    assert f"campaign {good} holds" in said
    assert "1 of 2 campaigns hold" in said
    cli("repair", broken[0], *WHY, "--yes")
    assert cli("verify", "--all").code == 0


def test_verify_wants_one_campaign_or_all(cli: Cli, broken: tuple[str, str]) -> None:
    for arguments in ((), (broken[0], "--all"), ("--all", "--head", "1:" + "0" * 64)):
        assert cli("verify", *arguments, "--json").json["error"]["field"] == "verify"


def test_a_ledger_whose_file_is_damaged_says_so_first(cli: Cli, broken: tuple[str, str], folder: Path) -> None:
    data = bytearray((folder / "zosimos.db").read_bytes())
    for place in range(4096, len(data), 4096):
        data[place : place + 60] = b"\xff" * 60
    (folder / "zosimos.db").write_bytes(data)
    for line in ("verify --all", "status last", "list", "resume last", f"verify {broken[0]}"):
        answer = cli(*line.split())
        assert answer.code == 3, (line, answer.err, answer.out)
        assert "Traceback" not in answer.err
        said = (answer.err or answer.out).splitlines()[0]
        assert "malformed" in said or "damaged" in said or "does not hold" in said, (line, said)

"""A record that holds an event which does not fit is read up to it, stopped beside the chain, and never changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from scripted_lab import NOW, Campaign, ScriptedLab

from zosimos.campaign.control.commands import Commands
from zosimos.campaign.ledger.events import Draft, sealed
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record

Cli = Callable[..., Any]
STARTED = Draft("experiment.started", {"experiment": "e0099"})  # an experiment that nobody proposed
WRONG = "does not fit the record before it"


def spoil(path: str, campaign: str, draft: Draft = STARTED) -> None:
    """Write a row that an older version might have written: the chain is right, the event makes no sense."""
    with Ledger(path) as ledger:
        last = ledger.events(campaign)[-1]
        event = sealed(campaign, last.seq + 1, last.at, draft, last.hash)
        row = {"campaign": campaign, "seq": event.seq, "prev": last.hash, "hash": event.hash, "text": event.text}
        with ledger.engine.begin() as connection:
            connection.execute(sa.text("INSERT INTO events VALUES (:campaign, :seq, :prev, :hash, :text)"), row)


def rows(campaign: str) -> int:
    with Ledger("zosimos.db") as ledger:
        return len(ledger.stored(campaign))


@pytest.fixture
def broken(cli: Cli, waiting: str) -> tuple[str, str]:
    """A campaign that waits for approval, with an event in its record that does not fit; and the token it waits for."""
    token = str(cli("approvals", waiting, "--json").json["approvals"][0]["token"])
    spoil("zosimos.db", waiting)
    return waiting, token


LOOKING = [
    "status ID",
    "status ID --json",
    "show ID",
    "show ID --json",
    "show ID --events",
    "show ID e0001",
    "list",
    "list --json",
    "approvals",
    "approvals ID",
    "approvals --json",
    "approvals ID --json",
    "export ID -o out.csv",
    "report ID -o out.html",
    pytest.param("explain ID", marks=pytest.mark.slow),
    "chat ID --say status",
]


@pytest.mark.parametrize("line", LOOKING)
def test_looking_says_so_and_works_up_to_it(cli: Cli, broken: tuple[str, str], line: str) -> None:
    answer = cli(*line.replace("ID", broken[0]).split())
    assert answer.code == 0, answer.err
    assert WRONG in answer.out + answer.err
    assert "Traceback" not in answer.err
    if line.startswith(("show", "status")) and "--events" not in line:
        assert "proposed" in answer.out


def test_approvals_says_that_nothing_can_be_answered(cli: Cli, broken: tuple[str, str]) -> None:
    for arguments in ((), (broken[0],)):
        assert "nothing waits for approval" not in cli("approvals", *arguments).out
        (named,) = cli("approvals", *arguments, "--json").json["broken"]
        assert named["campaign"] == broken[0]
        assert WRONG in named["reason"]


def test_verify_tells_a_record_that_makes_no_sense_from_one_that_was_changed(cli: Cli, broken: tuple[str, str]) -> None:
    answer = cli("verify", broken[0])
    assert answer.code == 3
    assert WRONG in answer.out
    found = cli("verify", broken[0], "--json").json
    assert found["broken"]["kind"] == "experiment.started"
    assert {name: item["trusted"] for name, item in found["views"].items()} == {
        **dict.fromkeys(("status", "show", "export", "report", "replay"), "in part"),
        "head": "yes",
    }
    assert found["views"]["status"]["why"] == f"up to event {found['broken']['event'] - 1}"


CHANGING = [
    "approve TOKEN --yes run",
    "reject TOKEN",
    "resume ID --no-wait",
    "steer ID --set batch=2",
    "steer ID --undo",
    "resolve ID e0001 skip",
    "ask ID",
    "tell ID results.csv",
]


@pytest.mark.parametrize("line", CHANGING)
def test_every_change_is_refused_in_words(cli: Cli, broken: tuple[str, str], line: str) -> None:
    campaign, token = broken
    before = rows(campaign)
    Path("results.csv").write_text("experiment,yield\ne0001,3\n")
    arguments = line.replace("ID", campaign).replace("TOKEN", token).split()
    answer = cli(*arguments)
    assert answer.code == 3
    assert "can be read but not changed" in answer.err, answer.err
    assert cli(*arguments, "--json").json["error"]["type"] == "DamagedError"
    assert rows(campaign) == before


def test_a_change_asked_for_in_chat_is_refused_in_words(cli: Cli, broken: tuple[str, str]) -> None:
    before = rows(broken[0])
    answer = cli("chat", broken[0], "--say", "/set temp.max=60", "--json")
    assert answer.code == 0
    assert answer.json["proposals"] == []
    assert "can be read but not changed" in answer.json["reply"]
    assert rows(broken[0]) == before


@pytest.mark.parametrize("verb", ["pause", "halt", "abort"])
def test_pause_and_abort_append_nothing_where_nothing_runs(cli: Cli, broken: tuple[str, str], verb: str) -> None:
    before = rows(broken[0])
    answer = cli(verb, broken[0], "--reason", "smoke")
    assert answer.code == 0
    assert "no program runs it" in answer.out
    assert cli(verb, broken[0], "--json").json["recorded"] is False
    assert rows(broken[0]) == before
    with Ledger("zosimos.db") as ledger:
        assert f"to {verb} a campaign" in Record(ledger, broken[0]).stop_wanted(), "a repair puts it on record"


@pytest.mark.parametrize("command", ["replay", "watch"])
def test_replay_and_watch_end_in_a_clear_error(cli: Cli, broken: tuple[str, str], command: str) -> None:
    answer = cli(command, broken[0])
    assert answer.code == 3
    assert WRONG in answer.err
    assert "zosimos verify" in answer.err
    assert "Traceback" not in answer.err
    assert cli(command, broken[0], "--json").json["error"]["type"] == "DamagedError"


@pytest.mark.parametrize(
    "draft",
    [
        Draft("change.proposed", {"token": 5}),
        Draft("devices.stopped", {"reason": "", "unconfirmed": ["pump"]}),
        Draft("approval.granted", {"token": "nobody-asked", "digest": "", "by": {}, "reason": ""}),
        Draft("spec.steered", {"version": 2, "changes": [{"path": "batch", "old": 1, "new": -1}]}),
    ],
    ids=lambda draft: draft.kind,
)
def test_whatever_does_not_fit_the_others_campaigns_are_as_before(cli: Cli, draft: Draft) -> None:
    run = ("run", "tiny.yaml", "--set", "approval=batch", "--no-wait", "--no-report", "--json")
    bad, good = cli(*run).json["campaign"], cli(*run).json
    spoil("zosimos.db", bad, draft)
    assert {row["campaign"] for row in cli("list", "--json").json["campaigns"]} == {bad, good["campaign"]}
    assert cli("status", bad).code == 0
    (listed,) = cli("approvals", "--json").json["approvals"]
    assert listed["campaign"] == good["campaign"]
    assert cli("approve", listed["token"], "--yes", "run").code == 0


@pytest.mark.parametrize("verb", ["pause", "halt", "abort"])
def test_a_runner_is_stopped_and_its_devices_made_safe_without_appending(tmp_path: Path, verb: str) -> None:
    path = str(tmp_path / "ledger.db")
    stored: list[int] = []
    with Ledger(path) as ledger:

        def trouble(moment: str, effect: str) -> None:
            if stored or moment != "before":
                return
            spoil(path, campaign.record.campaign)
            with Ledger(path) as other:
                record = Record(other, campaign.record.campaign)
                getattr(Commands(record, "somebody", NOW), verb)("smoke")
                stored.append(len(other.stored(record.campaign)))

        lab = ScriptedLab(tmp_path / "journal", trouble=trouble)
        campaign = Campaign(ledger, lab)
        with pytest.raises(Exception, match=WRONG):
            campaign.run()
        assert lab.safe
        assert len(ledger.stored(campaign.record.campaign)) == stored[0]

"""Outages: while the ledger is away the devices stand still, and the campaign goes on when it answers again."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from faulty_ledger import FaultyLedger, Moment, cut
from scripted_lab import NOW, Campaign, ScriptedLab, golden

from zosimos.campaign.control.commands import Commands
from zosimos.campaign.execution import journal as journals
from zosimos.campaign.execution import outage as outages
from zosimos.campaign.execution.session import arun_campaign
from zosimos.campaign.ledger.database import sqlite
from zosimos.campaign.ledger.database.engine import sqlite_path
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.record.fold import fold
from zosimos.campaign.record.record import Record
from zosimos.core.errors import FencedError, LedgerAwayError


class Lab(ScriptedLab):
    """A lab on the wall clock that says when it was made safe, and may leave devices unconfirmed."""

    unconfirmed: Mapping[str, str] | None = None
    safe_at: float = 0.0

    async def safe_state(self) -> Mapping[str, str] | None:  # type: ignore[override]  # newer executors say more
        self.safe_at = self.safe_at or time.monotonic()
        await super().safe_state()
        return self.unconfirmed


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[FaultyLedger]:
    with FaultyLedger(str(tmp_path / "faulty.db")) as opened:
        yield opened


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path / "journal", wait_s=0.01, default_clock="wall")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger is given up soon, and tried again soon."""
    monkeypatch.setattr(journals, "ANSWER_S", 0.5)
    monkeypatch.setattr(journals, "AGAIN_S", 0.1)
    monkeypatch.setattr(outages, "_PAUSES_S", ())
    monkeypatch.setattr(outages, "_LONGEST_S", 0.05)


class Away:
    """The ledger is away from an effect on, until a number of attempts failed."""

    def __init__(self, ledger: FaultyLedger, effect: str, attempts: int, moment: Moment = "commit") -> None:
        self.left = attempts
        self.since = 0.0
        self._ledger = ledger
        self._effect = effect
        self._moment = moment

    def __call__(self, moment: str, effect: str) -> None:
        if (moment, effect) == ("after", self._effect):
            self.since = time.monotonic()
            self._ledger.trouble = self.trouble

    def trouble(self, moment: Moment) -> None:
        if self.left and moment in (self._moment, "read"):
            self.left -= 1
            raise cut()


def went_on(campaign: Campaign, lab: Lab) -> None:
    """Check that a campaign ended as it would have without an outage, and that its record is whole."""
    experiments = campaign.state.experiments.values()
    assert [one.status for one in experiments] == ["measured"] * 4
    assert sorted(lab.effects()) == sorted(set(lab.effects()))  # nothing was done twice
    assert len(lab.effects()) == 8
    verify(campaign.ledger, campaign.record.campaign)
    events = campaign.ledger.events(campaign.record.campaign)
    assert campaign.record.state == fold(campaign.record.campaign, events)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wall", "virtual"])
@pytest.mark.parametrize("moment", ["begin", "commit", "committed"])
def test_a_campaign_goes_on_after_an_outage(faulty: FaultyLedger, lab: Lab, moment: Moment, kind: str) -> None:
    away, said = Away(faulty, "e0002/0/1", 12, moment), list[str]()
    lab.trouble = away
    campaign = Campaign(faulty, lab)
    assert campaign.run(kind=kind, notice=said.append).status == "finished"
    assert not away.left
    went_on(campaign, lab)
    assert campaign.state.sessions == 2
    assert "stands still" in said[0]
    assert "15 minutes" in said[0]
    assert "answers again" in said[1]
    assert len(said) == 2
    (stopped,) = [e for e in faulty.events(campaign.record.campaign) if e.kind == "devices.stopped"]
    assert "did not answer" in stopped.body["reason"]


@pytest.mark.slow
def test_devices_are_made_safe_as_soon_as_the_ledger_is_given_up(faulty: FaultyLedger, lab: Lab) -> None:
    away, said = Away(faulty, "e0002/0/1", 12), list[str]()
    lab.trouble, lab.unconfirmed = away, {"oven": "no answer"}
    campaign = Campaign(faulty, lab)
    assert campaign.run(notice=said.append).status == "finished"
    assert lab.safe_at - away.since < 1.0
    assert "check oven: no answer" in said[0]
    (stopped,) = [e for e in faulty.events(campaign.record.campaign) if e.kind == "devices.stopped"]
    assert stopped.body["unconfirmed"] == {"oven": "no answer"}


@pytest.mark.slow
def test_a_silent_ledger_is_noticed_and_what_it_stores_late_is_not_stored_twice(faulty: FaultyLedger, lab: Lab) -> None:
    released, since = threading.Event(), list[float]()

    def silence(moment: Moment) -> None:
        if moment == "commit" and not released.is_set():
            since.append(time.monotonic())
            threading.Timer(1.5, released.set).start()
            assert released.wait(10)

    def trouble(moment: str, effect: str) -> None:
        if (moment, effect) == ("after", "e0002/0/1"):
            faulty.trouble = silence

    lab.trouble = trouble
    campaign = Campaign(faulty, lab)
    assert campaign.run().status == "finished"
    assert lab.safe_at - since[0] < 1.0
    went_on(campaign, lab)


@pytest.mark.slow
def test_a_ledger_that_stays_away_is_given_up_in_words(
    faulty: FaultyLedger, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages, "PATIENCE_S", 0.4)
    lab.trouble = Away(faulty, "e0002/0/1", 10**9)
    campaign = Campaign(faulty, lab)
    with pytest.raises(LedgerAwayError, match="did not answer again within") as caught:
        campaign.run()
    assert "the connection was cut" in caught.value.message
    assert "resume" in caught.value.hint
    assert lab.safe
    faulty.trouble = lambda moment: None
    assert campaign.run().status == "finished"
    went_on(campaign, lab)


def test_a_ledger_that_is_away_when_a_run_begins_is_not_waited_for(faulty: FaultyLedger, lab: Lab) -> None:
    campaign = Campaign(faulty, lab)

    def away(moment: Moment) -> None:
        if moment == "begin":
            raise cut()

    faulty.trouble = away
    with pytest.raises(LedgerAwayError):
        campaign.run()
    assert not lab.effects()


@pytest.mark.slow
def test_who_took_the_campaign_over_during_an_outage_keeps_it(faulty: FaultyLedger, lab: Lab) -> None:
    away = Away(faulty, "e0002/0/1", 12)
    lab.trouble = away
    campaign = Campaign(faulty, lab)

    def taken_over(words: str) -> None:
        if "stands still" in words:
            with Ledger(faulty.url) as theirs:
                opened = Draft("session.opened", {"process": {}, "clock": "wall", "versions": {}})
                Record(theirs, campaign.record.campaign).commit(lambda _: [opened], lambda: "2030-01-01T00:00:00+00:00")

    with pytest.raises(FencedError, match="took campaign"):
        campaign.run(notice=taken_over)
    assert lab.effects() == ["e0001/0/1", "e0001/1/1", "e0002/0/1"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wall", "virtual"])
def test_a_signal_is_heard_during_an_outage(
    faulty: FaultyLedger, lab: Lab, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(outages, "_LONGEST_S", 60.0)
    lab.trouble = Away(faulty, "e0002/0/1", 10**9)
    campaign, sent = Campaign(faulty, lab), list[float]()

    def send() -> None:
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGTERM)

    ending = campaign.run(kind=kind, notice=lambda _: threading.Timer(0.2, send).start())
    assert (ending.status, ending.reason) == ("interrupted", "asked to stop by SIGTERM")
    assert time.monotonic() - sent[0] < 0.5
    faulty.trouble = lambda moment: None
    assert campaign.run(kind=kind).status == "finished"
    went_on(campaign, lab)


def test_cancelling_the_wait_ends_an_outage(faulty: FaultyLedger, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "_LONGEST_S", 60.0)
    lab.trouble = Away(faulty, "e0002/0/1", 10**9)
    campaign = Campaign(faulty, lab)

    async def main() -> None:
        still = asyncio.Event()
        running = asyncio.create_task(
            arun_campaign(campaign.record, campaign.setup, decide=golden, notice=lambda _: still.set())
        )
        await still.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(asyncio.wait_for(main(), 10))
    assert lab.safe


# --- what a real database does


@pytest.mark.slow
def test_a_full_disk_is_waited_for(ledger: Ledger, lab: Lab) -> None:
    campaign, limit = Campaign(ledger, lab), [10**9]

    def pages(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={limit[0]}")

    sa.event.listen(ledger.engine, "checkout", pages)
    said = list[str]()

    def say(words: str) -> None:
        said.append(words)
        if "stands still" in words:  # somebody makes room, after a while
            threading.Timer(1.0, lambda: limit.__setitem__(0, 10**9)).start()

    def trouble(moment: str, effect: str) -> None:
        if (moment, effect) == ("after", "e0002/0/1"):
            limit[0] = 1  # as many as there are

    lab.trouble = trouble
    assert campaign.run(notice=say).status == "finished"
    assert "disk is full" in said[0]
    assert len(said) == 2
    assert campaign.state.sessions == 2
    went_on(campaign, lab)


@pytest.mark.slow
def test_a_lock_that_another_program_holds_is_waited_for(
    tmp_path: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LOCK_S", 0)
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign, said = Campaign(ledger, lab), list[str]()
        path = sqlite_path(ledger.url)
        assert path is not None
        with closing(sqlite3.connect(path, check_same_thread=False, isolation_level=None)) as other:

            def say(words: str) -> None:
                said.append(words)
                if other.in_transaction:
                    other.execute("ROLLBACK")

            def trouble(moment: str, effect: str) -> None:
                if (moment, effect) == ("after", "e0002/0/1"):
                    other.execute("BEGIN IMMEDIATE")

            lab.trouble = trouble
            assert campaign.run(notice=say).status == "finished"
        assert "is locked" in said[0]
        went_on(campaign, lab)


# --- while the ledger is only slow


@pytest.mark.slow
def test_an_abort_does_not_queue_behind_the_commits_of_a_slow_disk(faulty: FaultyLedger, lab: Lab) -> None:
    campaign, aborted = Campaign(faulty, lab, batch=4, budget={"experiments": 16}), list[float]()
    slow_s = 0.1

    def slow(moment: Moment) -> None:
        if moment == "commit":
            time.sleep(slow_s)

    def abort() -> None:
        with Ledger(faulty.url) as theirs:
            Commands(Record(theirs, campaign.record.campaign), "tester", NOW).abort("smoke")
        aborted.append(time.monotonic())

    def trouble(moment: str, effect: str) -> None:
        if (moment, effect) == ("after", "e0001/0/1"):
            faulty.trouble = slow
            threading.Timer(0.3, abort).start()

    lab.trouble = trouble
    assert campaign.run().status == "aborted"
    assert lab.safe_at - aborted[0] < 3.0 * slow_s


@pytest.mark.slow
def test_a_process_that_was_stopped_for_a_while_finds_its_ledger_still_there(faulty: FaultyLedger, lab: Lab) -> None:
    campaign, said = Campaign(faulty, lab, budget={"experiments": 1}), list[str]()

    def trouble(moment: str, effect: str) -> None:
        if moment == "after":
            time.sleep(0.6)  # as a process that is stopped, the loop misses every deadline

    lab.trouble = trouble
    assert campaign.run(notice=said.append).status == "finished"
    assert campaign.state.sessions == 1
    assert not said

"""Two runners of one campaign: who lost the right to it writes nothing and sends nothing, and no effect is doubled."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from scripted_lab import Campaign, ScriptedLab, golden

from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.execution.loop import Ending, Runner
from zosimos.campaign.execution.session import run_campaign
from zosimos.campaign.lab import Steps, Task
from zosimos.campaign.ledger import claims
from zosimos.campaign.ledger.claims import LEASE_S, Claim, Surroundings, execution_claim
from zosimos.campaign.ledger.database.engine import sqlite_path
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.processes import this_process
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.setup import Setup
from zosimos.core import clock as clocks
from zosimos.core.clock import ClockKind
from zosimos.core.errors import FencedError, LedgerAwayError
from zosimos.core.records import Candidate, Measurement

OPENED = Draft("session.opened", {"process": {"pid": 1, "host": "elsewhere"}, "clock": "wall", "versions": {}})
NOW = "2026-03-01T12:00:00+00:00"


def taken_elsewhere(campaign: Campaign) -> Record:
    """Open another session on the chain, as a second runner does whatever any claim says."""
    record = Record(campaign.ledger, campaign.record.campaign)
    record.commit(lambda _: [OPENED], lambda: NOW)
    record.session = record.state.sessions
    return record


class Leaving(ScriptedLab):
    """A lab that acts when it is left."""

    async def close(self) -> None:
        self.trouble("closing", "")


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("effect", ["e0001/0/1", "e0001/1/1", "e0004/1/1"])
def test_a_runner_whose_session_is_not_the_last_writes_nothing_and_touches_no_device(
    store: Ledger, lab: ScriptedLab, moment: str, effect: str
) -> None:
    campaign = Campaign(store, lab)
    length = [0]

    def take(when: str, which: str) -> None:
        if (when, which) == (moment, effect):
            length[0] = taken_elsewhere(campaign).state.seq

    lab.trouble = take
    with pytest.raises(FencedError, match="session 2 was opened"):
        campaign.run()
    assert lab.effects()[-1] == effect
    assert store.last(campaign.record.campaign) == length[0]
    assert lab.safe == []


def test_a_decision_of_a_runner_that_was_fenced_is_not_recorded(store: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(store, lab)

    def slow(setup: Setup, inputs: Inputs) -> Sequence[Candidate]:
        taken_elsewhere(campaign)
        return golden(setup, inputs)

    with pytest.raises(FencedError):
        campaign.run(decide=slow)
    assert campaign.kinds()[-1] == "session.opened"
    assert lab.effects() == []


def test_a_runner_that_was_fenced_closes_no_session(store: Ledger, tmp_path: Path) -> None:
    lab = Leaving(tmp_path / "journal")
    campaign = Campaign(store, lab)
    lab.trouble = lambda moment, effect: taken_elsewhere(campaign) if moment == "closing" else None
    with pytest.raises(FencedError):
        campaign.run()
    assert campaign.kinds()[-1] == "session.opened"


def test_of_many_sessions_that_are_opened_at_once_exactly_one_can_write(store: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(store, lab)
    records: list[Record] = []
    barrier = threading.Barrier(4)

    def take() -> None:
        barrier.wait()
        records.append(taken_elsewhere(campaign))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(record.session or 0 for record in records) == [1, 2, 3, 4]
    wrote = []
    for record in records:
        try:
            record.commit(lambda _: [Draft("devices.stopped", {"reason": "", "unconfirmed": {}})], lambda: NOW)
            wrote.append(record.session)
        except FencedError:
            pass
    assert wrote == [4]


def test_one_record_can_run_again_after_another_session(store: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(store, lab)
    lab.trouble = lambda moment, effect: campaign.commands.pause("") if effect == "e0002/0/1" else None
    assert campaign.run().status == "paused"
    assert campaign.record.session is None
    taken_elsewhere(campaign)
    campaign.commands.go_on()
    assert run_campaign(campaign.record, campaign.setup, decide=golden).status == "finished"


# --- the claim of a runner


class Machine:
    """A machine of its own, on which time passes when the test says so."""

    def __init__(self, name: str) -> None:
        self.seconds = 0.0
        here = replace(this_process(), boot=f"boot of {name}", host=name)
        self.around = Surroundings(
            here=lambda: here,
            now=lambda: self.seconds,
            database_now=lambda _: self.seconds,
            pause=self._pause,
        )

    def _pause(self, seconds: float) -> None:
        self.seconds += seconds


def run_under(claim: Claim, campaign: Campaign, kind: ClockKind = "virtual") -> Ending:
    record = Record(campaign.ledger, campaign.record.campaign)
    return clocks.run(
        lambda clock: Runner(record, campaign.setup, clock, decide=golden, wait_for_people=False, claim=claim).run(),
        kind,
        epoch=None if kind == "wall" else datetime.fromisoformat(record.state.at),
    )


def test_a_runner_that_was_suspended_and_replaced_sends_nothing_more(store: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(store, lab)
    first, second = Machine("first"), Machine("second")
    with ExitStack() as stack:

        def suspended(moment: str, effect: str) -> None:
            if (moment, effect) == ("after", "e0002/0/1"):
                first.seconds += 3600.0
                second.seconds = first.seconds
                stack.enter_context(execution_claim(store, campaign.record.campaign, around=second.around))

        lab.trouble = suspended
        claiming = execution_claim(store, campaign.record.campaign, around=first.around)
        with claiming as claim, pytest.raises(FencedError):
            run_under(claim, campaign)
        assert lab.effects()[-1] == "e0002/0/1"
        assert lab.safe == []
        assert second.seconds < 3600.0 + LEASE_S


def test_a_runner_that_was_suspended_and_not_replaced_goes_on(store: Ledger, lab: ScriptedLab) -> None:
    campaign, machine = Campaign(store, lab), Machine("first")

    def suspended(moment: str, effect: str) -> None:
        machine.seconds += 3600.0 if effect == "e0002/0/1" else 0.0

    lab.trouble = suspended
    with execution_claim(store, campaign.record.campaign, around=machine.around) as claim:
        assert run_under(claim, campaign).status == "finished"
    assert len(lab.effects()) == 8


def test_a_runner_that_cannot_renew_its_claim_acts_no_more_and_makes_devices_safe(
    store: Ledger, lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, machine = Campaign(store, lab), Machine("first")

    def away() -> None:
        raise LedgerAwayError("the network is down")

    def suspended(moment: str, effect: str) -> None:
        if (moment, effect) == ("after", "e0002/0/1"):
            machine.seconds += 3600.0
            monkeypatch.setattr(store, "writing", away)

    lab.trouble = suspended
    with execution_claim(store, campaign.record.campaign, around=machine.around) as claim:
        with pytest.raises(LedgerAwayError):
            run_under(claim, campaign)
        monkeypatch.undo()
    assert lab.effects()[-1] == "e0002/0/1"
    assert lab.safe == ["safe"]


# --- taking over


class Unconfirmed(ScriptedLab):
    """A lab whose pump does not say that it stands still, as long as it is loose."""

    loose = True

    async def safe_state(self) -> Mapping[str, str]:  # type: ignore[override]  # newer executors say more
        await super().safe_state()
        return {"pump-1": "no reply"} if self.loose else {}


def left_behind(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the claim of a process that cannot be seen, and whose lease is over."""
    monkeypatch.setattr(claims, "WATCH_S", 0.0)
    with execution_claim(campaign.ledger, campaign.record.campaign, around=Machine("elsewhere").around) as claim:
        claim.fence()  # it never lets go
        with campaign.ledger.writing() as connection:
            connection.execute(sa.text("UPDATE claims SET token = 'lost', until = 0"))


def test_devices_that_are_taken_over_confirm_first_that_they_stand_still(
    store: Ledger, lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = Campaign(store, lab)
    left_behind(campaign, monkeypatch)
    lab.trouble = lambda moment, effect: lab.safe.append(effect) if moment == "before" else None
    assert campaign.run().status == "finished"
    assert lab.safe[0] == "safe"
    assert campaign.kinds()[1:3] == ["session.opened", "devices.stopped"]
    assert campaign.kinds().count("devices.stopped") == 1


def test_a_person_looks_at_devices_that_do_not_confirm_that_they_stand_still(
    store: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Unconfirmed(tmp_path / "journal")
    campaign = Campaign(store, lab)
    left_behind(campaign, monkeypatch)
    ending = campaign.run()
    assert ending.status == "paused"
    assert "pump-1: no reply" in ending.reason
    assert campaign.state.status == "paused"
    assert campaign.state.unconfirmed == {"pump-1": "no reply"}
    assert lab.effects() == []
    lab.loose = False
    campaign.commands.go_on()
    assert campaign.run().status == "finished"


def test_after_an_owner_that_is_shown_dead_nothing_is_stopped_first(store: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(store, lab)
    dead = replace(this_process(), started="1")
    claiming = execution_claim(store, campaign.record.campaign, around=Surroundings(here=lambda: dead))
    with claiming, store.writing() as connection:
        connection.execute(sa.text("UPDATE claims SET token = 'lost'"))
    assert campaign.run().status == "finished"
    assert "devices.stopped" not in campaign.kinds()


# --- an effect under way


@dataclass
class Slow(ScriptedLab):
    """A lab with one effect that takes as long as the test likes, and counts how often it was cut."""

    begun: threading.Event = field(default_factory=threading.Event)
    cut: int = 0
    for_ever: bool = True

    async def run(self, task: Task, steps: Steps) -> Sequence[Measurement]:
        async def act(effect: str) -> str:
            with self.journal.open("a") as file:
                file.write(f"{effect}\n")
            self.begun.set()
            try:
                await asyncio.sleep(60.0 if self.for_ever else 0.0)
            except asyncio.CancelledError:
                self.cut += 1
                raise
            return "done"

        await steps.effect("dispense", act)
        return self.measure(task)


@pytest.mark.slow
@pytest.mark.parametrize("stopping", [False, True], ids=["runs", "sees it through"])
def test_an_effect_under_way_when_another_takes_over_ends_uncertain(
    store: Ledger, tmp_path: Path, stopping: bool
) -> None:
    lab = Slow(tmp_path / "journal", remembers=False, default_clock="wall")
    campaign = Campaign(store, lab)
    errors: list[BaseException] = []
    runners: list[Runner] = []

    def run() -> None:
        record = Record(store, campaign.record.campaign)

        async def main(clock: clocks.Clock) -> Ending:
            runners.append(Runner(record, campaign.setup, clock, decide=golden))
            return await runners[0].run()

        try:
            clocks.run(main)
        except FencedError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert lab.begun.wait(20)
    if stopping:
        runners[0].stop("asked to stop")
        time.sleep(0.2)
    seq = taken_elsewhere(campaign).state.seq
    thread.join(5)
    assert not thread.is_alive()
    assert errors
    assert lab.cut == 1
    assert lab.safe == []
    assert store.last(campaign.record.campaign) == seq
    lab.for_ever = False
    assert campaign.run(kind="virtual").status == "waiting"
    assert campaign.statuses()["e0001"] == "uncertain"
    assert lab.effects() == ["e0001/0/1"]


# --- two processes


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from scripted_lab import Campaign, ScriptedLab, golden, setup_of
from zosimos.campaign.execution.session import run_campaign
from zosimos.campaign.ledger import claims
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
claims.LEASE_S, claims.SURE_S, claims.WATCH_S, claims.RENEW_S = 4.0, 3.0, 1.5, 0.5
with Ledger(sys.argv[3]) as ledger:
    lab = ScriptedLab(Path(sys.argv[1]) / "journal", wait_s=0.3, default_clock="wall")
    record = Record(ledger, ledger.campaigns()[0])
    print("ready", flush=True)
    ending = run_campaign(record, setup_of(lab, budget={"experiments": 12}), decide=golden,
                          notice=lambda words: print(words, flush=True))
    print(ending.status, flush=True)
"""


@contextmanager
def runner(folder: Path, url: str, *before: str) -> Iterator[subprocess.Popen[str]]:
    """Run the campaign in a process of its own, which is killed in the end."""
    root = Path(__file__).resolve().parents[2]
    command: list[Any] = [*before, sys.executable, "-c", SCRIPT, folder, root / "tests", url]
    env = {**os.environ, "PYTHONPATH": str(root / "src")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        try:
            yield process
        finally:
            process.kill()


def frozen(process: int, store: Ledger) -> None:
    """Freeze a process, but not in the middle of a transaction, which would keep a SQLite file locked."""
    path = sqlite_path(store.url)
    while True:
        os.kill(process, signal.SIGSTOP)
        if path is None:
            return
        with closing(sqlite3.connect(path, timeout=0.2, isolation_level=None)) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os.kill(process, signal.SIGCONT)
                time.sleep(0.05)
            else:
                return


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs a namespace of processes")
def test_a_container_that_is_frozen_is_taken_over_from_and_does_no_harm_when_it_wakes(
    store: Ledger, tmp_path: Path
) -> None:
    Campaign(store, ScriptedLab(tmp_path / "journal", default_clock="wall"), budget={"experiments": 12})
    journal, deadline = tmp_path / "journal", time.monotonic() + 60

    def until(effects: int) -> None:
        while not journal.exists() or len(journal.read_text().split()) < effects:
            if first.poll() is not None:
                pytest.skip(f"no namespace can be made here: {first.communicate()[1]}")
            assert time.monotonic() < deadline
            time.sleep(0.02)

    with runner(tmp_path, store.url, "unshare", "--pid", "--fork", "--kill-child") as first:
        until(3)
        inner = int(Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text())
        frozen(inner, store)
        with runner(tmp_path, store.url) as second:
            assert second.stdout is not None
            assert second.stdout.readline() == "ready\n"
            assert "cannot be seen from here" in second.stdout.readline()
            until(8)
            os.kill(inner, signal.SIGCONT)
            assert "FencedError" in first.communicate(timeout=20)[1]
            out, err = second.communicate(timeout=60)
            assert out == "finished\n", err
    effects = journal.read_text().split()
    assert sorted(effects) == sorted(set(effects))
    assert len(effects) == 24
    record = Record(store, store.campaigns()[0])
    assert {experiment.status for experiment in record.state.experiments.values()} == {"measured"}

"""Execution: stops and aborts wait for nothing, experiments go on beside a decision, late decisions are thrown away."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from scripted_lab import Campaign, Crash, ScriptedLab, golden

from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.execution.durable import DurableSteps
from zosimos.campaign.execution.loop import Ending
from zosimos.campaign.execution.session import arun_campaign, run_campaign
from zosimos.campaign.lab import Task
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.approvals import standing
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.campaign.views import status
from zosimos.core.errors import LedgerError, LockedError, StateError
from zosimos.core.records import Candidate, Measurement

AT_ONCE_S = 0.3


class LongDecision:
    """Decides at once, but for the decision of a number, which blocks its thread until it is let go."""

    def __init__(self, number: int = 1) -> None:
        self.number = number
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self.over = threading.Event()

    def __call__(self, setup: Setup, inputs: Inputs) -> Sequence[Candidate]:
        if inputs.number == self.number:
            self.begun.set()
            assert self.let_go.wait(60)
            self.over.set()
        return golden(setup, inputs)


class TimedLab(ScriptedLab):
    """A lab that keeps the moment at which it was made safe, and may leave devices unconfirmed."""

    unconfirmed: Mapping[str, str] | None = None
    safe_at: float = 0.0
    entered: threading.Event

    async def safe_state(self) -> Mapping[str, str] | None:  # type: ignore[override]  # newer executors say more
        self.safe_at = self.safe_at or time.monotonic()
        await super().safe_state()
        return self.unconfirmed


@pytest.fixture
def lab(tmp_path: Path) -> TimedLab:
    return TimedLab(tmp_path / "journal", wait_s=0.0, default_clock="wall")


@pytest.fixture
def long() -> Iterator[LongDecision]:
    decision = LongDecision()
    yield decision
    decision.let_go.set()


class Background:
    """A campaign that runs in a thread, as a process would, while the test acts from outside."""

    def __init__(self, campaign: Campaign, **options: Any) -> None:
        self.campaign = campaign
        self.ended_at = 0.0
        self.ending: Ending | None = None
        self._options = options
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.ending = self.campaign.run(**self._options)
        self.ended_at = time.monotonic()

    def join(self) -> Ending:
        self._thread.join(20)
        assert self.ending is not None
        return self.ending


def until(found: Callable[[], bool], limit_s: float = 10.0) -> None:
    deadline = time.monotonic() + limit_s
    while not found():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def seen(campaign: Campaign) -> State:
    """The campaign as another process sees it: its record is not shared with the thread that runs it."""
    return Record(campaign.ledger, campaign.record.campaign).state


def events(campaign: Campaign) -> list[str]:
    return [event.kind for event in campaign.ledger.events(campaign.record.campaign)]


def test_an_abort_during_a_long_decision_makes_devices_safe_at_once(
    ledger: Ledger, lab: TimedLab, long: LongDecision
) -> None:
    campaign = Campaign(ledger, lab)
    running = Background(campaign, decide=long)
    assert long.begun.wait(10)
    campaign.commands.abort("smoke")
    aborted = time.monotonic()
    ending = running.join()
    assert (ending.status, ending.reason) == ("aborted", "smoke")
    assert lab.safe_at - aborted < AT_ONCE_S
    assert running.ended_at - aborted < 1.0
    assert not long.over.is_set()
    long.let_go.set()
    assert long.over.wait(10)
    assert "decision.made" not in events(campaign)
    assert "devices.stopped" in events(campaign)


@pytest.mark.slow
def test_experiments_go_on_and_approved_ones_start_while_a_decision_is_made(
    ledger: Ledger, lab: TimedLab, long: LongDecision
) -> None:
    lab.wait_s = 0.3
    long.number = 2
    campaign = Campaign(ledger, lab, approval="batch", batch=2, parallel=4)
    running = Background(campaign, decide=long, wait_for_people=True)
    assert long.begun.wait(10)  # two are proposed, and there are two more places
    campaign.commands.approve(seen(campaign).open_approvals()[0].token)
    until(lambda: len(seen(campaign).observations) == 2)
    assert not long.over.is_set()
    assert seen(campaign).decisions == 1
    long.let_go.set()
    until(lambda: seen(campaign).decisions == 2)
    made = next(e for e in reversed(ledger.events(campaign.record.campaign)) if e.kind == "decision.made")
    assert made.body["inputs"]["observations"] == 0  # what was on record when it began
    assert made.body["inputs"]["pending"] == ["e0001", "e0002"]
    campaign.commands.abort()
    assert running.join().status == "aborted"


def test_a_decision_whose_ground_moved_is_thrown_away_and_made_again(
    ledger: Ledger, lab: TimedLab, long: LongDecision
) -> None:
    campaign = Campaign(ledger, lab, budget={"experiments": 1})
    running = Background(campaign, decide=long)
    assert long.begun.wait(10)
    long.number = 0  # the next one is quick
    campaign.commands.steer(campaign.setup, {"space.x.max": 0.25})
    assert running.join().status == "finished"
    assert not long.over.is_set()
    assert [e.spec_version for e in campaign.state.experiments.values()] == [2]
    assert events(campaign).count("decision.made") == 1


def test_a_decision_is_not_recorded_after_a_pause(ledger: Ledger, lab: TimedLab, long: LongDecision) -> None:
    campaign = Campaign(ledger, lab)
    running = Background(campaign, decide=long)
    assert long.begun.wait(10)
    campaign.commands.pause("coffee")
    paused = time.monotonic()
    assert running.join().status == "paused"
    assert running.ended_at - paused < 1.0
    long.let_go.set()
    assert long.over.wait(10)
    assert "decision.made" not in events(campaign)
    long.number = 0
    campaign.commands.go_on()
    assert campaign.run(decide=long).status == "finished"


def test_an_error_of_a_planner_in_the_background_ends_the_run_with_devices_safe(ledger: Ledger, lab: TimedLab) -> None:
    def broken(setup: Setup, inputs: Inputs) -> Sequence[Candidate]:
        raise ZeroDivisionError("in the planner")

    lab.unconfirmed = {"oven": "no answer"}
    campaign = Campaign(ledger, lab)
    with pytest.raises(ZeroDivisionError):
        campaign.run(decide=broken)
    assert lab.safe
    assert campaign.state.unconfirmed == {"oven": "no answer"}


# --- devices that do not confirm


def test_what_an_abort_left_unconfirmed_is_on_record_and_in_the_status(ledger: Ledger, lab: TimedLab) -> None:
    lab.unconfirmed = {"oven": "no answer within 1 s"}
    campaign = Campaign(ledger, lab)

    def abort(moment: str, effect: str) -> None:
        if (moment, effect) == ("after", "e0001/0/1"):
            campaign.commands.abort("smoke")

    lab.trouble = abort
    assert campaign.run(kind="virtual").status == "aborted"
    (stopped,) = [e for e in ledger.events(campaign.record.campaign) if e.kind == "devices.stopped"]
    assert stopped.body == {"reason": "smoke", "unconfirmed": {"oven": "no answer within 1 s"}}
    assert status(campaign.state)["unconfirmed"] == {"oven": "no answer within 1 s"}


def test_a_laboratory_that_fails_to_stop_is_named_and_hides_no_abort(ledger: Ledger, lab: TimedLab) -> None:
    async def broken() -> None:
        raise OSError("the port is gone")

    lab.safe_state = broken  # type: ignore[method-assign]
    campaign = Campaign(ledger, lab)
    campaign.commands.abort("smoke")
    ending = campaign.run(kind="virtual")
    assert (ending.status, ending.reason) == ("aborted", "smoke")
    assert "OSError: the port is gone" in campaign.state.unconfirmed["laboratory"]


def test_a_ledger_that_cannot_be_written_hides_no_error_of_the_run(
    ledger: Ledger, lab: TimedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.unconfirmed = {"oven": "no answer"}

    def full(*_: Any, **__: Any) -> None:
        raise LedgerError("the disk is full")

    def broken(setup: Setup, inputs: Inputs) -> Sequence[Candidate]:
        monkeypatch.setattr(Ledger, "appending", full)
        raise ZeroDivisionError("in the planner")

    with pytest.raises(ZeroDivisionError):
        Campaign(ledger, lab).run(decide=broken)
    assert lab.safe


class HangingLab(TimedLab):
    """A lab whose first effect does not end by itself."""

    under_way: threading.Event
    took: str = ""

    async def run(self, task: Task, steps: DurableSteps) -> Sequence[Measurement]:
        async def stroke(effect: str) -> str:
            self.under_way.set()
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                self.took = "safe" if self.safe_at else "cut"
                raise
            return effect

        await steps.effect("dispense", stroke)
        return self.measure(task)


def test_an_abort_does_not_wait_for_the_effect_under_way(ledger: Ledger, tmp_path: Path) -> None:
    lab = HangingLab(tmp_path / "journal", default_clock="wall")
    lab.under_way = threading.Event()
    campaign = Campaign(ledger, lab)
    running = Background(campaign)
    assert lab.under_way.wait(10)
    campaign.commands.abort("smoke")
    aborted = time.monotonic()
    assert running.join().status == "aborted"
    assert lab.safe_at - aborted < AT_ONCE_S
    assert lab.took == "safe"  # the devices were stopped before the effect's own code heard of it
    assert campaign.statuses() == {"e0001": "uncertain"}
    assert "aborted during step 0 (dispense)" in campaign.experiment("e0001").reason


def test_a_halt_cuts_short_what_is_under_way_and_a_person_says_how_it_goes_on(ledger: Ledger, tmp_path: Path) -> None:
    lab = HangingLab(tmp_path / "journal", default_clock="wall")
    lab.under_way = threading.Event()
    campaign = Campaign(ledger, lab, budget={"experiments": 1})
    running = Background(campaign)
    assert lab.under_way.wait(10)
    campaign.commands.pause("lunch")  # what is under way goes on
    assert campaign.commands.halt("smoke")
    halted = time.monotonic()
    assert running.join() == Ending("paused", "smoke")
    assert lab.safe_at - halted < AT_ONCE_S
    assert lab.took == "safe"  # the devices were stopped before the effect's own code heard of it
    assert campaign.statuses() == {"e0001": "uncertain"}
    assert "cut short by a halt during step 0 (dispense)" in campaign.experiment("e0001").reason
    assert events(campaign)[-4:] == ["campaign.halted", "devices.stopped", "experiment.uncertain", "session.closed"]
    assert not campaign.commands.halt("more smoke"), "one halt is enough"
    campaign.commands.resolve("e0001", "skip")
    assert campaign.commands.go_on()
    assert not campaign.state.halted


def test_a_halted_campaign_that_is_started_again_by_itself_stands_still(ledger: Ledger, lab: TimedLab) -> None:
    campaign = Campaign(ledger, lab)
    campaign.commands.halt("smoke")
    assert campaign.run().status == "paused"
    assert lab.safe == ["safe"]
    assert "decision.made" not in events(campaign)


def test_a_halt_counts_though_the_campaign_was_taken_up_again_before_anybody_looked(
    ledger: Ledger, lab: TimedLab
) -> None:
    campaign = Campaign(ledger, lab, batch=2)

    def halt(moment: str, effect: str) -> None:
        if (moment, effect) == ("after", "e0001/0/1"):
            campaign.commands.halt("smoke")
            campaign.commands.go_on()

    lab.trouble = halt
    assert campaign.run(kind="virtual").status == "interrupted"
    assert lab.safe == ["safe"]
    assert "devices.stopped" in events(campaign)
    assert "uncertain" in campaign.statuses().values(), "nothing was begun after the halt"


def test_a_halt_that_nobody_ran_to_hear_is_done_by_whoever_takes_the_campaign_up(ledger: Ledger, lab: TimedLab) -> None:
    campaign = Campaign(ledger, lab, budget={"experiments": 1})

    def die(moment: str, effect: str) -> None:
        if (moment, effect) == ("after", "e0001/0/1"):
            raise Crash

    lab.trouble = die
    with pytest.raises(Crash):
        campaign.run(kind="virtual")
    lab.trouble = lambda moment, effect: None
    lab.safe.clear()
    campaign.commands.halt("smoke")
    assert campaign.state.owed
    campaign.commands.go_on()
    campaign.run(kind="virtual")
    assert lab.safe[:1] == ["safe"]
    assert not campaign.state.owed
    assert campaign.statuses() == {"e0001": "uncertain"}


def test_a_yes_to_a_resume_that_was_shown_before_a_halt_is_refused(ledger: Ledger, lab: TimedLab) -> None:
    campaign = Campaign(ledger, lab)
    campaign.commands.pause("lunch")
    change = campaign.commands.propose(campaign.setup, "resume")
    shown = standing(campaign.state, change)
    campaign.commands.halt("smoke")
    with pytest.raises(StateError, match="not what was shown"):
        campaign.commands.approve(change.token, shown)
    assert campaign.state.halted


def test_nothing_is_left_to_halt_once_a_campaign_has_ended(ledger: Ledger, lab: TimedLab) -> None:
    campaign = Campaign(ledger, lab)
    campaign.commands.abort("enough")
    with pytest.raises(StateError, match="is aborted"):
        campaign.commands.halt("smoke")


def test_an_effect_is_seen_through_for_a_limited_time_only(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zosimos.campaign.execution.worker.SEE_THROUGH_S", 0.2)
    lab = HangingLab(tmp_path / "journal", default_clock="wall")
    lab.under_way = threading.Event()
    campaign = Campaign(ledger, lab)

    async def main() -> None:
        campaign.record = Record(ledger, campaign.record.campaign)
        running = asyncio.create_task(arun_campaign(campaign.record, campaign.setup, decide=golden))
        while not lab.under_way.is_set():
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began < 5
    assert campaign.statuses() == {"e0001": "running"}
    assert campaign.experiment("e0001").steps[0].status == "intended"
    assert lab.safe


@pytest.mark.slow
def test_an_abort_while_an_effect_is_seen_through_cuts_it_short(ledger: Ledger, tmp_path: Path) -> None:
    lab = HangingLab(tmp_path / "journal", default_clock="wall")
    lab.under_way = threading.Event()
    campaign = Campaign(ledger, lab)

    async def main() -> float:
        campaign.record = Record(ledger, campaign.record.campaign)
        running = asyncio.create_task(arun_campaign(campaign.record, campaign.setup, decide=golden))
        while not lab.under_way.is_set():
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.sleep(0.3)
        assert not lab.safe
        campaign.commands.abort("smoke")
        aborted = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await running
        return aborted

    aborted = asyncio.run(main())
    assert lab.safe_at - aborted < AT_ONCE_S
    assert campaign.state.status == "aborted"
    assert campaign.statuses() == {"e0001": "uncertain"}


# --- inside a running loop


def awaited(campaign: Campaign, **options: Any) -> Any:
    campaign.record = Record(campaign.ledger, campaign.record.campaign)
    return arun_campaign(campaign.record, campaign.setup, **{"wait_for_people": False, "decide": golden, **options})


@pytest.mark.slow
@pytest.mark.parametrize("clock", ["wall", "virtual", "paced"])
def test_a_campaign_runs_inside_a_running_loop_which_goes_on(ledger: Ledger, lab: TimedLab, clock: str) -> None:
    campaign = Campaign(ledger, lab)
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.001)

    async def main() -> Ending:
        ticking = asyncio.create_task(tick())
        try:
            return await awaited(campaign, kind=clock, pace=0.0001)
        finally:
            ticking.cancel()

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    assert asyncio.run(main()).status == "finished"
    assert turns > 3
    assert len(campaign.state.observations) == 4
    assert {number: signal.getsignal(number) for number in before} == before


def test_both_entries_leave_the_same_record(ledger: Ledger, lab: TimedLab) -> None:
    lab.wait_s = 60.0
    blocking, awaiting = Campaign(ledger, lab), Campaign(ledger, lab)
    blocking.run(kind="virtual")
    asyncio.run(awaited(awaiting, kind="virtual"))

    def told(campaign: Campaign) -> list[tuple[str, str]]:
        found = ledger.events(campaign.record.campaign)
        return [(event.kind, event.at) for event in found]

    assert told(blocking) == told(awaiting)


@pytest.mark.slow
@pytest.mark.parametrize("clock", ["wall", "paced", "virtual"])
def test_cancelling_the_wait_ends_the_run_in_good_order(
    ledger: Ledger, lab: TimedLab, long: LongDecision, clock: str
) -> None:
    campaign = Campaign(ledger, lab)

    async def main() -> float:
        running = asyncio.create_task(awaited(campaign, kind=clock, pace=1.0, decide=long))
        while not long.begun.is_set():
            await asyncio.sleep(0.01)
        running.cancel()
        cancelled = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await running
        return time.monotonic() - cancelled

    assert asyncio.run(main()) < 2.0
    assert lab.safe
    last = ledger.events(campaign.record.campaign)[-1]
    assert (last.kind, last.body) == (
        "session.closed",
        {"status": "interrupted", "reason": "cancelled by its caller"},
    )
    long.let_go.set()
    assert long.over.wait(10)
    long.number = 0
    assert campaign.run(kind="virtual", decide=long).status == "finished"


def test_a_campaign_that_runs_elsewhere_is_refused_inside_a_loop_too(ledger: Ledger, lab: TimedLab) -> None:
    campaign = Campaign(ledger, lab)
    lab.wait_s = 0.3

    async def main() -> None:
        running = asyncio.create_task(awaited(campaign))
        await asyncio.sleep(0.1)
        with pytest.raises(LockedError):
            await arun_campaign(Record(ledger, campaign.record.campaign), campaign.setup)
        running.cancel()

    asyncio.run(main())


def test_the_blocking_entry_names_the_other_inside_a_running_loop(ledger: Ledger, lab: TimedLab) -> None:
    campaign = Campaign(ledger, lab)

    async def main() -> None:
        with pytest.raises(StateError) as caught:
            run_campaign(campaign.record, campaign.setup)
        assert "arun_campaign" in caught.value.hint

    asyncio.run(main())


# --- signals

SCRIPT = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from scripted_lab import Campaign, ScriptedLab
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.background import leave
folder, clock = Path(sys.argv[1]), sys.argv[2]

class Lab(ScriptedLab):
    async def safe_state(self):
        print("safe", time.time(), flush=True)

def endless(setup, inputs):
    print("deciding", flush=True)
    while True:
        sum(range(10_000))

with Ledger(str(folder / "ledger.db")) as ledger:
    campaign = Campaign(ledger, Lab(folder / "journal", default_clock=clock))
    ending = campaign.run(kind=clock, pace=1.0, decide=endless)
    print(ending.status, flush=True)
leave(7)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
@pytest.mark.slow
@pytest.mark.parametrize("clock", ["wall", "paced", "virtual"])
def test_sigterm_during_an_endless_decision_is_acted_on_at_once(tmp_path: Path, clock: str) -> None:
    tests = Path(__file__).resolve().parent.parent
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, tmp_path, clock, tests], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "deciding\n"
    time.sleep(0.2)
    child.send_signal(signal.SIGTERM)
    sent = time.time()
    words, moment = child.stdout.readline().split()
    assert words == "safe"
    assert float(moment) - sent < AT_ONCE_S
    rest, _ = child.communicate(timeout=20)
    assert time.time() - sent < 5.0
    assert rest.splitlines()[-1] == "interrupted"
    assert child.returncode == 7
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        kinds = [event.kind for event in ledger.events(ledger.campaigns()[0])]
    assert kinds[-1] == "session.closed"
    assert "decision.made" not in kinds

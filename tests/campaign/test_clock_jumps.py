"""The wall clock is set while a campaign runs: waits stay as long as they were asked for, and it is on record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from scripted_lab import Campaign, ScriptedLab
from tests.campaign.record.case import decided

from zosimos.campaign.decisions.stopping import stop_reason
from zosimos.campaign.execution import supervisor
from zosimos.campaign.execution.durable import DurableSteps, Moments
from zosimos.campaign.execution.journal import Journal
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.core.clock import Clock, Jumps

HOUR = 3600.0


@dataclass(frozen=True)
class SetClock(Clock):
    """A wall clock that is wrong by some seconds, which can be changed."""

    wrong: Callable[[], float] = lambda: 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.wrong())


def running(ledger: Ledger) -> Record:
    record = Campaign(ledger, None).record
    at = datetime.now(UTC).isoformat
    drafts = [Draft("session.opened", {}), decided(1, "autonomous", "e0001")]
    record.commit(lambda _: [*drafts, Draft("experiment.started", {"experiment": "e0001"})], at)
    return record


def waited(record: Record, seconds: float, *, before: float, after: float, moments: Moments | None) -> float:
    """Do an effect, set the clock, wait; return how long the wait took. Without moments it is another session's."""
    wrong = [before]
    clock = SetClock("wall", wrong=lambda: wrong[0])

    async def act(_: str) -> None:
        return None

    async def main() -> float:
        journal, kept = Journal(record, clock), {} if moments is None else moments
        steps = DurableSteps(journal, clock, "e0001", moments=kept)
        await steps.effect("dispense", act)
        await steps.flush()
        wrong[0] = after
        if moments is None:
            kept.clear()
        began = time.monotonic()
        await asyncio.wait_for(steps.wait(seconds), 5)
        return time.monotonic() - began

    return asyncio.run(main())


@pytest.mark.slow
@pytest.mark.parametrize("after", [-HOUR, HOUR])
def test_a_wait_in_a_session_is_as_long_as_it_was_asked_for(ledger: Ledger, after: float) -> None:
    assert 0.2 < waited(running(ledger), 0.3, before=0.0, after=after, moments={}) < 0.6


def test_a_wait_after_a_crash_is_never_longer_than_it_was_asked_for(ledger: Ledger) -> None:
    assert waited(running(ledger), 0.3, before=HOUR, after=0.0, moments=None) < 0.6


def test_a_wait_that_passed_before_a_crash_is_over(ledger: Ledger) -> None:
    assert waited(running(ledger), 60.0, before=-HOUR, after=0.0, moments=None) < 0.5


@pytest.mark.slow
def test_a_wait_before_the_first_step_goes_on_after_a_crash(ledger: Ledger) -> None:
    record = running(ledger)

    async def main() -> float:
        began = time.monotonic()
        await DurableSteps(Journal(record, Clock("wall")), Clock("wall"), "e0001").wait(0.4)
        return time.monotonic() - began

    assert 0.2 < asyncio.run(main()) < 0.8


@pytest.mark.slow
def test_a_clock_that_is_set_is_on_record_once(
    ledger: Ledger, tmp_path: object, monkeypatch: pytest.MonkeyPatch, lab: ScriptedLab
) -> None:
    shift = [0.0]
    monkeypatch.setattr(supervisor, "Jumps", lambda: Jumps(lambda: time.time() + shift[0]))
    lab.wait_s, lab.default_clock = 0.3, "wall"
    campaign = Campaign(ledger, lab, budget={"experiments": 2})

    def trouble(moment: str, effect: str) -> None:
        if (moment, effect) == ("after", "e0001/0/1"):
            shift[0] = -HOUR

    lab.trouble = trouble
    assert campaign.run().status == "finished"
    (jumped,) = [e for e in ledger.events(campaign.record.campaign) if e.kind == "clock.jumped"]
    assert jumped.body["seconds"] == pytest.approx(-HOUR, abs=1.0)
    assert campaign.state.jumped_s == jumped.body["seconds"]


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_is_set_does_not_use_up_a_budget_of_time(ledger: Ledger, jump: float) -> None:
    record = Campaign(ledger, None, budget={"experiments": 4, "time": "30 min"}).record
    start = datetime(2030, 1, 1, tzinfo=UTC)
    record.commit(lambda _: [Draft("session.opened", {})], start.isoformat)
    record.commit(lambda _: [Draft("clock.jumped", {"seconds": jump})], start.isoformat)
    shifted = start + timedelta(seconds=jump)
    assert stop_reason(record.state, shifted + timedelta(minutes=29)) is None
    over = stop_reason(record.state, shifted + timedelta(minutes=31))
    assert over is not None
    assert "time of 1800 s" in over.words
    assert record.state.elapsed_s >= 0.0


def test_a_clock_that_runs_a_little_fast_has_not_jumped() -> None:
    wall = iter(1.01 * second for second in range(100))
    passing = iter(second for second in range(100) for _ in range(2))
    jumps = Jumps(lambda: next(wall), lambda: float(next(passing)))
    assert [jumps.seconds() for _ in range(99)] == [0.0] * 99

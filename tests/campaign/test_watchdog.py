"""The watchdog in virtual time: which ends of a worker are deaths, when it is started again, and when no more."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from zosimos.campaign.execution.watchdog import AGAIN, HELD, Patience, Verdict, Watchdog, Watched, cause, verdict
from zosimos.core import clock as clocks
from zosimos.core.errors import ExecutionError

PATIENCE = Patience(first_s=1.0, longest_s=60.0, good_s=300.0, deaths=5)


@dataclass
class Worker:
    """A worker that lives for a while and then ends with a code; a signal ends it with another."""

    until: float
    code: int
    heard: list[int]
    obeys: int | None = None

    def poll(self) -> int | None:
        if self.obeys is not None and self.heard:
            return self.obeys
        return self.code if asyncio.get_running_loop().time() >= self.until else None


@dataclass
class Lives:
    """What a watch did with workers whose lives are given: seconds and exit code of each."""

    lives: Sequence[tuple[float, int]]
    obeys: int | None = None
    begun: list[float] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)

    def watched(
        self, patience: Patience = PATIENCE, during: Callable[[Watchdog[Worker]], None] | None = None
    ) -> Watched:
        def start(why: str) -> Worker:
            lived, code = self.lives[len(self.begun)]
            now = asyncio.get_running_loop().time()
            self.begun.append(now)
            self.why.append(why)
            if lived < 0:
                raise OSError("no more processes")
            return Worker(now + lived, code, self.heard, self.obeys)

        async def main(_: object) -> Watched:
            watchdog = Watchdog(start, lambda worker, number: worker.heard.append(number), self.alerts.append, patience)
            if during is not None:
                during(watchdog)
            return await watchdog.run()

        return clocks.run(main, "virtual")


@pytest.mark.parametrize(
    ("code", "found"),
    [
        *((code, "end") for code in (0, 1, 2, 3, 130, 143, 141, -signal.SIGINT, -signal.SIGTERM, 0xC000013A)),
        *((code, "again") for code in (AGAIN, -9, -signal.SIGSEGV, -6, 70, 134, 137, 255, 0xC0000005)),
        (HELD, "held"),
    ],
)
def test_only_an_end_that_nobody_chose_is_a_death(code: int, found: Verdict) -> None:
    assert verdict(code) == found


def test_a_death_is_told_in_words() -> None:
    assert cause(-signal.SIGSEGV) == "was killed by SIGSEGV"
    assert cause(-64_000) == "was killed by signal 64000"
    assert cause(134) == "ended with exit code 134"


def test_a_worker_is_started_again_later_each_time_and_told_why() -> None:
    lives = Lives([(5.0, -9), (5.0, 70), (5.0, AGAIN), (5.0, 0)])
    assert lives.watched() == Watched(0, 3)
    gaps = [after - before - 5.0 for before, after in zip(lives.begun, lives.begun[1:], strict=False)]
    assert gaps == pytest.approx([1.0, 2.0, 4.0], abs=0.3)
    assert lives.why[0] == ""
    assert lives.why[1].startswith("the worker was killed by SIGKILL after 5 s; restart 1")
    assert [alert.partition(" in ")[0] for alert in lives.alerts] == lives.why[1:]


def test_a_worker_that_did_well_begins_the_count_again() -> None:
    lives = Lives([*[(1.0, -9)] * 4, (400.0, -9), *[(1.0, -9)] * 3, (1.0, 0)])
    assert lives.watched() == Watched(0, 8)
    assert lives.begun[5] - lives.begun[4] == pytest.approx(401.0, abs=0.3)


def test_a_crash_loop_ends_in_words() -> None:
    lives = Lives([(0.5, 70)] * 9)
    with pytest.raises(ExecutionError, match="5 workers died") as caught:
        lives.watched()
    assert "exit code 70" in caught.value.message
    assert len(lives.begun) == 5


@pytest.mark.parametrize("code", [1, 2, 3, 143])
def test_what_a_person_must_settle_or_chose_is_not_repeated(code: int) -> None:
    lives = Lives([(5.0, -9), (5.0, code)])
    assert lives.watched() == Watched(code, 1)


def test_another_process_that_runs_the_campaign_ends_the_watch_unless_it_may_be_the_dead_one() -> None:
    assert Lives([(1.0, HELD)]).watched() == Watched(2, 0)
    taken_over_late = Lives([(400.0, -9), *[(1.0, HELD)] * 60, (1.0, 0)])
    assert taken_over_late.watched() == Watched(2, len(taken_over_late.begun) - 1)
    assert 90.0 <= taken_over_late.begun[-1] + 1.0 - 400.0 <= 95.0
    assert Lives([(400.0, -9), *[(1.0, HELD)] * 8, (1.0, 0)]).watched() == Watched(0, 9)


def test_a_signal_is_passed_on_and_the_workers_answer_is_the_end() -> None:
    def during(watchdog: Watchdog[Worker]) -> None:
        asyncio.get_running_loop().call_later(3.0, watchdog.stop, signal.SIGTERM, 143)

    lives = Lives([(1000.0, 0)], obeys=143)
    assert lives.watched(during=during) == Watched(143, 0)
    assert lives.heard == [signal.SIGTERM]
    died_of_it = Lives([(1000.0, 0)], obeys=-9)
    assert died_of_it.watched(during=during) == Watched(143, 0)


def test_a_signal_between_two_workers_ends_the_watch_at_once() -> None:
    def during(watchdog: Watchdog[Worker]) -> None:
        asyncio.get_running_loop().call_later(6.5, watchdog.stop, signal.SIGINT, 130)

    lives = Lives([(1.0, -9), (1.0, -9), (1.0, -9), (1000.0, 0)])
    assert lives.watched(during=during) == Watched(130, 2)
    assert lives.heard == []


def test_a_worker_that_cannot_be_started_counts_as_dead() -> None:
    lives = Lives([(-1.0, 0), (1.0, 0)])
    assert lives.watched() == Watched(0, 1)
    assert "could not be started (no more processes)" in lives.alerts[0]

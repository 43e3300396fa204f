"""The clock: virtual time jumps, paced time sleeps, both run the same program the same way."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.clock import Clock, ClockKind, GivenUpError, run
from zosimos.core.errors import DeadlockError

EPOCH = datetime(2030, 1, 1, tzinfo=UTC)
Log = list[tuple[int, float]]


def sleepers(plans: list[list[float]]) -> Callable[[Clock], Coroutine[Any, Any, Log]]:
    """A program whose tasks sleep as planned and log when they wake."""

    async def sleeper(name: int, plan: list[float], log: Log) -> None:
        for seconds in plan:
            await asyncio.sleep(seconds)
            log.append((name, asyncio.get_running_loop().time()))

    async def main(clock: Clock) -> Log:
        log: Log = []
        await asyncio.gather(*(sleeper(i, plan, log) for i, plan in enumerate(plans)))
        return log

    return main


@given(st.lists(st.lists(st.integers(0, 100_000).map(float), max_size=5), min_size=1, max_size=5))
@settings(max_examples=40)
def test_interleaved_sleeps_wake_in_order_at_their_times(plans: list[list[float]]) -> None:
    log = run(sleepers(plans), "virtual")
    expected = sorted((sum(plan[: i + 1]), name) for name, plan in enumerate(plans) for i in range(len(plan)))
    assert sorted((at, name) for name, at in log) == expected
    assert [at for _, at in log] == sorted(at for _, at in log)


def test_a_simulated_month_passes_at_once() -> None:
    began = time.monotonic()
    log = run(sleepers([[30 * 86_400.0], [0.001] * 3]), "virtual")
    assert log[-1] == (0, 30 * 86_400.0)
    assert time.monotonic() - began < 5


def test_same_virtual_program_runs_the_same_way_twice() -> None:
    plans = [[0.1, 0.2, 0.3], [0.3, 0.3], [0.6], [0.1] * 6]
    assert run(sleepers(plans), "virtual") == run(sleepers(plans), "virtual")


def test_paced_time_gives_the_same_order_and_times_as_virtual_time() -> None:
    plans = [[1.0, 2.0, 3.0], [2.5, 1.5], [0.5, 5.0]]
    began = time.monotonic()
    paced = run(sleepers(plans), "paced", pace=0.05)
    took = time.monotonic() - began
    virtual = run(sleepers(plans), "virtual")
    assert [name for name, _ in paced] == [name for name, _ in virtual]
    assert [at for _, at in paced] == pytest.approx([at for _, at in virtual])
    assert took >= 6 * 0.05


@pytest.mark.parametrize("kind", ["virtual", "paced"])
def test_waiting_for_what_never_happens_is_a_deadlock_and_no_hang(kind: ClockKind) -> None:
    async def main(clock: Clock) -> None:
        await asyncio.sleep(3)
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError, match="nothing left to wait for") as caught:
        run(main, kind, pace=0.01)
    assert caught.value.hint


def test_outside_waits_in_real_time_while_virtual_time_stands_still() -> None:
    async def main(clock: Clock) -> tuple[float, float]:
        before, began = clock.now(), time.monotonic()
        await clock.outside(0.1)
        return (clock.now() - before).total_seconds(), time.monotonic() - began

    simulated, real = run(main, "virtual", epoch=EPOCH)
    assert simulated == 0.0
    assert 0.09 <= real < 5


def test_outside_waits_end_in_the_order_they_are_due() -> None:
    async def main(clock: Clock) -> list[str]:
        ended: list[str] = []

        async def person(name: str, seconds: float) -> None:
            await clock.outside(seconds)
            ended.append(name)

        await asyncio.gather(person("slow", 0.08), person("fast", 0.02), person("at once", 0.0))
        return ended

    assert run(main, "virtual") == ["at once", "fast", "slow"]


def test_timers_go_before_a_person_in_virtual_time() -> None:
    async def main(clock: Clock) -> list[str]:
        ended: list[str] = []

        async def person() -> None:
            await clock.outside(0.05)
            ended.append("person")

        async def experiment() -> None:
            for _ in range(24):
                await asyncio.sleep(3600)
            ended.append("a day of experiments")

        await asyncio.gather(person(), experiment())
        return ended

    assert run(main, "virtual") == ["a day of experiments", "person"]


def test_paced_time_goes_on_while_a_person_is_waited_for() -> None:
    async def main(clock: Clock) -> float:
        before = clock.now()
        ticking = asyncio.create_task(asyncio.sleep(1000))
        await clock.outside(0.1)
        ticking.cancel()
        return (clock.now() - before).total_seconds()

    assert 0.9 <= run(main, "paced", pace=0.1) < 20


def test_cancelled_outside_wait_does_not_hold_the_program_up() -> None:
    async def main(clock: Clock) -> float:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10):
                await clock.outside(30)
        await asyncio.sleep(1)
        return time.monotonic() - began

    assert run(main, "virtual") < 5


def test_another_thread_wakes_a_paced_loop() -> None:
    async def main(clock: Clock) -> float:
        loop, called = asyncio.get_running_loop(), asyncio.Event()
        thread = threading.Timer(0.05, lambda: loop.call_soon_threadsafe(called.set))
        thread.start()
        began = time.monotonic()
        async with asyncio.timeout(3600):
            await called.wait()
        thread.join()
        return time.monotonic() - began

    assert 0.03 <= run(main, "paced", pace=1.0) < 10


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signals here")
def test_a_signal_wakes_a_paced_loop() -> None:
    async def main(clock: Clock) -> float:
        called = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, called.set)
        thread = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1))
        thread.start()
        began = time.monotonic()
        async with asyncio.timeout(3600):
            await called.wait()
        thread.join()
        return time.monotonic() - began

    assert 0.03 <= run(main, "paced", pace=1.0) < 10


@pytest.mark.parametrize("kind", ["wall", "virtual", "paced"])
def test_timeouts_work_on_every_clock(kind: ClockKind) -> None:
    async def main(clock: Clock) -> float:
        began = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await asyncio.sleep(50)
        return asyncio.get_running_loop().time() - began

    assert run(main, kind) == pytest.approx(0.05, abs=0.05)


@pytest.mark.parametrize("kind", ["virtual", "paced"])
def test_threads_are_refused_in_simulated_time(kind: ClockKind) -> None:
    async def main(clock: Clock) -> None:
        await asyncio.get_running_loop().run_in_executor(None, time.monotonic)

    with pytest.raises(RuntimeError, match="nothing runs in threads"):
        run(main, kind)


@pytest.mark.parametrize(("kind", "own_thread"), [("wall", True), ("virtual", False), ("paced", False)])
def test_heavy_work_runs_in_a_thread_on_the_wall_clock_only(kind: ClockKind, own_thread: bool) -> None:
    async def main(clock: Clock) -> int:
        return await clock.compute(threading.get_ident)

    assert (run(main, kind) != threading.get_ident()) is own_thread


def test_heavy_work_takes_no_virtual_time_and_raises_its_own_error() -> None:
    async def main(clock: Clock) -> datetime:
        with pytest.raises(ZeroDivisionError):
            await clock.compute(lambda: 1 / 0)
        await clock.compute(time.sleep, 0.01)
        return clock.now()

    assert run(main, "virtual", epoch=EPOCH) == EPOCH


@pytest.mark.parametrize("kind", ["virtual", "paced"])
def test_what_can_be_given_up_has_a_thread_and_takes_no_simulated_time(kind: ClockKind) -> None:
    async def main(clock: Clock) -> tuple[int, datetime]:
        await clock.compute(time.sleep, 0.2, unwanted=lambda: False)
        return await clock.compute(threading.get_ident, unwanted=lambda: False), clock.now()

    thread, moment = run(main, kind, epoch=EPOCH)
    assert thread != threading.get_ident()
    assert moment == EPOCH


def test_what_is_not_wanted_any_more_is_given_up_at_once() -> None:
    let_go = threading.Event()

    async def main(clock: Clock) -> None:
        await clock.compute(let_go.wait, unwanted=lambda: True)

    with pytest.raises(GivenUpError):
        run(main, "virtual")
    let_go.set()


def test_a_time_out_of_the_work_itself_is_an_error_of_the_work() -> None:
    def late() -> None:
        raise TimeoutError("mine")

    async def main(clock: Clock) -> None:
        await clock.compute(late, unwanted=lambda: False)

    with pytest.raises(TimeoutError, match="mine"):
        run(main, "virtual")


def test_simulated_time_starts_at_the_epoch() -> None:
    async def main(clock: Clock) -> datetime:
        await asyncio.sleep(90)
        return clock.now()

    assert run(main, "virtual", epoch=EPOCH) == datetime(2030, 1, 1, 0, 1, 30, tzinfo=UTC)


def test_wall_time_is_the_present_and_outside_is_a_plain_wait() -> None:
    async def main(clock: Clock) -> datetime:
        assert not clock.simulated
        await clock.outside(0.01)
        return clock.now()

    before = datetime.now(UTC)
    assert before <= run(main, "wall") <= datetime.now(UTC)


def test_error_of_the_program_comes_out_as_it_is() -> None:
    async def main(clock: Clock) -> None:
        await asyncio.sleep(1)
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        run(main, "virtual")

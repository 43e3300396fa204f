"""The journal: the loop goes on while the ledger takes its time, and what callers are told is what the chain holds."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from faulty_ledger import FaultyLedger, Moment, cut
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted_lab import Campaign
from tests.campaign.record.case import decided

from zosimos.campaign.execution import journal as journals
from zosimos.campaign.execution.durable import DurableSteps
from zosimos.campaign.execution.journal import Journal
from zosimos.campaign.execution.supervisor import Supervisor
from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.ledger.snapshots import stored_core
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import fold
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.snapshot import sizes
from zosimos.campaign.record.state import State
from zosimos.core.background import left_behind
from zosimos.core.clock import Clock
from zosimos.core.errors import FencedError, LedgerAwayError, LedgerError

AT = "2030-01-01T00:00:00+00:00"
WALL = Clock("wall")


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[FaultyLedger]:
    with FaultyLedger(str(tmp_path / "faulty.db")) as opened:
        yield opened


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger is given up soon."""
    monkeypatch.setattr(journals, "ANSWER_S", 0.3)
    monkeypatch.setattr(journals, "AGAIN_S", 0.0)
    monkeypatch.setattr(journals, "_PAUSE_S", 0.01)


def begun(ledger: Ledger) -> Record:
    return Record(ledger, Campaign(ledger, None).record.campaign)


def stopped(reason: str) -> Draft:
    return Draft("devices.stopped", {"reason": reason, "unconfirmed": {}})


async def write(journal: Journal, reason: str) -> list[Event]:
    return await journal.commit(lambda _: [stopped(reason)], lambda: AT)


def reasons(ledger: Ledger, campaign: str) -> list[str]:
    return [event.body["reason"] for event in ledger.events(campaign) if event.kind == "devices.stopped"]


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(main())


def test_a_commit_is_on_the_disk_when_it_returns(faulty: FaultyLedger) -> None:
    record = begun(faulty)

    async def main() -> None:
        (event,) = await write(Journal(record, WALL), "one")
        with Ledger(faulty.url) as other:
            assert other.events(record.campaign)[-1] == event
        assert (record.state.seq, record.state.head) == (event.seq, event.hash)
        assert not record.ahead

    run(main)


@pytest.mark.slow
def test_the_loop_turns_while_the_disk_is_slow(faulty: FaultyLedger) -> None:
    record = begun(faulty)
    faulty.trouble = lambda moment: time.sleep(0.3) if moment == "commit" else None
    turns = 0

    async def main() -> None:
        nonlocal turns
        writing = asyncio.create_task(write(Journal(record, WALL), "one"))
        while not writing.done():
            await asyncio.sleep(0.005)
            turns += 1

    run(main)
    assert turns > 20


class Hanging(FaultyLedger):
    """A ledger on which the next snapshot hangs: only what may be dropped gives up soon where others write."""

    def __init__(self, url: str) -> None:
        self.goes_on, self.tried = threading.Event(), 0
        super().__init__(url)

    @contextmanager
    def writing(self, *, patience_s: float | None = None) -> Iterator[sa.Connection]:
        if patience_s is not None:
            self.tried += 1
            self.goes_on.wait(30)
        with super().writing(patience_s=patience_s) as connection:
            yield connection


@pytest.fixture
def hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    monkeypatch.setattr(sizes, "EVERY", 1)
    monkeypatch.setattr(journals, "CACHE_S", 0.1)
    with Hanging(str(tmp_path / "hanging.db")) as opened:
        yield opened


def test_no_commit_waits_for_a_snapshot_that_hangs(hanging: Hanging) -> None:
    record = begun(hanging)

    async def main() -> None:
        journal = Journal(record, WALL)
        began = time.monotonic()
        await write(journal, "one")
        await write(journal, "two")
        assert time.monotonic() - began < 2.0
        assert hanging.tried
        hanging.goes_on.set()
        while left_behind():
            await asyncio.sleep(0.01)
        await write(journal, "three")
        assert Record(hanging, record.campaign).state == record.state
        stored = stored_core(hanging, record.campaign)
        assert stored is not None
        assert record.state.head in stored

    run(main)


def test_no_snapshot_is_tried_on_a_slow_disk(hanging: Hanging, monkeypatch: pytest.MonkeyPatch) -> None:
    record = begun(hanging)
    monkeypatch.setattr(journals, "_SLOW_S", 0.05)
    hanging.goes_on.set()
    hanging.trouble = lambda moment: time.sleep(0.1) if moment == "commit" else None

    async def main() -> None:
        await write(Journal(record, WALL), "one")
        assert not hanging.tried
        hanging.trouble = lambda moment: None
        monkeypatch.setattr(journals, "_SLOW_S", 60.0)
        await write(Journal(record, WALL), "two")
        assert hanging.tried

    run(main)


def test_commits_come_in_the_order_in_which_they_were_asked_for(faulty: FaultyLedger) -> None:
    record = begun(faulty)
    names = [f"{i}" for i in range(20)]

    async def main() -> None:
        journal = Journal(record, WALL)
        await asyncio.gather(*(write(journal, name) for name in names))

    run(main)
    assert reasons(faulty, record.campaign) == names


def test_what_is_written_is_decided_on_the_loops_thread(faulty: FaultyLedger) -> None:
    record, threads = begun(faulty), []

    async def main() -> None:
        def build(_: State) -> list[Draft]:
            threads.append(threading.current_thread())
            return [stopped("one")]

        await Journal(record, WALL).commit(build, lambda: AT)

    run(main)
    assert threads == [threading.current_thread()]


def test_what_others_appended_is_taken_in_first(faulty: FaultyLedger) -> None:
    record = begun(faulty)
    other = Record(faulty, record.campaign)

    async def main() -> None:
        journal = Journal(record, WALL)
        other.commit(lambda _: [stopped("theirs")], lambda: AT)
        seen = []
        await journal.commit(lambda state: seen.append(state.seq) or [stopped("ours")], lambda: AT)
        assert seen == [other.state.seq]
        other.commit(lambda _: [stopped("again")], lambda: AT) if other.sync() else None
        assert await journal.sync()
        assert not await journal.sync()
        assert journal.state.seq == other.state.seq

    run(main)
    assert reasons(faulty, record.campaign) == ["theirs", "ours", "again"]


def test_what_build_raises_leaves_the_journal_as_it_was(faulty: FaultyLedger) -> None:
    record = begun(faulty)

    def refused(_: State) -> list[Draft]:
        raise LookupError("no")

    async def main() -> None:
        journal = Journal(record, WALL)
        with pytest.raises(LookupError):
            await journal.commit(refused, lambda: AT)
        with pytest.raises(LedgerError, match="nothing was stored"):
            await journal.commit(lambda _: [stopped("fits"), Draft("experiment.started", {})], lambda: AT)
        await write(journal, "one")

    run(main)
    assert reasons(faulty, record.campaign) == ["one"]
    assert record.state == fold(record.campaign, faulty.events(record.campaign))


@pytest.mark.parametrize("moment", ["begin", "commit", "committed"])
def test_a_connection_that_is_cut_once_costs_nothing(faulty: FaultyLedger, moment: Moment) -> None:
    record, left = begun(faulty), [1]

    def trouble(now: Moment) -> None:
        if now == moment and left and left.pop():
            raise cut()

    async def main() -> None:
        faulty.trouble = trouble
        journal = Journal(record, WALL)
        (event,) = await write(journal, "one")
        await write(journal, "two")
        assert record.ledger.events(record.campaign)[-2] == event

    run(main)
    assert reasons(faulty, record.campaign) == ["one", "two"]


@pytest.mark.parametrize("moment", ["begin", "commit", "committed"])
def test_a_synchronous_commit_tells_what_the_chain_holds(faulty: FaultyLedger, moment: Moment) -> None:
    record, left = begun(faulty), [1]

    def trouble(now: Moment) -> None:
        if now == moment and left and left.pop():
            raise cut()

    faulty.trouble = trouble
    if moment == "committed":
        record.commit(lambda _: [stopped("one")], lambda: AT)
    else:
        with pytest.raises(LedgerAwayError):
            record.commit(lambda _: [stopped("one")], lambda: AT)
    record.commit(lambda _: [stopped("two")], lambda: AT)
    assert reasons(faulty, record.campaign) == (["one"] if moment == "committed" else []) + ["two"]
    assert record.state == fold(record.campaign, faulty.events(record.campaign))


@pytest.mark.usefixtures("quick")
def test_after_the_ledger_went_away_nothing_more_is_taken(faulty: FaultyLedger) -> None:
    record = begun(faulty)

    def away(_: Moment) -> None:
        raise cut()

    async def main() -> None:
        journal = Journal(record, WALL)
        faulty.trouble = away
        later = asyncio.create_task(write(journal, "one")), asyncio.create_task(write(journal, "two"))
        assert all(isinstance(e, LedgerAwayError) for e in await asyncio.gather(*later, return_exceptions=True))
        faulty.trouble = lambda moment: None
        with pytest.raises(LedgerAwayError):  # it rests on what was never stored
            await write(journal, "three")
        fresh = Journal(record, WALL)
        await fresh.catch_up()
        await write(fresh, "four")

    run(main)
    assert reasons(faulty, record.campaign) == ["four"]


@pytest.mark.usefixtures("quick")
def test_no_state_is_shown_that_was_never_stored(faulty: FaultyLedger) -> None:
    record = begun(faulty)

    def away(_: Moment) -> None:
        raise cut()

    async def main() -> None:
        journal = Journal(record, WALL)
        await journal.quiet()
        faulty.trouble = lambda moment: away(moment) if moment == "commit" else None
        writing = asyncio.create_task(write(journal, "one"))
        while not record.ahead:
            await asyncio.sleep(0.001)
        with pytest.raises(LedgerAwayError):  # a head that is shown may be written down in a second place
            await journal.quiet()
        assert record.ahead
        with pytest.raises(LedgerAwayError):
            await writing

    run(main)


def test_a_state_is_read_again_before_it_is_shown_if_a_commit_failed(faulty: FaultyLedger) -> None:
    record, tried = begun(faulty), False

    def refused_once(moment: Moment) -> None:
        nonlocal tried
        if tried:
            raise cut()
        if moment == "commit":
            tried = True
            raise LedgerError("refused")

    async def main() -> None:
        journal, before = Journal(record, WALL), (record.state.seq, record.state.head)
        faulty.trouble = refused_once
        with pytest.raises(LedgerError, match="refused"):
            await write(journal, "one")
        assert record.ahead  # it could not be read at once
        faulty.trouble = lambda moment: None
        await journal.quiet()
        assert (record.state.seq, record.state.head) == before

    run(main)


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("moment", ["begin", "commit"])
def test_a_ledger_that_hangs_is_given_up_and_what_it_does_later_is_found(faulty: FaultyLedger, moment: Moment) -> None:
    record, released, over = begun(faulty), threading.Event(), threading.Event()

    def hang(now: Moment) -> None:
        if now == moment:
            assert released.wait(10)
        if now == "committed":
            over.set()

    async def main() -> None:
        journal = Journal(record, WALL)
        faulty.trouble = hang
        began = time.monotonic()
        with pytest.raises(LedgerAwayError, match="did not answer"):
            await write(journal, "late")
        assert time.monotonic() - began < 2.0
        released.set()
        fresh = Journal(record, WALL)
        if moment == "commit":
            assert await asyncio.to_thread(over.wait, 10)
        await fresh.catch_up()
        assert reasons(faulty, record.campaign) == (["late"] if moment == "commit" else [])
        assert record.state == fold(record.campaign, faulty.events(record.campaign))
        await write(fresh, "next")

    run(main)
    assert reasons(faulty, record.campaign) == (["late"] if moment == "commit" else []) + ["next"]


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_connections_that_hang_for_ever_do_not_keep_the_ledger_away(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, hangs, released = begun(ledger), True, threading.Event()
    monkeypatch.setattr(journals, "ANSWER_S", 0.05)

    def hang(_: object) -> None:
        if hangs:
            assert released.wait(20)

    async def main() -> None:
        nonlocal hangs
        for _ in range(20):  # more than there are connections
            with pytest.raises(LedgerAwayError):
                await Journal(record, WALL).catch_up()
        hangs = False
        monkeypatch.setattr(journals, "ANSWER_S", 5.0)
        journal = Journal(record, WALL)
        await journal.catch_up()
        await write(journal, "one")

    sa.event.listen(ledger.engine, "begin", hang)
    try:
        run(main)
    finally:
        released.set()
    assert reasons(ledger, record.campaign) == ["one"]


def test_whoever_is_cancelled_during_a_commit_finds_it_settled(faulty: FaultyLedger) -> None:
    record, reached = begun(faulty), threading.Event()

    def slow(moment: Moment) -> None:
        if moment == "commit":
            reached.set()
            time.sleep(0.2)

    async def main() -> None:
        faulty.trouble = slow
        writing = asyncio.create_task(write(Journal(record, WALL), "one"))
        assert await asyncio.to_thread(reached.wait, 10)
        for _ in range(3):
            writing.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert not record.ahead
        assert reasons(faulty, record.campaign) == ["one"]

    run(main)


def test_another_writer_on_the_loops_thread_is_not_kept_out(faulty: FaultyLedger) -> None:
    record, reached = begun(faulty), threading.Event()
    other = Record(faulty, record.campaign)

    async def main() -> None:
        faulty.trouble = lambda moment: reached.set() if moment == "begin" else None
        journal = Journal(record, WALL)
        writing = asyncio.create_task(write(journal, "ours"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert reached.wait(10)
        time.sleep(0.05)  # the transaction has begun, and waits for this thread
        began = time.monotonic()
        other.commit(lambda _: [stopped("theirs")], lambda: AT)
        assert time.monotonic() - began < 2.0
        await writing

    run(main)
    assert sorted(reasons(faulty, record.campaign)) == ["ours", "theirs"]
    assert record.state == fold(record.campaign, faulty.events(record.campaign))


def test_in_simulated_time_a_commit_is_done_in_place(faulty: FaultyLedger) -> None:
    record = begun(faulty)
    writing = write(Journal(record, Clock("virtual")), "one")
    with pytest.raises(StopIteration):
        writing.send(None)
    assert reasons(faulty, record.campaign) == ["one"]


FAULTS = st.lists(st.sampled_from(["ok", "ok", "begin", "commit", "committed", "read"]), max_size=40)


@given(FAULTS, st.sampled_from([0.0, 0.05]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_the_chain_holds_what_callers_were_told(faults: list[str], again_s: float) -> None:
    """Whatever fails when: what was returned is stored, once and in order; whatever else is stored was left open."""
    schedule, now = iter(faults), "ok"

    def trouble(moment: Moment) -> None:
        nonlocal now
        if moment in ("begin", "read"):
            now = next(schedule, "ok")
        if now == moment:
            raise cut()

    with (
        TemporaryDirectory() as folder,
        FaultyLedger(f"{folder}/ledger.db") as ledger,
        Ledger(ledger.url) as seen,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(journals, "AGAIN_S", again_s)
        record, stored = begun(ledger), list[str]()

        async def main() -> None:
            journal = Journal(record, WALL)
            for name in map(str, range(12)):
                try:
                    await write(journal, name)
                    stored.append(name)
                except LedgerAwayError:
                    caught_up = False
                    while not caught_up:
                        journal = Journal(record, WALL)
                        with suppress(LedgerAwayError):
                            await journal.catch_up()
                            caught_up = True
                    if name in reasons(seen, record.campaign):
                        stored.append(name)
                assert reasons(seen, record.campaign) == stored

        ledger.trouble = trouble
        asyncio.run(main())
        assert record.state == fold(record.campaign, seen.events(record.campaign))


# --- durable steps


@pytest.mark.slow
@pytest.mark.parametrize("ends", [True, False])
def test_an_effect_announced_while_its_experiment_is_ended_is_not_in_doubt(faulty: FaultyLedger, ends: bool) -> None:
    record, reached, began = begun(faulty), threading.Event(), list[str]()
    record.commit(lambda _: [Draft("session.opened", {}), decided(1, "autonomous", "e0001")], lambda: AT)

    def slow(moment: Moment) -> None:
        if moment == "commit":
            reached.set()
            time.sleep(0.1)

    async def main() -> None:
        steps = DurableSteps(Journal(record, WALL), WALL, "e0001")
        steps.begin(Draft("experiment.started", {"experiment": "e0001"}))

        async def act(effect: str) -> str:
            began.append(effect)
            return effect

        faulty.trouble = slow
        doing = asyncio.create_task(steps.effect("dispense", act))
        assert await asyncio.to_thread(reached.wait, 10)
        if ends:
            doing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await doing
        else:
            await doing
            await steps.flush()

    run(main)
    (step,) = record.state.experiment("e0001").steps
    assert (step.status, began) == (("undone", []) if ends else ("done", ["e0001/0/1"]))


# --- the claim


class TimedClaim:
    """A claim that says where it was renewed, and can be lost."""

    def __init__(self) -> None:
        self.renewed: list[threading.Thread] = []
        self.due = self.lost = False

    def require(self) -> None:
        if self.lost:
            raise FencedError("another process took it over")

    def renew(self) -> None:
        self.renewed.append(threading.current_thread())


def test_a_claim_that_is_due_is_renewed_beside_the_loop(faulty: FaultyLedger) -> None:
    record, claim = begun(faulty), TimedClaim()

    async def main() -> None:
        watching = Supervisor(Journal(record, WALL), WALL, claim)
        await watching.look()
        assert not claim.renewed
        claim.due = True
        await watching.look()
        assert claim.renewed
        assert threading.current_thread() not in claim.renewed
        claim.lost = True
        with pytest.raises(FencedError):
            await watching.look()

    run(main)


def test_a_session_that_another_one_followed_writes_no_more(faulty: FaultyLedger) -> None:
    record = begun(faulty)
    other = Record(faulty, record.campaign)

    async def main() -> None:
        journal = Journal(record, WALL)
        await journal.commit(lambda _: [Draft("session.opened", {})], lambda: AT)
        record.session = record.state.sessions
        other.sync()
        other.commit(lambda _: [Draft("session.opened", {})], lambda: AT)
        with pytest.raises(FencedError):
            await write(journal, "stale")
        record.session = None
        with pytest.raises(FencedError):
            await write(journal, "later")

    run(main)
    assert reasons(faulty, record.campaign) == []

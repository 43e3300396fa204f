"""Snapshots: a state read through one is the state that all events lead to, whatever happens before or after it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.campaign.record.random_history import MOVES, history, pieces
from tests.campaign.record.test_event_folds import shown

from zosimos.campaign.control.tables import export_json
from zosimos.campaign.decisions.decide import inputs_now
from zosimos.campaign.decisions.stopping import experiments_since_best, stop_reason
from zosimos.campaign.ledger import snapshots as store
from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import readable
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.snapshot import keeping, restoring, sizes, snapshots
from zosimos.campaign.record.snapshot.row_keys import may_be_tried
from zosimos.campaign.record.standing import front
from zosimos.campaign.record.state import State
from zosimos.core.errors import LedgerError, TamperedError
from zosimos.core.space import row_key

_numbers = itertools.count(1)
MANY = st.lists(MOVES, min_size=1, max_size=60)
CUTS = st.lists(st.integers(1, 25), max_size=8)
pytestmark = pytest.mark.usefixtures("small")


def new_campaign() -> str:
    return f"c-20300101t000000-{next(_numbers):08d}"


def append(ledger: Ledger, campaign: str, events: Sequence[Event]) -> None:
    """Append events that were made already, just as they are."""
    rows = [{"c": campaign, "s": one.seq, "p": "-", "h": one.hash, "t": one.text} for one in events]
    with ledger.writing() as connection:
        connection.execute(sa.text("INSERT INTO events VALUES (:c, :s, :p, :h, :t)"), rows)


def everything(state: State) -> Any:
    """All that anybody can see of a state."""
    return json.loads(
        json.dumps(
            [
                shown(state),
                list(state.experiments),
                [seen.as_json() for seen in state.observations],
                [seen.experiment for seen in reversed(state.observations)],
                [one.id for one in reversed(state.experiments.values())],
                list(state.digests),
                front(state),
                experiments_since_best(state),
                str(stop_reason(state, datetime.fromisoformat(state.at))),
                inputs_now(state, 1).as_json(),
                state.open_tokens(),
                state.tokens(),
                export_json(state),
            ]
        )
    )


def keep(ledger: Ledger, state: State) -> str:
    taken = snapshots.taken(state)
    assert taken is not None, "everything that folds can be kept here"
    outcome = snapshots.write(ledger, taken)
    snapshots.settle(state, taken, outcome)
    return outcome


@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=pytest.mark.slow)])
def test_a_state_read_through_snapshots_is_the_state_of_all_events(ledger: Ledger, examples: int) -> None:
    @given(MANY, CUTS)
    @settings(max_examples=examples)
    def holds(moves: list[Any], cuts: list[int]) -> None:
        campaign = new_campaign()
        events = history(campaign, moves)
        for piece in pieces(events, cuts):
            append(ledger, campaign, piece)
            found, whole = keeping.current(ledger, campaign), readable(campaign, ledger.events(campaign))
            assert found.shelf.seq < found.seq, "the piece was folded"
            assert found == whole
            assert everything(found) == everything(whole)
            again = restoring.restored(ledger, campaign)
            assert again is None or again.shelf.seq == found.shelf.seq
            assert keep(ledger, keeping.current(ledger, campaign)) == "stored"
        found = keeping.current(ledger, campaign)
        assert found.shelf.seq == found.seq == len(events)
        assert everything(found) == everything(whole)
        assert found == whole

    holds()


@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=pytest.mark.slow)])
def test_a_process_that_goes_on_after_its_snapshots_and_looks_back_keeps_what_changed(
    ledger: Ledger, examples: int
) -> None:
    @given(MANY, CUTS, st.lists(st.integers(0, 99), max_size=12))
    @settings(max_examples=examples)
    def holds(moves: list[Any], cuts: list[int], looks: list[int]) -> None:
        campaign = new_campaign()
        living: Record | None = None
        for piece in pieces(history(campaign, moves), cuts):
            append(ledger, campaign, piece)
            living = living or Record(ledger, campaign)
            living.sync()
            names = list(living.state.experiments)
            for place in looks if names else ():
                assert living.state.experiments[names[place % len(names)]].id == names[place % len(names)]
            living.keep()
            found, whole = keeping.current(ledger, campaign), readable(campaign, ledger.events(campaign))
            assert everything(found) == everything(living.state) == everything(whole)

    holds()


# --- in doubt


LONG = [("tell", n, 1 + n) for n in range(40)] + [("decide", 0, 3), ("start", 0, 2), ("measure", 5, 1)] * 6


@pytest.fixture
def kept(ledger: Ledger) -> tuple[str, State]:
    """A campaign with a snapshot of many pages and a few events after it; and its state, folded from event 1."""
    campaign = new_campaign()
    events = history(campaign, LONG)
    append(ledger, campaign, events[:-4])
    assert keep(ledger, keeping.current(ledger, campaign)) == "stored"
    append(ledger, campaign, events[-4:])
    return campaign, readable(campaign, ledger.events(campaign))


def change(ledger: Ledger, campaign: str, query: str, **values: Any) -> None:
    with ledger.writing() as connection:
        done = connection.execute(sa.text(f"{query} AND campaign = :c"), {"c": campaign, **values})
        assert done.rowcount, "the test changes something"


def pages(ledger: Ledger, campaign: str) -> list[str]:
    query = sa.text("SELECT part FROM snapshots WHERE campaign = :c AND part != 'core' ORDER BY part")
    with ledger.reading() as connection:
        return list(connection.execute(query, {"c": campaign}).scalars())


def test_the_snapshot_is_used_where_nothing_is_wrong(ledger: Ledger, kept: tuple[str, State]) -> None:
    campaign, whole = kept
    found = keeping.current(ledger, campaign)
    assert 0 < found.shelf.seq < found.seq
    assert everything(found) == everything(whole)
    assert keeping.snapshot_differs(ledger, campaign, whole) == ""


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE snapshots SET text = text || ' ' WHERE part = 'core'",
        "UPDATE snapshots SET text = replace(text, 'first', 'worst') WHERE part = 'core'",
        "UPDATE snapshots SET text = 'nonsense', hash = '2b9ac7a4a5ebdfe1f1a1cfbbcb2a3cb5' WHERE part = 'core'",
        "DELETE FROM snapshots WHERE part = 'core'",
        "DELETE FROM events WHERE seq > 10",
    ],
)
def test_a_core_that_is_not_what_was_written_or_left_its_chain_is_left_aside(
    ledger: Ledger, kept: tuple[str, State], text: str
) -> None:
    campaign, _ = kept
    change(ledger, campaign, text)
    found = keeping.current(ledger, campaign)
    assert found.shelf.seq == 0
    assert everything(found) == everything(readable(campaign, ledger.events(campaign)))


def test_a_chain_that_was_changed_under_its_snapshot_is_not_read_by_it(ledger: Ledger, kept: tuple[str, State]) -> None:
    campaign, _ = kept
    where = "seq = (SELECT max(seq) - 4 FROM events WHERE campaign = :c)"
    change(ledger, campaign, f"UPDATE events SET hash = 'other' WHERE {where}")
    with pytest.raises(TamperedError, match="was changed"):
        keeping.current(ledger, campaign)


@pytest.mark.slow
@pytest.mark.parametrize("core", ["", "x", "x y\nz\n{}", "{program} {seq}\n{head}\n[]", "{program} {seq}\n{head}\n{}"])
def test_a_core_with_a_right_digest_and_no_sense_is_left_aside(
    ledger: Ledger, kept: tuple[str, State], core: str
) -> None:
    campaign, whole = kept
    end = ledger.end(campaign)
    assert end is not None
    for name, value in {"{program}": restoring.program(), "{seq}": str(end[0]), "{head}": end[1]}.items():
        core = core.replace(name, value)
    query = "UPDATE snapshots SET text = :text, hash = :hash WHERE part = 'core'"
    change(ledger, campaign, query, text=core, hash=store.name_of(core))
    found = keeping.current(ledger, campaign)
    assert found.shelf.seq == 0
    assert found == whole
    assert keep(ledger, found) == "stored", "and a good one takes its place"


def test_a_snapshot_of_another_program_is_left_aside_and_replaced(
    ledger: Ledger, kept: tuple[str, State], monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, whole = kept
    for module in (restoring, snapshots):
        monkeypatch.setattr(module, "program", lambda: "another")
    found = keeping.current(ledger, campaign)
    assert found.shelf.seq == 0
    assert keep(ledger, found) == "stored"
    assert keeping.current(ledger, campaign).shelf.seq == whole.seq


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "DELETE FROM snapshots WHERE part = :page",
        "UPDATE snapshots SET text = replace(text, 'measured', 'failed') || ' ' WHERE part = :page",
        "UPDATE snapshots SET text = '[]', hash = '4f53cda18c2baa0c0354bb5f9a3ecbe5' WHERE part = :page",
    ],
)
def test_what_a_page_lacks_is_taken_from_the_events(ledger: Ledger, kept: tuple[str, State], text: str) -> None:
    campaign, whole = kept
    for page in pages(ledger, campaign)[::2]:
        change(ledger, campaign, text, page=page)
    found = keeping.current(ledger, campaign)
    assert found.shelf.seq, "the core is as it was written"
    assert everything(found) == everything(whole)
    assert found.shelf.lost()
    assert (
        keeping.snapshot_differs(ledger, campaign, whole)
        == f"the snapshot of campaign {campaign} was not what its events say: pages; it was thrown away"
    )
    assert restoring.restored(ledger, campaign) is None, "it is thrown away"
    record = Record(ledger, campaign)
    record.keep()
    assert everything(keeping.current(ledger, campaign)) == everything(whole)


def test_a_snapshot_forged_with_right_digests_is_found_by_comparing_it_with_the_events(
    ledger: Ledger, kept: tuple[str, State]
) -> None:
    campaign, whole = kept
    core = store.stored_core(ledger, campaign)
    assert core is not None
    forged = core.replace('"used":', '"used":1', 1)
    query = "UPDATE snapshots SET text = :text, hash = :hash WHERE part = 'core'"
    change(ledger, campaign, query, text=forged, hash=store.name_of(forged))
    assert keeping.current(ledger, campaign).used != whole.used
    assert (
        keeping.snapshot_differs(ledger, campaign, whole)
        == f"the snapshot of campaign {campaign} was not what its events say: used; it was thrown away"
    )
    assert keeping.current(ledger, campaign) == whole


def test_a_broken_record_is_kept_up_to_the_break_and_never_beyond(ledger: Ledger) -> None:
    campaign = new_campaign()
    events = history(campaign, LONG)
    append(ledger, campaign, events[:-4])
    assert keep(ledger, keeping.current(ledger, campaign)) == "stored"
    ledger.append(campaign, lambda: events[-1].at, lambda _: [Draft("campaign.continued", {})], after=0)
    ledger.append(campaign, lambda: events[-1].at, lambda _: [Draft("campaign.finished", {"reason": "done"})], after=0)
    whole = readable(campaign, ledger.events(campaign))
    assert whole.broken is not None
    for _ in range(2):
        record = Record(ledger, campaign)
        assert record.broken == whole.broken
        assert record.state == whole
        record.keep()
        assert keep(ledger, record.state) == "stored"


def test_two_writers_leave_a_snapshot_that_is_whole(ledger: Ledger) -> None:
    campaign = new_campaign()
    events = history(campaign, LONG)
    append(ledger, campaign, events[:30])
    early, late = keeping.current(ledger, campaign), keeping.current(ledger, campaign)
    assert keep(ledger, early) == "stored"
    append(ledger, campaign, events[30:])
    late = keeping.current(ledger, campaign)
    mine, others = snapshots.taken(early), snapshots.taken(late)
    assert mine is not None
    assert others is not None
    assert snapshots.write(ledger, others) == "stored"
    assert snapshots.write(ledger, mine) == "later", "the one that goes further stays"
    snapshots.settle(early, mine, "later")
    assert everything(early) == everything(readable(campaign, events[:30])), "what it lacks it finds in the events"
    assert everything(keeping.current(ledger, campaign)) == everything(readable(campaign, events))


def test_a_writer_whose_pages_are_gone_begins_again(ledger: Ledger, kept: tuple[str, State]) -> None:
    campaign, whole = kept
    state = keeping.current(ledger, campaign)
    change(ledger, campaign, "DELETE FROM snapshots WHERE part = :page", page=state.shelf.maps["experiments"][0])
    assert keep(ledger, state) == "missing"
    assert keep(ledger, state) == "stored"
    assert everything(keeping.current(ledger, campaign)) == everything(whole)


def test_a_ledger_that_cannot_be_written_is_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    campaign = new_campaign()
    with Ledger(str(path)) as ledger:
        append(ledger, campaign, history(campaign, LONG))
        with ledger.writing(), Ledger(str(path)) as another:  # somebody writes all the time
            record = Record(another, campaign)
            record.keep()
            assert record.state.shelf.seq == 0
        assert restoring.restored(ledger, campaign) is None


def test_what_json_cannot_tell_apart_is_not_kept(ledger: Ledger) -> None:
    campaign = new_campaign()
    events = history(campaign, [("decide", 0, 0), ("start", 0, 2)])
    append(ledger, campaign, events)
    params = {"$Step": [1]}
    body = {"experiment": "e0001", "name": "go", "params": params, "repeatable": True, "step": 0, "attempt": 1}
    ledger.append(campaign, lambda: events[-1].at, lambda _: [Draft("step.intended", body)], after=0)
    record = Record(ledger, campaign)
    assert record.state.experiments["e0001"].steps[0].params == params
    assert snapshots.taken(record.state) is None
    record.keep()
    assert Record(ledger, campaign).state == record.state


# --- what is read


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Return how many pages were read so far."""
    found: list[str] = []
    read = store.stored_page

    def counting(ledger: Ledger, campaign: str, name: str) -> str | None:
        found.append(name)
        return read(ledger, campaign, name)

    monkeypatch.setattr(store, "stored_page", counting)
    return lambda: len(found)


def test_an_experiment_is_read_with_its_page_and_no_other(
    ledger: Ledger, kept: tuple[str, State], counted: Callable[[], int]
) -> None:
    campaign, whole = kept
    state = keeping.current(ledger, campaign)
    assert counted() == 0
    assert state.experiment("e0006") == whole.experiment("e0006")
    assert state.experiment("e0007") == whole.experiment("e0007")
    assert counted() == 1
    assert "e9999" not in state.experiments
    assert state.observations[-1] == whole.observations[-1]
    assert len(state.observations) == len(whole.observations)
    assert counted() == 1


def test_a_row_that_was_observed_may_be_tried_and_another_is_new(ledger: Ledger, kept: tuple[str, State]) -> None:
    campaign, whole = kept
    for state in (keeping.current(ledger, campaign), whole):
        keep(ledger, state)
        may_be = may_be_tried(state)
        assert may_be is not None
        assert all(may_be(row_key(seen.values)) for seen in whole.observations)
        assert not any(may_be(row_key({"x": place + 0.123})) for place in range(50))


def test_a_process_that_appends_takes_snapshots_as_it_goes(ledger: Ledger) -> None:
    campaign = new_campaign()
    events = history(campaign, LONG)
    append(ledger, campaign, events[:1])
    record, found = Record(ledger, campaign), []
    for event in events[1:]:
        record.commit(lambda _, event=event: [Draft(event.kind, event.body)], lambda event=event: event.at)  # type: ignore[misc]  # as it is now
        restored = restoring.restored(ledger, campaign)
        found.append(0 if restored is None else restored.seq)
    assert sorted(set(found)) == [0, *range(sizes.EVERY, len(events) + 1, sizes.EVERY)][: len(set(found))]
    assert len(set(found)) > 3
    assert everything(Record(ledger, campaign).state) == everything(record.state)


def test_a_commit_that_fails_leaves_the_state_as_it_was(ledger: Ledger, kept: tuple[str, State]) -> None:
    campaign, whole = kept
    record = Record(ledger, campaign)
    held = record.state.experiments
    with pytest.raises(LedgerError, match="nothing was stored"):
        record.commit(
            lambda _: [Draft("campaign.paused", {"reason": "x"}), Draft("campaign.finished", {})], lambda: whole.at
        )
    assert record.state.experiments is held
    assert everything(record.state) == everything(whole)


def test_what_changed_after_its_page_was_written_stays_changed_in_every_later_snapshot(ledger: Ledger) -> None:
    campaign = new_campaign()
    events = history(campaign, LONG)
    append(ledger, campaign, events)
    assert keep(ledger, keeping.current(ledger, campaign)) == "stored"
    body = {"step": 0, "name": "weigh", "params": {}, "result": 1.5, "failed": None, "began": "a", "ended": "b"}
    for name in ("e0001", "e0002"):
        ledger.append(
            campaign, lambda: events[-1].at, lambda _, n=name: [Draft("step.read", {**body, "experiment": n})], after=0
        )  # type: ignore[misc]  # as it is now
        for _ in range(3):
            state = keeping.current(ledger, campaign)
            assert [step.result for step in state.experiments.at(int(name[1:]) - 1).steps] == [1.5]
            assert keep(ledger, state) == "stored"
    assert everything(keeping.current(ledger, campaign)) == everything(readable(campaign, ledger.events(campaign)))

"""Every kind of event: what folds says in the state what the event says, and what does not fit is refused whole.

The table of kinds is put together here, and a kind that the ledger knows and the table does not fails. To add one,
write its :class:`Case` in the module of its family: bodies that are right, what holds after them, what is wrong.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stored_campaigns import FOLDER
from tests.campaign.record.case import JSON, C, Case, at, chain, snapshot
from tests.campaign.record.families import CASES, FAMILIES, all_views
from tests.exceptions import Exceptions

from zosimos.campaign.ledger.database.engine import MEMORY
from zosimos.campaign.ledger.events import VERSIONS, Draft, Event, opened
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import apply, fold, readable
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.repairs import REPAIRED
from zosimos.campaign.record.state import State
from zosimos.campaign.record.tokens import ASKING
from zosimos.core.errors import LedgerError

ALWAYS_RIGHT = Exceptions(
    {
        "session.opened": "it says that a process began, which can be at any time; what else it says is not kept",
        "session.closed": "nothing that it says is kept",
    },
    at_most=2,
)
"""Kinds of which no body at no moment is wrong."""

PLACE = frozenset({"seq", "head", "at"})
FOLLOWING = frozenset({"counts", "predicted", "kept", "seen", "shelf"})
"""Fields that follow from others: each is compared with what it follows from."""
STORED = sorted(path.stem for path in FOLDER.glob("*.jsonl"))
EACH = pytest.mark.parametrize("kind", sorted(CASES))
FEW_AND_MANY = pytest.mark.parametrize("examples", [7, pytest.param(80, marks=pytest.mark.slow)])
AFTER_THE_FIRST = pytest.mark.parametrize(
    "kind", sorted(kind for kind in CASES if CASES[kind].before and kind != REPAIRED)
)
CAN_BE_WRONG = pytest.mark.parametrize("kind", sorted(kind for kind in CASES if CASES[kind].wrong is not None))


def state_after(events: list[Event]) -> State:
    """The state that events lead to; a repair's history is read up to what does not fit."""
    return readable(C, events) if events else State(C)


def check(case: Case, was: State, now: State, event: Event) -> None:
    """What the event says holds, it stands at the end of the chain, and nothing else changed."""
    case.holds(was, now, event)
    assert +Counter(now.counts) == Counter(one.status for one in now.experiments.values())
    assert now.predicted == sum(bool(seen.predictions) for seen in now.observations)
    assert (now.seq, now.head, now.at) == (event.seq, event.hash, event.at)
    for field in fields(State):
        if field.name not in case.touches | PLACE | FOLLOWING:
            assert getattr(now, field.name) == getattr(was, field.name), f"{event.kind} changed {field.name}"


def shown(state: State) -> str:
    """Everything that faces show of a state, as text."""
    return json.dumps(all_views(state))


@pytest.fixture(scope="module")
def store() -> Iterator[Ledger]:
    with Ledger(MEMORY) as ledger:
        yield ledger


_numbers = itertools.count(1)


def record_before(store: Ledger, case: Case) -> Record:
    """Return the record of a new campaign in which all stands ready for the event."""
    campaign = f"c-20300101t000000-{next(_numbers):08d}"
    store.append(campaign, lambda: at(1), lambda _: case.before, after=0)
    return Record(store, campaign)


def test_every_kind_of_event_has_a_case_here() -> None:
    assert sorted(CASES) == sorted(VERSIONS), "write the case of a new kind in the module of its family"
    assert sum(len(family.CASES) for family in FAMILIES) == len(CASES), "a kind has two cases"


def test_every_kind_of_event_can_be_wrong() -> None:
    ALWAYS_RIGHT.check((kind for kind, case in CASES.items() if case.wrong is None), "say when it is wrong")


@pytest.mark.slow
@FEW_AND_MANY
@EACH
def test_an_event_folds_to_what_it_says_and_to_nothing_else(kind: str, examples: int) -> None:
    case = CASES[kind]

    @given(case.body)
    @settings(max_examples=examples)
    def holds(body: dict[str, Any]) -> None:
        *history, event = chain([*case.before, Draft(kind, body)])
        now = state_after(history)
        was = snapshot(now)
        assert was == now
        apply(now, event)
        check(case, was, now, event)
        assert fold(C, [*history, event]) == now, "the same events give the same state"
        assert opened(event.text, event.hash) == event, "the stored text gives the same event"
        shown(now)

    holds()


@pytest.mark.slow
@EACH
def test_fields_that_nobody_knows_change_nothing(kind: str) -> None:
    case = CASES[kind]

    @given(case.body, st.dictionaries(st.text("xyz", min_size=9, max_size=9), JSON, min_size=1, max_size=2))
    @settings(max_examples=3)
    def holds(body: dict[str, Any], more: dict[str, Any]) -> None:
        plain, marked = (state_after(chain([*case.before, Draft(kind, made)])) for made in (body, {**body, **more}))
        marked.head = plain.head
        assert marked == plain

    holds()


@pytest.mark.slow
@CAN_BE_WRONG
def test_what_does_not_fit_is_refused_and_leaves_nothing_behind(kind: str) -> None:
    case = CASES[kind]
    assert case.wrong is not None

    @given(case.wrong)
    @settings(max_examples=10)
    def holds(drafts: list[Draft]) -> None:
        known = state_after(chain([*case.before, *drafts[:-1]]))
        was = snapshot(known)
        *history, last = chain([*case.before, *drafts])
        with pytest.raises(LedgerError, match="does not fit the record before it") as caught:
            apply(known, last)
        assert caught.value.value == last.seq
        if history:
            found = readable(C, [*history, last])
            assert found.broken is not None
            found.broken = was.broken
            assert found == was, "a record is read up to what does not fit, and not half of it more"

    holds()


@pytest.mark.slow
@FEW_AND_MANY
@EACH
def test_an_event_with_any_field_broken_folds_and_can_be_shown_or_is_refused(kind: str, examples: int) -> None:
    case = CASES[kind]

    @given(case.body, st.data())
    @settings(max_examples=examples)
    def holds(body: dict[str, Any], data: st.DataObject) -> None:
        broken = dict(body)
        if body:
            name = data.draw(st.sampled_from(sorted(body)))
            broken[name] = data.draw(JSON)
        *history, event = chain([*case.before, Draft(kind, broken)])
        now = state_after(history)
        try:
            apply(now, event)
        except LedgerError:
            return
        assert now == fold(C, [*history, event])
        shown(now)

    holds()


@pytest.mark.slow
@AFTER_THE_FIRST
def test_what_is_committed_is_read_back_and_what_is_refused_is_not_stored(kind: str, store: Ledger) -> None:
    case = CASES[kind]

    @given(case.body, st.just([]) if case.wrong is None else case.wrong)
    @settings(max_examples=2)
    def holds(body: dict[str, Any], wrong: list[Draft]) -> None:
        record = record_before(store, case)
        was = snapshot(record.state)
        if wrong and (kind not in ASKING or "token" in wrong[-1].body):  # a question without a token is given one
            with pytest.raises(LedgerError, match="nothing was stored"):
                record.commit(lambda _: wrong, lambda: at(99))
            assert record.state == was
        (event,) = record.commit(lambda _: [Draft(kind, body)], lambda: at(99))
        assert store.events(record.campaign, was.seq) == [event]
        assert Record(store, record.campaign).state == record.state

    holds()


@pytest.mark.slow
@pytest.mark.parametrize("name", STORED)
def test_events_stored_by_an_earlier_version_say_the_same_today(name: str) -> None:
    rows = [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    events = [opened(row["text"], row["hash"]) for row in rows if "text" in row]
    now = State(events[0].campaign)
    for event in events:
        was = snapshot(now)
        apply(now, event)
        check(CASES[event.kind], was, now, event)
    assert fold(now.id, events) == now

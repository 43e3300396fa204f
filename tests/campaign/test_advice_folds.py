"""Advice on record: an event of that shape folds or is refused, and never half of it."""

from __future__ import annotations

from typing import Any

import pytest
from event_shapes import AT, BY, C, chain, shape
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.campaign.ledger.database.engine import MEMORY
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import readable
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.core.canonical import canonical_json
from zosimos.core.errors import LedgerError

SPEC = {
    "name": "first",
    "space": {"x": {"min": 0, "max": 1}, "solvent": {"choices": ["DMF", "water"]}},
    "objectives": {"y": {"goal": "max"}},
    "budget": {"experiments": 9},
}
CREATED = {
    "spec": SPEC,
    "order": {"space": ["x", "solvent"], "objectives": ["y"]},
    "files": {},
    "source": None,
    "clock": "wall",
}
RESULT = {"quantity": "y", "value": 1.0}
TOLD = {
    "experiment": "e0001",
    "values": {"x": 0.5, "solvent": "DMF"},
    "measurements": {"y": RESULT},
    "failed": "",
    "by": BY,
}


def said(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"advice": "a0002", "items": list(items), "author": "ann", "kind": "person", "reason": "", "given": 1}
    return {**body, "until": None, "by": BY, **more}


EXPLORE = {"kind": "explore", "amount": "more"}
BEFORE = [
    Draft("campaign.created", CREATED),
    Draft("observation.told", TOLD),
    Draft("advice.given", said(EXPLORE, advice="a0001")),
]

NAME = st.sampled_from(["x", "solvent", "y", "z"])
NUMBER = st.floats(-2, 2) | st.integers(-2, 2)
ITEMS = st.one_of(
    shape(
        kind=st.just("point"),
        values=st.dictionaries(NAME, NUMBER | st.sampled_from(["DMF", "water"]), max_size=2),
        expected=st.dictionaries(NAME, shape(mean=NUMBER, sd=st.floats(0, 1)), max_size=1),
        reason=st.text(max_size=3),
    ),
    shape(
        kind=st.just("prior"),
        terms=st.dictionaries(
            NAME, shape(at=NUMBER, within=NUMBER) | shape(likely=st.lists(st.text(max_size=2)), factor=NUMBER)
        ),
    ),
    shape(kind=st.just("replicate"), experiment=st.sampled_from(["e0001", "e0007"])),
    shape(kind=st.just("exclude"), where=st.sampled_from(["x > 0.4", "z > 1", "x >", "x", "", "solvent == 'DMF'"])),
    shape(kind=st.just("explore"), amount=st.sampled_from(["more", "less", "much"])),
)
BODIES = st.one_of(
    st.tuples(
        st.just("advice.given"),
        shape(
            advice=st.sampled_from(["a0001", "a0002", "a0003"]),
            items=st.lists(ITEMS, max_size=2),
            author=st.sampled_from(["ann", "", "two\nlines"]),
            kind=st.sampled_from(["person", "llm", "program", "oracle"]),
            reason=st.text(max_size=3),
            given=st.integers(0, 2),
            until=st.none() | st.integers(0, 4),
            by=st.just(BY),
            model=st.text(max_size=3),
            prompt=st.text(max_size=3),
            cost=st.floats(0, 1),
        ),
    ),
    st.tuples(
        st.just("advice.withdrawn"),
        shape(advice=st.sampled_from(["a0001", "a0002"]), by=st.just(BY), reason=st.text(max_size=3)),
    ),
)


def looked_at(state: State) -> Any:
    """Everything that decisions and faces take from advice, which must work on whatever folded."""
    found = [(item.advice, str(item.advice), item.status(len(state.observations))) for item in state.advice.values()]
    return found, canonical_json([advice.as_json() for advice in state.in_force()]), state.seq, state.head


@pytest.mark.slow
@given(BODIES)
@settings(max_examples=150)
def test_advice_of_that_shape_folds_or_is_refused_and_leaves_nothing_behind(event: tuple[str, dict[str, Any]]) -> None:
    with Ledger(MEMORY) as ledger:
        ledger.append(C, lambda: AT, lambda _: BEFORE, after=0)
        record = Record(ledger, C)
        before = looked_at(record.state)
        try:
            record.commit(lambda _: [Draft(*event)], lambda: AT)
        except LedgerError:
            assert looked_at(record.state) == before
            assert len(ledger.events(C)) == len(BEFORE)
        else:
            assert record.state.seq == len(BEFORE) + 1
        assert record.state == Record(ledger, C).state
        assert looked_at(record.state) == looked_at(Record(ledger, C).state)


@pytest.mark.slow
@given(BODIES)
def test_a_record_that_holds_such_advice_is_read_up_to_it(event: tuple[str, dict[str, Any]]) -> None:
    known = chain(*BEFORE)
    state = readable(C, chain(*BEFORE, Draft(*event)))
    if state.broken is None:
        assert state.seq == len(known) + 1
    else:
        broken, state.broken = state.broken, None
        assert (broken.seq, broken.kind) == (len(known) + 1, event[0])
        assert state == readable(C, known)


POINT = {"kind": "point", "values": {"x": 0.2, "solvent": "DMF"}, "expected": {}, "reason": ""}


@pytest.mark.parametrize(
    "event",
    [
        ("advice.given", said()),
        ("advice.given", said(EXPLORE, advice="a0001")),
        ("advice.given", said(EXPLORE, given=0)),
        ("advice.given", said(EXPLORE, until=1)),
        ("advice.given", said(EXPLORE, author="two\nlines")),
        ("advice.given", said(EXPLORE, kind="oracle")),
        ("advice.given", said(EXPLORE, cost="much")),
        ("advice.given", said(EXPLORE, model=["gpt"])),
        ("advice.given", said({**EXPLORE, "amount": "much"})),
        ("advice.given", said({**POINT, "values": {"z": 1.0}})),
        ("advice.given", said({**POINT, "values": {"x": None}})),
        ("advice.given", said({**POINT, "expected": {"y": {"mean": 1.0, "sd": 0.0}}})),
        ("advice.given", said({**POINT, "expected": {"z": {"mean": 1.0, "sd": 1.0}}})),
        ("advice.given", said({"kind": "prior", "terms": {}})),
        ("advice.given", said({"kind": "prior", "terms": {"solvent": {"at": 1.0, "within": 1.0}}})),
        ("advice.given", said({"kind": "prior", "terms": {"x": {"at": 0.0, "within": 1.0, "log": True}}})),
        ("advice.given", said({"kind": "prior", "terms": {"x": {"likely": ["a"], "factor": 3.0}}})),
        ("advice.given", said({"kind": "replicate", "experiment": "e0009"})),
        ("advice.given", said({"kind": "exclude", "where": "z > 1"})),
        ("advice.given", said({"kind": "exclude", "where": "x >"})),
        ("advice.given", said({"kind": "prophecy"})),
        ("advice.withdrawn", {"advice": "a0009", "by": BY, "reason": ""}),
        ("advice.withdrawn", {"advice": "a0001", "by": BY, "reason": 5}),
    ],
)
def test_advice_that_no_decision_could_use_is_refused(event: tuple[str, dict[str, Any]]) -> None:
    with Ledger(MEMORY) as ledger:
        ledger.append(C, lambda: AT, lambda _: BEFORE, after=0)
        record = Record(ledger, C)
        with pytest.raises(LedgerError, match="nothing was stored"):
            record.commit(lambda _: [Draft(*event)], lambda: AT)
        assert record.state == Record(ledger, C).state


def test_advice_is_in_force_until_it_is_withdrawn_and_that_only_once() -> None:
    withdrawn = Draft("advice.withdrawn", {"advice": "a0001", "by": BY, "reason": "I was wrong"})
    state = readable(C, chain(*BEFORE, Draft("advice.given", said(POINT, until=2))))
    assert [advice.id for advice in state.in_force()] == ["a0001", "a0002"]
    later = readable(C, chain(*BEFORE, Draft("advice.given", said(POINT, until=2)), withdrawn))
    assert [advice.id for advice in later.in_force()] == ["a0002"]
    assert (later.advice["a0001"].withdrawn_by, later.advice["a0001"].withdrawn_reason) == ("person", "I was wrong")
    twice = readable(C, chain(*BEFORE, withdrawn, withdrawn))
    assert twice.broken is not None


def test_advice_expires_after_as_many_results_as_it_was_given_for() -> None:
    another = Draft("observation.told", {**TOLD, "experiment": "e0002"})
    state = readable(C, chain(*BEFORE, Draft("advice.given", said(POINT, until=2)), another))
    assert [advice.id for advice in state.in_force()] == ["a0001"]
    assert state.advice["a0002"].status(len(state.observations)) == "expired"

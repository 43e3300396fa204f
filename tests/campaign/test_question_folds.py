"""What is asked of people, and what devices did: an event of that shape folds or is refused, and never half of it."""

from __future__ import annotations

from typing import Any

import pytest
from event_shapes import AT, BY, JSON, C, chain, shape
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.campaign import views
from zosimos.campaign.ledger.database.engine import MEMORY
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.approvals import Asked, standing, verb_of
from zosimos.campaign.record.fold import readable
from zosimos.campaign.record.record import Record
from zosimos.core.errors import LedgerError
from zosimos.core.records import Candidate

SPEC = {
    "name": "first",
    "space": {"x": {"min": 0, "max": 1}},
    "objectives": {"y": {"goal": "max"}},
    "budget": {"experiments": 9},
}
CREATED = {"spec": SPEC, "order": {"space": ["x"], "objectives": ["y"]}, "files": {}, "source": None, "clock": "wall"}
DECIDED = {
    "decision": "d0001",
    "inputs": {"spec_version": 1},
    "policy": "batch",
    "candidates": [
        {"experiment": name, "candidate": Candidate({"x": 0.5}, "random").as_json()} for name in ("e0001", "e0002")
    ],
}
BEFORE = [
    Draft("campaign.created", CREATED),
    Draft("decision.made", DECIDED),
    Draft("approval.requested", {"token": "t", "experiments": ["e0001"], "digest": "", "spec_version": 1}),
    Draft("operator.asked", {"token": "u", "experiment": "e0002", "step": 0, "text": "fill the flask"}),
]

NAME = st.sampled_from(["e0001", "e0002", "e0009", ""])
TOKEN = st.sampled_from(["t", "u", "v", ""])
CHANGE = st.fixed_dictionaries(
    {"path": st.sampled_from(["space.x.max", "budget.experiments", "nothing"]) | JSON, "old": JSON, "new": JSON}
)


BODIES = st.one_of(
    st.tuples(
        st.just("approval.requested"),
        shape(token=TOKEN, experiments=st.lists(NAME, max_size=3), digest=st.text(max_size=3), spec_version=st.just(1)),
    ),
    st.tuples(
        st.just("change.proposed"),
        shape(
            token=TOKEN,
            verb=st.sampled_from(["steer", "pause", "abort", "undo", "resume"]),
            changes=st.lists(CHANGE, max_size=2),
            undoes=st.none() | st.integers(1, 3),
            spec_version=st.just(1),
            number=st.integers(1, 3),
            digest=st.text(max_size=3),
            by=st.just(BY),
            reason=st.text(max_size=3),
        ),
    ),
    st.tuples(
        st.just("operator.asked"),
        shape(token=TOKEN, experiment=NAME, step=st.integers(0, 2), text=st.text(max_size=3)),
    ),
    st.tuples(
        st.just("devices.stopped"),
        shape(
            reason=st.text(max_size=3),
            unconfirmed=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
        ),
    ),
)


def looked_at(record: Record) -> Any:
    """Everything that faces show of what is asked, which must work on whatever folded."""
    state = record.state
    asked: list[Asked] = [*state.open_approvals(), *state.open_changes(), *state.open_questions()]
    return (
        views.status(state),
        views.waiting_for(state),
        [views.approval_view(state, item) for item in state.open_approvals()],
        [views.change_view(state, item) for item in state.open_changes()],
        [views.question_view(state, item) for item in state.open_questions()],
        [(verb_of(item), standing(state, item), item.token.partition("-")) for item in asked],
        state.seq,
        state.head,
    )


@pytest.mark.slow
@given(BODIES)
@settings(max_examples=60)
def test_an_event_of_that_shape_folds_or_is_refused_and_leaves_nothing_behind(
    event: tuple[str, dict[str, Any]],
) -> None:
    with Ledger(MEMORY) as ledger:
        ledger.append(C, lambda: AT, lambda _: BEFORE, after=0)
        record = Record(ledger, C)
        before = looked_at(record)
        try:
            record.commit(lambda _: [Draft(*event)], lambda: AT)
        except LedgerError:
            assert looked_at(record) == before
            assert len(ledger.events(C)) == len(BEFORE)
        else:
            assert record.state.seq == len(BEFORE) + 1
        assert record.state == Record(ledger, C).state
        assert looked_at(record) == looked_at(Record(ledger, C))


@pytest.mark.slow
@given(BODIES)
def test_a_record_that_holds_such_an_event_is_read_up_to_it(event: tuple[str, dict[str, Any]]) -> None:
    known = chain(*BEFORE)
    state = readable(C, chain(*BEFORE, Draft(*event)))
    if state.broken is None:
        assert state.seq == len(known) + 1
    else:
        broken, state.broken = state.broken, None
        assert (broken.seq, broken.kind) == (len(known) + 1, event[0])
        assert state == readable(C, known)


@pytest.mark.parametrize(
    "event",
    [
        ("approval.requested", {"token": 5, "experiments": ["e0001"], "digest": "", "spec_version": 1}),
        ("approval.requested", {"token": "v", "experiments": "e0001", "digest": "", "spec_version": 1}),
        ("approval.requested", {"token": "v", "experiments": ["e0009"], "digest": "", "spec_version": 1}),
        ("approval.requested", {"token": "u", "experiments": ["e0001"], "digest": "", "spec_version": 1}),
        ("operator.asked", {"token": "t", "experiment": "e0002", "step": 1, "text": "again"}),
        ("operator.asked", {"token": "v", "experiment": "e0002", "step": 1, "text": ["again"]}),
        ("operator.asked", {"token": "v", "experiment": "e0002", "step": True, "text": "again"}),
        ("devices.stopped", {"reason": "", "unconfirmed": ["pump"]}),
        ("devices.stopped", {"reason": "", "unconfirmed": {"pump": 3}}),
        ("devices.stopped", {"reason": ""}),
    ],
)
def test_what_could_not_be_shown_later_is_refused(event: tuple[str, dict[str, Any]]) -> None:
    with Ledger(MEMORY) as ledger:
        ledger.append(C, lambda: AT, lambda _: BEFORE, after=0)
        record = Record(ledger, C)
        with pytest.raises(LedgerError, match="nothing was stored"):
            record.commit(lambda _: [Draft(*event)], lambda: AT)
        assert record.state == Record(ledger, C).state

"""Hostile drafts: none is stored that does not fold, none leaves half of itself behind, each refusal is in words."""

from __future__ import annotations

import pytest
from hostile_records import Mutator, good_bodies, put
from tests.campaign.record.case import BEFORE, C, at

from zosimos.campaign.ledger.database.engine import MEMORY
from zosimos.campaign.ledger.events import DEEPEST, Draft, Event
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record import record as records
from zosimos.campaign.record.fold import apply
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.core.errors import LedgerError


@pytest.mark.parametrize(("drafts", "seed"), [(150, 1), pytest.param(3000, 2, marks=pytest.mark.slow)])
def test_what_is_stored_folds_and_what_is_refused_leaves_nothing_behind(drafts: int, seed: int) -> None:
    figures = put(drafts, seed, good_bodies(10))
    assert figures.examples == []
    assert (figures.unfolded, figures.unequal, figures.unshown, figures.crashed) == (0, 0, 0, 0)
    assert figures.stored > drafts / 60, "some of them must be stored, or nothing was tried"
    assert figures.refused > drafts / 2


@pytest.mark.slow
def test_the_same_seed_gives_the_same_drafts() -> None:
    bodies = good_bodies(5)
    first, second = ([repr(made.draft(State(C)).kind) for _ in range(50)] for made in _two(bodies))
    assert first == second


def _two(bodies: dict[str, list[object]]) -> list[Mutator]:
    import random

    return [Mutator(random.Random(5), bodies) for _ in range(2)]


def started() -> tuple[Ledger, Record]:
    ledger = Ledger(MEMORY)
    ledger.append(C, lambda: at(1), lambda _: BEFORE, after=0)
    return ledger, Record(ledger, C)


def nested(levels: int) -> object:
    found: object = 1
    for _ in range(levels):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        (Draft("campaign.exploded", {}), "its kind is not known"),
        (Draft("session.closed", {"x": nested(DEEPEST)}), "too deep"),
        (Draft("session.closed", {"x": nested(100_000)}), "too deep"),
        (Draft("session.closed", {"x": 10**400}), "beyond all that can be reckoned with"),
        (Draft("session.closed", {"x": 10**5000}), "integer string conversion"),
        (Draft("session.closed", {"x": float("nan")}), "not JSON compliant"),
        (Draft("session.closed", {"x": b""}), "not JSON serializable"),
        (Draft("session.closed", {1: 1, "1": 2}), "not supported between"),  # type: ignore[dict-item]  # what is tried
        (Draft("session.closed", ["x"]), "holds nothing by name"),  # type: ignore[arg-type]  # what is tried
        (Draft("session.closed", {"x": "\ud800"}), "half a character"),
        (Draft("campaign.paused", {"by": {}, "reason": None}), "does not fit the record before it"),
        (Draft("approval.requested", {"token": "t"}), "does not fit the record before it"),
        (Draft("observation.told", {"experiment": "e0011", "values": {"z": 1.0}}), "does not fit"),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_each_is_refused_in_words(draft: Draft, words: str) -> None:
    ledger, record = started()
    with ledger:
        before = ledger.last(C)
        with pytest.raises(LedgerError, match="nothing was stored") as caught:
            record.commit(lambda _: [draft], lambda: at(99))
        assert words in str(caught.value)
        assert ledger.last(C) == before
        assert record.state == Record(ledger, C).state


def test_what_lies_as_deep_as_may_be_is_read_back() -> None:
    ledger, record = started()
    with ledger:
        (event,) = record.commit(lambda _: [Draft("session.closed", {"x": nested(DEEPEST - 1)})], lambda: at(99))
        assert ledger.events(C)[-1] == event


def test_a_good_draft_before_a_bad_one_goes_with_it() -> None:
    ledger, record = started()
    with ledger:
        was = Record(ledger, C).state
        good = Draft("campaign.paused", {"by": {"name": "ann", "at": ""}, "reason": "lunch"})
        with pytest.raises(LedgerError):
            record.commit(lambda _: [good, Draft("experiment.started", {"experiment": "e0099"})], lambda: at(99))
        assert record.state == was


def test_checking_a_draft_reads_nothing_of_the_past(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, record = started()
    with ledger:
        for _ in range(300):
            record.commit(lambda _: [Draft("session.opened", {})], lambda: at(99))
        folded: list[int] = []

        def counted(state: State, event: Event) -> None:
            folded.append(event.seq)
            apply(state, event)

        monkeypatch.setattr(records, "apply", counted)
        (event,) = record.commit(lambda _: [Draft("session.opened", {})], lambda: at(99))
        assert folded == [event.seq]

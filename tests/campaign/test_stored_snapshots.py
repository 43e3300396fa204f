"""Where snapshots and what is kept beside the chains are stored: on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.campaign.record.case import BEFORE, at
from tests.campaign.record.random_history import history

from zosimos.campaign.ledger import snapshots
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import readable
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.snapshot import keeping, packing, sizes
from zosimos.campaign.record.state import State
from zosimos.campaign.record.verification import verify_views
from zosimos.core.errors import LedgerError

NAMES = [f"c-20300101t00000{n}-abcd000{n}" for n in range(4)]


def filled(store: Ledger, campaign: str = NAMES[0]) -> None:
    store.append(campaign, lambda: at(1), lambda _: BEFORE, after=0)


def test_a_campaign_is_read_through_its_snapshot(store: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in {"PAGE": 2, "REFS": 1, "KEYS": 1, "IN_CORE": 1, "WORTH": 1}.items():
        monkeypatch.setattr(sizes, name, size)
    moves = [("tell", n, 1) for n in range(9)] + [("decide", 0, 3), ("start", 0, 2), ("measure", 5, 1)]
    drafts = [Draft(event.kind, event.body) for event in history(NAMES[0], moves)]
    store.append(NAMES[0], lambda: at(1), lambda _: drafts, after=0)
    Record(store, NAMES[0]).keep()
    found = keeping.current(store, NAMES[0])
    whole = readable(NAMES[0], store.events(NAMES[0]))
    assert found.shelf.seq == found.seq == len(drafts)
    assert found == whole
    assert keeping.snapshot_differs(store, NAMES[0], whole) == ""
    assert snapshots.drop(store, NAMES[0])
    assert keeping.current(store, NAMES[0]).shelf.seq == 0


def test_experiments_that_are_not_named_in_order_are_not_kept(store: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "WORTH", 1)
    filled(store)
    Record(store, NAMES[0]).keep()
    found = keeping.current(store, NAMES[0])
    assert found.shelf.seq == 0
    assert found == readable(NAMES[0], store.events(NAMES[0]))


def test_what_is_not_there_or_was_changed_is_nothing(store: Ledger) -> None:
    assert snapshots.stored_core(store, NAMES[0]) is None
    assert snapshots.drop(store, NAMES[0]), "there was nothing to throw away"
    page = "text"
    name = snapshots.name_of(page)
    assert snapshots.store(store, NAMES[0], "program 1\nhead\n{}", {name: page}, [name]) == "stored"
    assert snapshots.stored_page(store, NAMES[0], name) == page
    assert snapshots.stored_page(store, NAMES[0], snapshots.name_of("other")) is None
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE snapshots SET text = 'tampered'"))
    assert snapshots.stored_page(store, NAMES[0], name) is None
    assert snapshots.stored_core(store, NAMES[0]) is None


def kept_campaign(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> State:
    """Store a short campaign with a snapshot of it, and return its state."""
    monkeypatch.setattr(sizes, "WORTH", 1)
    drafts = [Draft(event.kind, event.body) for event in history(NAMES[0], [("tell", n, 1) for n in range(9)])]
    ledger.append(NAMES[0], lambda: at(1), lambda _: drafts, after=0)
    Record(ledger, NAMES[0]).keep()
    return readable(NAMES[0], ledger.events(NAMES[0]))


FORGED = [
    ("{}", "program"),
    ("{}", "program 1"),
    ("{}", "program " + "9" * 5000 + "\n{head}\n{{}}"),
    ("{}", "program " + "9" * 30 + "\n{head}\n{{}}"),
    ("{}", "program {seq}\n{head}\n" + "[" * 100_000),
    ("{}", "program {seq}\n{head}\nnull"),
    ("CAST({} AS BLOB)", "program {seq}\n{head}\n{{}}"),
]


@pytest.mark.parametrize(("value", "text"), FORGED, ids=range(len(FORGED)))
def test_what_somebody_forged_stops_nobody(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, value: str, text: str
) -> None:
    whole = kept_campaign(ledger, monkeypatch)
    made = text.format(seq=whole.seq, head=whole.head).replace("program", packing.program())
    with ledger.writing() as connection:
        values = {"text": made, "hash": snapshots.name_of(made)}
        statement = f"UPDATE snapshots SET hash = :hash, text = {value.format(':text')} WHERE part = 'core'"
        assert connection.execute(sa.text(statement), values).rowcount == 1
    assert keeping.current(ledger, NAMES[0]) == whole
    assert keeping.snapshot_differs(ledger, NAMES[0], whole) == ""
    Record(ledger, NAMES[0]).keep()
    assert keeping.current(ledger, NAMES[0]).shelf.seq == whole.seq, "the forged one was replaced"


@pytest.mark.parametrize(("part", "value"), [("advice", None), ("advice", 7), ("specs", "x"), ("sessions", 10**30)])
def test_verification_throws_away_what_somebody_forged_inside_a_snapshot(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, part: str, value: object
) -> None:
    whole = kept_campaign(ledger, monkeypatch)
    core = snapshots.stored_core(ledger, NAMES[0])
    assert core is not None
    first, head, text = core.split("\n", 2)
    content = json.loads(text)
    assert part in content["plain"]
    content["plain"][part] = value
    snapshots.drop(ledger, NAMES[0])
    forged = f"{first}\n{head}\n{json.dumps(content)}"
    assert snapshots.store(ledger, NAMES[0], forged, {}, []) == "stored"
    assert "it was thrown away" in keeping.snapshot_differs(ledger, NAMES[0], whole)
    assert snapshots.stored_core(ledger, NAMES[0]) is None


def test_a_forged_snapshot_that_cannot_be_thrown_away_lets_no_view_be_trusted(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "WORTH", 1)
    drafts = [Draft(event.kind, event.body) for event in history(NAMES[0], [("tell", n, 1) for n in range(9)])]
    ledger.append(NAMES[0], lambda: at(1), lambda _: drafts, after=0)
    record = Record(ledger, NAMES[0])
    record.state.sessions += 1  # as somebody might forge it
    record.keep()
    monkeypatch.setattr(ledger, "read_only", True)
    found = verify_views(ledger, NAMES[0])
    assert not found.valid
    assert "sessions; it is still there" in found.faults[0]
    assert found.views["status"].trusted == "no"
    assert found.views["head"].trusted == "yes"
    monkeypatch.setattr(ledger, "read_only", False)
    again = verify_views(ledger, NAMES[0])
    assert again.valid
    assert "it was thrown away" in again.notes[0]


def test_what_an_interrupted_snapshot_did_not_store_is_in_the_next_one(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in {"PAGE": 2, "REFS": 1, "KEYS": 1, "IN_CORE": 1, "WORTH": 1}.items():
        monkeypatch.setattr(sizes, name, size)
    moves = [("tell", n, 1) for n in range(9)]
    drafts = [Draft(event.kind, event.body) for event in history(NAMES[0], moves)]
    ledger.append(NAMES[0], lambda: at(1), lambda _: drafts, after=0)
    record = Record(ledger, NAMES[0])
    record.keep()
    changed = record.state.experiments["e0001"]
    changed.unreadable = True
    assert "e0001" in record.state.experiments.touched

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(snapshots, "store", interrupted)
    record.state.shelf.seq -= 1  # as if an event had come since
    record._keeping._tried = 0
    with pytest.raises(KeyboardInterrupt):
        record.keep()
    assert "e0001" in record.state.experiments.touched


def test_a_snapshot_that_nobody_waits_for_any_more_is_not_gone_on_with(store: Ledger) -> None:
    name, core = snapshots.name_of("page"), "program 1\nhead\n{}"
    asked = iter([True, False])
    assert snapshots.store(store, NAMES[0], core, {name: "page"}, [name], lambda: next(asked)) == "away"
    assert snapshots.stored_page(store, NAMES[0], name) == "page"
    assert snapshots.stored_core(store, NAMES[0]) is None
    assert snapshots.store(store, NAMES[0], core, {}, [name]) == "stored"


def test_a_core_is_never_stored_without_its_pages(store: Ledger) -> None:
    page = "text"
    names = [snapshots.name_of(page), snapshots.name_of("another")]
    assert snapshots.store(store, NAMES[0], "program 1\nhead\n{}", {names[0]: page}, names) == "missing"
    assert snapshots.stored_core(store, NAMES[0]) is None


def test_pages_of_an_older_snapshot_are_thrown_away(store: Ledger) -> None:
    for seq, page in enumerate(["old", "new"], start=1):
        name = snapshots.name_of(page)
        assert snapshots.store(store, NAMES[0], f"program {seq}\nhead\n{{}}", {name: page}, [name]) == "stored"
    assert snapshots.stored_page(store, NAMES[0], snapshots.name_of("old")) is None
    assert snapshots.stored_page(store, NAMES[0], snapshots.name_of("new")) == "new"


def test_a_snapshot_waits_for_nobody(tmp_path: Path) -> None:
    with (
        Ledger(str(tmp_path / "ledger.db")) as ledger,
        Ledger(str(tmp_path / "ledger.db")) as another,
        ledger.writing(),
    ):
        assert snapshots.store(another, NAMES[0], "program 1\nhead\n{}", {}, []) == "away"
        with pytest.raises(LedgerError, match="locked"), another.writing(patience_s=0.01):
            pass


def test_campaigns_are_listed_in_order_whatever_they_hold(store: Ledger) -> None:
    assert store.campaigns() == []
    for name in reversed(NAMES):
        filled(store, name)
    assert store.campaigns() == NAMES


@pytest.mark.parametrize("at_once", [1, 4, 1000])
def test_events_are_the_same_one_by_one(store: Ledger, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr("zosimos.campaign.ledger.store._AT_ONCE", at_once)
    filled(store)
    events = store.events(NAMES[0])
    each: Callable[..., object] = lambda **given: list(store.each(NAMES[0], **given))  # noqa: E731 - as one name
    assert each() == events
    assert each(after=5, through=9) == events[5:9]
    assert store.end(NAMES[0]) == (events[-1].seq, events[-1].hash)
    assert store.end(NAMES[0], 3) == (3, events[2].hash)
    assert store.end(NAMES[1]) is None

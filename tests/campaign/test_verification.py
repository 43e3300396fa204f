"""What verification finds, and what it says of each view."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from broken_ledgers import MISFIT, forget_heads, spoil, spoil_at
from scripted_lab import NOW, Campaign, ScriptedLab

from zosimos.campaign.control.commands import Commands
from zosimos.campaign.ledger.database.engine import sqlite_path
from zosimos.campaign.ledger.database.integrity import damages
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head, head
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.verification import VIEWS, Verification, verified, verify_views
from zosimos.core.errors import DamagedError, NotFoundError, TamperedError


@pytest.fixture
def campaign(store: Ledger, lab: ScriptedLab) -> Campaign:
    made = Campaign(store, lab, budget={"experiments": 2})
    assert made.run().status == "finished"
    return made


def found(campaign: Campaign, saved: Head | None = None) -> Verification:
    return verify_views(campaign.ledger, campaign.record.campaign, damages(campaign.ledger), saved)


def trusted(verification: Verification) -> dict[str, str]:
    return {name: verdict.trusted for name, verdict in verification.views.items()}


def change(campaign: Campaign, statement: str, **values: object) -> None:
    with campaign.ledger.engine.begin() as connection:
        connection.execute(sa.text(statement), {"c": campaign.record.campaign, **values})


def test_all_of_a_record_that_holds_can_be_trusted(campaign: Campaign) -> None:
    verification = found(campaign)
    assert verification.valid
    assert verification.head == head(campaign.ledger, campaign.record.campaign)
    assert trusted(verification) == dict.fromkeys(VIEWS, "yes")
    assert verified(campaign.ledger, campaign.record.campaign) == campaign.state
    assert verification.error is None


def test_what_does_not_fit_leaves_the_views_right_up_to_it(campaign: Campaign) -> None:
    spoil_at(campaign.ledger, campaign.record.campaign, 9)
    verification = found(campaign)
    assert not verification.valid
    assert verification.broken is not None
    assert verification.broken.seq == 9
    assert verification.head == head(campaign.ledger, campaign.record.campaign), "the chain is right to its end"
    assert trusted(verification) == dict.fromkeys(VIEWS, "in part") | {"head": "yes"}
    assert {verdict.why for name, verdict in verification.views.items() if name != "head"} == {"up to event 8"}
    assert verification.error is None


def test_a_repaired_record_can_be_trusted_and_names_the_repair(campaign: Campaign) -> None:
    spoil(campaign.ledger, campaign.record.campaign)
    Commands(Record(campaign.ledger, campaign.record.campaign), "tester", NOW).repair("an old version")
    verification = found(campaign)
    assert verification.valid
    assert [repair.reason for repair in verification.repairs] == ["an old version"]
    assert verified(campaign.ledger, campaign.record.campaign).repairs == list(verification.repairs)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "words", "holds"),
    [
        (
            "UPDATE events SET text = replace(text, 'golden', 'g0lden') WHERE campaign = :c AND seq = 3",
            "was changed",
            2,
        ),
        ("DELETE FROM events WHERE campaign = :c AND seq = 5", "event 5 is missing", 4),
        ("DELETE FROM events WHERE campaign = :c AND seq = 1", "event 1 is missing", 0),
        ("UPDATE events SET prev = hash WHERE campaign = :c AND seq = 7", "does not follow", 6),
        ("UPDATE events SET campaign = 'c-else' WHERE campaign = :c AND seq = 6", "event 6 is missing", 5),
        ("UPDATE events SET seq = 900 WHERE campaign = :c AND seq = 6", "event 6 is missing", 5),
    ],
)
def test_a_changed_chain_leaves_no_view_that_shows_what_came_after(
    campaign: Campaign, statement: str, words: str, holds: int
) -> None:
    change(campaign, statement)
    verification = found(campaign)
    assert words in verification.faults[0]
    assert isinstance(verification.error, TamperedError)
    assert (verification.head.seq if verification.head else 0) == holds
    assert trusted(verification) == dict.fromkeys(VIEWS, "no") | ({"replay": "in part"} if holds else {})


def test_a_row_under_the_name_of_another_campaign_is_found_there(campaign: Campaign) -> None:
    change(campaign, "UPDATE events SET campaign = 'c-else' WHERE campaign = :c AND seq = 1")
    verification = verify_views(campaign.ledger, "c-else")
    assert "belongs to another place in the ledger" in verification.faults[0]


def test_a_cut_chain_is_found_by_a_head_that_was_kept(campaign: Campaign) -> None:
    saved = head(campaign.ledger, campaign.record.campaign)
    change(campaign, "DELETE FROM events WHERE campaign = :c AND seq > 8")
    if campaign.ledger.engine.dialect.name == "sqlite":
        assert "are gone" in found(campaign).faults[0], "a head is kept beside the file"
        assert trusted(found(campaign)) == dict.fromkeys(VIEWS, "no")
        forget_heads(campaign.ledger)
    assert found(campaign).valid
    verification = found(campaign, saved)
    assert f"the chain was cut, the saved head is event {saved.seq}" in verification.faults[0]
    assert trusted(verification)["head"] == "no"


def test_a_changed_artifact_touches_what_rests_on_it(store: Ledger) -> None:
    raw = store.put_artifact(b"a spectrum")
    table = store.put_artifact(b"x\n1\n")
    campaign = Campaign(store, None)
    made = {"quantity": "y", "value": 1.0, "raw": raw}
    told = {"experiment": "e0001", "values": {"x": 0.5}, "measurements": {"y": made}, "failed": "", "by": {}}
    campaign.record.commit(lambda _: [Draft("observation.told", told)], NOW.isoformat)
    change(campaign, "UPDATE artifacts SET data = :d WHERE name = :n", n=raw, d=b"another")
    verification = found(campaign)
    assert trusted(verification) == {
        **dict.fromkeys(("status", "show", "export", "report"), "in part"),
        **dict.fromkeys(("replay", "head"), "yes"),
    }
    assert verification.views["export"].why == "not what rests on e0001"
    assert isinstance(verification.error, TamperedError)
    with pytest.raises(TamperedError, match="changed or removed"):
        verified(store, campaign.record.campaign)
    assert table


def test_a_changed_data_file_leaves_no_decision_to_be_made_again(store: Ledger) -> None:
    campaign = Campaign(store, None)
    data = store.put_artifact(b"x\n1\n")
    event = store.first(campaign.record.campaign)
    body = {**event.body, "files": {"pool": data}}
    store.append("c-20300101t000000-filefile", lambda: event.at, lambda _: [Draft(event.kind, body)], after=0)
    change(campaign, "DELETE FROM artifacts WHERE name = :n", n=data)
    verification = verify_views(store, "c-20300101t000000-filefile")
    assert verification.views["replay"].trusted == "no"
    assert "the file of the pool" in verification.views["replay"].why


def test_nothing_is_verified_of_what_is_not_there(store: Ledger) -> None:
    with pytest.raises(NotFoundError):
        verify_views(store, "c-nothing")
    with pytest.raises(NotFoundError):
        verified(store, "c-nothing")


def test_a_first_event_that_makes_no_sense_leaves_nothing(store: Ledger) -> None:
    store.append("c-odd", NOW.isoformat, lambda _: [MISFIT], after=0)
    verification = verify_views(store, "c-odd")
    assert isinstance(verification.error, DamagedError)
    assert trusted(verification) == dict.fromkeys(VIEWS, "no") | {"head": "yes"}


# --- the file


@pytest.fixture
def file(ledger: Ledger, lab: ScriptedLab) -> Path:
    """The file of a SQLite ledger that is open, with a campaign in it."""
    Campaign(ledger, lab, budget={"experiments": 1}).run()
    path = sqlite_path(ledger.url)
    assert path is not None
    assert damages(ledger) == []
    return path


def behind_the_index(path: Path, statement: str) -> None:
    """Change the table without its index, as a damaged page or a broken disk would."""
    schema = "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master WHERE name LIKE '%events%'"
    with sqlite3.connect(path) as database:
        rows = database.execute(schema).fetchall()
        database.execute("PRAGMA writable_schema = ON")
        database.execute("DELETE FROM sqlite_master WHERE name = 'sqlite_autoindex_events_1'")
        bare = "CREATE TABLE events (campaign TEXT, seq INTEGER, prev TEXT, hash TEXT, text TEXT)"
        database.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'events'", (bare,))
        database.execute("PRAGMA schema_version = 900")
    database.close()
    with sqlite3.connect(path) as database:
        database.execute(statement)
        database.execute("PRAGMA writable_schema = ON")
        database.execute("DELETE FROM sqlite_master WHERE name = 'events'")
        database.executemany("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", rows)
        database.execute("PRAGMA schema_version = 901")
    database.close()


def test_an_index_that_misses_an_event_lets_no_view_be_trusted(ledger: Ledger, file: Path) -> None:
    (name,) = ledger.campaigns()
    last = ledger.last(name)
    ledger.close()
    row = f"SELECT campaign, {last + 1}, hash, hash, text FROM events WHERE seq = {last}"
    behind_the_index(file, f"INSERT INTO events {row}")
    with Ledger(str(file)) as opened:
        wrong = damages(opened)
        assert any(f"it finds {last} events of campaign {name}, and the table holds {last + 1}" in one for one in wrong)
        verification = verify_views(opened, name, wrong)
        assert trusted(verification) == dict.fromkeys(VIEWS, "no")
        assert isinstance(verification.error, DamagedError)


def test_rows_that_no_event_can_be_are_found(ledger: Ledger, file: Path) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO events VALUES (x'00', 'one', 'a', 'b', 'c')"))
    assert damages(ledger) == ["1 rows of the table hold what no event is: another program wrote them"]


def test_a_damaged_page_is_found(ledger: Ledger, file: Path) -> None:
    with ledger.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.close()
    data = bytearray(file.read_bytes())
    for place in range(4096, len(data), 4096):
        data[place : place + 40] = b"\xff" * 40
    file.write_bytes(data)
    with pytest.raises(DamagedError), Ledger(str(file)) as opened:
        raise DamagedError(damages(opened)[0])


def gone(path: Path) -> None:
    path.with_name(path.name + "-wal").unlink()


def another(path: Path) -> None:
    path.with_name(path.name + "-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(40))


def deleted(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def overwritten(path: Path) -> None:
    path.write_text("no database")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (gone, "is gone while the ledger is open"),
        (another, "belongs to another file"),
        (deleted, "is gone, and this program still has it open"),
        (overwritten, "is no database any more"),
    ],
)
def test_harm_to_the_files_of_an_open_ledger_is_found(
    ledger: Ledger, file: Path, harm: Callable[[Path], None], words: str
) -> None:
    harm(file)
    with pytest.raises(DamagedError, match=words):
        raise DamagedError("; ".join(damages(ledger)))


def test_a_checkpoint_that_a_full_disk_cut_short_is_no_harm(ledger: Ledger, file: Path, tmp_path: Path) -> None:
    """The file's header then tells of more pages than the file has; the log beside it has them all."""
    with ledger.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        before = file.stat().st_size
        ledger.put_note("long", "x" * 50_000)
        connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
    assert file.stat().st_size > before
    (tmp_path / "cut.db-wal").write_bytes(file.with_name(file.name + "-wal").read_bytes())
    (tmp_path / "cut.db").write_bytes(file.read_bytes()[:before])
    with Ledger(str(tmp_path / "cut.db")) as cut:
        assert damages(cut) == []
        assert [head(cut, name) for name in cut.campaigns()] == [head(ledger, name) for name in ledger.campaigns()]

"""The ledger keeps what was written, in one chain, and notices whatever was changed."""

import dataclasses
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from zosimos.campaign.ledger import events
from zosimos.campaign.ledger.database.engine import normalised_url, sqlite_path
from zosimos.campaign.ledger.events import GENESIS, Draft, Event, artifact_names, chained, opened
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head, head, verify
from zosimos.core.canonical import digest
from zosimos.core.errors import LedgerError, NewerVersionError, NotFoundError, SpecError, TamperedError

C = "c-20300101t000000-00000000"
SOURCE = str(Path(__file__).resolve().parents[2] / "src")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=15)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXT | st.floats(allow_nan=False, allow_infinity=False)
)
BODIES = st.dictionaries(TEXT, SCALARS | st.lists(SCALARS, max_size=3), max_size=4)


def at() -> str:
    return "2030-01-01T00:00:00+00:00"


def pause(reason: Any = "why") -> Draft:
    return Draft("campaign.paused", {"reason": reason})


def write(ledger: Ledger, *drafts: Draft, campaign: str = C) -> list[Event]:
    """Append drafts at the end of a chain, whatever it is."""
    known = ledger.events(campaign)
    after, previous = (known[-1].seq, known[-1].hash) if known else (0, GENESIS)
    return ledger.append(campaign, at, lambda _: drafts, after=after, previous=previous)


def file_of(ledger: Ledger) -> Path:
    path = sqlite_path(ledger.url)
    assert path is not None
    return path


def tamper(ledger: Ledger, statement: str, *values: object) -> None:
    """Change the file directly, as another program would."""
    with closing(sqlite3.connect(file_of(ledger))) as connection, connection:
        connection.execute(statement, values)


# --- append and read ---


def test_what_is_appended_is_read_back(store: Ledger) -> None:
    written = write(store, pause("é ☃ \x00 \U0001f52c"), pause(1.5))
    assert store.events(C) == written
    assert [event.seq for event in written] == [1, 2]
    assert [event.body["reason"] for event in written] == ["é ☃ \x00 \U0001f52c", 1.5]
    assert store.events(C, after=1) == written[1:]
    assert store.campaigns() == [C]
    assert verify(store, C) == Head(2, written[-1].hash) == head(store, C)


def test_ledger_reopened_holds_the_same_chain(store_url: str) -> None:
    with Ledger(store_url) as ledger:
        written = write(ledger, pause(), pause())
    with Ledger(store_url) as ledger:
        assert ledger.events(C) == written
        assert [event.seq for event in write(ledger, pause())] == [3]
        verify(ledger, C)


def test_chains_of_two_campaigns_are_apart(store: Ledger) -> None:
    other = C[:-1] + "1"
    write(store, pause("a"))
    write(store, pause("b"), campaign=other)
    assert store.campaigns() == [C, other]
    assert [event.seq for event in store.events(other)] == [1]
    verify(store, C)
    verify(store, other)


def test_live_events_hold_what_a_reader_will_read(ledger: Ledger) -> None:
    (event,) = write(ledger, pause((1, 2)))
    assert event.body["reason"] == [1, 2]


def test_appending_nothing_writes_nothing(ledger: Ledger) -> None:
    assert write(ledger) == []
    assert ledger.campaigns() == []


def test_foreign_events_are_handed_to_build(store_url: str) -> None:
    with Ledger(store_url) as mine, Ledger(store_url) as other:
        (first,) = write(mine, pause("mine"))
        foreign = write(other, pause("a"), pause("b"))
        seen: list[Event] = []

        def build(found: Sequence[Event]) -> Sequence[Draft]:
            seen.extend(found)
            return [pause("after them")]

        result = mine.append(C, at, build, after=1, previous=first.hash)
        assert seen == foreign
        assert [event.seq for event in result] == [2, 3, 4]
        verify(mine, C)


def test_build_that_raises_leaves_nothing_written(store: Ledger) -> None:
    (first,) = write(store, pause())

    def build(_: Sequence[Event]) -> Sequence[Draft]:
        raise LookupError("no")

    with pytest.raises(LookupError):
        store.append(C, at, build, after=1, previous=first.hash)
    assert store.events(C) == [first]
    assert write(store, pause())[0].seq == 2


def test_not_a_number_in_a_body_leaves_nothing_written(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="not JSON compliant"):
        write(ledger, pause("fine"), pause(float("nan")))
    assert ledger.events(C) == []


def test_head_replaced_behind_a_writers_back_is_noticed(ledger: Ledger) -> None:
    (first,) = write(ledger, pause())
    tamper(ledger, "UPDATE events SET hash = ?", "f" * 64)
    with pytest.raises(TamperedError, match="no longer what it was"):
        ledger.append(C, at, lambda _: [pause()], after=1, previous=first.hash)
    tamper(ledger, "DELETE FROM events")
    with pytest.raises(TamperedError, match="no longer what it was"):
        ledger.append(C, at, lambda _: [pause()], after=1, previous=first.hash)
    assert ledger.events(C) == []


WRITER = """
import sys
from zosimos.campaign.ledger.events import GENESIS, Draft
from zosimos.campaign.ledger.store import Ledger
ledger, seq, head = Ledger(sys.argv[1]), 0, GENESIS
for i in range(int(sys.argv[3])):
    draft = Draft("campaign.paused", {"reason": f"{sys.argv[2]} {i}"})
    new = ledger.append("c", lambda: "t", lambda _: [draft], after=seq, previous=head)
    seq, head = new[-1].seq, new[-1].hash
ledger.close()
"""


def started(*arguments: str, code: str = WRITER) -> "subprocess.Popen[str]":
    environment = {"PYTHONPATH": SOURCE, "PATH": ""}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_processes_that_append_at_once_make_one_valid_chain(store_url: str) -> None:
    """They also all find the store empty, and make its tables at the same time."""
    writers = [started(store_url, name, "200") for name in "ab"]
    for writer in writers:
        assert writer.communicate(timeout=120)[1] == ""
        assert writer.returncode == 0
    with Ledger(store_url) as ledger:
        assert verify(ledger, "c").seq == 400
        reasons = [event.body["reason"] for event in ledger.events("c")]
    for name in "ab":  # nothing lost, nothing twice, each in its writer's order
        assert [reason for reason in reasons if reason.startswith(name)] == [f"{name} {i}" for i in range(200)]


# --- artifacts ---


@given(st.binary(max_size=100))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_artifact_is_stored_once_under_its_digest(ledger: Ledger, data: bytes) -> None:
    assert ledger.put_artifact(data) == ledger.put_artifact(data) == digest(data)
    assert ledger.artifact(digest(data)) == data


def test_artifact_survives_on_each_store(store: Ledger) -> None:
    data = bytes(range(256))
    assert store.artifact(store.put_artifact(data)) == data
    with pytest.raises(NotFoundError, match="no artifact"):
        store.artifact("sha256:" + "0" * 64)


def test_many_may_store_the_same_artifact_and_note_at_the_same_moment(store_url: str) -> None:
    together, errors = threading.Barrier(4), list[Exception]()

    def writing() -> None:
        with Ledger(store_url) as ledger:
            for number in range(20):
                together.wait(30)
                try:
                    ledger.put_artifact(b"the same %d" % number)
                    ledger.put_note("note", f"{number}")
                except LedgerError as error:
                    errors.append(error)

    Ledger(store_url).close()
    threads = [threading.Thread(target=writing) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    with Ledger(store_url) as ledger:
        assert ledger.artifact(digest(b"the same 19")) == b"the same 19"
        assert ledger.note("note") == "19"
        ledger.put_note("note", "")
        assert ledger.note("note") == ""


@pytest.mark.parametrize("moment", ["checkout", "checkin"])
def test_no_connection_stays_open_when_all_are_replaced_while_it_is_taken_or_given_back(
    store_url: str, moment: str
) -> None:
    count: Counter[str] = Counter()
    with Ledger(store_url) as ledger:
        ledger.reconnect()
        for name in ("connect", "close"):
            sa.event.listen(ledger.engine, name, lambda *_, name=name: count.update([name]))
        sa.event.listen(ledger.engine, moment, lambda *_: ledger.reconnect(), once=True)
        ledger.put_note("note", "x")
        assert ledger.note("note") == "x"
    assert count["connect"] == count["close"] > 0


def test_artifact_names_are_found_at_any_depth() -> None:
    a, b = digest(b"a"), digest(b"b")
    body = {"x": [{"raw": a}, {"files": {"candidates": b}}], "raw": f"not {a}", "digest": 3}
    assert list(artifact_names(body)) == [a, b]


@pytest.mark.parametrize("field", ["reason", "text", "x"])
def test_words_that_look_like_the_name_of_an_artifact_refer_to_none(ledger: Ledger, field: str) -> None:
    gone = digest(b"nowhere")
    write(ledger, Draft("campaign.paused", {field: gone, "values": {"raw": gone}, "of": [{field: [gone]}]}))
    verify(ledger, C)
    assert list(artifact_names(ledger.events(C)[0].body)) == []


# --- verification ---


def other_character(old: str, choice: int) -> str:
    alphabet = '0123456789abcdef{}[]",:éZ '
    new = alphabet[choice % len(alphabet)]
    return new if new != old else alphabet[(choice + 1) % len(alphabet)]


@pytest.mark.slow
@given(st.data(), st.lists(BODIES, min_size=2, max_size=5))
@settings(max_examples=60)
def test_one_changed_character_of_any_column_of_any_event_is_found(data: st.DataObject, bodies: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder, Ledger(f"{folder}/a.db") as ledger:
        write(ledger, *(Draft("campaign.paused", body) for body in bodies))
        saved = verify(ledger, C)
        seq = data.draw(st.integers(1, len(bodies)))
        column = data.draw(st.sampled_from(["campaign", "seq", "prev", "hash", "text"]))
        old = dict(zip(("seq", "prev", "hash", "text"), ledger.stored(C)[seq - 1], strict=True)) | {"campaign": C}
        text = str(old[column])
        place = data.draw(st.integers(0, len(text) - 1))
        new = text[:place] + other_character(text[place], data.draw(st.integers(0, 99))) + text[place + 1 :]
        try:
            tamper(ledger, f"UPDATE events SET {column} = ? WHERE seq = ?", new, seq)
        except sqlite3.IntegrityError:
            assume(False)  # another event has that number: the file refuses it
        with pytest.raises(TamperedError) as caught:
            verify(ledger, C, saved if column == "campaign" and seq == len(bodies) else None)
        if column != "seq" or new.isdecimal() is False or int(new) > seq:
            assert caught.value.value == seq
            assert f"event {seq} " in str(caught.value)
        assert caught.value.hint


@pytest.mark.slow
@given(st.integers(0, 10**6), st.integers(1, 255))
@settings(max_examples=40)
def test_one_changed_byte_of_an_event_or_artifact_is_found_even_if_it_is_no_text(place: int, change: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Ledger(f"{folder}/a.db") as ledger:
        data = bytes(range(200))
        name = ledger.put_artifact(data)
        events_ = write(ledger, pause(), pause({"raw": [name]}), pause("é"))
        for which, raw in (("event", events_[2].text.encode()), ("artifact", data)):
            i = place % len(raw)
            broken = raw[:i] + bytes([raw[i] ^ change]) + raw[i + 1 :]
            if which == "event":
                tamper(ledger, "UPDATE events SET text = CAST(? AS TEXT) WHERE seq = 3", broken)
            else:
                tamper(ledger, "UPDATE artifacts SET data = ?", broken)
            with pytest.raises(TamperedError) as caught:
                verify(ledger, C)
            assert ("event 3 " if which == "event" else name) in str(caught.value)
            tamper(ledger, "UPDATE events SET text = ? WHERE seq = 3", events_[2].text)
        tamper(ledger, "UPDATE artifacts SET data = ?", data)
        verify(ledger, C)


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM artifacts", "UPDATE artifacts SET name = 'sha256:0'", "UPDATE artifacts SET data = 'text'"],
)
def test_artifact_that_is_gone_renamed_or_no_bytes_is_named(ledger: Ledger, statement: str) -> None:
    name = ledger.put_artifact(b"raw data")
    write(ledger, pause(), pause({"raw": name}))
    tamper(ledger, statement)
    with pytest.raises(TamperedError, match=name) as caught:
        verify(ledger, C)
    assert "event 2" in str(caught.value)


@pytest.mark.parametrize("gone", [1, 2])
def test_removed_event_is_found(ledger: Ledger, gone: int) -> None:
    write(ledger, pause(), pause(), pause())
    tamper(ledger, "DELETE FROM events WHERE seq = ?", gone)
    with pytest.raises(TamperedError, match=f"event {gone} is missing"):
        verify(ledger, C)


def test_swapped_events_are_found(ledger: Ledger) -> None:
    write(ledger, pause("a"), pause("b"), pause("c"))
    for old, new in ((2, 9), (3, 2), (9, 3)):
        tamper(ledger, "UPDATE events SET seq = ? WHERE seq = ?", new, old)
    with pytest.raises(TamperedError, match="event 2 does not follow"):
        verify(ledger, C)


def test_chain_copied_to_another_campaign_is_found(ledger: Ledger) -> None:
    write(ledger, pause(), pause())
    tamper(ledger, "UPDATE events SET campaign = 'c-other'")
    with pytest.raises(TamperedError, match="event 1 belongs to another place"):
        verify(ledger, "c-other")


def test_rewritten_tail_is_exposed_by_saved_head(ledger: Ledger) -> None:
    """Who rewrites a whole tail can make it hold by itself, but not under a head saved elsewhere."""
    write(ledger, pause("a"), pause("b"))
    saved = head(ledger, C)
    _, prev, _, text = ledger.stored(C)[1]
    forged = text.replace('"b"', '"x"')
    tamper(ledger, "UPDATE events SET text = ?, hash = ? WHERE seq = 2", forged, chained(prev, forged))
    verify(ledger, C)
    with pytest.raises(TamperedError, match="event 2 is not the one whose head was saved"):
        verify(ledger, C, saved)


@pytest.mark.parametrize(
    "statement", ["DELETE FROM events WHERE seq = 3", "UPDATE events SET campaign = 'x' WHERE seq = 3"]
)
def test_cut_tail_is_exposed_by_saved_head(ledger: Ledger, statement: str) -> None:
    write(ledger, pause(), pause(), pause())
    saved = head(ledger, C)
    tamper(ledger, statement)
    assert verify(ledger, C).seq == 2  # the chain is whole, but short
    with pytest.raises(TamperedError, match="event 3 is missing: the chain was cut"):
        verify(ledger, C, saved)


def test_saved_head_holds_as_the_chain_grows(ledger: Ledger) -> None:
    write(ledger, pause())
    saved = Head.parse(f" {head(ledger, C)}\n")
    write(ledger, pause(), pause())
    assert verify(ledger, C, saved).seq == 3


@pytest.mark.parametrize("text", ["", "3", "3:abc", "x:" + "0" * 64, "²:" + "0" * 64, "-1:" + "0" * 64])
def test_what_is_no_saved_head_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="not a saved head"):
        Head.parse(text)


def test_unknown_campaign_is_not_found(store: Ledger) -> None:
    for check in (head, verify):
        with pytest.raises(NotFoundError, match="no campaign"):
            check(store, C)


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", "{}", '{"at":"t","body":[],"campaign":"c","kind":"campaign.paused","seq":1,"v":1}',
     '{"at":"t","body":{},"campaign":"c","kind":[],"seq":1,"v":1}',
     '{"at":"t","body":{},"campaign":"c","kind":"campaign.paused","seq":1,"v":"1"}',
     '{"at":"t","body":{},"campaign":"c","kind":"campaign.paused","seq":1,"v":0}'],
)  # fmt: skip
def test_text_that_is_no_event_is_not_read_as_one(text: str) -> None:
    with pytest.raises(TamperedError, match="not readable"):
        opened(text, "0" * 64)


# --- versions ---


def test_older_event_is_upcast_when_read_and_stays_as_it_was_written(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(ledger, pause("old"))
    stored, saved = ledger.stored(C), head(ledger, C)
    monkeypatch.setattr(events, "VERSIONS", {**events.VERSIONS, "campaign.paused": 3})
    monkeypatch.setitem(events.UPCASTERS, ("campaign.paused", 1), lambda body: {"why": body["reason"]})
    monkeypatch.setitem(events.UPCASTERS, ("campaign.paused", 2), lambda body: {**body, "who": "unknown"})
    write(ledger, Draft("campaign.paused", {"why": "new", "who": "me"}))
    assert [event.body for event in ledger.events(C)] == [
        {"why": "old", "who": "unknown"},
        {"why": "new", "who": "me"},
    ]
    assert ledger.stored(C)[0] == stored[0]
    assert [json.loads(text)["v"] for *_, text in ledger.stored(C)] == [1, 3]
    assert verify(ledger, C, saved).seq == 2


@pytest.mark.parametrize("change", ["version", "kind"])
def test_event_of_a_newer_zosimos_is_refused(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    with monkeypatch.context() as newer:
        kind = "campaign.paused" if change == "version" else "campaign.renamed"
        newer.setattr(events, "VERSIONS", {**events.VERSIONS, kind: 2})
        write(ledger, Draft(kind, {"reason": ""}))
    readers: list[Callable[[Ledger, str], object]] = [Ledger.events, verify]
    for read in readers:
        with pytest.raises(NewerVersionError, match="newer Zosimos") as caught:
            read(ledger, C)
        assert "install the newer" in caught.value.hint


def test_newer_schema_is_refused_and_left_alone(store_url: str) -> None:
    with Ledger(store_url) as ledger, ledger.engine.begin() as connection:
        connection.execute(sa.text("UPDATE meta SET value = '2' WHERE name = 'schema'"))
    for _ in range(2):
        with pytest.raises(NewerVersionError, match="has schema 2"):
            Ledger(store_url)


# --- trouble with the store ---


def limit_pages(ledger: Ledger, pages: int) -> None:
    """Let the database have no more than so many pages, as on a full disk."""

    @sa.event.listens_for(ledger.engine, "connect")
    def limit(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    ledger.engine.dispose()


def test_full_disk_is_a_readable_error_and_nothing_is_half_written(ledger: Ledger) -> None:
    written = write(ledger, pause())
    limit_pages(ledger, 40)
    with pytest.raises(LedgerError, match="full") as caught:
        write(ledger, pause("small"), pause("x" * 1_000_000), pause("small"))
    assert "free space" in caught.value.hint
    with pytest.raises(LedgerError, match="full"):
        ledger.put_artifact(b"x" * 1_000_000)
    assert ledger.events(C) == written
    verify(ledger, C)
    assert write(ledger, pause("small again"))[0].seq == 2


def test_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes, no ledger\n" * 100, encoding="utf-8")
    with pytest.raises(LedgerError) as caught:
        Ledger(str(path))
    assert "not a Zosimos ledger" in caught.value.hint
    assert path.read_text(encoding="utf-8").startswith("my notes")


def test_damaged_file_is_a_readable_error(ledger: Ledger) -> None:
    write(ledger, *(pause("x" * 1000) for _ in range(20)))
    ledger.close()
    path = file_of(ledger)
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(bytes(data))
    with pytest.raises(LedgerError) as caught, Ledger(str(path)) as damaged:
        verify(damaged, C)
    assert caught.value.hint


def test_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="unable to open") as caught:
        Ledger(str(tmp_path))
    assert "folder" in caught.value.hint


def test_missing_folder_is_made(tmp_path: Path) -> None:
    with Ledger(str(tmp_path / "new/deep/ledger.db")) as ledger:
        assert write(ledger, pause())[0].seq == 1


@pytest.mark.parametrize("url", ["://", "foo://host/x", "postgresql://host:port/x", "mysql://lab:s3cret@host/x"])
def test_url_that_is_no_ledgers_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(LedgerError) as caught:
        Ledger(url)
    assert caught.value.hint
    assert "s3cret" not in str(caught.value)


def test_server_that_does_not_answer_is_a_readable_error_without_the_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(LedgerError) as caught:
        Ledger("postgresql://lab:s3cret@127.0.0.1:1/x")
    assert "server runs" in caught.value.hint
    assert "s3cret" not in str(caught.value)


def test_url_and_path_of_a_file_name_the_same_ledger(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    assert sqlite_path(normalised_url(str(path))) == sqlite_path(f"sqlite:///{path}") == path
    assert sqlite_path("postgresql+psycopg://lab@db/runs") is None


@pytest.mark.parametrize(
    "name", ["Zürich lab ß/a b.db", "100%25.db", "a%20b.db", "c#d.db", "what?x=1.db", "~nobody/e.db"]
)
def test_a_path_names_the_file_that_is_written_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    if "?" in name and os.name == "nt":
        pytest.skip("no file has such a name there")
    monkeypatch.chdir(tmp_path)
    with Ledger(name) as ledger:
        assert (tmp_path / name).is_file()
        assert sqlite_path(ledger.url) == Path(name)
        with Ledger(ledger.url) as again:
            assert again.url == ledger.url


def test_a_path_may_begin_with_the_home_of_who_uses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    with Ledger("~/lab.db"):
        assert (tmp_path / "home" / "lab.db").is_file()
    assert not (tmp_path / "~").exists()


def test_events_are_frozen(ledger: Ledger) -> None:
    (event,) = write(ledger, pause())
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.seq = 2  # type: ignore[misc]  # on purpose

"""A ledger file that is deleted, moved or replaced while it is open is noticed, and what was on record is kept."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from scripted_lab import Campaign, ScriptedLab

from zosimos.campaign.ledger import opening
from zosimos.campaign.ledger.claims import execution_claim
from zosimos.campaign.ledger.database import ledger_file
from zosimos.campaign.ledger.database.integrity import damages
from zosimos.campaign.ledger.database.sqlite import checkpoint
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.record.record import Record
from zosimos.core.errors import DamagedError, LedgerError, NotFoundError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be removed there")

C = "c-20300101t000000-00000000"


def put(ledger: Ledger, reason: str = "") -> None:
    after = len(ledger.stored(C))
    previous = ledger.stored(C)[-1][2] if after else "0" * 64
    body = {"by": {"name": "", "at": ""}, "reason": reason}
    ledger.append(
        C,
        lambda: "2030-01-01T00:00:00+00:00",
        lambda _: [Draft("campaign.paused", body)],
        after=after,
        previous=previous,
    )


def lost(ledger: Ledger) -> LedgerError:
    with pytest.raises(LedgerError, match="deleted, moved or replaced while it was in use") as caught:
        put(ledger, "never written")
    return caught.value


def removed(file: Path) -> None:
    for one in file.parent.glob(f"{file.name}*"):
        one.unlink()


def rescued(file: Path) -> list[Path]:
    return sorted(file.parent.glob(f"{file.name}.rescued-*"))


OTHER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("INSERT INTO meta VALUES ('note', 'theirs')")
print("written", flush=True)
sys.stdin.readline()
print(database.execute("PRAGMA integrity_check").fetchone()[0])
print(database.execute("SELECT value FROM meta WHERE name = 'note'").fetchone()[0], flush=True)
"""


@pytest.fixture
def file(ledger: Ledger, tmp_path: Path) -> Path:
    put(ledger, "first")
    put(ledger, "second")
    return tmp_path / "ledger.db"


def test_a_deleted_ledger_is_saved_beside_its_name(ledger: Ledger, file: Path) -> None:
    removed(file)
    error = lost(ledger)
    assert "nothing stands in its place" in error.message
    (copy,) = rescued(file)
    assert str(copy) in error.hint
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with Ledger(str(copy)) as saved:
        assert saved.stored(C) == ledger.stored(C)
        assert [event.body["reason"] for event in saved.events(C)] == ["first", "second"]
        put(saved, "goes on")
    assert not file.exists()


def test_a_ledger_whose_folder_was_deleted_is_saved_too(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "ledger.db"
    with Ledger(str(file)) as ledger:
        put(ledger)
        shutil.rmtree(file.parent)
        lost(ledger)
    assert len(rescued(file)) == 1


def test_a_moved_ledger_is_whole_at_its_new_place(ledger: Ledger, file: Path) -> None:
    moved = file.with_name("moved.db")
    file.rename(moved)
    error = lost(ledger)
    if sys.platform == "linux":
        assert f"it is {moved} now" in error.message
    assert len(rescued(file)) == 1
    with Ledger(str(moved)) as found:
        assert found.stored(C) == ledger.stored(C)


def test_a_moved_ledger_that_others_write_is_left_to_them(ledger: Ledger, file: Path) -> None:
    moved = file.with_name("moved.db")
    with execution_claim(ledger, C):  # which writes the journal into the file
        pass
    file.rename(moved)
    command = [sys.executable, "-c", OTHER, moved, C]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "written\n"
        lost(ledger)
        other.stdin.write("\n")
        other.stdin.flush()
        assert other.stdout.read().split() == ["ok", "theirs"]


@pytest.mark.parametrize("by", ["another ledger", "no ledger"])
def test_a_replaced_ledger_is_not_written(ledger: Ledger, file: Path, tmp_path: Path, by: str) -> None:
    removed(file)
    if by == "another ledger":
        Ledger(str(file)).close()
    else:
        file.write_bytes(b"something else")
    before = file.read_bytes()
    assert "another file stands in its place" in lost(ledger).message
    assert file.read_bytes() == before
    assert len(rescued(file)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("how", ["replaced", "deleted"])
def test_the_log_of_a_file_that_is_gone_is_no_part_of_the_next_of_its_name(
    ledger: Ledger, file: Path, tmp_path: Path, how: str
) -> None:
    other = tmp_path / "other.db"
    with Ledger(str(other)) as others:
        for number in range(30):
            put(others, f"of the other {number}")
    file.unlink()
    if how == "replaced":
        shutil.copyfile(other, file)
    assert "saved in" in lost(ledger).hint
    if how == "deleted":
        shutil.copyfile(other, file)
    assert not Path(f"{file}-wal").exists(), "its log was left for the next file"
    with Ledger(str(file)) as there:
        assert not damages(there)
        assert len(there.stored(C)) == 30
    ledger.close()
    with Ledger(str(file)) as there:
        assert not damages(there)


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
@pytest.mark.parametrize("by", ["nothing", "another"])
def test_a_log_that_goes_while_it_is_written_is_noticed(ledger: Ledger, file: Path, ending: str, by: str) -> None:
    log = Path(f"{file}{ending}")
    log.unlink()
    if by == "another":
        log.write_bytes(b"")
    error = lost(ledger)
    assert f"{log.name}" in error.message
    with Ledger(str(rescued(file)[0])) as saved:
        assert len(saved.stored(C)) == 2
    assert len(rescued(file)) == 1


def test_a_log_that_was_put_away_because_nobody_used_it_is_no_loss(ledger: Ledger, file: Path) -> None:
    for number in range(3):
        ledger.reconnect()
        with Ledger(str(file)) as other:
            put(other)
        assert not Path(f"{file}-wal").exists()
        put(ledger)
        assert len(ledger.stored(C)) == 4 + 2 * number
    assert not rescued(file)


def filled(ledger: Ledger, events: int) -> None:
    """Write events until the file itself holds some of them."""
    for number in range(events):
        put(ledger, f"{number} " + "x" * 3000)
    checkpoint(ledger.engine)


@pytest.mark.slow
@pytest.mark.parametrize("by", ["another ledger", "a larger ledger", "itself as it was", "nothing", "no ledger"])
def test_a_file_that_is_written_over_in_place_is_noticed_at_the_next_commit(
    ledger: Ledger, file: Path, tmp_path: Path, by: str
) -> None:
    filled(ledger, 30)
    shutil.copyfile(file, tmp_path / "before.db")
    filled(ledger, 30)
    over = tmp_path / "over.db"
    if by in ("another ledger", "a larger ledger"):
        with Ledger(str(over)) as other:
            filled(other, 10 if by == "another ledger" else 200)
    elif by == "itself as it was":
        over = tmp_path / "before.db"
    else:
        over.write_bytes(b"" if by == "nothing" else b"something else " * 1000)
    inode = file.stat().st_ino
    shutil.copyfile(over, file)
    assert file.stat().st_ino == inode
    for _ in range(2):
        with pytest.raises(DamagedError, match=r"written over while|malformed|not a database") as caught:
            put(ledger, "never written")
        assert caught.value.hint


@pytest.mark.slow
def test_checkpoints_of_others_and_a_vacuum_are_no_damage(ledger: Ledger, file: Path) -> None:
    filled(ledger, 30)
    with ledger.writing() as connection:
        connection.execute(sa.text("CREATE TABLE ballast AS SELECT zeroblob(400000) AS b"))
    with ledger.writing() as connection:
        connection.execute(sa.text("DROP TABLE ballast"))
    checkpoint(ledger.engine)
    put(ledger)
    before = file.stat().st_size
    code = (
        "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('VACUUM'); d.execute(sys.argv[2]).fetchall()"
    )
    subprocess.run([sys.executable, "-c", code, str(file), "PRAGMA wal_checkpoint(TRUNCATE)"], check=True, timeout=60)
    assert file.stat().st_size < before
    put(ledger)
    assert not rescued(file)
    assert not damages(ledger)


def test_a_copy_is_made_once_and_never_over_another(
    ledger: Ledger, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    monkeypatch.setattr(ledger._file, "_now", lambda: now)
    there = file.with_name("ledger.db.rescued-20300102T030405Z")
    there.write_text("an earlier one")
    file.unlink()
    first, second = lost(ledger), lost(ledger)
    assert first.hint == second.hint
    assert there.read_text() == "an earlier one"
    assert rescued(file) == [there, file.with_name("ledger.db.rescued-20300102T030405Z-1")]


def test_where_no_copy_can_be_made_the_error_says_so(
    ledger: Ledger, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ledger_file, "_new_file", full)
    removed(file)
    assert "could not be saved: [Errno 28] No space left on device" in lost(ledger).hint


def test_a_connection_that_finds_no_file_makes_none_and_says_that_it_is_gone(ledger: Ledger, file: Path) -> None:
    with ledger.engine.connect() as busy:  # the only connection that has the old file
        busy.execute(sa.text("SELECT 1"))
        removed(file)
        for _ in range(2):
            assert "look for the file" in lost(ledger).hint
            assert not file.exists(), "no connection makes a new file in its place"
    assert "saved in" in lost(ledger).hint
    with Ledger(str(rescued(file)[0])) as saved:
        assert len(saved.stored(C)) == 2


def test_a_connection_that_opened_the_new_file_writes_nothing_either(ledger: Ledger, file: Path) -> None:
    with ledger.engine.connect() as busy:  # the only connection that has the old file
        busy.execute(sa.text("SELECT 1"))
        removed(file)
        Ledger(str(file)).close()
        assert "look for the file" in lost(ledger).hint
    assert "another file stands in its place" in lost(ledger).message
    assert "saved in" in lost(ledger).hint


def test_a_ledger_that_goes_between_the_look_and_the_opening_is_missing_and_stays_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger(str(tmp_path / "ledger.db")).close()
    looked = opening.exists

    def gone(url: str) -> bool:
        there = looked(url)
        removed(tmp_path / "ledger.db")
        return there

    monkeypatch.setattr(opening, "exists", gone)
    with pytest.raises(NotFoundError, match="there is no ledger"):
        opening.open_ledger(str(tmp_path / "ledger.db"), new=False, hint="")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a b#c%d;e&f=g.db", "\udcff.db", "ä/ü.db", "-.db", "file:x.db"])
def test_a_file_of_any_name_is_opened_under_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (str(tmp_path / name), name):
        with Ledger(path) as ledger:
            put(ledger)
    assert (tmp_path / name).stat().st_size
    assert [one.name for one in (tmp_path / name).parent.iterdir() if one.is_file()] == [Path(name).name]


def test_a_ledger_that_is_used_from_another_thread_and_folder_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Ledger("ledger.db") as ledger:
        monkeypatch.chdir("/")
        thread = threading.Thread(target=put, args=(ledger,))
        thread.start()
        thread.join()
        put(ledger)
        assert len(ledger.stored(C)) == 2


def test_a_replaced_link_is_a_replaced_file(tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "one.db")
    with Ledger(str(link)) as ledger:
        put(ledger)
        link.unlink()
        Ledger(str(tmp_path / "two.db")).close()
        link.symlink_to(tmp_path / "two.db")
        lost(ledger)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", ":memory:"])
def test_what_is_no_plain_file_is_not_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.chdir(tmp_path)
    with Ledger(url) as ledger:
        assert ledger.put_artifact(b"x")
    assert not list(tmp_path.iterdir()), "it is in memory"


@pytest.mark.slow
@pytest.mark.parametrize("what", ["deleted", "moved", "replaced"])
def test_a_run_whose_ledger_goes_ends_in_an_error_with_its_devices_safe(
    ledger: Ledger, lab: ScriptedLab, tmp_path: Path, what: str
) -> None:
    campaign, file = Campaign(ledger, lab), tmp_path / "ledger.db"

    def go(moment: str, effect: str) -> None:
        if (moment, effect) == ("before", "e0002/1/1"):
            if what == "moved":
                file.rename(tmp_path / "moved.db")
            else:
                file.unlink()
            if what == "replaced":
                file.write_bytes(b"")

    lab.trouble = go
    with pytest.raises(LedgerError, match="deleted, moved or replaced"):
        campaign.run()
    assert lab.safe
    assert lab.effects()[-1] == "e0002/1/1"
    (copy,) = rescued(file)
    with Ledger(str(copy)) as saved:
        verify(saved, campaign.record.campaign)
        record = Record(saved, campaign.record.campaign)
        assert record.state.experiments["e0002"].steps[-1].status == "intended"
        again = Campaign.__new__(Campaign)
        again.setup, again.ledger, again.record = campaign.setup, saved, record
        lab.trouble = lambda moment, effect: None
        assert again.run().status == "finished"
    assert sorted(lab.effects()) == sorted(set(lab.effects()))
    assert len(lab.effects()) == 8

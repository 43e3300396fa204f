"""A backup is a whole ledger at one moment, whatever is written meanwhile, and nothing less gets its name."""

import contextlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from scripted_lab import Campaign, ScriptedLab
from tests.campaign.test_ledger import C, file_of, pause, tamper, write

from zosimos.campaign.ledger.claims import execution_claim
from zosimos.campaign.ledger.safekeeping.backup import back_up, restore
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import head, verify
from zosimos.core.errors import LedgerError, LockedError, StateError, TamperedError

SOURCE = str(Path(__file__).resolve().parents[2] / "src")
WRITER = """
import sys
from zosimos.campaign.ledger.events import GENESIS, Draft
from zosimos.campaign.ledger.store import Ledger
with Ledger(sys.argv[1]) as ledger:
    after, previous, number = 0, GENESIS, 0
    while True:
        name = ledger.put_artifact(b"%d" % number)
        drafts = [Draft("campaign.paused", {"raw": name}), Draft("campaign.continued", {"number": number})]
        last = ledger.append(sys.argv[2], lambda: "2030", lambda _: drafts, after=after, previous=previous)[-1]
        after, previous, number = last.seq, last.hash, number + 1
        if number == 20:
            print("writing", flush=True)
"""


@contextmanager
def writer(url: str) -> Iterator[None]:
    """A process that appends events and artifacts as fast as it can."""
    command = [sys.executable, "-c", WRITER, url, C]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": SOURCE}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        try:
            yield
            assert process.poll() is None, "it was still writing"
        finally:
            process.kill()


@pytest.mark.slow
def test_backups_taken_while_another_process_writes_each_hold_a_beginning_of_the_record(
    store: Ledger, tmp_path: Path
) -> None:
    taken = []
    with writer(store.url):
        for number in range(6):
            path = tmp_path / f"backup-{number}.db"
            taken.append((path, back_up(store, path)[C]))
    assert [found.seq for _, found in taken] == sorted(found.seq for _, found in taken)
    assert taken[-1][1].seq > taken[0][1].seq, "the writer went on meanwhile"
    for path, found in taken:
        verify(store, C, found)
        restored = tmp_path / f"{path.stem}-restored.db"
        assert restore(path, str(restored)).heads == {C: found}
        with Ledger(str(restored)) as ledger:
            assert verify(ledger, C) == found


def test_a_backup_is_one_file_for_its_owner_that_knows_of_no_claim_or_mark(
    ledger: Ledger, lab: ScriptedLab, tmp_path: Path
) -> None:
    campaign = Campaign(ledger, lab)
    ledger.put_note("in use: somebody", "{}")
    tamper(ledger, "CREATE TABLE claims (name text)")
    tamper(ledger, "INSERT INTO claims VALUES ('somebody')")
    path = tmp_path / "new" / "backup.db"
    heads = back_up(ledger, path)
    assert heads == {campaign.record.campaign: head(ledger, campaign.record.campaign)}
    assert [found.name for found in path.parent.iterdir()] == ["backup.db"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert database.execute("SELECT count(*) FROM claims").fetchone() == (0,)
        assert database.execute("SELECT name FROM meta").fetchall() == [("schema",)]


def test_a_restored_campaign_is_run_on_to_its_end(ledger: Ledger, lab: ScriptedLab, tmp_path: Path) -> None:
    campaign = Campaign(ledger, lab)
    back_up(ledger, tmp_path / "backup.db")
    restore(tmp_path / "backup.db", str(tmp_path / "restored.db"))
    with Ledger(str(tmp_path / "restored.db")) as restored:
        campaign.ledger = restored
        assert campaign.run().status == "finished"
        verify(restored, campaign.record.campaign, head(ledger, campaign.record.campaign))


def test_a_file_that_is_there_is_replaced_only_when_that_is_wanted(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger, pause())
    path = tmp_path / "backup.db"
    path.write_text("mine")
    with pytest.raises(LedgerError, match="there already"):
        back_up(ledger, path)
    assert path.read_text() == "mine"
    assert back_up(ledger, path, force=True) == {C: head(ledger, C)}
    with pytest.raises(LedgerError, match="no backup of itself"):
        back_up(ledger, file_of(ledger), force=True)
    verify(ledger, C)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder in which nobody can make a file")
def test_a_place_that_cannot_be_written_is_named_with_the_option_that_names_it(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger, pause())
    with pytest.raises(LedgerError, match=r"^/proc/self/none\.db cannot be written") as caught:
        back_up(ledger, Path("/proc/self/none.db"))
    assert caught.value.field == "-o"
    back_up(ledger, tmp_path / "b.db")
    with pytest.raises(LedgerError, match=r"^/proc/self/none\.db cannot be written") as caught:
        restore(tmp_path / "b.db", "/proc/self/none.db")
    assert caught.value.field == "--to"


def test_a_log_of_another_database_beside_the_name_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger, pause())
    back_up(ledger, tmp_path / "a.db")
    (tmp_path / "b.db-wal").write_bytes(b"of another")
    with pytest.raises(LedgerError, match="db-wal of another database"):
        back_up(ledger, tmp_path / "b.db")
    with pytest.raises(LedgerError, match="db-wal of another database"):
        restore(tmp_path / "a.db", str(tmp_path / "b.db"))


@pytest.mark.parametrize(
    "change", ["UPDATE events SET text = replace(text, 'why', 'not') WHERE seq = 1", "UPDATE artifacts SET data = 'x'"]
)
def test_no_backup_is_made_of_a_record_that_was_changed(ledger: Ledger, tmp_path: Path, change: str) -> None:
    write(ledger, pause("why"), pause({"raw": ledger.put_artifact(b"raw")}))
    tamper(ledger, change)
    with pytest.raises(TamperedError):
        back_up(ledger, tmp_path / "backup.db")
    assert {path.name.partition("-")[0] for path in tmp_path.iterdir()} == {"ledger.db"}


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def torn(path: Path) -> None:
    """Overwrite a page in the middle, as a copy made while somebody writes may have it."""
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 4] = data[0:4096]
    path.write_bytes(data)


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage",
    [half, torn, lambda path: path.write_bytes(b""), lambda path: path.write_text("no database")],
    ids=["half", "torn", "empty", "text"],
)
def test_a_damaged_backup_is_refused_and_nothing_is_left_of_the_attempt(
    ledger: Ledger, tmp_path: Path, damage: object
) -> None:
    for number in range(40):
        write(ledger, *(pause(f"{number} {ledger.put_artifact(b'%d' % number)}" + "x" * 200) for _ in range(5)))
    path = tmp_path / "backup.db"
    back_up(ledger, path)
    damage(path)  # type: ignore[operator]  # each is a function of a path
    with pytest.raises(LedgerError) as caught:
        restore(path, str(tmp_path / "new" / "restored.db"))
    assert caught.value.hint
    assert not list(tmp_path.glob("new/*"))


def test_a_database_of_another_program_is_no_backup(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as database:
        database.execute("CREATE TABLE books (title text)")
    with pytest.raises(LedgerError, match="no ledger"):
        restore(tmp_path / "other.db", str(tmp_path / "restored.db"))


def test_a_backup_with_a_trigger_in_it_is_no_ledger(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger, pause())
    back_up(ledger, tmp_path / "backup.db")
    with closing(sqlite3.connect(tmp_path / "backup.db")) as database:
        database.execute("CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END")
    with pytest.raises(LedgerError, match="no ledger"):
        restore(tmp_path / "backup.db", str(tmp_path / "restored.db"))


@pytest.mark.slow
def test_a_backup_that_is_killed_leaves_the_one_before_it_and_the_ledger_whole(ledger: Ledger, tmp_path: Path) -> None:
    for number in range(30):
        write(ledger, pause({"raw": ledger.put_artifact(os.urandom(300_000) + b"%d" % number)}))
    path, expected = tmp_path / "backups" / "backup.db", {C: head(ledger, C)}
    back_up(ledger, path)
    script = (
        "import sys; from pathlib import Path; from zosimos.campaign.ledger.store import Ledger; "
        "from zosimos.campaign.ledger.safekeeping.backup import back_up; "
        "ledger = Ledger(sys.argv[1]); print(flush=True)\n"
        "while True: back_up(ledger, Path(sys.argv[2]), force=True)"
    )
    for number in range(8):
        command = [sys.executable, "-c", script, ledger.url, str(path)]
        with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": SOURCE}, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.02 + 0.013 * number)
            process.kill()
        assert restore(path, str(tmp_path / f"restored-{number}.db")).heads == expected
        assert verify(ledger, C) == expected[C]


def test_a_ledger_with_a_log_beside_it_is_no_backup(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger, pause())
    with pytest.raises(LedgerError, match="in use, or left by a crash"):
        restore(file_of(ledger), str(tmp_path / "restored.db"))


def test_a_ledger_that_is_there_is_kept_aside_and_only_when_asked(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger, pause())
    back_up(ledger, tmp_path / "backup.db")
    place = tmp_path / "place.db"
    with Ledger(str(place)) as other:
        write(other, pause("other"), pause("more"))
        later = head(other, C)
    with pytest.raises(StateError, match="holds a ledger already"):
        restore(tmp_path / "backup.db", str(place))
    found = restore(tmp_path / "backup.db", str(place), replace=True)
    assert found.replaced == tmp_path / "place.db.replaced-1"
    for path, expected in ((place, head(ledger, C)), (found.replaced, later)):
        with Ledger(str(path)) as opened:
            assert verify(opened, C) == expected


def test_a_ledger_with_a_running_campaign_is_not_replaced(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger, pause())
    back_up(ledger, tmp_path / "backup.db")
    with execution_claim(ledger, C), pytest.raises(LockedError):
        restore(tmp_path / "backup.db", str(file_of(ledger)), replace=True)
    verify(ledger, C)


@pytest.mark.parametrize(
    "harm",
    [
        "CREATE TABLE claims (campaign TEXT CHECK (0))",
        "CREATE UNIQUE INDEX one_more ON events (1) WHERE seq > (1)",
        "CREATE TABLE ballast AS SELECT zeroblob(1000000)",
    ],
)
def test_nothing_but_the_record_of_a_backup_is_restored(ledger: Ledger, tmp_path: Path, harm: str) -> None:
    write(ledger, pause())
    back_up(ledger, tmp_path / "kept.db")
    with closing(sqlite3.connect(tmp_path / "kept.db")) as file:
        file.execute(harm)
    restore(tmp_path / "kept.db", str(tmp_path / "new.db"))
    assert (tmp_path / "new.db").stat().st_size < 1_000_000
    with Ledger(str(tmp_path / "new.db")) as again:
        assert head(again, C) == head(ledger, C)
        with execution_claim(again, C):
            write(again, pause("two"))
            write(again, pause("three"))
    assert not list(tmp_path.glob(".*"))


def test_a_ledger_that_cannot_be_opened_is_replaced(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger, pause())
    back_up(ledger, tmp_path / "backup.db")
    place = tmp_path / "place.db"
    place.write_text("damaged beyond reading")
    found = restore(tmp_path / "backup.db", str(place), replace=True)
    assert found.replaced is not None
    assert found.replaced.read_text() == "damaged beyond reading"
    with Ledger(str(place)) as opened:
        assert verify(opened, C) == head(ledger, C)


def test_a_backup_is_restored_into_an_empty_database_of_each_kind_and_no_other(
    ledger: Ledger, store_url: str, tmp_path: Path
) -> None:
    write(ledger, pause({"raw": ledger.put_artifact(b"raw")}), pause("é ±"))
    write(ledger, pause(), campaign="another")
    back_up(ledger, tmp_path / "backup.db")
    found = restore(tmp_path / "backup.db", store_url)
    with Ledger(store_url) as restored:
        for campaign in (C, "another"):
            assert restored.stored(campaign) == ledger.stored(campaign)
            assert verify(restored, campaign) == found.heads[campaign]
    with pytest.raises(StateError, match="already"):
        restore(tmp_path / "backup.db", store_url)


def test_the_folder_of_a_backup_need_not_be_writable_to_restore_it(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger, pause())
    folder = tmp_path / "medium"
    back_up(ledger, folder / "backup.db")
    (folder / "backup.db").chmod(0o400)
    before = sorted(folder.iterdir())
    restore(folder / "backup.db", str(tmp_path / "restored.db"))
    assert sorted(folder.iterdir()) == before
    shutil.rmtree(folder)

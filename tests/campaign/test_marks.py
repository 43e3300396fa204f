"""A ledger that lost its newest events says so: one copied without its log, one whose log was deleted."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from scripted_lab import Campaign, Crash, ScriptedLab, golden
from tests.campaign.test_ledger import C, file_of, pause, tamper, write

from zosimos.campaign.execution.session import arun_campaign
from zosimos.campaign.ledger.database.sqlite import checkpoint
from zosimos.campaign.ledger.safekeeping.marks import MARK, copied_in_use, in_use, keep_head, require_kept
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head, head
from zosimos.campaign.record.record import Record
from zosimos.core.errors import DamagedError, TamperedError

SOURCE = str(Path(__file__).resolve().parents[2] / "src")
DYING = """
import os, sys
from zosimos.campaign.ledger.safekeeping.marks import in_use
from zosimos.campaign.ledger.store import Ledger
ledger = Ledger(sys.argv[1])
with in_use(ledger, sys.argv[2]):
    ledger.put_artifact(b"newest")
    os._exit(9)
"""


def test_a_file_copied_without_its_log_while_a_campaign_runs_says_so(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger, pause())
    with in_use(ledger, C):
        write(ledger, pause("newest"))
        shutil.copyfile(file_of(ledger), tmp_path / "copy.db")
        assert copied_in_use(ledger, C) == ""
    with Ledger(str(tmp_path / "copy.db")) as copy:
        assert copy.last(C) == 1, "the newest event is not in it"
        assert "copied while a program ran" in copied_in_use(copy, C)
        assert copied_in_use(copy, "another") == ""
    assert copied_in_use(ledger, C) == ""


def test_a_file_copied_after_a_campaign_ended_holds_everything_and_says_nothing(
    ledger: Ledger, lab: ScriptedLab, tmp_path: Path
) -> None:
    campaign = Campaign(ledger, lab)
    campaign.run()
    shutil.copyfile(file_of(ledger), tmp_path / "copy.db")
    with Ledger(str(tmp_path / "copy.db")) as copy:
        assert head(copy, campaign.record.campaign) == head(ledger, campaign.record.campaign)
        assert copied_in_use(copy, campaign.record.campaign) == ""


@pytest.mark.slow
def test_a_ledger_left_by_a_crash_is_no_copy_and_goes_on(ledger: Ledger, tmp_path: Path) -> None:
    command = [sys.executable, "-c", DYING, ledger.url, C]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": SOURCE}, check=False, timeout=60)
    with Ledger(ledger.url) as again:
        assert again.note("in use: " + C), "the note outlives the program"
        assert copied_in_use(again, C) == ""
        with in_use(again, C):
            pass
        assert again.note("in use: " + C) == ""


def test_a_log_that_was_deleted_shows_at_the_head_beside_the_ledger(
    ledger: Ledger, lab: ScriptedLab, tmp_path: Path
) -> None:
    campaign = Campaign(ledger, lab)
    name = campaign.record.campaign
    before = tmp_path / "before.db"
    shutil.copyfile(file_of(ledger), before)
    ledger.close()
    campaign.run()
    ledger.close()
    shutil.copyfile(before, file_of(ledger))
    with Ledger(ledger.url) as short, pytest.raises(TamperedError, match="are gone") as caught:
        require_kept(short, name)
    assert "look at the devices first" in caught.value.hint


def test_a_run_does_not_begin_on_a_record_that_lost_events(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab)
    name = campaign.record.campaign
    campaign.run()
    done = lab.effects()
    tamper(ledger, "DELETE FROM events WHERE seq > 10")
    for _ in range(2):  # a run that was refused leaves the head that shows it
        with pytest.raises(TamperedError, match="events 11 to"):
            campaign.run()
        with pytest.raises(TamperedError, match="events 11 to"):
            asyncio.run(arun_campaign(Record(ledger, name), campaign.setup, decide=golden, wait_for_people=False))
    assert lab.effects() == done, "nothing was done twice"
    (file_of(ledger).parent / "ledger.db.heads" / f"{name}.head").unlink()
    assert campaign.run().status in ("finished", "waiting")


def test_the_last_head_is_kept_beside_the_ledger_however_a_run_ends(ledger: Ledger, lab: ScriptedLab) -> None:
    def crash(moment: str, effect: str) -> None:
        raise Crash

    lab.trouble = crash
    campaign = Campaign(ledger, lab)
    name = campaign.record.campaign
    with pytest.raises(Crash):
        campaign.run()
    kept = (file_of(ledger).parent / "ledger.db.heads" / f"{name}.head").read_text()
    assert kept.split()[:2] == [name, str(head(ledger, name))]


def test_nothing_is_left_of_a_head_that_a_full_disk_does_not_take(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(ledger, pause())
    folder = file_of(ledger).with_name("ledger.db.heads")
    keep_head(ledger, C, Head(1, "a" * 64), "now")
    written = Path.write_text

    def full(path: Path, text: str, **how: str) -> None:
        written(path, "", **how)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    keep_head(ledger, C, Head(2, "b" * 64), "later")
    assert [one.name for one in folder.iterdir()] == [f"{C}.head"]
    assert (folder / f"{C}.head").read_text().startswith(f"{C} 1:")


def test_a_run_does_not_begin_on_a_file_whose_pages_do_not_fit(ledger: Ledger, lab: ScriptedLab) -> None:
    ledger.put_artifact(os.urandom(200_000))  # of another campaign, say: nothing of this one is read from it
    campaign = Campaign(ledger, lab)
    checkpoint(ledger.engine)
    with ledger.reading() as connection:
        root = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'artifacts'").scalar_one()
    ledger.reconnect()
    with file_of(ledger).open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 40)
    with pytest.raises(DamagedError, match="the ledger file is damaged"):
        campaign.run()
    assert lab.effects() == []


@pytest.mark.parametrize("text", ["", "half a li", f"{C} 5:123 now", f"another 5:{'0' * 64} now"])
def test_a_head_that_was_not_written_to_its_end_is_left_aside(ledger: Ledger, text: str) -> None:
    write(ledger, pause())
    keep_head(ledger, C, head(ledger, C), "now")
    path = file_of(ledger).parent / "ledger.db.heads" / f"{C}.head"
    path.write_text(text)
    require_kept(ledger, C)


@pytest.mark.skipif(os.name == "nt", reason="no such pipes there")
def test_a_pipe_in_the_place_of_a_head_is_not_waited_for(ledger: Ledger) -> None:
    write(ledger, pause())
    keep_head(ledger, C, head(ledger, C), "now")
    path = file_of(ledger).parent / "ledger.db.heads" / f"{C}.head"
    path.unlink()
    os.mkfifo(path)
    require_kept(ledger, C)


@pytest.mark.parametrize("text", ["[]", "{", "[" * 100_000, "null", "1e999", "9" * 5000, '{"inode": {}}', "\x1b"])
def test_a_note_of_use_that_nobody_can_read_is_taken_for_another_programs(ledger: Ledger, text: str) -> None:
    write(ledger, pause())
    ledger.put_note(MARK + C, text)
    assert "copied while a program ran" in copied_in_use(ledger, C)
    with in_use(ledger, C):
        assert copied_in_use(ledger, C) == ""


@pytest.mark.parametrize("name", ["../escaped", "a/b", "", ".hidden", "x" * 101, "a\0b"])
def test_an_id_that_is_no_plain_name_becomes_no_path(ledger: Ledger, tmp_path: Path, name: str) -> None:
    write(ledger, pause(), campaign=name)
    before = sorted(tmp_path.rglob("*"))
    keep_head(ledger, name, Head(9, "0" * 64), "now")
    assert sorted(tmp_path.rglob("*")) == before
    require_kept(ledger, name)


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own there")
def test_a_ledger_has_the_same_heads_under_every_name_that_leads_to_it(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger, pause())
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(file_of(ledger))
    keep_head(ledger, C, Head(7, "f" * 64), "2026-11-29T12:00:00+00:00")
    with Ledger(str(link)) as linked:
        with pytest.raises(TamperedError, match="events 2 to 7 are gone"):
            require_kept(linked, C)
        keep_head(linked, C, head(linked, C), "2026-11-29T12:00:01+00:00")
    require_kept(ledger, C)
    assert list(link.parent.iterdir()) == [link]

"""One owner at a time has the right to run a campaign, whatever name the ledger is opened by, and it dies with it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import pytest
import sqlalchemy as sa

from zosimos.campaign.ledger.claims import (
    LEASE_S,
    RENEW_S,
    SURE_S,
    WATCH_S,
    Claim,
    Surroundings,
    execution_claim,
    held_by,
    unclaimed,
)
from zosimos.campaign.ledger.database.engine import sqlite_path
from zosimos.campaign.ledger.processes import Fate, Process, this_process
from zosimos.campaign.ledger.store import Ledger
from zosimos.core import background
from zosimos.core.errors import FencedError, LedgerAwayError, LedgerError, LockedError

C = "c-20300101t000000-00000000"
HOLDER = """
import sys, time
from zosimos.campaign.ledger.claims import execution_claim
from zosimos.campaign.ledger.store import Ledger
with Ledger(sys.argv[1]) as ledger, execution_claim(ledger, sys.argv[2]):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder(url: str) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the claim; it is killed in the end."""
    source = str(Path(__file__).resolve().parents[2] / "src")
    command = [sys.executable, "-c", HOLDER, url, C]
    with subprocess.Popen(command, env={"PYTHONPATH": source}, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()
            process.wait(timeout=30)


def refused(ledger: Ledger) -> LockedError:
    with pytest.raises(LockedError, match="process is running") as caught, execution_claim(ledger, C):
        pass
    return caught.value


@dataclass
class Elsewhere:
    """Another machine, whose processes this one cannot see, and a time of its own that passes while somebody waits."""

    seconds: float = 0.0
    database_s: float = 1000.0
    meanwhile: Callable[[], object] = lambda: None
    notices: list[str] = field(default_factory=list)
    fate: Callable[[Process, Process], Fate] = lambda process, here: "unseen"
    name: str = "elsewhere"
    kept: ExitStack = field(default_factory=ExitStack)

    @property
    def around(self) -> Surroundings:
        here = replace(this_process(), boot=f"boot of {self.name}", host=self.name)
        return Surroundings(
            here=lambda: here,
            fate=self.fate,
            now=lambda: self.seconds,
            database_now=lambda _: self.database_s,
            pause=self._pause,
        )

    def _pause(self, seconds: float) -> None:
        self.pass_(seconds)
        self.meanwhile()

    def pass_(self, seconds: float) -> None:
        self.seconds += seconds
        self.database_s += seconds

    def claim(self, ledger: Ledger) -> AbstractContextManager[Claim]:
        return execution_claim(ledger, C, around=self.around, notice=self.notices.append)

    def left_behind(self, ledger: Ledger) -> Claim:
        """Take a claim that is never released."""
        return self.kept.enter_context(self.claim(ledger))


Two: TypeAlias = tuple[Elsewhere, Elsewhere]


@pytest.fixture
def two(store: Ledger) -> Iterator[Two]:
    """Two machines that cannot see each other."""
    with ExitStack() as kept:
        yield Elsewhere(name="first", kept=kept), Elsewhere(name="second", kept=kept)


# --- processes


@pytest.mark.slow
def test_sigkill_frees_the_claim_at_once(store: Ledger) -> None:
    with holder(store.url) as process:
        error = refused(store)
        assert str(process.pid) in error.hint
        with execution_claim(store, "another campaign"):
            pass
        process.kill()
        process.wait()
        began = time.monotonic()
        with execution_claim(store, C) as claim:
            assert not claim.taken_over
        assert time.monotonic() - began < 1.0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_a_suspended_owner_keeps_the_claim_also_after_its_lease(store: Ledger) -> None:
    with holder(store.url) as process:
        process.send_signal(signal.SIGSTOP)
        with store.writing() as connection:
            connection.execute(sa.text("UPDATE claims SET until = 0"))
        refused(store)


# --- one process


def test_the_claim_is_free_after_the_work_and_after_an_error(store: Ledger) -> None:
    for _ in range(2):
        with execution_claim(store, C):
            pass
        with pytest.raises(LookupError), execution_claim(store, C):
            raise LookupError


def test_one_process_cannot_hold_it_twice_in_any_thread(store: Ledger) -> None:
    found: list[LockedError] = []
    with execution_claim(store, C):
        refused(store)
        thread = threading.Thread(target=lambda: found.append(refused(store)))
        thread.start()
        thread.join(20)
    assert found
    assert "this very process" in found[0].message
    assert "wait for it" in str(found[0].hint)


def test_work_of_this_process_that_ended_without_releasing_it_holds_it_no_more(store: Ledger) -> None:
    with execution_claim(store, C) as former:
        token = former._token
    with store.writing() as connection:
        values = vars(this_process()) | {"campaign": C, "token": token, "until": 1e12}
        names = ", ".join(values)
        connection.execute(sa.text(f"INSERT INTO claims ({names}) VALUES (:{', :'.join(values)})"), values)
    with execution_claim(store, C) as claim:
        assert not claim.taken_over


def test_a_ledger_in_memory_needs_no_claim() -> None:
    with Ledger("sqlite://") as ledger, execution_claim(ledger, C) as claim, execution_claim(ledger, C):
        claim.keep()
        claim.renew()
        claim.may_send(False)
        assert claim.may_stop()
    unclaimed().require()


def test_a_ledger_that_an_older_version_made_gets_its_table_of_claims(store: Ledger) -> None:
    assert not sa.inspect(store.engine).has_table("claims")
    with execution_claim(store, C):
        assert sa.inspect(store.engine).has_table("claims")
    with Ledger(store.url) as again:
        assert again.campaigns() == []


def test_ledger_can_be_read_and_written_while_a_campaign_is_executed(store: Ledger) -> None:
    with execution_claim(store, C):
        assert store.put_artifact(b"x")


# --- names of the file


@pytest.mark.parametrize("kind", ["symbolic link", "relative path", "folder that is a link", "removed lock folder"])
def test_the_claim_follows_the_file_whatever_it_is_called(
    ledger: Ledger, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ledger.db"
    if kind == "symbolic link":
        other = tmp_path / "other.db"
        other.symlink_to(file)
    elif kind == "relative path":
        monkeypatch.chdir(tmp_path)
        other = Path("./ledger.db")
    elif kind == "folder that is a link":
        (tmp_path / "folder").symlink_to(tmp_path)
        other = tmp_path / "folder" / "ledger.db"
    else:
        other = file
        assert not list(tmp_path.glob("*.locks"))
    with execution_claim(ledger, C), Ledger(str(other)) as same:
        refused(same)


@pytest.mark.slow
def test_a_moved_file_is_still_claimed_while_its_owner_lives(tmp_path: Path) -> None:
    file, moved = tmp_path / "ledger.db", tmp_path / "moved.db"
    with holder(str(file)):
        file.rename(moved)
        with Ledger(str(moved)) as ledger:
            refused(ledger)


def test_a_hard_link_is_refused_whoever_opens_it(ledger: Ledger, tmp_path: Path) -> None:
    with execution_claim(ledger, C) as claim:
        (tmp_path / "other.db").hardlink_to(tmp_path / "ledger.db")
        with Ledger(str(tmp_path / "other.db")) as other:
            assert other.campaigns() == []
            with pytest.raises(LedgerError, match="more than one name") as caught, execution_claim(other, C):
                pass
        assert "hard links" in caught.value.hint
        claim.renew()
        (tmp_path / "other.db").unlink()


WRITER = """
import sys
from zosimos.campaign.ledger.claims import execution_claim
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import LedgerError
try:
    with Ledger(sys.argv[1]) as ledger, execution_claim(ledger, sys.argv[2]):
        print("claimed")
except LedgerError as error:
    print(error.message)
"""


def written_through_mount(source: Path, target: Path, file: Path) -> str:
    """Claim through a bind mount that only this child of ours sees, and return what came of it."""
    source_code = str(Path(__file__).resolve().parents[2] / "src")
    mount = 'mount --bind "$0" "$1" || exit 77; shift; exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", mount, source, target, sys.executable, "-c", WRITER, file, C]
    child = subprocess.run(command, env={**os.environ, "PYTHONPATH": source_code}, capture_output=True, text=True)
    if child.returncode in (1, 77):
        pytest.skip(f"no bind mount can be made here: {child.stderr}")
    return child.stdout.strip()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs a mount namespace")
def test_the_claim_follows_the_file_through_a_mount_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with Ledger(str(tmp_path / "a" / "x.db")) as ledger, execution_claim(ledger, C):
        found = written_through_mount(tmp_path / "a", tmp_path / "b", tmp_path / "b" / "x.db")
    assert found == f"another process is running campaign {C}"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs a mount namespace")
def test_a_file_that_is_mounted_by_itself_is_not_written(ledger: Ledger, tmp_path: Path) -> None:
    other = tmp_path / "other name.db"
    other.touch()
    found = written_through_mount(tmp_path / "ledger.db", other, other)
    assert found == "the ledger file has more than one name, under which SQLite would destroy it"
    assert ledger.put_artifact(b"x")


# --- owners that cannot be seen


def test_an_unseen_owner_is_waited_for_until_its_lease_is_over(store: Ledger, two: Two) -> None:
    first, second = two
    first.left_behind(store)
    with second.claim(store) as claim:
        assert claim.taken_over
    assert LEASE_S <= second.seconds <= LEASE_S + 1.0
    assert second.notices == [
        f"process {os.getpid()} on first ran campaign {C} and cannot be seen from here: "
        "waiting up to 30 s to see that it is gone"
    ]


def test_an_unseen_owner_that_renews_meanwhile_keeps_it(store: Ledger, two: Two) -> None:
    first, second = two
    owner = first.left_behind(store)

    def renewed() -> None:
        first.pass_(1.0)
        if owner.due:
            owner.renew()

    second.meanwhile = renewed
    with pytest.raises(LockedError), second.claim(store):
        pass
    assert second.seconds <= RENEW_S + 1.0


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_a_jump_of_the_databases_clock_gives_no_claim_away(
    store: Ledger, two: tuple[Elsewhere, Elsewhere], jump_s: float
) -> None:
    first, second = two
    owner = first.left_behind(store)
    second.database_s = first.database_s = first.database_s + jump_s

    def renewed() -> None:
        first.pass_(1.0)
        owner.keep()

    second.meanwhile = renewed
    with pytest.raises(LockedError), second.claim(store):
        pass


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_a_jump_of_the_databases_clock_keeps_nobody_waiting_for_long(
    store: Ledger, two: tuple[Elsewhere, Elsewhere], jump_s: float
) -> None:
    first, second = two
    first.left_behind(store)
    second.database_s += jump_s
    with second.claim(store) as claim:
        assert claim.taken_over
    assert second.seconds <= (LEASE_S if jump_s < 0 else WATCH_S) + 1.0


def test_an_unseen_owner_that_lets_go_meanwhile_is_not_taken_over_from(
    store: Ledger, two: tuple[Elsewhere, Elsewhere]
) -> None:
    first, second = two
    second.meanwhile = first.left_behind(store).release
    with second.claim(store) as claim:
        assert not claim.taken_over
    assert second.seconds <= 1.0


async def _taken(ledger: Ledger, around: Surroundings) -> bool:
    async with background.entered(execution_claim(ledger, C, around=around)) as claim:
        return claim.taken_over


def test_the_event_loop_goes_on_while_a_claim_is_waited_for(store: Ledger, two: Two) -> None:
    first, second = two
    first.left_behind(store)

    async def main() -> bool:
        around = replace(second.around, pause=lambda _: time.sleep(0.01))
        taking = asyncio.create_task(_taken(store, around))
        await asyncio.sleep(0.05)
        assert not taking.done()
        second.pass_(LEASE_S)
        return await taking

    assert asyncio.run(main())


# --- what an owner may do


@pytest.mark.slow
@pytest.mark.parametrize(
    "odd",
    [{"pid": 0}, {"pid": -1}, {"pid": 10**18}, {"pid": "x"}, {"until": "x"}, {"until": b"x"}, {"host": b"x"}],
    ids=str,
)
def test_a_row_that_is_no_claim_keeps_nobody_out(ledger: Ledger, two: Two, odd: dict[str, object]) -> None:
    first, second = two
    first.left_behind(ledger)
    values = vars(this_process()) | {"token": "x", "until": 1e12} | odd
    with ledger.writing() as connection:
        pairs = ", ".join(f"{name} = :{name}" for name in values)
        connection.execute(sa.text(f"UPDATE claims SET {pairs}"), values)
    assert held_by(ledger, C, second.around) == ""
    with second.claim(ledger) as claim:
        assert claim.taken_over
    assert WATCH_S <= second.seconds < LEASE_S
    assert "a machine that cannot be named" in second.notices[0]


def test_a_claim_that_another_took_is_lost_for_good(store: Ledger, two: Two) -> None:
    first, second = two
    owner = first.left_behind(store)
    with second.claim(store) as winner:
        first.pass_(RENEW_S)
        with pytest.raises(FencedError, match="took campaign"):
            owner.keep()
        for act in (owner.require, owner.renew, lambda: owner.may_send(True), lambda: owner.may_send(False)):
            with pytest.raises(FencedError):
                act()
        assert not owner.may_stop()
        owner.release()
        winner.renew()


def test_a_process_that_was_suspended_sends_nothing_before_it_has_renewed_the_claim(store: Ledger) -> None:
    place = Elsewhere()
    with place.claim(store) as claim:
        place.pass_(SURE_S - 0.1)
        claim.require()
        place.pass_(3600.0)
        with pytest.raises(LedgerAwayError, match=r"suspended, or did not reach the ledger, for 36\d\d s"):
            claim.may_send(False)
        claim.may_send(True)
        claim.renew()
        claim.may_send(False)


def test_devices_are_stopped_after_a_long_silence_unless_another_has_them(
    store: Ledger, two: tuple[Elsewhere, Elsewhere]
) -> None:
    first, second = two
    owner = first.left_behind(store)
    first.pass_(LEASE_S)
    assert owner.may_stop()
    with second.claim(store):
        first.pass_(LEASE_S)
        assert not owner.may_stop()


def test_devices_are_stopped_when_the_ledger_cannot_say_who_has_them(
    store: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Elsewhere()
    with place.claim(store) as claim:
        place.pass_(LEASE_S)

        def away() -> None:
            raise LedgerAwayError("the network is down")

        monkeypatch.setattr(store, "writing", away)
        assert claim.may_stop()
        monkeypatch.undo()


def test_a_claim_that_is_let_go_twice_or_late_takes_nothing_from_others(
    store: Ledger, two: tuple[Elsewhere, Elsewhere]
) -> None:
    first, second = two
    owner = first.left_behind(store)
    owner.release()
    with second.claim(store) as claim:
        owner.release()
        claim.renew()


def test_the_ledger_that_cannot_be_written_gives_no_claim(ledger: Ledger, tmp_path: Path) -> None:
    file = sqlite_path(ledger.url)
    assert file is not None
    file.unlink()
    with pytest.raises(LedgerError, match="deleted, moved or replaced"), execution_claim(ledger, C):
        pass

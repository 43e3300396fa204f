"""One process at a time executes a campaign, and its right to do so dies with it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from zosimos.campaign.ledger.engine import sqlite_path
from zosimos.campaign.ledger.locks import execution_lock
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import LedgerError, LockedError

C = "c-20300101t000000-00000000"
HOLDER = """
import sys, time
from zosimos.campaign.ledger.locks import execution_lock
from zosimos.campaign.ledger.store import Ledger
with Ledger(sys.argv[1]) as ledger, execution_lock(ledger, sys.argv[2]):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(url: str) -> "subprocess.Popen[str]":
    """Start a process that holds the lock; return when it does."""
    source = str(Path(__file__).resolve().parents[2] / "src")
    command = [sys.executable, "-c", HOLDER, url, C]
    process = subprocess.Popen(command, env={"PYTHONPATH": source}, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def killed(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait(timeout=30)
    assert process.stdout is not None
    process.stdout.close()


def test_second_process_is_refused_and_sigkill_frees_the_lock_at_once(store: Ledger) -> None:
    process = holder(store.url)
    try:
        with pytest.raises(LockedError, match="another process") as caught, execution_lock(store, C):
            pass
        assert caught.value.hint
        with execution_lock(store, "another campaign"):
            pass
    finally:
        killed(process)
    deadline = time.monotonic() + 5  # a database server needs a moment to notice
    while True:
        try:
            with execution_lock(store, C):
                return
        except LockedError:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_lock_is_free_after_the_work_and_after_an_error(store: Ledger) -> None:
    for _ in range(2):
        with execution_lock(store, C):
            pass
        with pytest.raises(LookupError), execution_lock(store, C):
            raise LookupError


def test_same_process_cannot_hold_it_twice(store: Ledger) -> None:
    with execution_lock(store, C), pytest.raises(LockedError), execution_lock(store, C):
        pass


def test_ledger_can_be_read_and_written_while_a_campaign_is_executed(store: Ledger) -> None:
    with execution_lock(store, C):
        assert store.put_artifact(b"x")


def test_place_where_no_lock_can_be_made_is_a_readable_error(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "ledger.db.locks").write_text("in the way", encoding="utf-8")
    with pytest.raises(LedgerError), execution_lock(ledger, C):
        pass


@pytest.mark.postgres
def test_a_lock_whose_connection_was_dropped_is_noticed(store: Ledger) -> None:
    if sqlite_path(store.url) is not None:
        pytest.skip("a file lock cannot be dropped by a server")
    with execution_lock(store, C) as still_ours:
        still_ours()
        with store.engine.connect() as connection:
            query = (
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                " AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(:name, 0)"
            )
            connection.execute(sa.text(query), {"name": f"execute {C}"})
        with pytest.raises(LedgerError):
            still_ours()

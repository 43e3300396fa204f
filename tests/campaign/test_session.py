"""Sessions: signals end a run in good order, the lock dies with its process, paced time can be interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from scripted_lab import Campaign, ScriptedLab

from zosimos.campaign.ledger.claims import execution_claim
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.core.errors import LockedError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")

SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from scripted_lab import Campaign, ScriptedLab
from zosimos.campaign.ledger.store import Ledger
folder, clock = Path(sys.argv[1]), sys.argv[2]
with Ledger(str(folder / "ledger.db")) as ledger:
    lab = ScriptedLab(folder / "journal", wait_s=60.0, default_clock=clock)
    campaign = Campaign(ledger, lab)
    print("ready", flush=True)
    ending = campaign.run(kind=clock, pace=1.0)
    print(ending.status, "|", ending.reason, flush=True)
"""


def started(folder: Path, clock: str) -> subprocess.Popen[str]:
    tests = Path(__file__).resolve().parent.parent
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, folder, clock, tests], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    deadline = time.monotonic() + 30
    while not (folder / "journal").exists():
        assert time.monotonic() < deadline, "the first effect never came"
        time.sleep(0.02)
    return child


def resumed(folder: Path, ledger: Ledger) -> Campaign:
    """Take the child's campaign up again, in virtual time."""
    campaign = Campaign.__new__(Campaign)
    from scripted_lab import setup_of

    from zosimos.campaign.record.record import Record

    campaign.setup, campaign.ledger = setup_of(ScriptedLab(folder / "journal")), ledger
    campaign.record = Record(ledger, ledger.campaigns()[0])
    return campaign


@pytest.mark.parametrize("clock", ["wall", "paced"])
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_signal_ends_a_long_wait_at_once_and_the_run_resumes(tmp_path: Path, clock: str, number: int) -> None:
    child = started(tmp_path, clock)
    began = time.monotonic()
    child.send_signal(number)
    out, _ = child.communicate(timeout=20)
    assert time.monotonic() - began < 10  # the wait was 60 s
    assert out == f"interrupted | asked to stop by {signal.Signals(number).name}\n"
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = resumed(tmp_path, ledger)
        assert campaign.kinds()[-1] == "session.closed"
        assert campaign.statuses() == {"e0001": "running"}
        assert campaign.run(kind="virtual").status == "finished"
        verify(ledger, campaign.record.campaign)
    lines = (tmp_path / "journal").read_text().split()
    assert sorted(lines) == sorted(set(lines))
    assert len(lines) == 8


@pytest.mark.slow
def test_sigkill_frees_the_lock_at_once(tmp_path: Path) -> None:
    child = started(tmp_path, "wall")
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        name = ledger.campaigns()[0]
        with pytest.raises(LockedError), execution_claim(ledger, name):
            pass
        child.kill()
        child.wait()
        with execution_claim(ledger, name):
            pass
    assert child.stdout is not None
    child.stdout.close()

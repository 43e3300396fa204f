"""The operating system says which process is which, and whether it lives."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from zosimos.campaign.ledger import processes
from zosimos.campaign.ledger.processes import fate, since_boot, this_process


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_ended_and_was_not_waited_for_is_dead() -> None:
    here = this_process()
    child = subprocess.Popen([sys.executable, "-c", ""])
    started = _started(child.pid)
    dead_child = replace(here, pid=child.pid, started=started)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert fate(dead_child, here) == "dead"
    child.wait()
    assert fate(dead_child, here) == "dead"


def _started(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def test_a_number_that_was_used_again_is_another_process() -> None:
    here = this_process()
    assert fate(here, here) == "alive"
    assert fate(replace(here, started="1"), here) == "dead"


@pytest.mark.parametrize("change", [{"boot": "of another machine"}, {"namespace": "pid:[1] time:[1]"}])
def test_processes_of_other_machines_and_containers_are_not_seen(change: dict[str, str]) -> None:
    here = this_process()
    assert fate(replace(here, **change), here) == "unseen"


def test_where_nothing_tells_machines_apart_no_process_is_seen() -> None:
    nowhere = replace(this_process(), boot="")
    assert fate(nowhere, nowhere) == "unseen"


@pytest.mark.skipif(sys.platform != "linux", reason="hides what Linux has")
def test_a_process_that_proc_hides_is_taken_to_live(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = this_process()
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    assert fate(here, here) == "alive"


@pytest.mark.skipif(sys.platform != "linux", reason="pretends to be without /proc")
def test_other_systems_tell_processes_apart_by_their_date_of_creation(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psutil")
    monkeypatch.setattr(sys, "platform", "win32")
    here = this_process()
    assert here.boot
    assert fate(here, here) == "alive"
    assert fate(replace(here, started="0.0"), here) == "dead"
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert fate(replace(here, pid=child.pid), here) == "dead"


def test_the_time_since_the_boot_goes_on() -> None:
    assert since_boot() <= since_boot()

"""The fault benchmark's hold on the program: its deadlines are there, and damage done on purpose is found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))

from faulty import deadlines

BENCH = Path(__file__).resolve().parents[2] / "bench"
SHORTENED = """
from faulty.deadlines import shortened
shortened()
from zosimos.campaign.execution import journal
from zosimos.campaign.ledger import claims
from zosimos.campaign.ledger.database import engine, postgres, sqlite
print(journal.ANSWER_S, claims.LEASE_S, sqlite.WRITING is engine.WRITING, *engine.WRITING)
print(postgres.deadlines("postgresql+psycopg://lab@db/runs"))
"""
CONDUCTED = """
import json, sys
from faulty.conduct import conducted
from faulty.plan import Fault, Plan
plan = Plan(0, "sqlite", "journal", [Fault(*json.loads(sys.argv[2]))], None, 1)
print(json.dumps(conducted(plan, "", sys.argv[1], None)["found"]))
"""
KILL = ["kill", "before", 0.1, 0.1, 5]  # just before the first effect, which is over, is recorded


def python(program: str, *arguments: str) -> str:
    """What a program prints that uses the benchmark's modules in a process of its own."""
    path = os.pathsep.join([str(BENCH), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def found(way: str) -> Mapping[str, int]:
    """What the checker counts after a run with damage done that way."""
    counts = json.loads(python(CONDUCTED, way, json.dumps(KILL)).splitlines()[-1])
    return {name: len(words) for name, words in counts.items() if words}


def test_a_deadline_that_the_program_has_no_more_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "CONSTANTS", {"zosimos.campaign.ledger.claims": ("ETERNITY_S",)})
    with pytest.raises(AttributeError, match="ETERNITY_S"):
        deadlines.shortened()


@pytest.mark.slow
def test_deadlines_are_shorter_wherever_they_went_when_modules_were_loaded() -> None:
    words = python(SHORTENED)
    for expected in ("0.9", "3.0", "True", "busy_timeout=800", "lock_timeout=800ms", "'tcp_user_timeout': 800"):
        assert expected in words


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="runners are forked")
def test_a_lab_that_forgets_what_it_did_is_found() -> None:
    assert found("") == {}
    assert found("forgetful").get("doubled", 0) >= 1

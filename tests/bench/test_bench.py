"""The benchmarks run, end in one JSON line with the figures by their names, and find no damage."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.slow
SHORT = ("--wall-experiments", "2", "--disk", "0.05")
DAMAGE = ("lost", "doubled", "overlapping", "unreadable", "unexplained")


def figures(name: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, ROOT / "bench" / name, *arguments],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout.splitlines()[-1])
    assert set(line) == {"bench", "settings", "figures"}
    return dict(line["figures"])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
def test_kill9_finds_no_duplicated_and_no_lost_effect() -> None:
    found = figures("kill9.py", "--kills", "24")
    assert found["kills"] >= 24
    assert (found["duplicated"], found["lost"], found["unfinished"]) == (0, 0, 0)
    assert found["ledger_ok"] is True
    assert found["settled_share"] >= 0.95
    assert {"uncertain", "recovery_s_p95"} <= set(found)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
def test_kill9_would_notice_a_laboratory_that_answers_wrongly() -> None:
    found = figures("kill9.py", "--kills", "60", "--forgetful")
    assert found["duplicated"] > 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
def test_kill9_finds_no_damage_on_a_served_lab() -> None:
    found = figures("kill9.py", "--lab", "colour", "--kills", "4")
    assert (found["duplicated"], found["lost"], found["unfinished"], found["failed"]) == (0, 0, 0, 0)
    assert found["ledger_ok"] is True


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
def test_faults_finds_no_damage_by_kills_stops_and_pauses() -> None:
    found = figures("faults.py", "--runs", "6", "--kinds", "kill,stop,clock")
    assert found["runs"] == 6
    assert {name: found[name] for name in DAMAGE} == dict.fromkeys(DAMAGE, 0)
    assert found["resumed_share"] == 1.0
    assert found["databases"] == ["sqlite"]
    assert found["by"]["sqlite"]["runs"] == 6


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
@pytest.mark.parametrize(
    ("sabotage", "count"),
    [("idle", "lost"), ("cut", "lost"), ("mangled", "unreadable"), ("unannounced", "unexplained")],
)
def test_faults_would_notice_damage_that_is_done_on_purpose(sabotage: str, count: str) -> None:
    found = figures("faults.py", "--runs", "2", "--kinds", "stop", "--seed", "3", "--sabotage", sabotage)
    assert found[count] > 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
def test_faults_goes_on_from_the_runs_in_its_cache(tmp_path: Path) -> None:
    first = figures("faults.py", "--runs", "2", "--kinds", "clock", "--cache", str(tmp_path))
    again = figures("faults.py", "--runs", "2", "--kinds", "clock", "--cache", str(tmp_path))
    assert again == first  # times in it are measured: they are equal only if nothing was run again


def test_a_paced_colour_campaign_equals_one_in_virtual_time() -> None:
    found = figures("virtual_time.py", "--lab", "colour", "--days", "0.01", "--first", "3")
    assert found["ledgers_equal"] is True
    assert found["events_compared"] > 100


def test_colour_prints_its_figures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Its first command, and BoTorch's, are processes; the others are carried out here: each start takes seconds."""
    from zosimos.faces.cli import main

    monkeypatch.syspath_prepend(ROOT / "bench")
    spec = importlib.util.spec_from_file_location("bench_colour", ROOT / "bench" / "colour.py")
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    process, called = bench._zosimos, list[tuple[str, ...]]()

    def zosimos(folder: str, *arguments: str) -> str:
        called.append(arguments)
        if len(called) == 1 or "planner.kind=botorch" in arguments:
            return str(process(folder, *arguments))
        with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()) as out:
            assert main(list(arguments)) == 0
        return out.getvalue()

    monkeypatch.setattr(bench, "_zosimos", zosimos)
    example = str(ROOT / "examples" / "colour.yaml")
    few = ["--seeds", "1", "--experiments", "7", "--jobs", "1"]
    monkeypatch.setattr(sys, "argv", ["colour.py", "--file", example, *few])
    bench.main()
    found = json.loads(capsys.readouterr().out.splitlines()[-1])["figures"]
    for figure in ("final", "n_to_1", "n_to_0_5"):
        assert set(found[figure]) == {"composite", "plain", "botorch", "random"}
    assert found["same_start"] is True
    assert [command[0] for command in called] == ["run", "export"] * 4


def test_composites_finds_that_measured_parts_pay_and_goes_on_from_its_cache(tmp_path: Path) -> None:
    arguments = ("--seeds", "1", "--problems", "worst", "--jobs", "1", "--cache", str(tmp_path / "runs.jsonl"))
    found = figures("composites.py", *arguments)
    assert set(found) == {"experiments", "ratio", "level", "reached"}
    assert found["reached"]["worst"]["composite"] == 1
    assert found["ratio"]["worst"] <= 0.5
    assert figures("composites.py", *arguments) == found


def test_virtual_time_equals_paced_time() -> None:
    found = figures("virtual_time.py", "--days", "0.2", "--first", "6")
    assert found["ledgers_equal"] is True
    assert found["events_compared"] >= 60
    assert found["simulated_s"] == pytest.approx(0.2 * 86400, abs=1200)


def test_overhead_counts_k_plus_w_plus_2_commits() -> None:
    found = figures("overhead.py", "--experiments", "20", "--effects", "3", "--waits", "1", *SHORT)
    assert found["commits_per_experiment"] <= found["effectful_steps"] + found["waits"] + 2
    assert {"ms_per_commit", "floor_ms", "cpu_ms_per_experiment", "bluesky_ms_per_experiment"} <= set(found)


def test_no_hostile_draft_is_stored_that_does_not_fold() -> None:
    found = figures("hostile_drafts.py", "--drafts", "100")
    assert found["drafts"] >= 100
    assert [found[name] for name in ("unfolded", "unequal", "unshown", "crashed")] == [0, 0, 0, 0]
    assert found["stored"] + found["refused"] == found["drafts"]

"""The benchmark of planning tasks: one JSON line, runs that are kept, paired figures, clear refusals."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / "bench"
sys.path.append(str(BENCH))

import planner_tasks  # noqa: E402 - the path comes first
from tasks.figures import figures, markdown  # noqa: E402
from tasks.task import TASKS, Task, Trace  # noqa: E402


def trace(seed, spent, met=True):
    return Trace(seed, spent, met, 1.0, 0.5, 10)


def task(**more):
    return Task("made", "made up", ("one",), {"a": "own", "b": "own"}, "a", ("b",), lambda *_: trace(0, 1.0), **more)


@pytest.fixture
def bench(monkeypatch, capfd):
    """Run the benchmark in this process; return what it said and its exit code."""

    def call(*arguments, cache):
        monkeypatch.setattr(sys, "argv", ["planner_tasks.py", *arguments, "--cache", str(cache)])
        return CompletedProcess(arguments, planner_tasks.main(), *capfd.readouterr())

    return call


def test_ours_is_compared_seed_by_seed_with_the_best_rival():
    runs = {"a": [trace(s, 10.0 + s) for s in range(20)], "b": [trace(s, 20.0 + 2 * s) for s in range(20)]}
    found = figures(task(), {"one": runs})
    assert found["spent"]["one"] == {"a": 19.5, "b": 39.0}
    assert found["best_rival"] == "b"
    against = found["against"]["b"]
    assert against["ratio"] == pytest.approx(0.5)
    assert against["ratio_90"] == pytest.approx([0.5, 0.5])  # paired: the seeds' own luck cancels
    assert against["ratio_bound_90"] == pytest.approx(0.5)
    assert "a over b: 0.50" in markdown(task(), found)


def test_a_missing_rival_is_left_out():
    found = figures(task(), {"one": {"a": [trace(0, 5.0)]}})
    assert found["against"] == {}
    assert found["best_rival"] is None
    assert "5.0 ± 0.0 (100%)" in markdown(task(), found)


def test_a_trace_survives_its_file():
    kept = Trace(3, 12.0, False, 0.25, 1.5, 9, ("7: ValueError: no",))
    assert Trace.from_json(json.loads(json.dumps(kept.as_json()))) == kept
    numbers = Trace(3, np.float64(12.0), np.bool_(False), np.float64(0.25), 1.5, 9, ("7: ValueError: no",))
    assert Trace.from_json(json.loads(json.dumps(numbers.as_json()))) == kept


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("--tasks", "luck"), ("--tasks", "simplex", "--entrants", "luck")])
def test_an_unknown_name_is_refused_with_the_known_ones(arguments, bench, tmp_path):
    done = bench(*arguments, cache=tmp_path)
    assert done.returncode == 2
    assert "unknown name 'luck'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_pattern_that_fits_no_variant_is_refused_with_those_there_are(bench, tmp_path):
    done = bench("--tasks", "simplex", "--variants", "luck*", cache=tmp_path)
    assert done.returncode == 2
    assert "blends, ternary, peaked" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_runs_are_made_once_and_told_in_one_json_line(bench, tmp_path):
    ask = ("--tasks", "failures", "--entrants", "random", "--seeds", "2", "--jobs", "1", "--table")
    two = ("--variants", "vapdiff_crystal,mystery")
    lacking = bench(*ask, *two, "--data-dir", str(tmp_path), cache=tmp_path / "runs")
    assert lacking.returncode == 1  # the table of one variant is not there; the other was made and is kept
    assert "vapdiff_crystal.csv" in lacking.stderr
    done = bench("--tasks", "simplex", *ask[2:], cache=tmp_path / "runs")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])["figures"]["simplex"]
    assert set(figures["spent"]) == {"blends", "ternary", "peaked"}
    assert done.stderr.count("seed") == 6
    some = bench("--tasks", "simplex", *ask[2:], "--variants", "p*,blends", cache=tmp_path / "runs")
    assert set(json.loads(some.stdout.splitlines()[-1])["figures"]["simplex"]["spent"]) == {"blends", "peaked"}
    again = bench("--tasks", "simplex", *ask[2:], cache=tmp_path / "runs")
    assert "seed" not in again.stderr
    assert json.loads(again.stdout.splitlines()[-1])["figures"] == json.loads(done.stdout.splitlines()[-1])["figures"]


def test_every_task_named_has_a_module():
    assert all((BENCH / "tasks" / f"{name}.py").exists() for name in TASKS)

"""The benchmark of limits and transforms: problems keep to their limits, and figures are what they are called."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
if str(BENCH) not in sys.path:
    sys.path.append(str(BENCH))

spec = importlib.util.spec_from_file_location("bench_outcomes", BENCH / "outcomes.py")
assert spec is not None
assert spec.loader is not None
bench = importlib.util.module_from_spec(spec)
sys.modules["bench_outcomes"] = bench  # its dataclasses look their module up
spec.loader.exec_module(bench)


@pytest.mark.parametrize("name", list(bench.PROBLEMS))
def test_a_problem_keeps_to_its_limits_and_no_random_row_beats_its_best(name: str) -> None:
    problem, scale = bench.PROBLEMS[name], bench.scale_of(name)
    found = problem.outcome(problem.rows(20_000, np.random.default_rng(7)))
    low, high = problem.limits
    assert low is None or found.min() >= low
    assert high is None or found.max() <= high
    beaten = found > scale.best + 1e-9 if problem.goal == "max" else found < scale.best - 1e-9
    assert not beaten.any()
    good = found >= scale.level if problem.goal == "max" else found <= scale.level
    assert 0.5 / bench.ONE_IN < good.mean() < 2.0 / bench.ONE_IN


def test_ratios_are_over_the_plain_way_paired_over_seeds() -> None:
    scale = bench.scale_of("plateau")
    off, half = (scale.best - share * (scale.best - scale.middle) for share in (0.2, 0.1))
    known = {("plateau", way, seed): [off] for way in bench.WAYS for seed in range(4)}
    known |= {("plateau", "range", seed): [off, half] for seed in range(4)}
    known |= {("plateau", "both", seed): [scale.best, off] for seed in range(4)}
    found = bench.summary(known, ["plateau"], range(4))
    assert found["regret_ratio"]["plateau"]["range"] == pytest.approx([0.5] * 3, abs=2e-3)
    assert found["regret_ratio"]["plateau"]["both"] == pytest.approx([bench.LEAST / 0.2] * 3, abs=1e-3)
    assert found["regret_ratio"]["all"]["warped"] == [1.0, 1.0, 1.0]
    assert found["n"]["plateau"] == {"off": 2.0, "range": 3.0, "warped": 2.0, "both": 1.0}
    assert found["n_ratio"]["plateau"]["both"] == [0.5, 0.5, 0.5]


@pytest.mark.slow
def test_figures_by_problem_and_way_and_a_second_run_that_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "BUDGET", 7)
    few = ["--seeds", "1", "--problems", "plateau,impurity", "--cache", str(tmp_path / "runs.jsonl")]
    monkeypatch.setattr(sys, "argv", ["outcomes.py", *few])
    done = []
    for _ in range(2):
        bench.main()
        done.append(capfd.readouterr())
    first, again = (json.loads(run.out.splitlines()[-1])["figures"] for run in done)
    assert first == again
    assert done[0].err.count("regret") == 2 * len(bench.WAYS)
    assert done[1].err == ""
    assert set(first["n_ratio"]) == {"plateau", "impurity", "all"}
    assert len((tmp_path / "runs.jsonl").read_text().splitlines()) == 2 * len(bench.WAYS)

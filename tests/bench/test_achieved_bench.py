"""The benchmark of a bench that misses its set-points: its functions, its figures, and that it goes on where it was."""

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

spec = importlib.util.spec_from_file_location("bench_achieved", BENCH / "achieved.py")
assert spec is not None
assert spec.loader is not None
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)


def test_functions_have_their_published_optima() -> None:
    best = bench.branin(np.array([[(np.pi + 5) / 15, 2.275 / 15], [(9.42478 + 5) / 15, 2.475 / 15]]))
    assert best == pytest.approx([-0.397887, -0.397887], abs=1e-5)
    assert bench.hartmann(np.array([[0.114614, 0.555649, 0.852547]])) == pytest.approx([3.86278], abs=1e-5)


def test_a_ratio_is_that_of_asked_over_achieved_with_an_interval_around_it() -> None:
    runs = {"achieved": {seed: [10, 20] for seed in range(5)}, "asked": {seed: [20 + seed, 40] for seed in range(5)}}
    middle, low, high = bench.ratio(runs)
    assert low < middle < high
    assert middle == pytest.approx(31 / 15, abs=0.01)


@pytest.mark.slow
def test_figures_by_error_and_way_and_a_second_run_that_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    few = ["--seeds", "1", "--functions", "branin", "--errors", "0,10", "--one-in", "10"]
    monkeypatch.setattr(sys, "argv", ["achieved.py", *few, "--cache", str(tmp_path / "runs")])
    done = []
    for _ in range(2):
        bench.main()
        done.append(capfd.readouterr())
    first, again = (json.loads(run.out.splitlines()[-1])["figures"] for run in done)
    assert first == again
    assert done[0].err.count("seed") == 3
    assert done[1].err == ""
    assert set(first["n"]) == {"0", "10"}
    assert first["n"]["0"]["achieved"] == first["n"]["0"]["asked"]
    assert len(list((tmp_path / "runs").glob("*.json"))) == 3

"""The benchmark of rival mechanisms: its problems, its referee and its figures."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
if str(BENCH) not in sys.path:
    sys.path.append(str(BENCH))

spec = importlib.util.spec_from_file_location("bench_hypotheses", BENCH / "hypotheses.py")
assert spec is not None
assert spec.loader is not None
bench = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = bench  # its dataclasses look for their module
spec.loader.exec_module(bench)


@pytest.mark.parametrize("name", list(bench.PROBLEMS))
def test_the_planted_constants_lie_inside_the_bounds_and_rates_stand_out_of_the_noise(name):
    problem = bench.PROBLEMS[name]
    for constant, value in problem.constants.items():
        low, high = problem.rivals.constants[constant]
        assert low < value < high
    assert max(problem.rate(row) for row in problem.space.listed) > 10 * problem.rivals.noise


def test_figures_are_means_over_seeds_and_ratios_of_them():
    found = {("p", "discriminate", 0): 2, ("p", "discriminate", 1): 8, ("p", "random", 0): 20, ("p", "random", 1): 101}
    told = bench.figures(found)["p"]
    assert (told["discriminate"]["mean"], told["discriminate"]["geometric"]) == (5, 4)
    assert told["random"]["ratio"] == pytest.approx(5 / 60.5, abs=1e-3)
    assert told["random"]["found"] == 0.5


@pytest.mark.slow
def test_the_right_law_is_found_sooner_by_what_tells_them_apart_and_finished_runs_are_kept(
    monkeypatch, capfd, tmp_path
):
    kept = ["--cache", str(tmp_path / "runs.jsonl")]
    chosen = ["--seeds", "2", "--ways", "discriminate,random", "--problems", "inhibition"]
    monkeypatch.setattr(sys, "argv", ["hypotheses.py", *chosen, *kept])
    bench.main()
    first = json.loads(capfd.readouterr().out.splitlines()[-1])["figures"]
    assert first["inhibition"]["random"]["ratio"] < 0.7
    bench.main()
    again = capfd.readouterr()
    assert json.loads(again.out.splitlines()[-1])["figures"] == first
    assert "seed" not in again.err

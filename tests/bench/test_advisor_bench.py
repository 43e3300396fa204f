"""The benchmark of advisors: one campaign of each kind through the loop, figures, and runs that are kept."""

import importlib.util
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
if str(BENCH) not in sys.path:
    sys.path.append(str(BENCH))

from advising.judged import judged  # noqa: E402 - the path comes first
from advising.play import Kept, Run, play  # noqa: E402
from advising.problems import PROBLEMS  # noqa: E402

from zosimos.planners.learning import Learning  # noqa: E402 - as above

spec = importlib.util.spec_from_file_location("bench_advisor", BENCH / "advisor.py")
assert spec is not None
assert spec.loader is not None
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)


def run(problem, way, seed, spent):
    return Run(problem, way, seed, spent, 1)


def test_figures_compare_experiments_seed_by_seed():
    runs = {
        "a": {
            "plain": [run("a", "plain", s, 10) for s in range(3)],
            "good": [run("a", "good", s, 5) for s in range(3)],
        },
        "b": {
            "plain": [run("b", "plain", s, 10) for s in range(3)],
            "good": [run("b", "good", s, 20) for s in range(3)],
        },
    }
    found = bench.spent(runs)
    assert found["n_to_target"] == {"a": {"plain": 10.0, "good": 5.0}, "b": {"plain": 10.0, "good": 20.0}}
    assert found["good_over_plain"] == 1.0
    assert found["good_over_plain_by_problem"] == {"a": 0.5, "b": 2.0}


def test_a_permuted_advisor_is_detected_where_it_fails_and_the_learner_passes():
    said = {True: Learning("m", 9, 0.01, 0.5), False: Learning("m", 9, 0.5, 0.01)}
    runs = {"learner": [True, True, False], "permuted": [False, True, False]}
    found = bench.detected({"a": {way: [said[one] for one in row] for way, row in runs.items()}})
    assert found["permuted_detected"] == pytest.approx(0.3333, abs=1e-4)
    assert found["learner_agrees"] == pytest.approx(0.6667, abs=1e-4)


@pytest.mark.slow
def test_a_campaign_is_advised_in_its_loop_and_kept(tmp_path):
    kept = Kept(tmp_path, tmp_path)
    problem = PROBLEMS["dilution"]
    (first,) = kept.runs(problem, "good", [0])
    assert first.advised >= 1
    assert not first.problems
    assert kept.runs(problem, "good", [0]) == [first]
    learner = play(problem, "learner", 0, tmp_path)
    assert len(learner.results) == problem.budget
    assert all(item["kind"] == "point" for given in learner.advice for item in given["items"])
    assert judged(problem, learner, tmp_path).predictions > 9

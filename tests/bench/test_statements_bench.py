"""The benchmark of statements: what it holds true of an outcome, and its figures."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
if str(BENCH) not in sys.path:
    sys.path.append(str(BENCH))

spec = importlib.util.spec_from_file_location("bench_statements", BENCH / "statements.py")
assert spec is not None
assert spec.loader is not None
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)


def test_what_is_true_of_an_outcome_is_told_by_its_grid():
    told = bench.statements(lambda rows: -rows[:, 0] + rows[:, 1] - 3.0 * rows[:, 0] * rows[:, 2])
    assert [text for text, true in told.items() if true] == [
        "y falls with a",
        "the best y lies where a > 0.5",
        "y falls with c",
        "the best y lies where c > 0.5",
        "a and c interact on y",
    ]
    assert len(told) == 9
    rows = np.random.default_rng(0).random((5, 3))
    first, second = (bench.outcome_of(np.random.default_rng(3))(rows) for _ in range(2))
    assert (first == second).all()


def test_figures_count_what_was_decided_and_right():
    lines = [
        {"form": "trend", "way": "planner", "results": 10, "chance": chance, "true": true}
        for chance, true in [(0.99, True), (0.99, False), (0.01, False), (0.6, True), (None, False)]
    ]
    (one,) = bench.figures(lines).values()
    assert (one["statements"], one["decided"], one["right"]) == (5, 3, 2)
    assert one["brier"] == pytest.approx((2 * 0.01**2 + 0.99**2 + 0.16 + 0.25) / 5, abs=1e-4)


@pytest.mark.slow
def test_a_campaign_is_judged_after_each_number_of_results(monkeypatch):
    monkeypatch.setattr(bench, "RESULTS", (3, 6))
    lines = bench.judged("spread", 0)
    assert [line["results"] for line in lines] == [3] * 9 + [6] * 9
    assert all(line["chance"] is None for line in lines[:9])
    assert any(line["chance"] is not None for line in lines[9:])
    assert bench.judged("spread", 0) == lines

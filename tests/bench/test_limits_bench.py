"""The benchmark of learning from limits: its levels, and that its ways differ only in what they make of limits."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
if str(BENCH) not in sys.path:
    sys.path.append(str(BENCH))

spec = importlib.util.spec_from_file_location("bench_limits", BENCH / "limits.py")
assert spec is not None
assert spec.loader is not None
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)


def test_the_levels_are_those_of_random_points() -> None:
    middle, high, best = bench.levels("branin")
    assert middle < high < best
    assert best == pytest.approx(-0.397887, abs=0.01)


@pytest.mark.slow
def test_learning_from_limits_finds_more_than_leaving_them_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "BUDGET", 16)
    learned, left_out = (bench.regret("branin", "below", way, 0) for way in ("learned", "left out"))
    assert 0 <= learned < left_out

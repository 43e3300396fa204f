"""The benchmark of tables without a signal: its tables, its ways and its figures."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
if str(BENCH) not in sys.path:
    sys.path.append(str(BENCH))

spec = importlib.util.spec_from_file_location("bench_no_signal", BENCH / "no_signal.py")
assert spec is not None
assert spec.loader is not None
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)


def test_tables_are_clipped_or_binary_and_the_same_each_time():
    first, second = (bench.tables(np.random.default_rng(bench.SEED)) for _ in range(2))
    assert len(first) == 5
    for name, (_, rows, outcomes) in first.items():
        assert second[name][2] == outcomes
        assert len(rows) == len(outcomes)
        assert 0.03 < np.mean(np.array(outcomes) > 0) < 0.3
        assert min(outcomes) == 0.0


@pytest.mark.slow
def test_the_last_line_has_hits_by_table_and_way(monkeypatch, capfd):
    monkeypatch.setattr(sys, "argv", ["no_signal.py", "--seeds", "1", "--ways", "random,sobol"])
    bench.main()
    figures = json.loads(capfd.readouterr().out.splitlines()[-1])["figures"]
    assert set(figures["hits"]) == {"block", "clipped", "ligands", "five", "ring"}
    assert all(set(ways) == {"random", "sobol"} for ways in figures["hits"].values())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["block", "ligands"])
def test_the_planner_finds_more_than_maximin(name):
    parameters, rows, outcomes = bench.tables(np.random.default_rng(bench.SEED))[name]
    known = {bench.row_key(row): value for row, value in zip(rows, outcomes, strict=True)}
    found = [sum(bench.hits(parameters, rows, known, kind, s) for s in range(3)) for kind in ("bayesian", "maximin")]
    assert found[0] > found[1]

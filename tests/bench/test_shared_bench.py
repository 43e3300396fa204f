"""The benchmark of shared uncertainties: ways differ in what is stated and in nothing else, and ratios are paired."""

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

spec = importlib.util.spec_from_file_location("bench_shared", BENCH / "shared.py")
assert spec is not None
assert spec.loader is not None
bench = importlib.util.module_from_spec(spec)
sys.modules["bench_shared"] = bench  # its dataclasses look their module up
spec.loader.exec_module(bench)


@pytest.mark.parametrize("name", list(bench.PROBLEMS))
def test_ways_report_the_same_values_and_state_the_same_in_all(name: str) -> None:
    world = bench.World.of(name, 3)
    row = np.full(world.problem.width, 0.4)
    scatter, learned, said, none = (world.result(row, 5, way) for way in bench.WAYS)
    assert {way: scatter[way].value for way in scatter} == {way: none[way].value for way in none}
    assert scatter == learned
    for quantity, found in said.items():
        assert found.total == pytest.approx(scatter[quantity].uncertainty)
        assert found.uncertainty <= scatter[quantity].uncertainty
        assert (none[quantity].uncertainty, none[quantity].u_shared) == (None, None)


def test_all_results_of_a_seed_are_off_by_the_same() -> None:
    world = bench.World.of("branin", 0)
    rows = np.random.default_rng(0).random((4, 2))
    off = [world.seen(row) - world.problem.measured(row[None])[0] for row in rows]
    assert np.allclose(off, off[0])
    assert not np.allclose(off[0], bench.World.of("branin", 1).shared)


def test_no_random_row_beats_the_best_of_a_seed() -> None:
    world, scale = bench.World.of("yield", 2), bench.scale_of("yield", 2)
    found = [world.seen(row)[0] for row in np.random.default_rng(1).random((2000, 3))]
    assert max(found) <= scale.best + 1e-9
    assert scale.middle < scale.level < scale.best


def test_ratios_are_over_taking_all_as_scatter_paired_over_seeds() -> None:
    scales = [bench.scale_of("yield", seed) for seed in range(3)]

    def at(seed: int, share: float) -> float:
        return float(scales[seed].best - share * (scales[seed].best - scales[seed].middle))

    known = {("yield", way, seed): [at(seed, 0.2)] for way in bench.WAYS for seed in range(3)}
    known |= {("yield", "said", seed): [at(seed, 0.2), at(seed, 0.05)] for seed in range(3)}
    found = bench.summary(known, ["yield"], range(3))
    assert found["regret_ratio"]["yield"]["said"] == pytest.approx([0.25] * 3, abs=2e-3)
    assert found["regret_ratio"]["all"]["learned"] == [1.0, 1.0, 1.0]
    assert found["n"]["yield"] == {"scatter": 2.0, "learned": 2.0, "said": 3.0, "none": 2.0}


@pytest.mark.slow
def test_a_second_run_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "BUDGET", 6)
    few = ["--seeds", "1", "--problems", "branin", "--cache", str(tmp_path / "runs.jsonl")]
    monkeypatch.setattr(sys, "argv", ["shared.py", *few])
    done = []
    for _ in range(2):
        bench.main()
        done.append(capfd.readouterr())
    first, again = (json.loads(run.out.splitlines()[-1])["figures"] for run in done)
    assert first == again
    assert done[0].err.count("regret") == len(bench.WAYS)
    assert done[1].err == ""

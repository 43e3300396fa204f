"""The worlds of the tasks: what is measured, what counts as found, and that chance plays by the same rules."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
if str(BENCH) not in sys.path:
    sys.path.append(str(BENCH))

from planning.suites import Source  # noqa: E402 - the path comes first
from tasks import failures, multi_objective, noise, simplex, tiers  # noqa: E402
from tasks.chance import Chance  # noqa: E402
from tasks.play import play, random_rows  # noqa: E402

from zosimos.core.errors import PlanningError  # noqa: E402
from zosimos.core.space import row_key  # noqa: E402


def test_the_area_is_what_boxes_cover():
    assert multi_objective.area([], (0.0, 0.0)) == 0.0
    assert multi_objective.area([(2.0, 1.0), (1.0, 2.0), (0.5, 0.5), (-1.0, 9.0)], (0.0, 0.0)) == 3.0
    rng = np.random.default_rng(0)
    points = rng.random((12, 2))
    sample = rng.random((40_000, 2))
    covered = (points[None] >= sample[:, None]).all(axis=2).any(axis=1).mean()
    assert multi_objective.area([tuple(p) for p in points], (0.0, 0.0)) == pytest.approx(covered, abs=0.01)


def test_branin_currin_is_the_one_that_others_use():
    import torch
    from botorch.test_functions.multi_objective import BraninCurrin

    points = np.random.default_rng(1).random((20, 2))
    theirs = BraninCurrin()(torch.from_numpy(points)).numpy()
    ours = [multi_objective.branin_currin(a, b) for a, b in points]
    assert np.allclose(ours, theirs, rtol=1e-6)


def test_two_columns_of_a_table_are_a_world_whose_rows_reach_all_of_it(tmp_path, monkeypatch):
    table = "x,good,bad\n" + "".join(f"{x},{math.sqrt(x)},{x}\n" for x in range(20))
    (tmp_path / "trade.csv").write_text(table)
    sources = (Source("trade.csv", "good", "max", ("bad",)), Source("trade.csv", "bad", "min", ("good",)))
    monkeypatch.setattr(multi_objective, "_TABLES", {"trade": sources})
    trace = multi_objective.run(tmp_path, "trade", "random", 0)
    assert trace.met
    assert 4 <= trace.spent <= 20
    assert 0.95 <= trace.quality <= 1.0


def test_by_tiers_the_best_rows_are_those_of_the_second_column_where_the_first_is_good_enough(tmp_path, monkeypatch):
    rows = "".join(f"{x},{x},{abs(x - 195)}\n" for x in range(200))
    (tmp_path / "order.csv").write_text(f"x,first,second\n{rows}")
    sources = (Source("order.csv", "first", "max", ("second",)), Source("order.csv", "second", "min", ("first",)))
    monkeypatch.setattr(tiers, "_TABLES", {"order": sources})
    world = tiers._measured(tmp_path, "order")
    best = [x for x in range(200) if world.quality([{"x": x}]) >= world.aim]
    assert best == [195]
    assert world.quality([{"x": 180}]) > world.quality([{"x": 179}])
    trace = tiers.run(tmp_path, "order", "tiers", 0)
    assert trace.met
    assert trace.spent < 30


@pytest.mark.parametrize("name", ["mystery", "gardner"])
def test_hidden_problems_fail_in_part_and_are_rarely_met_by_chance(name):
    world = failures.hidden(name)
    rows = random_rows(world.space, 4000, 5)
    found = [world.measure(row, np.random.default_rng(0)) for row in rows]
    failed = [values is None for values in found]
    assert 0.1 < np.mean(failed) < 0.9
    met = [world.quality([row]) >= world.aim for row in rows]
    assert 0 < sum(met) < 16  # one in a thousand
    assert not any(hit and no for hit, no in zip(met, failed, strict=True))


def test_the_mystery_has_its_published_best():
    world = failures.hidden("mystery")
    assert world.quality([{"x": 2.7450, "y": 2.3523}]) == pytest.approx(1.1743, abs=1e-3)
    assert world.aim < 1.1743


@pytest.mark.slow
@pytest.mark.parametrize("name", simplex.TASK.variants)
def test_mixtures_are_rarely_good_by_chance(name):
    world = simplex.mixture(name)
    rows = random_rows(world.space, 4000, 5)
    assert all(world.space.problems(row) == [] for row in rows[:200])
    assert max(sum(x > 0 for x in row.values()) for row in rows) == 3
    assert 0 < sum(world.quality([row]) >= world.aim for row in rows) < 16


def test_each_measurement_is_one_of_the_rows_replicates_and_the_truth_is_their_mean(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    lines = [f"{x},{kind},{x + (kind == 'b') + e}" for x in range(8) for kind in "ab" for e in rng.normal(0, 1, 3)]
    (tmp_path / "noisy.csv").write_text("x,kind,y\n" + "\n".join(lines) + "\n")
    monkeypatch.setattr(noise, "_SETS", {"noisy": Source("noisy.csv", "y", "max")})
    replicates = noise._replicates(tmp_path, "noisy")
    pool = noise._pool(tmp_path, "noisy")
    world = noise._noisy(pool, replicates)
    row = pool.space.candidates[5]
    own = replicates[row_key(row)]
    drawn = {world.measure(row, np.random.default_rng(seed))["y"] for seed in range(60)}
    assert drawn == set(own)
    assert world.quality([row]) == pytest.approx(np.mean(own))
    assert noise.run(tmp_path, "noisy", "random", 3) == noise.run(tmp_path, "noisy", "random", 3)


@pytest.mark.slow
def test_chance_goes_on_where_the_start_ended_and_stops_when_nothing_is_left():
    world = simplex.mixture("blends")
    rows = random_rows(world.space, 10, 2)
    chance = Chance(world.space, 4, 10, 2)
    assert [candidate.values for candidate in chance.ask(6)] == rows[4:]
    with pytest.raises(PlanningError):
        chance.ask()


@pytest.mark.slow
def test_runs_of_one_seed_start_alike_whoever_plans():
    world = simplex.mixture("peaked")
    traces = [play(world, Chance(world.space, 4, 50, 1), random_rows(world.space, 4, 1), seed=1) for _ in range(2)]
    assert traces[0].quality == traces[1].quality

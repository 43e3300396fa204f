"""Recalibration widens what was too sure, leaves alone what was honest, survives nonsense, and can be replayed."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.surrogates.calibration.coverage import calibration
from zosimos.surrogates.calibration.recalibrate import FADE, METHODS, SLOWLY, Recalibrator, one_step_ahead

LEVELS = (0.5, 0.8, 0.95)


def fed(recalibrator, residuals):
    for z in residuals:
        recalibrator = recalibrator.update(float(z))
    return recalibrator


def streams(draw, n=40, count=40):
    return [draw(np.random.default_rng(seed), n) for seed in range(count)]


def covered(residuals, recalibrator, after=0):
    """Return the share of residuals that one-step-ahead intervals of each level held, over all streams."""
    hits = []
    for z in residuals:
        bounds, _ = one_step_ahead(np.zeros(len(z)), np.ones(len(z)), z, recalibrator, LEVELS)
        hits.append([((z >= bounds[level][0]) & (z <= bounds[level][1]))[after:] for level in LEVELS])
    return np.mean(hits, axis=(0, 2))


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, n: rng.normal(size=n),
        lambda rng, n: 2 * rng.normal(size=n),
        lambda rng, n: 1.3 * rng.standard_t(4, size=n),
        lambda rng, n: np.linspace(3, 1, n) * rng.normal(size=n),
    ],
    ids=["honest", "twice too sure", "heavy tails", "settling"],
)
def test_intervals_hold_what_they_say(method, draw):
    found = covered(streams(draw), Recalibrator(method), after=10)
    assert np.abs(found - LEVELS).max() < 0.08  # of a model twice too sure the prior still holds a fifth


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "off"),
    [
        (lambda rng, n: rng.uniform(-1.2, 1.2, n), 0.03),
        (lambda rng, n: np.geomspace(5, 0.2, n) * rng.normal(size=n), 0.15),
        (lambda rng, n: np.geomspace(0.3, 5, n) * rng.normal(size=n), 0.15),
    ],
    ids=["no tails", "settling fast", "getting wilder fast"],
)
def test_intervals_that_held_too_much_or_too_little_are_read_at_another_level(draw, off):
    found = covered(streams(draw, n=60), Recalibrator(), after=15)
    assert np.abs(found - LEVELS).max() < off  # by the quantiles alone 0.05, 0.22 and 0.20


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_a_model_that_knew_two_rows_is_given_the_doubt_it_deserves(method):
    def draw(rng, n):
        return np.array([rng.standard_t(2 + k) for k in range(n)])

    found = covered(streams(draw, n=8, count=150), Recalibrator(method, rows=2))
    assert found[2] > 0.93
    assert (found < np.array(LEVELS) + 0.08).all()
    assert covered(streams(draw, n=8, count=150), Recalibrator(method))[2] < found[2]


def test_nothing_known_changes_no_standard_deviation():
    assert Recalibrator().scale == 1
    assert Recalibrator().shift == 0
    assert Recalibrator(rows=2).scale > Recalibrator(rows=10).scale > 1


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0, 5.0])
def test_the_scale_comes_near_the_truth_and_one_residual_goes_no_more_than_half_the_way(factor):
    z = factor * np.random.default_rng(3).normal(size=60)
    assert fed(Recalibrator(), z).scale == pytest.approx(factor, rel=0.3)
    assert abs(np.log(fed(Recalibrator(), [factor]).scale)) < max(0.05, 0.6 * abs(np.log(factor)))
    assert abs(np.log(fed(Recalibrator(fade=SLOWLY), [factor]).scale)) < 0.55


def test_what_changed_is_forgotten_sooner_than_by_campaigns_of_before():
    z = [*np.random.default_rng(4).normal(size=40) * 4.0, *np.random.default_rng(5).normal(size=20)]
    now, before = (fed(Recalibrator(fade=fade), z).scale for fade in (FADE, SLOWLY))
    assert 0.8 < now < before
    assert Recalibrator.from_json({**Recalibrator().as_json(), "fade": SLOWLY}).fade == SLOWLY


@pytest.mark.parametrize("method", METHODS)
def test_a_gross_outlier_does_not_set_the_width(method):
    z = np.random.default_rng(4).normal(size=30)
    clean = fed(Recalibrator(method), z)
    dirty = fed(Recalibrator(method), np.insert(z, 28, 1e6))
    for level in LEVELS:
        assert dirty.multipliers(level)[1] < 2 * clean.multipliers(level)[1]
    assert dirty.scale < 1.5 * clean.scale
    assert fed(Recalibrator(method, rows=2), [1e6]).scale < 10


def test_a_model_that_is_always_twenty_times_too_sure_is_not_taken_for_an_outlier():
    z = 20 * np.random.default_rng(5).normal(size=40)
    assert fed(Recalibrator(), z).scale == pytest.approx(20, rel=0.4)


def test_a_bias_is_learned_but_slowly():
    biased = 1 + 0.3 * np.random.default_rng(6).normal(size=80)
    assert fed(Recalibrator(), biased[:2]).shift < 0.2
    assert 0.3 < fed(Recalibrator(), biased).shift < 0.9
    low, high = fed(Recalibrator(), biased).multipliers(0.8)
    assert high > -low


def test_leave_one_out_residuals_speak_at_once_but_softly():
    wide = Recalibrator().with_left_out([4.0, -5.0, 3.0, -4.0, 5.0, -3.0] * 3)
    assert 1.2 < wide.scale < 3
    assert wide.with_left_out([]).scale == 1
    measured = fed(Recalibrator(), [4.0, -5.0, 3.0, -4.0, 5.0, -3.0] * 3)
    assert measured.scale > wide.scale


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@settings(deadline=None, max_examples=40)
@given(
    z=st.lists(st.floats(-1e6, 1e6), max_size=30),
    rows=st.none() | st.integers(1, 50),
    levels=st.lists(st.floats(0.01, 0.999), min_size=2, max_size=2),
)
def test_intervals_are_finite_nested_and_replayable(method, z, rows, levels):
    found = fed(Recalibrator(method, rows), z)
    narrow, wide = (found.multipliers(level) for level in sorted(levels))
    assert np.isfinite([*narrow, *wide]).all()
    assert wide[0] <= narrow[0] + 1e-9
    assert narrow[1] <= wide[1] + 1e-9
    assert found.scale > 0
    again = Recalibrator.from_json(json.loads(json.dumps(found.as_json())))
    assert again == found
    assert again.multipliers(0.8) == fed(Recalibrator(method, rows), z).multipliers(0.8)


def test_levels_beyond_all_residuals_go_on_with_the_tail():
    found = fed(Recalibrator(), np.random.default_rng(7).normal(size=20))
    ends = [found.multipliers(level)[1] for level in (0.95, 0.99, 0.999, 0.9999)]
    assert ends == sorted(set(ends))


def test_intervals_are_in_the_units_of_the_outcome():
    low, high = Recalibrator().interval([10.0, 20.0], [1.0, 2.0], 0.8)
    assert high - low == pytest.approx([high[0] - low[0], 2 * (high[0] - low[0])])
    assert (low + high) / 2 == pytest.approx([10, 20])


def test_old_residuals_fade():
    found = fed(Recalibrator(), [*np.tile([5.0, -5.0], 100), *np.tile([0.7, -0.7], 50)])
    assert found.scale < 1.3
    assert len(found.scores) == 200


def test_rows_count_themselves_or_are_told():
    assert fed(Recalibrator(rows=2), [0.1, 0.2]).rows == 4
    assert Recalibrator(rows=2).update(0.1, rows=8).rows == 8
    assert fed(Recalibrator(), [0.1]).rows is None


@pytest.mark.slow
def test_a_stream_that_was_too_sure_is_honest_after_recalibration():
    rng = np.random.default_rng(8)
    mean, sd = rng.normal(size=200), rng.uniform(1, 3, 200)
    value = mean + 1.8 * sd * rng.normal(size=200)
    bounds, last = one_step_ahead(mean, sd, value, Recalibrator())
    assert not calibration(mean, sd, value).honest
    assert calibration(mean, sd, value, bounds=bounds).honest
    assert len(last.scores) == 200


def test_only_the_past_counts():
    z = np.random.default_rng(9).normal(size=30)
    ones = np.ones(30)
    changed = z.copy()
    changed[20:] *= 50
    before, _ = one_step_ahead(0 * ones, ones, z, Recalibrator())
    after, _ = one_step_ahead(0 * ones, ones, changed, Recalibrator())
    assert (before[0.8][1][:21] == after[0.8][1][:21]).all()
    assert after[0.8][1][29] > 2 * before[0.8][1][29]


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="method"):
        Recalibrator("guess")
    with pytest.raises(ValueError, match="rows"):
        Recalibrator(rows=0)
    with pytest.raises(ValueError, match="finite"):
        Recalibrator().update(float("nan"))
    with pytest.raises(ValueError, match="finite"):
        Recalibrator().with_left_out([1.0, float("inf")])
    with pytest.raises(ValueError, match="level"):
        Recalibrator().interval(0.0, 1.0, 1.0)


def test_importing_the_room_loads_neither_torch_nor_scipy():
    names = ("coverage", "applicability", "ood", "drift", "response", "splits")
    imports = "; ".join(f"import zosimos.surrogates.calibration.{name}" for name in names)
    check = "import sys; print([m for m in ('torch', 'scipy', 'sklearn', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", f"{imports}; {check}"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("rows", [None, 2, 30])
def test_the_density_of_residuals_integrates_to_one_and_spreads_with_experience(rows):
    known = Recalibrator(rows=rows)
    for z in (2.0, -3.0, 2.5, -2.0, 3.0):
        known = known.update(z)
    grid = np.sinh(np.linspace(-14, 14, 8001))  # heavy tails
    density = np.exp([known.log_density(float(z)) for z in grid])
    assert np.trapezoid(density, grid) == pytest.approx(1.0, abs=0.02)
    fresh = Recalibrator(rows=None if rows is None else rows + 5)
    assert known.log_density(6.0) > fresh.log_density(6.0)


@given(st.lists(st.tuples(st.floats(-50, 50), st.integers(0, 3)), max_size=30))
def test_a_whole_history_teaches_the_same_as_its_residuals_one_by_one(history):
    known, rows, residuals = Recalibrator(rows=1), 1, []
    for z, more in history:
        residuals.append((z, rows))
        rows += more
        known = known.update(z, rows)
    assert Recalibrator.after(residuals, rows) == known

"""Coverage reports say what was held, how surely that is known, how wide it was, and who was too sure."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.surrogates.calibration.coverage import calibration, pit, wilson


def stream(factor=1.0, n=400, seed=1):
    """Predictions whose values scatter ``factor`` times as widely as was said."""
    rng = np.random.default_rng(seed)
    mean, sd = rng.normal(size=n), rng.uniform(0.5, 2, n)
    return mean, sd, mean + factor * sd * rng.normal(size=n)


def test_an_honest_stream_is_called_honest():
    found = calibration(*stream())
    assert found.honest
    assert [item.verdict for item in found.coverage] == ["fits"] * 3
    for item in found.coverage:
        assert item.low < item.share < item.high
        assert abs(item.share - item.level) < 0.06
    assert found.z_mean == pytest.approx(0, abs=0.15)
    assert found.z_sd == pytest.approx(1, abs=0.1)
    assert found.z_spread == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(("factor", "verdict"), [(2.0, "too narrow"), (0.5, "too wide")])
def test_intervals_of_the_wrong_width_are_named(factor, verdict):
    found = calibration(*stream(factor))
    assert not found.honest
    assert {item.verdict for item in found.coverage} == {verdict}
    assert found.z_sd == pytest.approx(factor, rel=0.1)


def test_a_bias_shows_in_the_mean_the_median_and_the_transforms():
    mean, sd, value = stream()
    found = calibration(mean - sd, sd, value)
    assert found.z_mean == pytest.approx(1, abs=0.15)
    assert found.z_median == pytest.approx(1, abs=0.15)
    assert found.pit[-1] > 3 * found.pit[0] > 0
    assert sum(found.pit) == found.n == 400


def test_one_wild_value_moves_the_root_mean_square_but_not_the_median_size():
    mean, sd, value = stream()
    before = calibration(mean, sd, value)
    value[7] += 1e6
    after = calibration(mean, sd, value)
    assert after.z_sd > 1e3
    assert after.z_spread == pytest.approx(before.z_spread, rel=0.02)


def test_widths_are_relative_to_the_spread_of_the_outcomes():
    mean, sd, value = stream()
    found = calibration(mean, sd, value, spread=2.0).coverage[1]
    assert found.width == pytest.approx(2 * 1.2816 * sd.mean() / 2.0, rel=1e-3)
    assert calibration([1.0], [1.0], [1.0]).coverage[0].width is None


def test_errors_that_grow_with_the_standard_deviation_are_correlated_with_it():
    assert calibration(*stream()).error_correlation > 0.15
    mean, _, value = stream()
    assert calibration(mean, np.ones(400), value).error_correlation is None


def test_given_bounds_replace_the_normal_ones():
    mean, sd, value = stream(2.0)
    found = calibration(mean, sd, value, bounds={0.8: (mean - 2.5631 * sd, mean + 2.5631 * sd)})
    assert [(item.level, item.verdict) for item in found.coverage] == [(0.8, "fits")]


def test_a_report_is_json():
    data = json.loads(json.dumps(calibration(*stream()).as_json()))
    assert data["honest"] is True
    assert data["coverage"][1]["level"] == 0.8
    assert data["coverage"][1]["share"] == data["coverage"][1]["hits"] / 400
    assert len(data["pit"]) == 10


@pytest.mark.parametrize(
    ("mean", "sd", "value"),
    [([], [], []), ([1.0], [0.0], [1.0]), ([1.0], [1.0, 2.0], [1.0]), ([float("nan")], [1.0], [1.0]), (1.0, 1.0, 1.0)],
)
def test_what_is_no_stream_is_refused(mean, sd, value):
    with pytest.raises(ValueError, match=r"must be|needed"):
        calibration(mean, sd, value)


def test_transforms_of_an_honest_stream_are_uniform():
    found = np.sort(pit(*stream(n=1000)))
    assert np.abs(found - (np.arange(1000) + 0.5) / 1000).max() < 0.05


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_wilson_interval_holds_the_share_and_stays_in_zero_to_one(counts):
    hits, n = counts
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    assert high - low > 0
    assert wilson(n - hits, n) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_a_wilson_interval_is_the_published_one():
    assert wilson(0, 10) == pytest.approx((0, 0.27753), abs=1e-4)
    assert wilson(9, 10) == pytest.approx((0.59585, 0.98212), abs=1e-4)
    with pytest.raises(ValueError, match="hits"):
        wilson(3, 2)

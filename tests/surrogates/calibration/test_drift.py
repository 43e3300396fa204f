"""What is wrong is found soon, what is right is left alone, and outliers do not hide each other."""

import json

import numpy as np
import pytest

from zosimos.surrogates.calibration.drift import of_kind, outliers, watch
from zosimos.surrogates.calibration.ranks import mann_kendall, midranks, spearman


def kinds(residuals):
    return {alarm.kind for alarm in watch(residuals)}


def first_seen(residuals, kind):
    """Return after how many residuals an alarm of a kind was first raised; None: never."""
    steps = range(5, len(residuals) + 1)
    return next((n for n in steps if of_kind(watch(residuals[:n]), kind)), None)


@pytest.mark.parametrize("n", [5, 6, 10, 50])
@pytest.mark.parametrize("size", [1e6, -1e6])
def test_a_gross_outlier_is_caught_wherever_it_is(n, size):
    for place in range(n):
        z = np.random.default_rng(n).normal(size=n)
        z[place] = size
        assert [alarm.since for alarm in outliers(z)] == [place]


def test_two_outliers_do_not_hide_each_other():
    z = np.random.default_rng(1).normal(size=12)
    z[[3, 8]] = 1e6, 1.1e6
    found = outliers(z)
    assert [alarm.since for alarm in found] == [3, 8]
    assert all(alarm.strength > 1e4 for alarm in found)
    assert "above" in found[0].words


def test_equal_values_have_no_outlier_but_one_that_differs_among_them_is_one():
    assert outliers(np.ones(10)) == ()
    assert [alarm.since for alarm in outliers([2.0] * 9 + [3.0])] == [9]


def test_four_values_are_too_few():
    assert outliers([0.0, 0.1, -0.1, 1e6]) == ()
    assert watch([]) == ()


@pytest.mark.slow
def test_with_nothing_wrong_under_five_percent_see_an_alarm_in_fifty_steps():
    alarmed = 0
    for seed in range(120):
        z = np.random.default_rng(10_000 + seed).normal(size=50)
        alarmed += any(watch(z[:n]) for n in range(5, 51))
    assert alarmed / 120 < 0.05


@pytest.mark.parametrize("sign", [1, -1])
def test_a_shift_is_found_within_a_dozen_steps_and_dated(sign):
    z = np.random.default_rng(2).normal(size=50)
    z[25:] += 2 * sign
    seen = first_seen(z, "drift")
    assert 26 < seen <= 37
    alarm = of_kind(watch(z[:seen]), "drift")[0]
    assert abs(alarm.since - 25) <= 3
    assert ("above" if sign > 0 else "below") in alarm.words
    assert "noise" not in kinds(z)


def test_a_drift_that_ended_is_no_longer_an_alarm():
    z = 0.5 * np.random.default_rng(3).normal(size=80)
    z[20:30] += 3
    assert "drift" in kinds(z[:30])
    assert "drift" not in kinds(z)


def test_a_slow_rise_is_a_trend_with_its_slope():
    z = np.random.default_rng(4).normal(size=50) + 0.08 * (np.arange(50) - 25)
    alarm = of_kind(watch(z), "trend")[0]
    assert "rise by 0.0" in alarm.words
    assert of_kind(watch(-z), "trend")[0].words.startswith("residuals fall")


@pytest.mark.parametrize("factor", [4.0, 0.25])
def test_a_change_of_noise_is_found_and_dated(factor):
    z = np.random.default_rng(5).normal(size=60)
    z[30:] *= factor
    alarm = of_kind(watch(z), "noise")[0]
    assert abs(alarm.since - 30) <= 5
    assert alarm.strength > 1


def test_an_outlier_does_not_look_like_drift_or_noise():
    z = np.random.default_rng(6).normal(size=40)
    z[20] = 1e6
    assert kinds(z) == {"outlier"}


def test_indices_are_those_of_the_stream_though_outliers_are_left_out():
    z = np.random.default_rng(2).normal(size=50)
    z[25:] += 2
    shifted = of_kind(watch(z), "drift")[0].since
    with_outliers = np.insert(z, [5, 9], 1e6)
    assert of_kind(watch(with_outliers), "drift")[0].since == shifted + 2


def test_an_overconfident_model_is_not_called_drifting():
    z = 3 * np.random.default_rng(7).normal(size=50)
    assert "drift" not in kinds(z)


def test_alarms_are_json_and_what_is_no_stream_is_refused():
    assert json.loads(json.dumps(outliers([0, 0.1, -0.1, 0.2, 1e6])[0].as_json()))["kind"] == "outlier"
    with pytest.raises(ValueError, match="finite"):
        watch([1.0, float("inf")])


def test_rank_statistics_are_those_of_the_textbooks():
    assert midranks([3.0, 1.0, 3.0, 2.0]).tolist() == [3.5, 1, 3.5, 2]
    iq, hours = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110], [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]
    assert spearman(iq, hours) == pytest.approx(-29 / 165)
    assert spearman([1.0, 2.0], [1.0, 2.0]) is None
    # S = 8 of 10 pairs in order, variance 5 * 4 * 15 / 18
    assert mann_kendall([1.0, 2.0, 4.0, 3.0, 5.0]) == pytest.approx(7 / np.sqrt(300 / 18))
    assert (mann_kendall([1.0, 1.0, 1.0]), mann_kendall([1.0])) == (0, 0)
    rng = np.random.default_rng(8)
    nulls = [mann_kendall(rng.integers(0, 5, 20)) for _ in range(300)]
    assert np.std(nulls) == pytest.approx(1, abs=0.12)

"""The closed forms agree with numerical integration, and honesty scores best."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.surrogates.calibration.distributions import (
    normal_cdf,
    normal_quantile,
    normal_score,
    student4_quantile,
    student_value,
)
from zosimos.surrogates.calibration.scores import (
    crps_normal,
    negative_log_likelihood,
)

NUMBER = st.floats(-5, 5)
SD = st.floats(0.2, 3)


def integrated(cdf, value):
    """Return the score by its definition: the integral of the squared distance to the step at the value."""
    grid = np.linspace(-40, 40, 160_001)
    return float(((cdf(grid) - (grid >= value)) ** 2).sum() * (grid[1] - grid[0]))


def test_the_normal_score_is_the_integral_of_its_definition():
    for mean, sd, value in [(0.0, 1.0, 0.3), (2.0, 0.5, -1.0), (-1.0, 3.0, 4.0)]:
        expected = integrated(lambda x, mean=mean, sd=sd: normal_cdf((x - mean) / sd), value)
        assert crps_normal([mean], [sd], [value])[0] == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("score", [crps_normal, negative_log_likelihood])
def test_the_true_spread_scores_best(score):
    value = np.random.default_rng(2).normal(size=5000)
    costs = [score(np.zeros(5000), np.full(5000, sd), value).mean() for sd in (0.5, 1.0, 2.0)]
    assert costs[1] == min(costs)


def test_scores_are_in_the_units_they_say():
    small, large = crps_normal([1.0], [2.0], [3.0])[0], crps_normal([100.0], [200.0], [300.0])[0]
    assert large == pytest.approx(100 * small)
    assert negative_log_likelihood([0.0], [1.0], [0.0])[0] == pytest.approx(0.918939, abs=1e-6)


def test_the_closed_forms_agree_with_scipy():
    from scipy.special import ndtri, stdtrit

    p = np.array([0.001, 0.025, 0.25, 0.5, 0.8, 0.999])
    assert np.allclose(student4_quantile(p), stdtrit(4, p))
    assert np.allclose(normal_quantile(p), ndtri(p))
    assert np.allclose(normal_cdf(ndtri(p)), p)
    for df in (2, 5, 30):
        assert np.allclose(normal_score(stdtrit(df, p), df), ndtri(p), rtol=0.04)


@given(st.floats(-5, 5), st.integers(1, 200))
def test_normal_scores_can_be_taken_back(u, df):
    assert normal_score(student_value(u, df), df) == pytest.approx(u, abs=1e-6)


def test_absurd_values_have_finite_scores():
    assert np.isfinite(normal_score([1e300, -1e300], 3)).all()
    assert np.isfinite(student_value([50.0], 1)).all()

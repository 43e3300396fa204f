"""Gain: closed forms against quadrature and sampling, in logarithms that never lose a row."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from zosimos.core.objective import Objective
from zosimos.planners.acquisition.improvement import (
    log_expected_excess,
    log_expected_gain,
    log_hypervolume_gain,
    log_probability_above,
)
from zosimos.surrogates.outcome import Mixture

UP, DOWN, AIM = Objective("a", "max"), Objective("b", "min"), Objective("c", "target", target=2.0)


def mixture(means, sds, weights=(1.0,)):
    means, sds = np.atleast_2d(np.array(means, float)), np.atleast_2d(np.array(sds, float))
    return Mixture(means, sds**2, np.array(weights, float), np.zeros(len(weights)))


@pytest.mark.slow
@given(st.floats(-5, 5), st.floats(0.05, 3), st.floats(-5, 5))
def test_the_expected_excess_is_the_integral(mean, sd, threshold):
    value, _ = quad(lambda y: (y - threshold) * norm.pdf(y, mean, sd), threshold, mean + 12 * sd + abs(threshold))
    if value > 1e-12:
        assert float(log_expected_excess(np.array(mean), np.array(sd), threshold)) == pytest.approx(
            math.log(value), abs=1e-4
        )


def test_the_expected_excess_still_ranks_rows_far_below_the_best():
    values = log_expected_excess(-np.linspace(1, 300, 2000), np.ones(2000), 0.0)
    assert np.isfinite(values).all()
    assert (np.diff(values) < 0).all()


@pytest.mark.slow
@given(st.floats(-6, 10), st.floats(0.01, 3), st.floats(0.02, 4))
def test_the_gain_towards_a_target_is_the_integral(mean, sd, reach):
    low, high = 2.0 - reach, 2.0 + reach
    breaks = [2.0, min(max(mean, low), high)]
    value, _ = quad(lambda y: (reach - abs(y - 2.0)) * norm.pdf(y, mean, sd), low, high, points=breaks, limit=200)
    found = float(log_expected_gain(mixture([mean], [sd]), AIM, np.array([-reach]))[0])
    if value > 1e-9:
        assert found == pytest.approx(math.log(value), abs=0.01)
    assert math.isfinite(found)


def test_to_minimise_is_to_maximise_the_negative():
    up = log_expected_gain(mixture([1.0, 2.0], [1.0, 0.5]), UP, np.array([1.5]))
    down = log_expected_gain(mixture([-1.0, -2.0], [1.0, 0.5]), DOWN, np.array([1.5]))
    assert up == pytest.approx(down)


def test_a_row_must_please_every_part_with_weight():
    shared = mixture([[1.0, 3.0], [1.0, -9.0]], [[1.0, 1.0], [1.0, 1.0]], (0.5, 0.5))
    gains = log_expected_gain(shared, UP, np.array([0.0, 0.0]))
    assert gains[0] > gains[1]
    sure = mixture([[1.0, 3.0], [1.0, -9.0]], [[1.0, 1.0], [1.0, 1.0]], (1.0, 0.0))
    assert np.diff(log_expected_gain(sure, UP, np.array([0.0, 0.0])))[0] > 0


@pytest.mark.slow
@pytest.mark.parametrize("goals", [(UP, DOWN), (UP, DOWN, AIM)])
def test_the_hypervolume_gain_is_what_sampling_finds(goals):
    from botorch.utils.multi_objective.hypervolume import Hypervolume, infer_reference_point
    from torch import from_numpy

    rng = np.random.default_rng(3)
    front = np.array([[1.0, -3.0, -1.0], [2.0, -4.0, -0.5], [0.5, -1.0, -2.0]])[:, : len(goals)]
    means, sds = np.array([2.0, 2.0, 2.5])[: len(goals)], np.array([1.0, 1.5, 0.8])[: len(goals)]
    beliefs = [mixture([m], [s]) for m, s in zip(means, sds, strict=True)]
    found = math.exp(float(log_hypervolume_gain(beliefs, goals, front)[0]))
    reference = infer_reference_point(from_numpy(front))
    volume = Hypervolume(reference)
    before = volume.compute(from_numpy(front))
    draws = rng.normal(means, sds, (4000, len(goals)))
    utility = np.column_stack(
        [[goal.utility(float(v)) for v in column] for goal, column in zip(goals, draws.T, strict=True)]
    )
    gains = [volume.compute(from_numpy(np.vstack([front, row]))) - before for row in utility[:1500]]
    assert found == pytest.approx(np.mean(gains), abs=4 * np.std(gains) / math.sqrt(1500))


def test_the_probability_of_beating_a_threshold():
    belief = mixture([0.0, 2.0], [1.0, 1.0])
    assert np.exp(log_probability_above(belief, UP, 1.0)) == pytest.approx(norm.sf([1.0, -1.0]))
    assert np.exp(log_probability_above(belief, AIM, -1.0)) == pytest.approx(
        norm.cdf([3.0, 1.0]) - norm.cdf([1.0, -1.0])
    )
    assert np.isneginf(log_probability_above(belief, AIM, 0.0)).all()

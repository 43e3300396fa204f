"""Epistemic and aleatoric parts add up, shrink as they should, and point at the errors."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.surrogates.calibration.uncertainty import Parts, informative, mixture_parts, process_parts


def test_a_process_keeps_its_noise_and_loses_its_ignorance():
    few, many = process_parts([4.0, 4.0], 1.0), process_parts([0.04, 0.0], 1.0)
    assert (many.epistemic < few.epistemic).all()
    assert (many.aleatoric == few.aleatoric).all()
    assert few.total == pytest.approx(np.sqrt([5, 5]))
    assert few.reducible == pytest.approx([0.8, 0.8])


def test_rounding_below_zero_is_no_variance():
    found = process_parts([-1e-12], 0.0)
    assert found.total[0] == 0
    assert found.reducible[0] == 0


@given(
    st.integers(1, 5).flatmap(
        lambda k: st.tuples(
            st.lists(st.floats(0.01, 1), min_size=k, max_size=k),
            st.lists(st.floats(-10, 10), min_size=k, max_size=k),
            st.lists(st.floats(0, 4), min_size=k, max_size=k),
            st.lists(st.floats(0, 4), min_size=k, max_size=k),
        )
    )
)
def test_the_parts_of_a_mixture_add_up_to_its_variance(case):
    weights, means, variances, noises = (np.array(item) for item in case)
    found = mixture_parts(weights, means[:, None], variances[:, None], noises[:, None])
    w = weights / weights.sum()
    second = w @ (means**2 + variances + noises)
    assert found.total[0] ** 2 == pytest.approx(second - (w @ means) ** 2, abs=1e-9)


def test_disagreement_is_epistemic_and_noise_is_not():
    agree = mixture_parts([1, 1], [[1.0], [1.0]], [[0.0], [0.0]], [[1.0], [4.0]])
    differ = mixture_parts([1, 1], [[0.0], [2.0]], [[0.0], [0.0]], [[0.0], [0.0]])
    assert (agree.epistemic[0], agree.aleatoric[0]) == (0, pytest.approx(np.sqrt(2.5)))
    assert (differ.epistemic[0], differ.aleatoric[0]) == (1, 0)


def test_repeats_at_a_point_shrink_only_the_epistemic_part_of_a_real_process():
    import torch

    from zosimos.surrogates.gp import GaussianProcess

    def parts(repeats):
        rng = np.random.default_rng(0)
        X = np.repeat(np.linspace(0, 1, 6), repeats)[:, None]
        Y = np.sin(5 * X) + 0.3 * rng.normal(size=X.shape)
        surrogate = GaussianProcess().fit(torch.tensor(X), torch.tensor(Y), torch.full(X.shape, 0.09).double())
        latent = surrogate.posterior(torch.tensor([[0.5]]).double()).variance.detach().numpy()[:, 0]
        return process_parts(latent, 0.09)

    once, often = parts(1), parts(12)
    assert often.epistemic[0] < 0.6 * once.epistemic[0]
    assert often.aleatoric[0] == once.aleatoric[0] == pytest.approx(0.3)


def test_uncertainty_that_follows_the_errors_is_useful_and_abstaining_gains():
    rng = np.random.default_rng(1)
    ignorance = rng.uniform(0.1, 3, 200)
    found = informative(Parts(ignorance, np.full(200, 0.2)), ignorance * rng.normal(size=200))
    assert found.useful
    assert found.total == found.epistemic > found.chance
    assert found.aleatoric is None
    assert found.gain > 0.1


def test_uncertainty_that_knows_nothing_is_not_useful():
    rng = np.random.default_rng(2)
    found = informative(Parts(rng.uniform(0.1, 3, 200), np.zeros(200)), rng.normal(size=200))
    assert not found.useful
    assert abs(found.gain) < 0.1
    assert json.loads(json.dumps(found.as_json()))["useful"] is False


def test_wrong_parts_are_refused():
    with pytest.raises(ValueError, match="0 or more"):
        Parts(np.array([-1.0]), np.array([1.0]))
    with pytest.raises(ValueError, match="2 finite numbers"):
        Parts(np.array([1.0, 2.0]), np.array([1.0]))
    with pytest.raises(ValueError, match="noise"):
        process_parts([1.0], -1.0)
    with pytest.raises(ValueError, match="needed"):
        mixture_parts([1.0], [[0.0]], [[-1.0]], [[0.0]])
    with pytest.raises(ValueError, match="three"):
        informative(Parts(np.ones(2), np.ones(2)), [1.0, 2.0])


def test_parts_are_json():
    assert Parts(np.array([1.0]), np.array([2.0])).as_json() == {"epistemic": [1.0], "aleatoric": [2.0]}

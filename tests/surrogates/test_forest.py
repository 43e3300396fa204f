"""The forest keeps the surrogate's contract, its samples are whole trees, and its left-out rows are honest."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.surrogates.ensembles.forest import ForestSurrogate
from zosimos.surrogates.testing import check_surrogate

NAN = float("nan")


def wavy(n, seed=0, noise=0.0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 3))
    y = np.sin(5 * X[:, 0]) + X[:, 1] + noise * rng.standard_normal(n)
    return torch.from_numpy(X), torch.from_numpy(y)[:, None]


@pytest.mark.slow
def test_the_forest_conforms():
    check_surrogate(ForestSurrogate)


def test_the_variance_is_that_of_the_samples():
    X, Y = wavy(30, noise=0.2)
    belief = ForestSurrogate().fit(X, Y).posterior(wavy(5, seed=1)[0])
    torch.manual_seed(0)
    samples = belief.rsample(torch.Size([20000]))
    assert torch.allclose(samples.mean(dim=0), belief.mean, atol=0.03)
    assert torch.allclose(samples.var(dim=0), belief.variance, rtol=0.05)


def test_a_sample_is_one_tree_at_all_points():
    X, Y = wavy(30)
    point = wavy(1, seed=1)[0]
    torch.manual_seed(0)
    samples = ForestSurrogate().fit(X, Y).posterior(point.repeat(4, 1)).rsample(torch.Size([30]))
    assert torch.equal(samples, samples[:, :1].expand_as(samples))
    assert len(samples[:, 0].unique()) > 5


def test_the_variance_is_larger_between_the_rows_than_at_them():
    X = torch.cat([torch.linspace(0, 0.3, 15), torch.linspace(0.7, 1, 15)]).double()[:, None]
    surrogate = ForestSurrogate().fit(X, torch.sin(8 * X))
    variance = surrogate.posterior(torch.tensor([[0.1], [0.5], [0.9]]).double()).variance[:, 0]
    assert variance[1] > 3 * variance[0]
    assert variance[1] > 3 * variance[2]


def test_left_out_rows_are_as_wrong_as_new_ones():
    X, Y = wavy(80, noise=0.3)
    new_X, new_Y = wavy(400, seed=1, noise=0.3)
    surrogate = ForestSurrogate().fit(X, Y)
    mean, variance = surrogate.leave_one_out()
    left_out = (mean - Y).square().mean().sqrt()
    new = (surrogate.posterior(new_X).mean - new_Y).square().mean().sqrt()
    seen = (surrogate.posterior(X).mean - Y).square().mean().sqrt()
    assert seen < 0.7 * left_out
    assert left_out == pytest.approx(float(new), rel=0.25)
    covered = ((mean - Y).abs() < 1.645 * variance.sqrt()).double().mean()
    assert 0.8 < covered < 0.99


def test_a_row_without_a_value_is_predicted_by_all_trees():
    X, Y = wavy(20)
    Y[4] = NAN
    surrogate = ForestSurrogate().fit(X, Y)
    mean, variance = surrogate.leave_one_out()
    belief = surrogate.posterior(X[4:5])
    assert mean[4, 0] == pytest.approx(belief.mean.item())
    assert variance[4, 0] == pytest.approx(belief.variance.item(), rel=0.01)


def test_a_row_that_no_tree_left_out_gets_the_spread_of_all():
    X, Y = wavy(2)
    mean, variance = ForestSurrogate(trees=1, seed=2).fit(X, Y).leave_one_out()
    assert (mean.isfinite() & (variance > 0)).all()
    assert Y.var().item() == pytest.approx(variance.max().item())


def test_an_uncertain_row_counts_less():
    X = torch.linspace(0, 1, 10).double()[:, None]
    Y = torch.zeros(10, 1).double()
    Y[4] = 5.0
    given_variance = torch.full_like(Y, 1e-4)
    unsure = given_variance.clone()
    unsure[4] = 100.0
    here = torch.tensor([[0.46]]).double()
    sure = ForestSurrogate().fit(X, Y, given_variance).posterior(here).mean
    assert ForestSurrogate().fit(X, Y, unsure).posterior(here).mean < 0.5 * sure


@settings(max_examples=15)
@given(power=st.integers(-20, 20), seed=st.integers(0, 1000))
def test_the_belief_follows_the_unit(power, seed):
    X, Y = wavy(12, seed)
    one, other = (ForestSurrogate(trees=5).fit(X, Y * scale).posterior(X) for scale in (1.0, 2.0**power))
    assert torch.allclose(other.mean, one.mean * 2.0**power, rtol=1e-9)
    assert torch.allclose(other.variance, one.variance * 4.0**power, rtol=1e-9)


def test_another_seed_grows_another_forest():
    X, Y = wavy(20)
    points = wavy(5, seed=1)[0]
    means = [ForestSurrogate(seed=seed).fit(X, Y).posterior(points).mean for seed in (0, 0, 1)]
    assert torch.equal(means[0], means[1])
    assert not torch.equal(means[0], means[2])


def test_data_without_a_spread_are_noted():
    X, Y = wavy(1)
    surrogate = ForestSurrogate().fit(X, Y)
    assert "one observation" in surrogate.notes[0]
    assert surrogate.posterior(X).variance.item() > 0


def test_nothing_fitted_and_no_trees_are_refused():
    for act in (lambda s: s.posterior(torch.zeros(1, 1)), ForestSurrogate.leave_one_out, ForestSurrogate.card):
        with pytest.raises(RuntimeError, match="not fitted"):
            act(ForestSurrogate())
    with pytest.raises(ValueError, match="one tree"):
        ForestSurrogate(trees=0)

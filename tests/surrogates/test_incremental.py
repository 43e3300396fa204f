"""Row by row gives what all rows at once give, and costs far less."""

import time

import numpy as np
import pytest
import torch
from gpytorch.kernels import MaternKernel
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.gp import GaussianProcess
from zosimos.surrogates.incremental import IncrementalPosterior
from zosimos.surrogates.kernels import MixedGP


def kernel(length=0.4):
    made = MaternKernel(nu=2.5).double()
    made.lengthscale = length
    return made


def refit(k, X, y, noise, points, mean=0.0):
    """Return the posterior by the textbook formula."""
    with torch.no_grad():
        K = k(X).to_dense() + torch.diag(noise)
        across = k(X, points).to_dense()
        means = mean + across.T @ torch.linalg.solve(K, y - mean)
        return means, 1.0 - (across * torch.linalg.solve(K, across)).sum(dim=0)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    start=st.integers(1, 12),
    added=st.integers(0, 25),
    width=st.integers(1, 4),
    length=st.floats(0.05, 3.0),
    noise=st.floats(1e-4, 1.0),
)
def test_added_rows_equal_a_full_refit(seed, start, added, width, length, noise):
    rng = np.random.default_rng(seed)
    n = start + added
    X, y = torch.tensor(rng.random((n, width))), torch.tensor(rng.normal(size=n))
    points = torch.tensor(rng.random((5, width)))
    variances = torch.tensor(noise * (0.5 + rng.random(n)))
    posterior = IncrementalPosterior(kernel(length), X[:start], y[:start], variances[:start], mean=0.3)
    for i in range(start, n):
        posterior.add(X[i], float(y[i]), float(variances[i]))
    mean, variance = posterior.predict(points)
    expected_mean, expected_variance = refit(kernel(length), X, y, variances, points, mean=0.3)
    assert len(posterior) == n
    assert torch.allclose(mean, expected_mean, rtol=0, atol=1e-8)
    assert torch.allclose(variance, expected_variance, rtol=0, atol=1e-8)


@pytest.mark.parametrize("make", [GaussianProcess, lambda: MixedGP(ColumnKinds(numeric=(0,), descriptors=((1, 2),)))])
@pytest.mark.parametrize("known", [False, True])
def test_a_fitted_surrogate_goes_on_in_its_own_units(make, known):
    rng = np.random.default_rng(0)
    X = torch.tensor(rng.random((20, 3)))
    Y = 1e3 * torch.sin(4 * X[:, :1]) + 5e3
    Yvar = torch.full_like(Y, 25.0) if known else None
    surrogate = make().fit(X, Y, Yvar)
    posterior = IncrementalPosterior.of(surrogate.model)
    mean, variance = posterior.predict(X[:5] + 0.01)
    belief = surrogate.posterior(X[:5] + 0.01)
    assert torch.allclose(mean, belief.mean[:, 0], rtol=1e-6)
    assert torch.allclose(variance, belief.variance[:, 0], rtol=1e-4, atol=1e-2)
    x = torch.tensor([0.5, 0.5, 0.5], dtype=torch.double)
    posterior.add(x, 7e3, 1.0)
    assert posterior.predict(x[None])[0].item() == pytest.approx(7e3, rel=1e-2)


def test_a_row_that_repeats_another_without_noise_is_taken_and_noted():
    X = torch.tensor([[0.2], [0.7]], dtype=torch.double)
    posterior = IncrementalPosterior(kernel(), X, [1.0, 2.0], 0.0)
    posterior.add(X[0], 1.0)
    mean, variance = posterior.predict(X)
    assert "repeats another" in posterior.notes[0]
    assert torch.allclose(mean, torch.tensor([1.0, 2.0], dtype=torch.double), atol=1e-3)
    assert (variance < 1e-6).all()


def test_rows_that_repeat_at_the_start_are_noted_too():
    X = torch.tensor([[0.2], [0.2]], dtype=torch.double)
    posterior = IncrementalPosterior(kernel(), X, [1.0, 1.0], 0.0)
    assert "added to the noise" in posterior.notes[0]
    assert posterior.predict(X)[0].isfinite().all()


def test_wrong_values_and_unknown_variances_are_refused():
    X = torch.zeros(2, 1, dtype=torch.double)
    X[1] = 1.0
    with pytest.raises(ValueError, match="needed"):
        IncrementalPosterior(kernel(), X, [1.0], 0.1)
    with pytest.raises(ValueError, match="finite"):
        IncrementalPosterior(kernel(), X, [1.0, np.nan], 0.1)
    with pytest.raises(ValueError, match="finite"):
        IncrementalPosterior(kernel(), X, [1.0, 2.0], -0.1)
    posterior = IncrementalPosterior(kernel(), X, [1.0, 2.0], [0.1, 0.2])
    with pytest.raises(ValueError, match="variance is needed"):
        posterior.add(X[0], 1.0)
    with pytest.raises(ValueError, match="1 columns"):
        posterior.add(torch.zeros(2, dtype=torch.double), 1.0, 0.1)
    with pytest.raises(ValueError, match="one outcome"):
        IncrementalPosterior.of(GaussianProcess().fit(X, X.repeat(1, 2)).model.models[0].__class__(X, X.repeat(1, 2)))


@pytest.mark.slow
def test_at_two_thousand_rows_an_added_row_costs_a_twentieth_of_a_refit():
    rng = np.random.default_rng(0)
    X, y = torch.tensor(rng.random((2010, 5))), rng.normal(size=2010)
    begin = time.process_time()
    posterior = IncrementalPosterior(kernel(), X[:2000], y[:2000], 0.1)
    refitted = time.process_time() - begin
    costs = []
    for i in range(2000, 2010):
        begin = time.process_time()
        posterior.add(X[i], y[i])
        costs.append(time.process_time() - begin)
    assert np.median(costs) < refitted / 20

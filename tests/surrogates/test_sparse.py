"""The sparse process keeps the surrogate's contract, equals the exact one where it can, and takes many rows."""

import numpy as np
import pytest
import torch
from gpytorch.kernels import MaternKernel
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.surrogates.gaussian.inducing import InducingPosterior, pivoted_cholesky
from zosimos.surrogates.gaussian.sparse import SparseGP
from zosimos.surrogates.testing import check_surrogate


def kernel(length=0.4):
    made = MaternKernel(nu=2.5).double()
    made.lengthscale = length
    return made.requires_grad_(False)


def points(n, d=2, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).random((n, d)))


def truth(X):
    return torch.sin(4 * X[:, :1]) + 2 * X[:, 1:2] * X[:, 2:3]


def noisy(n, sd=0.2, seed=0):
    X = points(n, 4, seed)
    return X, truth(X) + sd * torch.from_numpy(np.random.default_rng(seed + 1).standard_normal((n, 1)))


def exact(X, y, noise, Z):
    covariance = kernel()(X).to_dense() + noise.diag()
    cross = kernel()(X, Z).to_dense()
    solved = torch.linalg.solve(covariance, cross)
    likelihood = torch.distributions.MultivariateNormal(torch.zeros(len(y)).double(), covariance).log_prob(y)
    return solved.T @ y, kernel()(Z).to_dense() - cross.T @ solved, float(likelihood)


@pytest.mark.slow
def test_the_sparse_process_conforms():
    check_surrogate(SparseGP)


def test_with_every_row_an_inducing_point_it_is_the_exact_process():
    X, Z = points(30), points(7, seed=1)
    y, noise = torch.sin(5 * X[:, 0]), torch.linspace(0.01, 0.1, 30).double()
    sparse = InducingPosterior.of(kernel(), X, y, noise, 30, 0.0)
    mean, covariance, likelihood = exact(X, y, noise, Z)
    found_mean, found_covariance = sparse.belief(Z)
    assert torch.allclose(found_mean, mean, atol=1e-6)
    assert torch.allclose(found_covariance.to_dense(), covariance, atol=1e-6)
    assert sparse.bound == pytest.approx(likelihood, abs=1e-4)


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), few=st.integers(1, 9), more=st.integers(1, 10))
def test_the_bound_rises_with_inducing_points_and_stays_below_the_exact_likelihood(seed, few, more):
    X = points(25, seed=seed)
    y, noise = torch.cos(3 * X[:, 1]), torch.full((25,), 0.05).double()
    bounds = [InducingPosterior.of(kernel(), X, y, noise, k, 0.0).bound for k in (few, few + more)]
    assert bounds[0] <= bounds[1] + 1e-8
    assert bounds[1] <= exact(X, y, noise, X)[2] + 1e-6


def test_inducing_points_are_chosen_where_the_others_leave_most_variance():
    X = torch.cat([points(40) * 0.1, torch.tensor([[1.0, 1.0]]).double()])
    pivots, factor, left = pivoted_cholesky(kernel(), X, 3, 0.0)
    assert 40 in pivots[:2].tolist()
    assert torch.allclose(factor.T @ factor + left.diag(), kernel()(X).to_dense(), atol=0.1)
    explained = kernel()(X, X[pivots]).to_dense() @ torch.linalg.inv(kernel()(X[pivots]).to_dense())
    assert torch.allclose(1 - left, (explained * kernel()(X, X[pivots]).to_dense()).sum(dim=-1), atol=1e-8)


def test_no_more_inducing_points_are_taken_than_there_is_to_explain():
    X = points(3).repeat(10, 1)
    pivots, _, left = pivoted_cholesky(kernel(), X, 30, 1e-6)
    assert len(pivots) == 3
    assert left.max() < 1e-6


@pytest.mark.slow
def test_thousands_of_rows_are_learned_from():
    X, Y = noisy(3000)
    Z = points(500, 4, seed=7)
    surrogate = SparseGP(inducing=120, subset=150).fit(X, Y)
    mean, variance = surrogate.moments(Z)
    assert (mean - truth(Z)).square().mean().sqrt() < 0.06
    assert ((mean - truth(Z)).abs() < 1.645 * variance.sqrt()).double().mean() > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("n", [3000, 10000])
def test_the_defaults_take_ten_thousand_rows(n):
    X, Y = noisy(n)
    Z = points(20000, 4, seed=7)
    mean, variance = SparseGP().fit(X, Y).moments(Z)
    assert (mean - truth(Z)).square().mean().sqrt() < 0.04
    assert ((mean - truth(Z)).abs() < 1.645 * variance.sqrt()).double().mean() > 0.85


@pytest.mark.slow
def test_moments_in_chunks_equal_the_posterior():
    X, Y = noisy(60)
    Z = points(50, 4, seed=7)
    surrogate = SparseGP().fit(X, torch.cat([Y, -2 * Y], dim=-1))
    belief = surrogate.posterior(Z)
    mean, variance = surrogate.moments(Z, chunk=7)
    assert torch.allclose(mean, belief.mean, atol=1e-9)
    assert torch.allclose(variance, belief.variance, atol=1e-6)
    one_by_one = surrogate.posterior(Z[:, None])
    assert torch.allclose(one_by_one.variance[:, 0], variance, atol=1e-6)


@pytest.mark.slow
def test_a_belief_about_many_points_needs_no_matrix_of_them():
    X, Y = noisy(60)
    belief = SparseGP().fit(X, Y).posterior(points(40000, 4, seed=7))  # 13 GB if it did
    with torch.no_grad():
        assert belief.mean.shape == belief.variance.shape == (40000, 1)


def test_each_row_has_its_own_known_noise():
    X, Y = noisy(40, sd=0.0)
    Y[11] += 5.0
    given = torch.full_like(Y, 1e-3)
    given[11] = 100.0
    assert (SparseGP().fit(X, Y, given).posterior(X).mean - truth(X)).abs().max() < 0.3


def test_the_belief_has_a_gradient():
    X, Y = noisy(30)
    Z = X[:3].clone().requires_grad_(True)
    SparseGP().fit(X, Y).posterior(Z).mean.sum().backward()
    assert Z.grad.isfinite().all()
    assert (Z.grad[:, 0].abs() > 0).all()


def test_nothing_fitted_and_no_inducing_points_are_refused():
    for act in (lambda s: s.posterior(torch.zeros(1, 1)), lambda s: s.moments(torch.zeros(1, 1)), SparseGP.card):
        with pytest.raises(RuntimeError, match="not fitted"):
            act(SparseGP())
    with pytest.raises(ValueError, match="one inducing point"):
        SparseGP(inducing=0)

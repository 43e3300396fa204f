"""The sparse process keeps the surrogate's contract and finds the few columns that matter."""

import numpy as np
import pytest
import torch

from zosimos.surrogates.gaussian.gp import GaussianProcess
from zosimos.surrogates.gaussian.saas import SaasGP
from zosimos.surrogates.testing import check_surrogate


def wide(n, d, seed=0):
    X = torch.from_numpy(np.random.default_rng(seed).random((n, d)))
    return X, 2 * torch.sin(4 * X[:, 3:4]) + 6 * (X[:, 7:8] - 0.4).square()


def error(surrogate, d):
    X, Y = wide(300, d, seed=9)
    with torch.no_grad():
        return float((surrogate.posterior(X).mean - Y).square().mean().sqrt())


@pytest.mark.slow
def test_the_sparse_process_conforms():
    check_surrogate(SaasGP)


@pytest.mark.slow
def test_the_columns_that_matter_are_found_among_fifty():
    X, Y = wide(50, 50)
    surrogate = SaasGP().fit(X, Y)
    relevance = surrogate.relevance()
    assert relevance.shape == (50,)
    assert set(relevance.topk(2).indices.tolist()) == {3, 7}
    assert relevance.topk(3).values[2] < 0.5 * relevance.topk(3).values[1]
    assert surrogate.notes == ()


@pytest.mark.slow
def test_few_rows_of_many_columns_are_predicted_better_than_by_the_plain_process():
    X, Y = wide(40, 40)
    assert error(SaasGP().fit(X, Y), 40) < 0.7 * error(GaussianProcess().fit(X, Y), 40)


@pytest.mark.slow
def test_each_outcome_has_its_own_relevance():
    X, Y = wide(30, 10)
    surrogate = SaasGP().fit(X, torch.cat([Y, torch.sin(5 * X[:, :1])], dim=-1))
    assert surrogate.relevance(1).argmax() == 0
    assert surrogate.relevance(0).argmax() in (3, 7)
    with pytest.raises(IndexError):
        surrogate.relevance(2)


@pytest.mark.slow
def test_known_uncertainties_widen_the_belief():
    X, Y = wide(15, 8)
    sure, unsure = (SaasGP().fit(X, Y, torch.full_like(Y, v)).posterior(X).variance for v in (1e-6, 0.5))
    assert (unsure > 10 * sure).all()


def test_a_fit_that_fails_falls_back_to_the_prior_and_says_so(monkeypatch):
    from linear_operator.utils.errors import NotPSDError

    def fail(*_, **__):
        raise NotPSDError("no")

    monkeypatch.setattr("zosimos.surrogates.gaussian.saas.fit_gpytorch_mll", fail)
    X, Y = wide(10, 8)
    surrogate = SaasGP().fit(X, Y)
    assert "NotPSDError" in surrogate.notes[0]
    assert surrogate.posterior(X).mean.isfinite().all()


def test_one_observation_is_noted_and_nothing_fitted_is_refused():
    X, Y = wide(1, 8)
    assert "one observation" in SaasGP().fit(X, Y).notes[0]
    with pytest.raises(RuntimeError, match="not fitted"):
        SaasGP().relevance()

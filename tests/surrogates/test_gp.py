"""The Gaussian process keeps the surrogate's contract, uses given noise, and survives awkward data."""

import pytest
import torch

from zosimos.surrogates.gaussian.gp import GaussianProcess
from zosimos.surrogates.testing import check_surrogate


def line(n=8):
    X = torch.linspace(0, 1, n, dtype=torch.double)[:, None]
    return X, torch.sin(4 * X)


@pytest.mark.slow
def test_the_gaussian_process_conforms():
    check_surrogate(GaussianProcess)


@pytest.mark.slow
def test_a_good_fit_has_no_notes_and_interpolates():
    X, Y = line()
    surrogate = GaussianProcess().fit(X, Y)
    assert surrogate.notes == ()
    assert torch.allclose(surrogate.posterior(X).mean, Y, atol=0.05)


def test_large_given_uncertainties_widen_the_belief():
    X, Y = line()
    sure = GaussianProcess().fit(X, Y, torch.full_like(Y, 1e-6)).posterior(X).variance
    unsure = GaussianProcess().fit(X, Y, torch.full_like(Y, 0.25)).posterior(X).variance
    assert (unsure > 10 * sure).all()


@pytest.mark.parametrize("unknown", [float("nan"), 0.0])
def test_one_unknown_uncertainty_means_that_the_noise_is_learned(unknown):
    X, Y = line()
    given = torch.full_like(Y, 0.25)
    given[3] = unknown
    learned = GaussianProcess().fit(X, Y).posterior(X).variance
    assert torch.equal(GaussianProcess().fit(X, Y, given).posterior(X).variance, learned)


@pytest.mark.parametrize(
    ("rows", "said"), [([[2.0]], "one observation"), ([[2.0], [2.0], [2.0]], "all outcomes are the same")]
)
def test_data_without_a_spread_fall_back_to_the_prior_and_say_so(rows, said):
    Y = torch.tensor(rows, dtype=torch.double)
    X, _ = line(len(rows))
    surrogate = GaussianProcess().fit(X, Y)
    assert said in surrogate.notes[0]
    assert torch.allclose(surrogate.posterior(X).mean, Y, atol=0.1)


def test_a_fit_that_fails_falls_back_to_the_prior_and_says_so(monkeypatch):
    from botorch.exceptions.errors import ModelFittingError

    def fail(*_, **__):
        raise ModelFittingError("no")

    monkeypatch.setattr("zosimos.surrogates.gaussian.exact.fit_gpytorch_mll", fail)
    X, Y = line()
    surrogate = GaussianProcess().fit(X, Y)
    assert "ModelFittingError" in surrogate.notes[0]
    assert surrogate.posterior(X).mean.isfinite().all()


def test_two_outcomes_may_be_measured_at_different_rows():
    X, Y = line()
    both = torch.cat([Y, -Y], dim=-1)
    both[0, 0] = both[7, 1] = torch.nan
    mean = GaussianProcess().fit(X, both).posterior(X[1:7]).mean
    assert torch.allclose(mean, torch.cat([Y, -Y], dim=-1)[1:7], atol=0.1)


def test_nothing_fitted_is_refused():
    with pytest.raises(RuntimeError, match="not fitted"):
        GaussianProcess().posterior(torch.zeros(1, 1))


def test_wrong_shapes_and_empty_outcomes_are_refused():
    X, Y = line()
    with pytest.raises(ValueError, match="needed"):
        GaussianProcess().fit(X, Y[:3])
    with pytest.raises(ValueError, match="no finite value"):
        GaussianProcess().fit(X, torch.full_like(Y, torch.nan))


def test_the_kit_finds_a_surrogate_that_forgets_to_return_itself():
    class Forgetful(GaussianProcess):
        def fit(self, X, Y, Yvar=None):
            super().fit(X, Y, Yvar)

    with pytest.raises(AssertionError, match="return the surrogate itself"):
        check_surrogate(Forgetful)

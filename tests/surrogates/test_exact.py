"""What exact Gaussian processes share: leave-one-out equals leaving one out, failed fits are answered."""

import pytest
import torch
from botorch.exceptions.errors import ModelFittingError
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.transforms.outcome import Standardize

from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.gaussian.exact import fit_map, leave_one_out, usable_noise
from zosimos.surrogates.gaussian.kernels import MixedGP, mixed_kernel


def data(n=9):
    X = torch.linspace(0, 1, n, dtype=torch.double)[:, None]
    return X, torch.sin(5 * X) + 0.1 * torch.cos(40 * X)


def model(X, Y, noise=None):
    kernel = mixed_kernel(ColumnKinds.all_numeric(1))
    return SingleTaskGP(X, Y, noise, covar_module=kernel, outcome_transform=None)


@pytest.mark.parametrize("noise", [None, 0.04])
def test_leave_one_out_equals_a_prediction_without_the_row(noise):
    X, Y = data()
    known = None if noise is None else torch.full_like(Y, noise)
    fitted, note = fit_map(lambda: model(X, Y, known), Y)
    mean, variance = leave_one_out(fitted)
    assert note == ""
    left = torch.arange(len(X)) != 3
    without = model(X[left], Y[left], None if known is None else known[left])
    without.covar_module.load_state_dict(fitted.covar_module.state_dict())
    without.mean_module.load_state_dict(fitted.mean_module.state_dict())
    learned = float(fitted.likelihood.noise.detach().flatten()[0])
    if noise is None:
        without.likelihood.noise = learned
    with torch.no_grad():
        belief = without.posterior(X[3:4])
    assert mean[3].item() == pytest.approx(belief.mean.item(), abs=1e-5)
    assert variance[3].item() == pytest.approx(belief.variance.item() + learned, abs=1e-5)


def test_a_fit_that_fails_keeps_the_prior_and_says_so(monkeypatch):
    def fail(*_, **__):
        raise ModelFittingError("no")

    monkeypatch.setattr("zosimos.surrogates.gaussian.exact.fit_gpytorch_mll", fail)
    X, Y = data()
    surrogate = MixedGP(ColumnKinds.all_numeric(1)).fit(X, Y)
    assert "ModelFittingError" in surrogate.notes[0]
    assert surrogate.posterior(X).mean.isfinite().all()


def test_a_fit_leaves_the_callers_random_numbers_alone():
    X, Y = data()
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    fit_map(lambda: SingleTaskGP(X, Y, outcome_transform=Standardize(m=1)), Y)
    assert torch.equal(torch.rand(1), expected)


def test_variances_are_the_noise_only_if_all_are_known():
    Y = torch.tensor([[0.0], [1.0], [3.0]], dtype=torch.double)
    known = torch.tensor([[0.1], [0.2], [0.0]], dtype=torch.double)
    assert usable_noise(Y, known) is None
    assert usable_noise(Y, known + 0.1) is not None
    assert usable_noise(torch.ones_like(Y), known + 0.1) is None


def test_nothing_fitted_and_wrong_shapes_are_refused():
    X, Y = data()
    with pytest.raises(RuntimeError, match="not fitted"):
        MixedGP(ColumnKinds.all_numeric(1)).posterior(X)
    with pytest.raises(ValueError, match="needed"):
        MixedGP(ColumnKinds.all_numeric(1)).fit(X, Y[:3])
    with pytest.raises(ValueError, match="no finite value"):
        MixedGP(ColumnKinds.all_numeric(1)).fit(X, torch.full_like(Y, torch.nan))
    with pytest.raises(ValueError, match="2 columns"):
        MixedGP(ColumnKinds.all_numeric(2)).fit(X, Y)

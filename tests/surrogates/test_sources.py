"""Sources with biases of their own: the planted one is found and taken out."""

import numpy as np
import pytest
import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement

from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.gp import GaussianProcess
from zosimos.surrogates.sources import SourceGP
from zosimos.surrogates.testing import check_surrogate


def test_a_biased_source_is_found_and_a_noisy_one_is_told():
    generator = torch.Generator().manual_seed(2)
    x = torch.rand(60, 1, dtype=torch.double, generator=generator)
    source = torch.arange(60) % 3
    truth = torch.sin(4 * x)
    noise = torch.randn(60, 1, dtype=torch.double, generator=generator)
    noisy = torch.tensor([0.05, 0.05, 0.3], dtype=torch.double)[source][:, None] * noise
    y = truth + noisy + (source == 1)[:, None] * 2.0
    X = torch.cat([x, source[:, None].double()], dim=-1)
    model = SourceGP(ColumnKinds.all_numeric(1), reference=0).fit(X, y)
    bias = model.bias()
    assert abs(bias[1].mean - 2.0) < 3 * bias[1].sd + 0.1
    assert abs(bias[2].mean) < 0.4
    assert model.noise()[2] > 3 * model.noise()[0]
    at = torch.linspace(0.1, 0.9, 9, dtype=torch.double)[:, None]
    points = torch.cat([at, torch.zeros_like(at)], dim=-1)
    with torch.no_grad():
        apart = model.posterior(points.unsqueeze(-2)).mean[:, 0, 0] - torch.sin(4 * at[:, 0])
    assert float(apart.abs().max()) < 0.25


def measured(seed, n=45, bias=(0.0, 0.0, 0.8), noise=(0.03, 0.1, 0.3)):
    """Return rows (x, x, source), values, and the truth at them."""
    rng = np.random.default_rng(seed)
    X, source = rng.random((n, 2)), np.arange(n) % len(bias)
    truth = np.sin(4 * X[:, 0]) + X[:, 1] ** 2
    values = truth + np.array(bias)[source] + rng.normal(size=n) * np.array(noise)[source]
    return torch.tensor(np.column_stack([X, source])), torch.tensor(values)[:, None], torch.tensor(truth)[:, None]


class OneSource(SourceGP):
    """The model with the source left out of the rows, for the conformance kit."""

    def __init__(self):
        super().__init__(ColumnKinds.all_numeric(2))

    def fit(self, X, Y, Yvar=None):
        return super().fit(torch.cat([X, torch.zeros_like(X[:, :1])], dim=-1), Y, Yvar)

    def posterior(self, X):
        return super().posterior(torch.cat([X, torch.zeros_like(X[..., :1])], dim=-1))


@pytest.mark.slow
def test_it_conforms_with_one_source():
    check_surrogate(OneSource)


def test_without_a_reference_the_sources_that_agree_are_believed():
    X, Y, truth = measured(0)
    model = SourceGP(ColumnKinds.all_numeric(2)).fit(X, Y)
    bias = model.bias()
    assert abs(bias[2].mean - 0.8) < 3 * bias[2].sd
    assert abs(bias[0].mean) < 0.1
    assert abs(bias[1].mean) < 0.1
    pooled = GaussianProcess().fit(X[:, :2], Y)
    wrong, plain = (
        float((m.posterior(points).mean.detach() - truth).square().mean().sqrt())
        for m, points in ((model, X), (pooled, X[:, :2]))
    )
    assert wrong < 0.3 * plain


def test_a_biased_noisy_source_hardly_moves_a_good_one():
    """Down-weighted: with the bad source the truth is known at least as well as without it."""
    X, Y, truth = measured(1, bias=(0.0, 1.5), noise=(0.03, 0.6))
    good = X[:, 2] == 0
    both = SourceGP(ColumnKinds.all_numeric(2), reference=0).fit(X, Y)
    alone = SourceGP(ColumnKinds.all_numeric(2), reference=0).fit(X[good], Y[good])
    errors = [float((m.posterior(X).mean.detach() - truth).square().mean().sqrt()) for m in (both, alone)]
    assert errors[0] < 1.1 * errors[1]
    assert both.noise()[1] > 20 * both.noise()[0]


def test_where_the_source_stands_and_what_is_asked_of_it_do_not_matter():
    X, Y, _ = measured(2)
    last = SourceGP(ColumnKinds.all_numeric(2), reference=0).fit(X, Y)
    first = SourceGP(ColumnKinds.all_numeric(2), reference=0, column=0).fit(X.roll(1, dims=1), Y)
    asked = X.clone()
    asked[:, 2] = 99
    assert torch.allclose(last.posterior(asked).mean, last.posterior(X).mean)
    assert torch.allclose(first.posterior(X.roll(1, dims=1)).mean, last.posterior(X).mean, atol=1e-6)


def test_known_variances_count_beside_the_learned_noise():
    X, Y, _ = measured(3)
    vague = torch.where(X[:, 2:] == 1, 1.0, 1e-4)
    model = SourceGP(ColumnKinds.all_numeric(2), reference=0).fit(X, Y, vague)
    assert model.noise()[1] < 0.1
    only = X[:, 2] == 1
    alone = (
        SourceGP(ColumnKinds.all_numeric(2)).fit(X[only], Y[only], vague[only]).posterior(X).variance.detach().mean()
    )
    blind = SourceGP(ColumnKinds.all_numeric(2)).fit(X[only], Y[only]).posterior(X).variance.detach().mean()
    assert float(alone) > 3 * float(blind)


def test_acquisition_functions_ask_for_the_truth():
    X, Y, _ = measured(0)
    model = SourceGP(ColumnKinds.all_numeric(2), reference=0).fit(X, Y)
    points = X[:4, None, :].clone().requires_grad_()
    gain = qLogNoisyExpectedImprovement(model.model, X)(points)
    gain.sum().backward()
    assert gain.shape == (4,)
    assert bool(points.grad.isfinite().all() and (points.grad[..., 2] == 0).all())


def test_sources_that_are_no_numbers_from_zero_are_refused():
    X, Y, _ = measured(0)
    with pytest.raises(ValueError, match="whole numbers"):
        SourceGP(ColumnKinds.all_numeric(2)).fit(X - 0.5, Y)
    with pytest.raises(ValueError, match="columns needed"):
        SourceGP(ColumnKinds.all_numeric(3)).fit(X, Y)

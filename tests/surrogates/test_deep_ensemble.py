"""The deep ensemble keeps the surrogate's contract and tells what it does not know from what cannot be known."""

import numpy as np
import pytest
import torch

from zosimos.surrogates.ensembles.deep_ensemble import DeepEnsemble
from zosimos.surrogates.testing import check_surrogate

NAN = float("nan")


def small(**changed):
    return DeepEnsemble(**({"members": 8, "width": 16, "steps": 150} | changed))


def wave(n, noise=0.0, seed=0):
    X = torch.linspace(0.2, 0.8, n, dtype=torch.double)[:, None]
    return X, torch.sin(8 * X) + noise * torch.from_numpy(np.random.default_rng(seed).standard_normal((n, 1)))


@pytest.mark.slow
def test_the_deep_ensemble_conforms():
    check_surrogate(small)


@pytest.mark.slow
def test_a_sample_is_one_member_and_the_variance_is_theirs():
    X, Y = wave(12)
    surrogate = small().fit(X, Y)
    belief = surrogate.posterior(X)
    torch.manual_seed(0)
    members = belief.rsample(torch.Size([200]))[..., 0].unique(dim=0)
    assert members.shape == (8, 12)
    assert torch.allclose(members.var(dim=0), surrogate.epistemic(X)[:, 0])
    assert torch.equal(surrogate.epistemic(X), belief.variance)


@pytest.mark.slow
def test_the_members_disagree_more_away_from_the_rows():
    X, Y = wave(20)
    variance = small().fit(X, Y).epistemic(torch.tensor([[0.0], [0.5], [1.0]]).double())[:, 0]
    assert variance[0] > 5 * variance[1]
    assert variance[2] > 5 * variance[1]


@pytest.mark.slow
def test_the_noise_is_found_and_left_out_of_the_belief():
    X, Y = wave(200, noise=0.3)
    surrogate = DeepEnsemble().fit(X, Y)
    assert surrogate.aleatoric(X).mean().sqrt().item() == pytest.approx(0.3, rel=0.2)
    assert surrogate.epistemic(X).mean() < 0.2 * surrogate.aleatoric(X).mean()
    assert (surrogate.posterior(X).mean - wave(200)[1]).square().mean().sqrt() < 0.15


@pytest.mark.slow
def test_a_noise_head_learns_where_the_noise_is():
    X, Y = wave(300)
    sd = torch.where(X < 0.5, 0.05, 0.5)
    Y = Y + sd * torch.from_numpy(np.random.default_rng(0).standard_normal((300, 1)))
    noise = DeepEnsemble(noise_head=True).fit(X, Y).aleatoric(X).sqrt()
    assert noise[X < 0.4].mean() < 0.2
    assert noise[X > 0.6].mean() > 0.3


@pytest.mark.slow
def test_known_uncertainties_are_the_noise():
    X, Y = wave(15)
    X, Y = torch.cat([X, X]), torch.cat([Y, Y + 2])
    sure = torch.full_like(Y, 0.01)
    doubtful = torch.cat([sure[:15], torch.full((15, 1), 100.0)])
    even, leaning = (small().fit(X, Y, given).posterior(X[:15]).mean - Y[:15] for given in (sure, doubtful))
    assert even.mean().item() == pytest.approx(1.0, abs=0.1)
    assert leaning.mean().item() == pytest.approx(0.0, abs=0.1)
    assert small().fit(X, Y, torch.full_like(Y, 0.25)).aleatoric(X).mean().item() == pytest.approx(0.25)


@pytest.mark.slow
def test_the_first_outcome_is_the_same_with_and_without_a_second():
    X, Y = wave(12)
    both = torch.cat([Y, Y**2], dim=-1)
    both[3, 1] = NAN
    alone, beside = small().fit(X, Y).posterior(X).mean, small().fit(X, both).posterior(X).mean
    assert torch.allclose(alone[:, 0], beside[:, 0], atol=1e-8)


@pytest.mark.slow
def test_many_rows_are_learned_in_batches_and_repeat():
    rng = np.random.default_rng(0)
    X = torch.from_numpy(rng.random((600, 2)))
    Y = (X[:, :1] - 0.5).square() + X[:, 1:]
    first, second = (small().fit(X, Y).posterior(X).mean for _ in range(2))
    assert torch.equal(first, second)
    assert (first - Y).square().mean() < 0.02 * Y.var()


@pytest.mark.slow
def test_training_that_diverges_is_noted_and_stays_finite(monkeypatch):
    monkeypatch.setattr("zosimos.surrogates.ensembles.networks._RATE", 1e200)
    X, Y = wave(8)
    surrogate = small(steps=5).fit(X, Y)
    assert "diverged" in surrogate.notes[0]
    assert surrogate.posterior(X).mean.isfinite().all()


@pytest.mark.slow
def test_the_belief_has_a_gradient():
    X, Y = wave(12)
    points = X[:3].clone().requires_grad_(True)
    small().fit(X, Y).posterior(points).mean.sum().backward()
    assert (points.grad.abs() > 0).all()


def test_nothing_fitted_and_too_few_members_are_refused():
    for act in (lambda s: s.posterior(torch.zeros(1, 1)), lambda s: s.aleatoric(torch.zeros(1, 1)), DeepEnsemble.card):
        with pytest.raises(RuntimeError, match="not fitted"):
            act(DeepEnsemble())
    with pytest.raises(ValueError, match="two members"):
        DeepEnsemble(members=1)

"""Noise that grows along a column is found; noise that does not is left alone."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.surrogates.gaussian.gp import GaussianProcess
from zosimos.surrogates.gaussian.heteroscedastic import HeteroscedasticGP
from zosimos.surrogates.gaussian.noise import NoiseField
from zosimos.surrogates.testing import check_surrogate

NAN = float("nan")


def true(x):
    return np.sin(5 * x)


def growing(x):
    return 0.02 + 0.5 * x


def measured(x, sd, seed):
    y = true(x) + sd * np.random.default_rng(1000 + seed).standard_normal(len(x))
    return torch.from_numpy(x)[:, None], torch.from_numpy(y)[:, None]


def scattered(sd, seed, n=50):
    x = np.sort(np.random.default_rng(seed).random(n))
    return measured(x, sd(x), seed)


def replicated(seed):
    x = np.repeat(np.linspace(0, 1, 12), 4)
    return measured(x, growing(x), seed)


def log_loss(mean, variance, Y):
    return float((0.5 * (2 * math.pi * variance).log() + 0.5 * (Y - mean).square() / variance).mean())


def losses(X, Y, sd, seed):
    """Mean negative log density of new measurements under ours and under the plain process."""
    new_X, new_Y = scattered(sd, 100 + seed, n=200)
    ours, plain = HeteroscedasticGP().fit(X, Y), GaussianProcess().fit(X, Y)
    with torch.no_grad():
        belief = ours.posterior(new_X)
        wide = plain.model.posterior(new_X, observation_noise=True)
        return (
            log_loss(belief.mean, belief.variance + ours.noise(new_X), new_Y),
            log_loss(wide.mean, wide.variance, new_Y),
        )


@pytest.mark.slow
def test_the_process_with_its_own_noise_conforms():
    check_surrogate(HeteroscedasticGP)


@pytest.mark.slow
@pytest.mark.parametrize("data", [lambda seed: scattered(growing, seed), replicated], ids=["residuals", "replicates"])
def test_noise_that_grows_is_found_and_new_measurements_are_predicted_better(data):
    pairs = []
    for seed in range(3):
        X, Y = data(seed)
        pairs.append(losses(X, Y, growing, seed))
        noise = HeteroscedasticGP().fit(X, Y).noise(torch.tensor([[0.1], [0.8]]).double()).sqrt()[:, 0]
        assert noise[1] > 2 * noise[0]
    ours, plain = np.mean(pairs, axis=0)
    assert ours < plain - 0.1


@pytest.mark.slow
def test_noise_that_is_the_same_everywhere_costs_nothing():
    pairs = [
        losses(*scattered(lambda x: np.full(len(x), 0.2), seed), lambda x: np.full(len(x), 0.2), seed)
        for seed in range(5)
    ]
    ours, plain = np.mean(pairs, axis=0)
    assert ours < plain + 0.03


def test_one_noise_for_all_is_the_plain_process_and_the_noise_is_its():
    X, Y = scattered(lambda x: np.full(len(x), 0.2), 0)
    ours, plain = HeteroscedasticGP().fit(X, Y), GaussianProcess().fit(X, Y)
    assert torch.allclose(ours.posterior(X).mean, plain.posterior(X).mean, atol=1e-3)
    assert len(ours.noise(X).unique()) == 1
    learned = plain.model.likelihood.noise.detach() * Y.var()
    assert ours.noise(X)[0, 0].item() == pytest.approx(learned.item(), rel=0.02)


def test_known_uncertainties_are_the_noise_and_teach_it_nearby():
    X, Y = scattered(growing, 1)
    given_variance = torch.from_numpy(growing(X.numpy())) ** 2
    between = torch.tensor([[0.15], [0.5], [0.85]]).double()
    found = HeteroscedasticGP().fit(X, Y, given_variance).noise(between).sqrt()
    assert torch.allclose(found, torch.from_numpy(growing(between.numpy())), rtol=0.25)


@pytest.mark.slow
def test_an_uncertainty_known_for_some_rows_is_kept_there():
    x = np.linspace(0, 1, 30)
    X, Y = measured(x, np.full(30, 0.1), 0)
    lifted = (x > 0.4) & (x < 0.6)  # six rows in a row, 2 too high
    Y[lifted] += 2.0
    given_variance = torch.full_like(Y, NAN)
    given_variance[lifted] = 25.0
    middle = torch.tensor([[0.5]]).double()
    misled, warned = (HeteroscedasticGP().fit(X, Y, v).posterior(middle).mean.item() for v in (None, given_variance))
    assert abs(misled - true(0.5)) > 1.0
    assert abs(warned - true(0.5)) < 0.3


def test_few_rows_say_nothing_of_how_noise_varies():
    X, Y = scattered(growing, 0, n=6)
    surrogate = HeteroscedasticGP().fit(X, Y)
    assert surrogate.noise(torch.rand(3, 4, 1).double()).shape == (3, 4, 1)
    assert len(surrogate.noise(X).unique()) == 1


def test_a_turn_that_fails_keeps_what_was_before_and_says_so(monkeypatch):
    from zosimos.surrogates.gaussian import heteroscedastic

    whole = heteroscedastic.fit_matern

    def fails_with_noise(X, Y, noise, **options):
        model, note = whole(X, Y, noise, **options)
        return model, note if noise is None else "the fit failed"

    monkeypatch.setattr(heteroscedastic, "fit_matern", fails_with_noise)
    X, Y = replicated(0)
    surrogate = HeteroscedasticGP().fit(X, Y)
    assert "the noise before is kept" in surrogate.notes[0]
    assert len(surrogate.noise(X).unique()) == 1


@pytest.mark.slow
def test_each_outcome_has_its_own_noise():
    X, Y = replicated(0)
    both = torch.cat([Y, 100 * Y.flip(0)], dim=-1)
    noise = HeteroscedasticGP().fit(X, both).noise(torch.tensor([[0.1], [0.9]]).double())
    assert noise[0, 0] < noise[1, 0]
    assert noise[0, 1] > noise[1, 1]


@settings(max_examples=25)
@given(variance=st.floats(1e-4, 1e4), n=st.integers(2, 12), seed=st.integers(0, 100))
def test_one_level_of_squares_gives_one_noise(variance, n, seed):
    X = torch.from_numpy(np.random.default_rng(seed).random((n, 2)))
    squares = torch.full((n,), variance, dtype=torch.double)
    field = NoiseField.likeliest(X, squares, torch.full_like(squares, NAN))
    assert torch.allclose(field.variance(X), squares, rtol=1e-6)


def test_nothing_fitted_is_refused():
    with pytest.raises(RuntimeError, match="not fitted"):
        HeteroscedasticGP().noise(torch.zeros(1, 1))

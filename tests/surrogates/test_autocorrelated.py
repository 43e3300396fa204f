"""A drift in the noise is told from the function, and the belief is as wide as it should be."""

import itertools
import math

import numpy as np
import pytest
import torch

from zosimos.surrogates.autocorrelated import AutocorrelatedGP
from zosimos.surrogates.gp import GaussianProcess
from zosimos.surrogates.testing import check_surrogate

NAN = float("nan")


def drift(t, memory, variance, rng):
    """An Ornstein-Uhlenbeck path at rising times."""
    path = [rng.standard_normal() * math.sqrt(variance)]
    for before, now in itertools.pairwise(t):
        kept = math.exp(-(now - before) / memory)
        path.append(kept * path[-1] + math.sqrt(variance * (1 - kept**2)) * rng.standard_normal())
    return np.array(path)


def stream(seed, n=70):
    """A function of time under a drift: points, values, and the function at the points."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 1, n)
    true = np.sin(2 * np.pi * t)
    y = true + drift(t, 0.05, 0.16, rng) + 0.05 * rng.standard_normal(n)
    return tuple(torch.from_numpy(column)[:, None] for column in (t, y, true))


def experiment(seed, n=60):
    """A function of x, measured in random order on a drifting instrument: points (x, t), values, drift."""
    rng = np.random.default_rng(seed)
    t, x = np.linspace(0, 1, n), rng.random(n)
    path = drift(t, 0.1, 0.16, rng)
    y = np.sin(2 * np.pi * x) + path + 0.05 * rng.standard_normal(n)
    return torch.from_numpy(np.stack([x, t], axis=1)), torch.from_numpy(y)[:, None], torch.from_numpy(path)


def covered(belief, true):
    with torch.no_grad():
        return float(((belief.mean - true).abs() < 1.645 * belief.variance.sqrt()).double().mean())


@pytest.mark.slow
@pytest.mark.parametrize("signal_in_time", [False, True])
def test_the_process_with_drift_conforms(signal_in_time):
    check_surrogate(lambda: AutocorrelatedGP(1, signal_in_time))


@pytest.mark.slow
def test_ninety_percent_intervals_hold_the_truth_where_white_noise_is_too_sure():
    ours, white, errors = [], [], []
    for seed in range(10):
        t, y, true = stream(seed)
        belief = AutocorrelatedGP(0).fit(t, y).posterior(t)
        ours.append(covered(belief, true))
        errors.append((belief.mean.detach() - true).square().mean().sqrt().item())
        white.append(covered(GaussianProcess().fit(t, y).posterior(t), true))
    assert np.mean(white) < 0.6
    assert np.mean(ours) > 0.8
    assert np.mean(errors) < 0.4  # the drift's own size


def test_the_function_and_the_drift_are_told_apart_by_what_they_depend_on():
    X, Y, path = experiment(0)
    surrogate = AutocorrelatedGP(1).fit(X, Y)
    x = torch.linspace(0, 1, 30, dtype=torch.double)[:, None]
    mean = surrogate.posterior(torch.cat([x, torch.full_like(x, 0.5)], dim=-1)).mean
    assert (mean - torch.sin(2 * torch.pi * x)).square().mean().sqrt() < 0.25
    found = surrogate.drift(X).mean[:, 0]
    assert np.corrcoef(found.detach(), path)[0, 1] > 0.9


def test_a_prediction_does_not_depend_on_its_time():
    X, Y, _ = experiment(1, n=25)
    surrogate = AutocorrelatedGP(1).fit(X, Y)
    elsewhere = X.clone()
    elsewhere[:, 1] = 7.0
    assert torch.equal(surrogate.posterior(X).mean, surrogate.posterior(elsewhere).mean)
    assert surrogate.drift(elsewhere).mean.abs().max() < 1e-6  # long after, the drift is forgotten


def test_the_drift_is_in_the_outcomes_unit():
    X, Y, _ = experiment(2, n=25)
    small, large = (AutocorrelatedGP(1).fit(X, scale * Y + 50).drift(X).mean for scale in (1.0, 100.0))
    assert torch.allclose(large, 100 * small, rtol=0.02, atol=0.5)


def test_known_uncertainties_are_the_white_noise():
    X, Y, _ = experiment(3, n=20)
    card = AutocorrelatedGP(1).fit(X, Y, torch.full_like(Y, 0.09)).card()
    (noise,) = (v for name, v in card.hyperparameters.items() if "white" in name)
    assert noise == pytest.approx(0.09 / float(Y.var()), rel=1e-6)


def test_a_gap_in_one_outcome_does_not_touch_the_other():
    X, Y, _ = experiment(4, n=20)
    both = torch.cat([Y, 2 * Y], dim=-1)
    both[3, 0] = NAN
    alone = AutocorrelatedGP(1).fit(X, 2 * Y).posterior(X).mean
    assert torch.allclose(AutocorrelatedGP(1).fit(X, both).posterior(X).mean[:, 1:], alone, atol=1e-6)


def test_a_missing_time_column_and_nothing_fitted_are_refused():
    X, Y, _ = experiment(0, n=5)
    with pytest.raises(ValueError, match="time column 2"):
        AutocorrelatedGP(2).fit(X, Y)
    for act in (AutocorrelatedGP.posterior, AutocorrelatedGP.drift):
        with pytest.raises(RuntimeError, match="not fitted"):
            act(AutocorrelatedGP(0), X)

"""Transfer: a related campaign helps, an unrelated or contrary one does no harm."""

import statistics

import numpy as np
import pytest
import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement

from zosimos.surrogates.gp import GaussianProcess
from zosimos.surrogates.testing import check_surrogate
from zosimos.surrogates.transfer import Campaign, TransferGP


def surface(X):
    return (torch.sin(5 * X[:, 0]) + X[:, 1] ** 2)[:, None]


def drawn(n, seed):
    return torch.rand(n, 2, dtype=torch.double, generator=torch.Generator().manual_seed(seed))


def error(model, seed):
    at = drawn(200, 1000 + seed)
    with torch.no_grad():
        return float((model.posterior(at.unsqueeze(-2)).mean[:, 0, 0] - surface(at)[:, 0]).square().mean().sqrt())


def errors(source, seeds, n=6):
    ours, cold = [], []
    for seed in seeds:
        X = drawn(n, seed)
        ours.append(error(TransferGP({"old": source}).fit(X, surface(X)), seed))
        cold.append(error(GaussianProcess().fit(X, surface(X)), seed))
    return statistics.median(ours), statistics.median(cold)


@pytest.mark.slow
def test_it_conforms_with_a_source():
    X = drawn(20, 5)
    check_surrogate(lambda: TransferGP({"old": Campaign(X, torch.cat([surface(X), -surface(X)], dim=-1))}))


def test_a_related_source_helps():
    X = drawn(40, 50)
    ours, cold = errors(Campaign(X, 2.0 * surface(X) + 3.0), range(5))
    assert ours < 0.7 * cold


@pytest.mark.slow
def test_an_unrelated_source_does_little_harm():
    X = drawn(40, 51)
    noise = torch.randn(40, 1, dtype=torch.double, generator=torch.Generator().manual_seed(9))
    ours, cold = errors(Campaign(X, noise), range(5))
    assert ours < 1.15 * cold


def test_weights_are_shown():
    X = drawn(8, 3)
    source = drawn(40, 50)
    weights = TransferGP({"old": Campaign(source, surface(source))}).fit(X, surface(X)).weights()
    assert sum(weights.values()) == pytest.approx(1.0)
    assert weights["old"] > 0.2


def test_without_sources_it_is_the_targets_own_model():
    X = drawn(8, 0)
    surrogate = TransferGP({}).fit(X, surface(X))
    assert dict(surrogate.weights()) == {"target": 1.0}
    assert torch.allclose(surrogate.posterior(X).mean, surface(X), atol=0.2)


@pytest.mark.slow
def test_a_contrary_source_is_turned_round_or_left_out():
    X = drawn(40, 50)
    ours, cold = errors(Campaign(X, -surface(X)), range(5))
    assert ours < 1.05 * cold


def test_of_two_sources_the_one_that_knows_is_believed():
    X, target = drawn(40, 50), drawn(10, 3)
    noise = torch.randn(40, 1, dtype=torch.double, generator=torch.Generator().manual_seed(9))
    sources = {"noise": Campaign(X, noise), "kin": Campaign(X, 5.0 * surface(X) - 2.0)}
    weights = TransferGP(sources).fit(target, surface(target)).weights()
    assert weights["kin"] > 0.9
    assert weights["noise"] < 0.05


def test_one_row_of_the_target_lends_sources_half_the_say_at_most():
    X = drawn(40, 50)
    weights = TransferGP({"old": Campaign(X, surface(X))}).fit(X[:1], surface(X[:1])).weights()
    assert weights["old"] <= 0.5
    assert weights["target"] >= 0.5


def test_models_that_disagree_make_the_belief_wide():
    """The mixture's variance is at least the weighed variances of its members."""
    X, target = drawn(40, 50), drawn(3, 3)
    surrogate = TransferGP({"old": Campaign(X, surface(X))}).fit(target, surface(target))
    assert 0.0 < surrogate.weights()["old"] < 1.0
    points = drawn(50, 8)
    with torch.no_grad():
        members = [m.posterior(points) for m in surrogate.model.models]
        whole = surrogate.posterior(points)
    inside = sum(surrogate.weights()[n] * m.variance for n, m in zip(("target", "old"), members, strict=True))
    assert (whole.variance >= inside - 1e-9).all()
    assert float((whole.variance - inside).max()) > 1e-4


def test_an_outcome_that_a_source_never_measured_is_the_targets_own():
    X, target = drawn(30, 50), drawn(8, 3)
    gaps = torch.cat([surface(X), torch.full_like(X[:, :1], torch.nan)], dim=-1)
    surrogate = TransferGP({"old": Campaign(X, gaps)}).fit(target, surface(target).repeat(1, 2))
    assert surrogate.weights(0)["old"] > 0.0
    assert surrogate.weights(1) == {"target": 1.0, "old": 0.0}


def test_acquisition_functions_see_through_to_the_columns():
    X, target = drawn(30, 50), drawn(5, 3)
    surrogate = TransferGP({"old": Campaign(X, surface(X))}).fit(target, surface(target))
    points = drawn(4, 7)[:, None, :].requires_grad_()
    gain = qLogNoisyExpectedImprovement(surrogate.model, target)(points)
    gain.sum().backward()
    assert gain.shape == (4,)
    assert bool(points.grad.isfinite().all() and (points.grad != 0).any())


def test_sources_that_do_not_fit_are_refused():
    X = drawn(5, 0)
    with pytest.raises(ValueError, match="columns"):
        TransferGP({"old": Campaign(X[:, :1], surface(X))}).fit(X, surface(X))
    with pytest.raises(ValueError, match="outcomes"):
        TransferGP({"old": Campaign(X, surface(X))}).fit(X, surface(X).repeat(1, 2))
    with pytest.raises(ValueError, match="needed"):
        Campaign(X, surface(X)[:3])
    with pytest.raises(ValueError, match="called"):
        TransferGP({"target": Campaign(X, surface(X))})


def waves(rng, width=2, length=0.3):
    """Return a random smooth function, a draw of a Gaussian process by random features."""
    slopes, shifts = rng.normal(size=(200, width)) / length, rng.uniform(0, 2 * np.pi, 200)
    heights = rng.normal(size=200) * np.sqrt(2 / 200)
    return lambda X: np.cos(X @ slopes.T + shifts) @ heights


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "limit"),
    [
        (lambda X, target, other: 3 * (0.85 * target(X + 0.04) + 0.4 * other(X)) + 10, 0.9),
        (lambda X, target, other: 2 * target(X) + 0.1 * other(X), 0.5),
        (lambda X, target, other: other(X), 1.05),
        (lambda X, target, other: -target(X), 1.05),
    ],
    ids=["related", "close", "unrelated", "contrary"],
)
def test_over_twenty_random_targets_of_five_rows_sources_help_or_do_no_harm(source, limit):
    """The median over targets of the error with the source to the error without."""
    ratios = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        target, other = waves(rng), waves(rng)
        old, new, points = rng.random((40, 2)), rng.random((5, 2)), rng.random((300, 2))
        before = source(old, target, other) + 0.05 * rng.normal(size=40)
        seen = target(new) + 0.05 * rng.normal(size=5)
        X, Y = torch.tensor(new), torch.tensor(seen)[:, None]
        models = [TransferGP({"old": Campaign(torch.tensor(old), torch.tensor(before)[:, None])}), TransferGP({})]
        found = [m.fit(X, Y).posterior(torch.tensor(points)).mean[:, 0].detach().numpy() for m in models]
        wrong = [np.sqrt(np.mean((mean - target(points)) ** 2)) for mean in found]
        ratios.append(wrong[0] / wrong[1])
    assert np.median(ratios) < limit

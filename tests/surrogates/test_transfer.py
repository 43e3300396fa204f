"""Transfer: a related campaign helps, an unrelated or contrary one does no harm."""

import statistics

import pytest
import torch

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


def test_it_conforms_with_and_without_a_source():
    X = drawn(20, 5)
    check_surrogate(lambda: TransferGP({}))
    check_surrogate(lambda: TransferGP({"old": Campaign(X, torch.cat([surface(X), -surface(X)], dim=-1))}))


def test_a_related_source_helps():
    X = drawn(40, 50)
    ours, cold = errors(Campaign(X, 2.0 * surface(X) + 3.0), range(5))
    assert ours < 0.7 * cold


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

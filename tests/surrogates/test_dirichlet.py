"""The Dirichlet classifier: probabilities that mean something, soft labels, and what the classes depend on."""

import pytest
import torch

from zosimos.surrogates.descriptor_relevance import descriptor_relevance
from zosimos.surrogates.dirichlet import DirichletClassifier


def data(n=60, seed=0):
    X = torch.rand(n, 2, dtype=torch.double, generator=torch.Generator().manual_seed(seed))
    return X, (X[:, 0] > 0.5).long()


def test_probabilities_sum_to_one_and_beat_chance():
    X, labels = data()
    new, truth = data(100, 1)
    chances = DirichletClassifier().fit(X, labels).probabilities(new)
    assert torch.allclose(chances.sum(dim=-1), torch.ones(100, dtype=torch.double))
    loss = -chances[torch.arange(100), truth].clamp_min(1e-9).log().mean()
    assert float(loss) < 0.4


def test_soft_and_doubted_labels_are_less_sure():
    X, labels = data()
    at = torch.tensor([[0.1, 0.5], [0.9, 0.5]], dtype=torch.double)
    sure = DirichletClassifier().fit(X, labels).probabilities(at)
    soft = torch.nn.functional.one_hot(labels, 2).double() * 0.6 + 0.2
    unsure = DirichletClassifier().fit(X, soft).probabilities(at)
    assert float(unsure.max()) < float(sure.max())
    doubted = DirichletClassifier().fit(X, labels, torch.full((60,), 0.1, dtype=torch.double))
    assert float(doubted.epistemic(at).mean()) > float(DirichletClassifier().fit(X, labels).epistemic(at).mean())


def test_the_column_that_decides_comes_first():
    X, labels = data()
    ranked = descriptor_relevance(X, labels, bootstraps=6, seed=3)
    assert ranked[0].columns == (0,)
    assert ranked[0].stability > 0.8


def test_odd_labels_are_refused():
    X, _ = data(4)
    with pytest.raises(ValueError, match="labels"):
        DirichletClassifier().fit(X, torch.tensor([0.0, 1.0, -1.0, 1.0]))

"""The Dirichlet classifier: probabilities that mean something, and soft labels."""

import numpy as np
import pytest
import torch
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.feasibility.dirichlet import DirichletClassifier


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


@pytest.mark.slow
def test_soft_and_doubted_labels_are_less_sure():
    X, labels = data()
    at = torch.tensor([[0.1, 0.5], [0.9, 0.5]], dtype=torch.double)
    sure = DirichletClassifier().fit(X, labels).probabilities(at)
    soft = torch.nn.functional.one_hot(labels, 2).double() * 0.6 + 0.2
    unsure = DirichletClassifier().fit(X, soft).probabilities(at)
    assert float(unsure.max()) < float(sure.max())
    doubted = DirichletClassifier().fit(X, labels, torch.full((60,), 0.1, dtype=torch.double))
    assert float(doubted.epistemic(at).mean()) > float(DirichletClassifier().fit(X, labels).epistemic(at).mean())


def test_odd_labels_are_refused():
    X, _ = data(4)
    with pytest.raises(ValueError, match="labels"):
        DirichletClassifier().fit(X, torch.tensor([0.0, 1.0, -1.0, 1.0]))


def noisy(n, seed, sharp=6.0):
    """Return points and labels drawn from known probabilities, and those of class 1."""
    rng = np.random.default_rng(seed)
    X = rng.random((n, 3))
    chances = 1 / (1 + np.exp(-sharp * (np.sin(4 * X[:, 0]) + X[:, 1] - 0.9)))
    return X, (rng.random(n) < chances).astype(int), chances


@pytest.mark.slow
def test_probabilities_are_about_as_good_as_a_logistic_gaussian_process():
    """Log loss and Brier score over repeats, against chance and against a Laplace-approximated logistic one."""
    scores = {"ours": [], "logistic": [], "chance": []}
    for seed in range(3):
        X, labels, _ = noisy(40, seed)
        points, truth, _ = noisy(500, 100 + seed)
        kernel = ConstantKernel(1.0) * Matern([0.5] * 3, nu=2.5)
        logistic = GaussianProcessClassifier(kernel, random_state=0).fit(X, labels)
        ours = DirichletClassifier().fit(torch.tensor(X), torch.tensor(labels))
        beliefs = {
            "ours": ours.probabilities(torch.tensor(points)).numpy()[:, 1],
            "logistic": logistic.predict_proba(points)[:, 1],
            "chance": np.full(500, labels.mean()),
        }
        for name, p in beliefs.items():
            log_loss = -np.mean(np.log(np.where(truth == 1, p, 1 - p)))
            scores[name].append((log_loss, np.mean((p - truth) ** 2)))
    ours, logistic, chance = (np.mean(scores[name], axis=0) for name in ("ours", "logistic", "chance"))
    assert (ours < 0.75 * chance).all()
    assert (ours < 1.1 * logistic).all()


@pytest.mark.slow
def test_among_points_given_seven_in_ten_about_seven_in_ten_are_of_the_class():
    believed, true = [], []
    for seed in range(4):
        X, labels, _ = noisy(80, seed, sharp=3.0)
        points, _, chances = noisy(500, 100 + seed, sharp=3.0)
        model = DirichletClassifier().fit(torch.tensor(X), torch.tensor(labels))
        believed.append(model.probabilities(torch.tensor(points)).numpy()[:, 1])
        true.append(chances)
    p, chances = np.concatenate(believed), np.concatenate(true)
    for low, high in ((0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9)):
        inside = (p > low) & (p < high)
        assert inside.sum() > 100
        assert abs(chances[inside].mean() - p[inside].mean()) < 0.1


def test_three_classes_and_a_class_without_labels():
    X = torch.rand(30, 2, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    labels = (X[:, 0] * 3).long()
    chances = DirichletClassifier(classes=4).fit(X, labels).probabilities(X)
    assert chances.shape == (30, 4)
    assert float((chances.argmax(dim=1) == labels).double().mean()) > 0.9
    assert float(chances[:, 3].max()) < 0.15


def test_labels_would_settle_most_where_there_are_none():
    X, labels = data(20)
    model = DirichletClassifier().fit(0.5 * X, labels)
    near, far = model.epistemic(torch.tensor([[0.1, 0.25], [0.95, 0.95]], dtype=torch.double))
    assert float(far) > float(near) > 0.0


def test_a_label_that_is_not_believed_teaches_nothing():
    X, labels = data(20)
    at, _ = data(10, 1)
    doubt = torch.ones(20, dtype=torch.double)
    doubt[0] = 0.0
    without = DirichletClassifier().fit(X[1:], labels[1:]).probabilities(at)
    assert torch.allclose(DirichletClassifier().fit(X, labels, doubt).probabilities(at), without)
    with pytest.raises(ValueError, match="no label is left"):
        DirichletClassifier().fit(X, labels, torch.zeros(20, dtype=torch.double))


def test_it_learns_over_blocks_of_descriptors():
    rng = np.random.default_rng(0)
    hidden = rng.random(60)
    table = torch.tensor(np.hstack([hidden[:, None] * rng.random((1, 20)), rng.random((60, 20))]))
    labels = torch.tensor(hidden > 0.5).long()
    kinds = ColumnKinds(descriptors=(tuple(range(20)), tuple(range(20, 40))))
    model = DirichletClassifier(kinds).fit(table[:40], labels[:40])
    right = model.probabilities(table[40:]).argmax(dim=1) == labels[40:]
    assert float(right.double().mean()) >= 0.9
    assert float(model.relevance()[0]) > 3 * float(model.relevance()[1])


def test_soft_labels_and_confidences_out_of_range_are_refused():
    X, labels = data(4)
    with pytest.raises(ValueError, match="sum 1"):
        DirichletClassifier().fit(X, torch.full((4, 2), 0.3, dtype=torch.double))
    with pytest.raises(ValueError, match="confidences"):
        DirichletClassifier().fit(X, labels, torch.full((4,), 1.5, dtype=torch.double))
    with pytest.raises(RuntimeError, match="not fitted"):
        DirichletClassifier().probabilities(X)

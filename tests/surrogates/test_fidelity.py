"""Several fidelities: a good cheap one helps, a misleading one is not trusted."""

import numpy as np
import pytest
import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement

from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.fidelity import FidelityGP
from zosimos.surrogates.gp import GaussianProcess
from zosimos.surrogates.testing import check_surrogate


def truth(x):
    return (torch.sin(8 * x[:, 0]) + x[:, 0])[:, None]


def table(cheap):
    low = torch.linspace(0, 1, 25, dtype=torch.double)[:, None]
    high = torch.tensor([[0.05], [0.35], [0.6], [0.95]], dtype=torch.double)
    X = torch.cat([torch.cat([low, torch.zeros_like(low)], -1), torch.cat([high, torch.ones_like(high)], -1)])
    return X, torch.cat([cheap(low), truth(high)]), high


def error(model, level=True):
    at = torch.linspace(0, 1, 80, dtype=torch.double)[:, None]
    points = torch.cat([at, torch.ones_like(at)], -1) if level else at
    with torch.no_grad():
        return float((model.posterior(points.unsqueeze(-2)).mean[:, 0, 0] - truth(at)[:, 0]).square().mean().sqrt())


def fitted(cheap):
    X, y, high = table(cheap)
    model = FidelityGP(ColumnKinds.all_numeric(1), (0.0, 1.0)).fit(X, y)
    return model, error(model), error(GaussianProcess().fit(high, truth(high)), level=False)


@pytest.mark.slow
def test_a_cheap_level_that_is_off_by_a_constant_makes_up_for_few_dear_ones():
    model, ours, alone = fitted(lambda x: 0.8 * truth(x) + 0.5)
    assert ours < 0.6 * alone
    assert model.trust() > 0.5


def test_a_misleading_level_is_hardly_trusted():
    generator = torch.Generator().manual_seed(4)
    _, ours, alone = fitted(lambda x: torch.randn(len(x), 1, dtype=torch.double, generator=generator))
    assert ours < 1.15 * alone


def test_levels_must_differ():
    with pytest.raises(ValueError, match="different levels"):
        FidelityGP(ColumnKinds.all_numeric(1), (1.0, 1.0))


class TopOnly(FidelityGP):
    """The model with the level left out of the rows, for the conformance kit."""

    def __init__(self):
        super().__init__(ColumnKinds.all_numeric(2), (0.0, 1.0))

    def fit(self, X, Y, Yvar=None):
        return super().fit(torch.cat([X, torch.ones_like(X[:, :1])], dim=-1), Y, Yvar)

    def posterior(self, X):
        return super().posterior(torch.cat([X, torch.ones_like(X[..., :1])], dim=-1))


@pytest.mark.slow
def test_it_conforms_where_every_row_is_of_the_highest_level():
    check_surrogate(TopOnly)


def plane(X):
    return np.sin(5 * X[:, 0]) + X[:, 1]


def leveled(rng, functions, counts):
    """Return rows of each level (the index scaled to [0, 1]) and their values."""
    top = max(len(functions) - 1, 1)
    parts = [rng.random((count, 2)) for count in counts]
    X = np.vstack([np.column_stack([part, np.full(len(part), i / top)]) for i, part in enumerate(parts)])
    Y = np.concatenate([function(part) for function, part in zip(functions, parts, strict=True)])
    return torch.tensor(X), torch.tensor(Y)[:, None]


def plane_error(model, rng, level=1.0):
    points = rng.random((200, 2))
    asked = points if level is None else np.column_stack([points, np.full(200, level)])
    mean = model.posterior(torch.tensor(asked)).mean[:, 0].detach().numpy()
    return float(np.sqrt(np.mean((mean - plane(points)) ** 2)))


@pytest.mark.slow
def test_four_dear_rows_with_cheap_ones_are_worth_twelve_without():
    """Medians over repeats; the cheap level is off by an offset and a tilt."""
    ours, alone = [], []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        X, Y = leveled(rng, (lambda x: plane(x) + 0.5 + 0.3 * x[:, 0], plane), (25, 4))
        ours.append(plane_error(FidelityGP(ColumnKinds.all_numeric(2), (0.0, 1.0)).fit(X, Y), rng))
        more = rng.random((12, 2))
        cold = GaussianProcess().fit(torch.tensor(more), torch.tensor(plane(more))[:, None])
        alone.append(plane_error(cold, rng, None))
    assert np.median(ours) < np.median(alone)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_a_smooth_level_about_something_else_does_little_harm(seed):
    rng = np.random.default_rng(seed)
    X, Y = leveled(rng, (lambda x: 5 * np.sin(7 * x[:, 0] + 9 * x[:, 1]), plane), (25, 10))
    ours = plane_error(FidelityGP(ColumnKinds.all_numeric(2), (0.0, 1.0)).fit(X, Y), rng)
    top = X[:, 2] == 1
    assert (
        ours < 1.1 * plane_error(GaussianProcess().fit(X[top][:, :2], Y[top]), np.random.default_rng(seed), None) + 0.02
    )


@pytest.mark.slow
def test_three_levels_are_linked_one_by_one():
    rng = np.random.default_rng(0)
    functions = (lambda x: 10 * plane(x), lambda x: plane(x) + 0.3 * x[:, 0], plane)
    X, Y = leveled(rng, functions, (30, 12, 4))
    model = FidelityGP(ColumnKinds.all_numeric(2), (0.0, 0.5, 1.0)).fit(X, Y)
    assert plane_error(model, rng) < 0.25
    assert model.trust() > 0.9
    low = model.posterior(torch.tensor([[0.5, 0.5, 0.0]], dtype=torch.double)).mean.item()
    assert low == pytest.approx(10 * plane(np.array([[0.5, 0.5]]))[0], rel=0.1)


def test_without_a_dear_row_the_cheap_ones_are_believed_with_doubt():
    rng = np.random.default_rng(0)
    X, Y = leveled(rng, (plane, plane), (25, 0))
    model = FidelityGP(ColumnKinds.all_numeric(2), (0.0, 1.0)).fit(X, Y)
    points = torch.tensor([[0.5, 0.5, 0.0], [0.5, 0.5, 1.0]], dtype=torch.double)
    with torch.no_grad():
        belief = model.posterior(points)
    assert model.trust() == 1.0
    assert float(belief.variance[1]) > 3 * float(belief.variance[0])


def test_acquisition_functions_can_ask_for_the_highest_level():
    rng = np.random.default_rng(0)
    X, Y = leveled(rng, (lambda x: plane(x) + 0.5, plane), (15, 4))
    model = FidelityGP(ColumnKinds.all_numeric(2), (0.0, 1.0)).fit(X, Y)
    gain = qLogNoisyExpectedImprovement(model.model, X[15:])(torch.tensor([[[0.3, 0.3, 1.0]]], dtype=torch.double))
    assert gain.isfinite().all()


def test_rows_of_no_level_are_refused():
    with pytest.raises(ValueError, match="none of the levels"):
        FidelityGP(ColumnKinds.all_numeric(1), (0.0, 1.0)).fit(torch.full((3, 2), 0.5), torch.rand(3, 1))
    with pytest.raises(ValueError, match="columns needed"):
        FidelityGP(ColumnKinds.all_numeric(2), (0.0, 1.0)).fit(torch.zeros(3, 2), torch.rand(3, 1))

"""Several fidelities: a good cheap one helps, a misleading one is not trusted."""

import pytest
import torch

from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.fidelity import FidelityGP
from zosimos.surrogates.gp import GaussianProcess


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

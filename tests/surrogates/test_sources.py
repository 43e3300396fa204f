"""Sources with biases of their own: the planted one is found and taken out."""

import torch

from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.sources import SourceGP


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

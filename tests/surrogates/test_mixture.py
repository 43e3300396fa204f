"""A mixture of models is the Gaussian with the mixture's own mean and covariance."""

import torch

from zosimos.surrogates.gp import GaussianProcess
from zosimos.surrogates.mixture import Mixture


def test_moments_are_those_of_drawing_a_model_first_and_a_function_from_it_then():
    X = torch.linspace(0, 1, 6, dtype=torch.double)[:, None]
    one = GaussianProcess().fit(X, torch.sin(6 * X)).model
    two = GaussianProcess().fit(X[:3], 3 * X[:3]).model
    points = torch.tensor([[0.2], [0.55], [0.9]], dtype=torch.double)
    with torch.no_grad():
        belief = Mixture([one, two], [0.3, 0.7]).posterior(points)
        torch.manual_seed(0)
        draws = torch.cat(
            [model.posterior(points).rsample(torch.Size([n])) for model, n in ((one, 30_000), (two, 70_000))]
        )
    assert torch.allclose(belief.mean, draws.mean(dim=0), atol=0.02)
    assert torch.allclose(belief.distribution.covariance_matrix, torch.cov(draws[..., 0].T), atol=0.03)


def test_batches_of_points_have_the_belief_of_each():
    X = torch.linspace(0, 1, 6, dtype=torch.double)[:, None]
    models = [GaussianProcess().fit(X, f(X)).model for f in (torch.sin, torch.cos)]
    mixture = Mixture(models, [0.5, 0.5])
    with torch.no_grad():
        batch = mixture.posterior(X[:4, None, :])
        alone = mixture.posterior(X[2:3])
    assert batch.mean.shape == (4, 1, 1)
    assert torch.allclose(batch.mean[2], alone.mean)
    assert torch.allclose(batch.variance[2], alone.variance)

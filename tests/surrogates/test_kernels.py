"""Mixed and chemical kernels: positive definite, few parameters, and better than numbers alone where chemistry is."""

import numpy as np
import pytest
import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.gaussian.gp import GaussianProcess
from zosimos.surrogates.gaussian.kernels import (
    BlockKernel,
    MixedGP,
    hamming_distance,
    mean_squared_distance,
    mixed_kernel,
    tanimoto_distance,
)
from zosimos.surrogates.testing import check_surrogate

ALL = ColumnKinds(numeric=(0, 1), categories=((2, 3, 4),), descriptors=((5, 6),), fingerprints=((7, 8, 9, 10),))


def rows(n, seed=0):
    """Return rows of two numbers, a one-hot code of three, two descriptors and four counts."""
    rng = np.random.default_rng(seed)
    code = np.eye(3)[rng.integers(3, size=n)]
    counts = rng.integers(4, size=(n, 4))
    return torch.tensor(np.hstack([rng.random((n, 2)), code, rng.random((n, 2)), counts]))


@pytest.mark.parametrize(
    "kinds",
    [
        ColumnKinds(numeric=(0, 1)),
        pytest.param(ColumnKinds(descriptors=((0, 1),)), marks=pytest.mark.slow),
        pytest.param(ColumnKinds(numeric=(0,), descriptors=((1,),)), marks=pytest.mark.slow),
        pytest.param(ColumnKinds(numeric=(1,), fingerprints=((0,),)), marks=pytest.mark.slow),
    ],
)
def test_the_mixed_gaussian_process_conforms(kinds):
    check_surrogate(lambda: MixedGP(kinds))


@pytest.mark.slow
def test_every_part_has_one_relevance_whatever_its_width():
    X = rows(20)
    surrogate = MixedGP(ALL).fit(X, X[:, :1] + X[:, 2:3])
    assert surrogate.relevance().shape == (1, len(ALL.parts)) == (1, 5)
    assert sum(p.numel() for p in surrogate.model.covar_module.parameters()) == 5 + 1


@pytest.mark.slow
def test_what_decides_is_more_relevant_than_what_does_not():
    X = rows(40)
    relevance = MixedGP(ALL).fit(X, torch.sin(5 * X[:, :1]) + 2 * X[:, 2:3]).relevance()[0]
    assert relevance[0] > 3 * relevance[1]
    assert relevance[2] > 3 * max(relevance[3], relevance[4])


@pytest.mark.slow
@given(arrays(np.float64, (7, 11), elements=st.floats(-3, 3)))
def test_the_kernel_is_a_covariance_for_any_rows(table):
    X = torch.tensor(table)
    X[:, 2:5] = torch.eye(3, dtype=torch.double)[X[:, 2:5].argmax(dim=1)]
    covariance = mixed_kernel(ALL)(X).to_dense().detach()
    assert torch.allclose(covariance, covariance.T)
    assert float(torch.linalg.eigvalsh(covariance)[0]) > -1e-8
    assert torch.allclose(mixed_kernel(ALL)(X, diag=True), torch.ones(7, dtype=torch.double), atol=1e-6)


def test_batches_of_points_have_the_covariances_of_each():
    kernel, X = mixed_kernel(ALL), rows(6)
    batch = torch.stack([X[:3], X[3:]])
    assert torch.allclose(kernel(batch).to_dense()[1], kernel(X[3:]).to_dense())
    assert torch.allclose(kernel(batch, diag=True)[0], kernel(X[:3]).to_dense().diagonal())


def test_tanimoto_similarity_counts_shared_bits():
    one = torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]], dtype=torch.double)
    two = torch.tensor([[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]], dtype=torch.double)
    similar = 1.0 - tanimoto_distance(one, two)
    assert torch.allclose(similar, torch.tensor([[1 / 3, 0.0], [0.0, 1.0]], dtype=torch.double), atol=1e-6)


@given(arrays(np.float64, (6, 5), elements=st.floats(-10, 10)))
def test_tanimoto_is_positive_definite_for_all_real_vectors(table):
    similar = 1.0 - tanimoto_distance(torch.tensor(table), torch.tensor(table))
    assert float(torch.linalg.eigvalsh(similar)[0]) > -1e-8


def test_one_hot_codes_are_equal_or_one_apart():
    codes = torch.eye(3, dtype=torch.double)
    assert torch.equal(hamming_distance(codes, codes), 1 - codes)
    assert torch.equal(hamming_distance(codes, codes.roll(1, 0), diag=True), torch.ones(3, dtype=torch.double))


def test_a_wide_block_weighs_as_much_as_a_narrow_one():
    narrow, wide = torch.rand(4, 1, dtype=torch.double), torch.rand(4, 1, dtype=torch.double).expand(-1, 50)
    kernel = BlockKernel([(0,), tuple(range(1, 51))], mean_squared_distance)
    X = torch.cat([narrow, wide], dim=1)
    expected = (narrow - narrow.T).square() + (wide[:, :1] - wide[:, :1].T).square()
    assert torch.allclose(kernel(X).to_dense(), torch.exp(-0.5 * expected / kernel.lengths[0].square()), atol=1e-6)


@pytest.mark.slow
def test_acquisition_functions_see_through_to_the_columns():
    X = rows(15)
    surrogate = MixedGP(ALL).fit(X, X[:, :1] + X[:, 2:3])
    points = rows(4, seed=1)[:, None, :].requires_grad_()
    gain = qLogNoisyExpectedImprovement(surrogate.model, X)(points)
    gain.sum().backward()
    assert gain.shape == (4,)
    assert points.grad.isfinite().all()


@pytest.mark.slow
def test_categories_are_learned_from_fewer_rows_than_as_plain_numbers():
    """Shifts of a smooth curve by the choice: the sum in the kernel shares the curve between the choices."""
    rng = np.random.default_rng(0)
    code = rng.integers(5, size=230)
    t = rng.random((230, 2))
    y = torch.tensor(np.sin(5 * t[:, 0]) + t[:, 1] + np.array([0.0, 2.0, -1.0, 0.5, 1.5])[code])[:, None]
    X = torch.tensor(np.hstack([t, np.eye(5)[code]]))
    train, test = slice(0, 30), slice(30, None)
    mixed = MixedGP(ColumnKinds(numeric=(0, 1), categories=((2, 3, 4, 5, 6),))).fit(X[train], y[train])
    plain = GaussianProcess().fit(X[train], y[train])
    errors = [float((m.posterior(X[test]).mean.detach() - y[test]).square().mean().sqrt()) for m in (mixed, plain)]
    assert errors[0] < 0.8 * errors[1]


def test_a_block_of_descriptors_predicts_ligands_never_tried():
    """Ligands alike in thirty descriptors behave alike; one-hot codes cannot know."""
    rng = np.random.default_rng(1)
    hidden = rng.random(24)
    table = np.clip(hidden[:, None] * rng.random((1, 30)) + 0.05 * rng.normal(size=(24, 30)), 0, 1)
    ligand = rng.integers(16, size=40)
    t = rng.random(40)
    effect = 3 * hidden**2
    y = torch.tensor(effect[ligand] + np.sin(4 * t))[:, None]
    kinds = ColumnKinds(numeric=(0,), descriptors=(tuple(range(1, 31)),))
    X = torch.tensor(np.hstack([t[:, None], table[ligand]]))
    new = np.arange(16, 24)
    points = torch.tensor(np.hstack([np.full((8, 1), 0.5), table[new]]))
    truth = torch.tensor(effect[new] + np.sin(2.0))
    predicted = MixedGP(kinds).fit(X, y).posterior(points).mean[:, 0].detach()
    assert float((predicted - truth).square().mean().sqrt()) < 0.4 * float(truth.std())

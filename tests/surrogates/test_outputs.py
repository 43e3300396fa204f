"""Outcomes are split at their gaps, scaled, and put together as one belief."""

import pytest
import torch
from botorch.posteriors.ensemble import EnsemblePosterior
from botorch.posteriors.gpytorch import GPyTorchPosterior
from botorch.posteriors.posterior_list import PosteriorList
from hypothesis import given
from hypothesis import strategies as st

from zosimos.surrogates.outputs import joint, split

NAN = float("nan")


def column(*values):
    return torch.tensor(values, dtype=torch.double)[:, None]


def grid(n):
    return torch.linspace(0, 1, n, dtype=torch.double)[:, None]


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=8),
    gaps=st.sets(st.integers(0, 7)),
)
def test_scaled_values_come_back_in_their_own_unit(values, gaps):
    Y = column(*values)
    Y[[g for g in gaps if g < len(values) - 1]] = NAN
    (outcome,) = split(grid(len(values)), Y, None)
    back = outcome.centre + outcome.spread * outcome.y
    assert torch.allclose(back, Y[outcome.rows, 0], rtol=1e-9, atol=1e-9 * max(1.0, max(map(abs, values))))
    assert outcome.spread > 0


def test_each_outcome_keeps_only_the_rows_where_it_was_measured():
    Y = torch.cat([column(1, 2, NAN, 4), column(NAN, 1, 1, 2)], dim=-1)
    first, second = split(grid(4), Y, None)
    assert first.rows.tolist() == [True, True, False, True]
    assert len(first.X) == len(second.y) == 3


def test_the_noise_is_known_only_if_every_row_has_one_above_zero():
    Y = column(1.0, 3.0)
    assert split(grid(2), Y, column(0.5, 0.5))[0].noise == pytest.approx([0.25, 0.25])  # the variance of Y is 2
    assert split(grid(2), Y, column(0.5, NAN))[0].noise is None
    assert split(grid(2), Y, column(0.5, 0.0))[0].noise is None


@pytest.mark.parametrize(("values", "said"), [((2.0,), "one observation"), ((2.0, 2.0), "all outcomes are the same")])
def test_outcomes_without_a_spread_say_so_and_get_a_guess(values, said):
    (outcome,) = split(grid(len(values)), column(*values), None)
    assert outcome.flat == said
    assert outcome.spread == pytest.approx(0.2)


def test_a_dense_covariance_with_a_negative_variance_is_mended():
    (outcome,) = split(grid(2), column(1.0, 3.0), None)
    belief = outcome.belief(torch.zeros(2).double(), torch.tensor([[-1e-12, 0.0], [0.0, 1.0]]).double())
    assert (belief.variance > 0).all()
    assert belief.mean[:, 0].tolist() == [2.0, 2.0]


def test_normal_beliefs_join_to_a_normal_one_and_others_to_a_list():
    (outcome,) = split(grid(2), column(1.0, 3.0), None)
    normal = outcome.belief(torch.zeros(2).double(), torch.eye(2).double())
    members = EnsemblePosterior(torch.rand(4, 2, 1).double())
    assert joint([normal]) is normal
    both = joint([normal, normal])
    assert isinstance(both, GPyTorchPosterior)
    assert both.mean.shape == (2, 2)
    mixed = joint([normal, members])
    assert isinstance(mixed, PosteriorList)
    assert mixed.rsample(torch.Size([3])).shape == (3, 2, 2)


@pytest.mark.parametrize(
    ("X", "Y"),
    [(grid(3), column(1, 2)), (grid(2) / 0, column(1, 2)), (grid(2)[:, 0], column(1, 2)), (grid(2), column(NAN, NAN))],
)
def test_wrong_shapes_and_empty_outcomes_are_refused(X, Y):
    with pytest.raises(ValueError, match=r"needed|no finite value"):
        split(X, Y, None)

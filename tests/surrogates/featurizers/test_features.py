"""Features: constants go, the rest is standardised, many become few without losing what tells things apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zosimos.surrogates.featurizers.features import MOST, SHARE, Features

TABLES = arrays(float, st.tuples(st.integers(2, 12), st.integers(1, 30)), elements=st.floats(-1e3, 1e3, width=32))


def named(table):
    return [f"n{i}" for i in range(table.shape[1])]


@given(TABLES)
def test_columns_are_standardised_and_constant_ones_dropped(table):
    found = Features.standardised(named(table), table)
    assert found.matrix.shape == (len(table), len(found.names))
    assert np.allclose(found.matrix.mean(axis=0), 0, atol=1e-6)
    assert np.allclose(found.matrix.std(axis=0), 1)
    for index, name in enumerate(named(table)):
        if np.ptp(table[:, index]) == 0:
            assert name not in found.names


@pytest.mark.slow
@given(TABLES)
def test_reduction_keeps_the_variance_in_few_columns(table):
    found = Features.standardised(named(table), table)
    few = found.reduced()
    assert len(few.names) <= MOST
    if len(found.names) > MOST:
        kept = few.matrix.var(axis=0).sum() / found.matrix.var(axis=0).sum()
        assert kept >= SHARE - 1e-6 or len(few.names) == MOST
    else:
        assert few is found


def test_components_have_one_sign_whatever_the_order_of_columns():
    table = np.random.default_rng(0).normal(size=(8, 20)) * np.arange(1, 21)
    scores = Features.standardised(named(table), table).reduced().matrix
    order = np.random.default_rng(1).permutation(20)
    again = Features.standardised(named(table), table[:, order]).reduced().matrix
    assert np.allclose(scores, again, atol=1e-6)


def test_things_with_the_same_numbers_are_told_apart_by_their_turn():
    found = Features.standardised(["a"], np.array([[1.0], [2.0], [1.0], [1.0]])).told_apart()
    assert found.names == ("a", "variant")
    assert len(np.unique(found.matrix, axis=0)) == 4
    different = Features.standardised(["a"], np.array([[1.0], [2.0]]))
    assert different.told_apart() is different


def test_numbers_that_are_none_count_as_zero():
    found = Features.standardised(["a", "b"], np.array([[1.0, np.nan], [2.0, 3.0], [4.0, np.nan]]))
    assert np.isfinite(found.matrix).all()
    assert found.names == ("a", "b")


def test_two_tables_side_by_side_weigh_the_same():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(9, 4)), rng.normal(size=(9, 40))
    both = Features.standardised(named(first), first).beside(Features.standardised(named(second), second))
    assert both.matrix[:, :4].var(axis=0).sum() == pytest.approx(both.matrix[:, 4:].var(axis=0).sum())

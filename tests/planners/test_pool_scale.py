"""The pool's scale: order is kept, dense regions are widened, and spaces without a pool stay as they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.space import SearchSpace
from zosimos.planners.models.pool_scale import PoolScale

X = Continuous("x", 0.0, 100.0)
KIND = Categorical("kind", ("a", "b", "c"))


def pool_of(*xs: float) -> SearchSpace:
    return SearchSpace((X, KIND), (), tuple({"x": x, "kind": "a"} for x in xs))


def test_a_dense_cluster_gets_the_share_of_the_scale_it_has_of_the_pool() -> None:
    space = pool_of(1.0, 2.0, 3.0, 4.0, 100.0)
    scaled = PoolScale.of(space)(space.features(space.candidates))
    assert scaled[:, 0].tolist() == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])


def test_columns_of_choices_keep_their_own_scale() -> None:
    space = pool_of(1.0, 2.0, 50.0)
    rows = [{"x": 2.0, "kind": kind} for kind in KIND.choices]
    assert PoolScale.of(space)(space.features(rows))[:, 1:].tolist() == np.eye(3).tolist()


def test_values_beyond_the_pool_count_as_its_ends() -> None:
    space = pool_of(10.0, 20.0)
    scaled = PoolScale.of(space)(space.features([{"x": 0.0, "kind": "a"}, {"x": 99.0, "kind": "a"}]))
    assert scaled[:, 0].tolist() == [0.25, 0.75]


def test_without_a_pool_columns_stay_as_they_are() -> None:
    space = SearchSpace((X, KIND))
    columns = space.features([{"x": 12.5, "kind": "b"}])
    assert PoolScale.of(space)(columns).tolist() == columns.tolist()


@given(st.lists(st.floats(0.0, 100.0), min_size=2, max_size=30))
def test_order_and_ties_are_kept(xs: list[float]) -> None:
    space = pool_of(*xs)
    rows = [{"x": x, "kind": "a"} for x in xs]
    scaled = PoolScale.of(space)(space.features(rows))[:, 0]
    assert ((scaled >= 0) & (scaled <= 1)).all()
    unit = space.features(rows)[:, 0]
    for i in range(len(xs)):
        for j in range(len(xs)):
            assert (unit[i] < unit[j]) == (scaled[i] < scaled[j])

"""Maximin starts: allowed, new, apart, the same for a seed, and fast on large pools."""

import time

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from zosimos.core.columns import Numbers
from zosimos.core.constraints import Cardinality, Simplex
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.pool import Pool
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.candidates.maximin import maximin_rows
from zosimos.planners.candidates.sampling import fresh, nearest_rows, sobol_points, sobol_rows

XYZ = tuple(Continuous(name, 0, 1) for name in "xyz")
PARTS = tuple(f"p{i}" for i in range(4))


def pool_of(n):
    rng = np.random.default_rng(0)
    return SearchSpace(XYZ, pool=Pool({name: Numbers(rng.random(n)) for name in "xyz"}))


def apart(space, rows):
    return pdist(space.features(rows)).min()


SPACES = {
    "pool": pool_of(500),
    "mixture": SearchSpace(tuple(Continuous(name, 0, 1) for name in PARTS), (Simplex(PARTS),)),
    "few parts": SearchSpace(
        tuple(Continuous(name, 0, 1) for name in PARTS), (Simplex(PARTS), Cardinality(PARTS, 1, 2, 0.1))
    ),
    "box": SearchSpace((*XYZ, Categorical("c", ("u", "v")))),
    "one row": SearchSpace(XYZ[:1], pool=[{"x": 0.5}]),
}


@pytest.mark.parametrize("kind", SPACES)
def test_rows_are_allowed_new_and_the_same_for_a_seed(kind):
    space = SPACES[kind]
    rows = maximin_rows(space, 9, 3)
    assert rows == maximin_rows(space, 9, 3)
    assert [space.problems(row) for row in rows] == [[]] * len(rows)
    assert len({row_key(row) for row in rows}) == len(rows) == (1 if kind == "one row" else 9)
    more = maximin_rows(space, 5, 3, rows[:4], rows[4:])
    assert not {row_key(row) for row in rows} & {row_key(row) for row in more}


@pytest.mark.parametrize("kind", ["pool", "mixture", "box"])
def test_rows_are_farther_apart_than_those_of_an_even_sequence(kind):
    space = SPACES[kind]
    even = fresh(sobol_rows(space, 0), frozenset(), 10)
    if kind == "pool":
        even = nearest_rows(space, sobol_points(space, 0, 10), space.candidates)
    assert apart(space, maximin_rows(space, 10, 0)) > 1.5 * apart(space, even)


def test_rows_keep_away_from_what_was_tried_but_not_from_what_is_only_avoided():
    space = SearchSpace(XYZ[:1], pool=[{"x": i / 10} for i in range(11)])
    assert maximin_rows(space, 1, 0) == [{"x": 0.5}]
    assert maximin_rows(space, 1, 0, [{"x": 0.0}]) == [{"x": 1.0}]
    assert maximin_rows(space, 1, 0, [{"x": 0.0}], [{"x": 1.0}]) == [{"x": 0.9}]
    assert len(maximin_rows(space, 50, 0)) == 11
    assert maximin_rows(space, 0, 0) == []


def test_asked_one_by_one_the_rows_are_those_asked_together():
    space = SPACES["pool"]
    one_by_one = []
    for _ in range(6):
        one_by_one += maximin_rows(space, 1, 0, one_by_one)
    assert one_by_one == maximin_rows(space, 6, 0)


@pytest.mark.slow
def test_a_large_pool_takes_a_second():
    space = pool_of(400_000)
    began = time.process_time()
    rows = maximin_rows(space, 12, 0)
    assert time.process_time() - began < 2.0
    assert apart(space, rows) > 0.5

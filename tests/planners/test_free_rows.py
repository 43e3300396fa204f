"""What is left to try: indices and rows say the same, whatever was tried, and large pools stay columns."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.columns import Numbers
from zosimos.core.constraints import Linear
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Integer
from zosimos.core.pool import Pool
from zosimos.core.records import Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.candidates.sampling import nearest_rows
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.pool_scale import PoolScale
from zosimos.planners.protocol import ProposalContext

K, S = Integer("k", 0, 9), Categorical("s", ("u", "v"))
ROWS = tuple({"k": k, "s": s} for k in range(10) for s in "uv")
POOL = SearchSpace((K, S), (Linear({"k": 1.0}, high=7.0),), (*ROWS, *ROWS[:4]))
GRID = SearchSpace((K, S), (Linear({"k": 1.0}, high=7.0),))
YIELD = (Objective("yield", "max"),)
OUTSIDE = {"k": 3.5, "s": "w"}


@given(st.sampled_from([POOL, GRID]), st.lists(st.sampled_from([*ROWS, OUTSIDE]), max_size=30), st.randoms())
def test_free_rows_are_those_neither_tried_nor_pending_nor_to_be_avoided(space, rows, chance):
    groups = [[], [], []]
    for row in rows:
        chance.choice(groups).append(row)
    tried = tuple(Observation(f"e{i}", row, failed=True) for i, row in enumerate(groups[0]))
    context = ProposalContext(Goal(space, YIELD), History(tried, pending=tuple(groups[1]), avoid=tuple(groups[2])))
    left = [row for row in ROWS if row["k"] <= 7 and row_key(row) not in {row_key(other) for other in rows}]
    assert list(context.free) == left
    assert [space.listed[int(i)] for i in context.free_indices] == left
    assert context.taken == {row_key(row) for row in rows}


def test_a_space_that_cannot_be_listed_has_no_free_rows():
    context = ProposalContext(Goal(SearchSpace((Continuous("x", 0, 1),)), YIELD))
    assert context.free is None
    assert context.free_indices is None


def big_pool(n=200_000):
    rng = np.random.default_rng(0)
    return SearchSpace(
        (Continuous("x", 0, 1), Continuous("y", 0, 1)), pool=Pool({k: Numbers(rng.random(n)) for k in "xy"})
    )


def test_nearest_rows_of_a_large_pool_are_the_nearest_and_all_different():
    space = big_pool()
    points = np.array([[0.5, 0.5]] * 3 + [[0.1, 0.9]])
    near = nearest_rows(space, points, space.candidates)
    distance = np.linalg.norm(space.candidates.features() - points[0], axis=1)
    expected = [space.candidates[int(i)] for i in np.argsort(distance, kind="stable")[:3]]
    assert near[:3] == expected
    assert len({row_key(row) for row in near}) == 4


def test_nearest_rows_come_back_fewer_when_they_run_out():
    space = SearchSpace((Continuous("x", 0, 1),), pool=[{"x": 0.1}, {"x": 0.9}])
    assert nearest_rows(space, np.array([[0.8], [0.85], [0.9]]), space.candidates) == [{"x": 0.9}, {"x": 0.1}]


def test_the_scale_of_a_large_pool_is_that_of_an_even_part_of_it():
    space = big_pool()
    scaled = PoolScale.of(space)(space.features(space.candidates[:50]))
    # the rows are uniform, so their places are their values
    assert np.abs(scaled - space.features(space.candidates[:50])).max() < 0.02

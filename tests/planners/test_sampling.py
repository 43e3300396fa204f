"""Every sampled row is allowed, whatever the space; a space without one is refused with the constraint's name."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.constraints import Condition, Linear, Simplex
from zosimos.core.errors import SpecError
from zosimos.core.expression import Expression
from zosimos.core.parameters import Categorical, Continuous, Integer
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.sampling import check_feasible, fresh, listed, sobol_rows
from zosimos.planners.candidates.simplex import fill, project


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.05, 1), min_size=2, max_size=8), st.floats(0, 1), st.integers(0, 999))
def test_filling_and_projecting_keep_the_sum_and_the_bounds(caps, share, seed):
    caps = np.array(caps)
    amount = share * caps.sum()
    points = np.random.default_rng(seed).normal(size=(20, len(caps)))
    for amounts in (fill(np.abs(points), caps, amount), project(points, caps, amount)):
        assert np.allclose(amounts.sum(axis=1), amount, atol=1e-12)
        assert ((amounts >= 0) & (amounts <= caps)).all()


def test_the_sequence_is_the_same_for_a_seed_and_spreads():
    space = SearchSpace((Continuous("x", 0, 1), Continuous("y", 0, 1)))
    rows = list(itertools.islice(sobol_rows(space, 4), 64))
    assert rows == list(itertools.islice(sobol_rows(space, 4), 64))
    assert rows != list(itertools.islice(sobol_rows(space, 5), 64))
    cells = {(int(row["x"] * 8), int(row["y"] * 8)) for row in rows}
    assert len(cells) > 55  # independent points would reach about 40


@pytest.mark.slow
def test_a_thin_slice_and_an_equality_with_levels_are_sampled():
    space = SearchSpace(
        (Continuous("x", -5, 10), Continuous("y", 0, 15), Integer("k", 0, 9)),
        (Linear({"x": 1, "y": 2, "k": 0.5}, 10, 10), Linear({"x": 1, "y": -1}, -1e-4, 1e-4)),
    )
    check_feasible(space)
    rows = fresh(sobol_rows(space, 0), frozenset(), 30)
    assert len(rows) == 30
    assert all(space.problems(row) == [] for row in rows)
    assert len({row["k"] for row in rows}) > 4


@pytest.mark.slow
def test_whole_numbers_that_must_sum_are_sampled():
    space = SearchSpace(
        tuple(Integer(f"k{i}", 0, 50) for i in range(4)), (Linear({f"k{i}": 1 for i in range(4)}, 60, 60),)
    )
    rows = fresh(sobol_rows(space, 0), frozenset(), 10)
    assert len(rows) == 10
    assert all(space.problems(row) == [] for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("constraints", "named"),
    [
        ((Linear({"a": 1, "b": 1}, low=3),), "1*a + 1*b"),
        ((Simplex(("a", "b"), total=2.5),), "a + b = 2.5"),
        ((Linear({"a": 1}, low=0.6), Linear({"a": 1, "b": 1}, high=0.5)), "1*a + 1*b <= 0.5"),
        ((Linear({"k": 2}, 3, 3),), "2*k = 3"),
        ((Condition(Expression("a >= 0")), Condition(Expression("a * b > 1.5"))), "a * b > 1.5"),
    ],
)
def test_a_space_without_an_allowed_row_is_refused_by_name(constraints, named):
    parameters = (Continuous("a", 0, 1), Continuous("b", 0, 1), Integer("k", 0, 5))
    with pytest.raises(SpecError) as caught:
        check_feasible(SearchSpace(parameters, constraints))
    assert caught.value.value == named or named in caught.value.value


def test_a_small_grid_is_listed_and_a_continuous_space_is_not():
    k, s = Integer("k", 1, 4), Categorical("s", ("u", "v"))
    grid = SearchSpace((k, s), (Linear({"k": 1}, high=3),))
    assert len(listed(grid)) == 6
    assert listed(SearchSpace((k, Continuous("x", 0, 1)))) is None


@pytest.mark.slow
def test_checking_a_space_does_not_import_torch():
    code = (
        "import sys; from zosimos.core.space import *; from zosimos.core.parameters import *\n"
        "import zosimos.planners.policy, zosimos.planners.registry, zosimos.planners.proposers.evolutionary\n"
        "import zosimos.planners.planner, zosimos.planners.proposers.random\n"
        "from zosimos.planners.candidates.sampling import check_feasible\n"
        "from zosimos.core.constraints import Linear\n"
        "parameters = (Continuous('x', 0, 1), Continuous('y', 0, 1))\n"
        "check_feasible(SearchSpace(parameters, (Linear({'x': 1, 'y': 1}, 1, 1),)))\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_a_space_of_more_parameters_than_sobol_has_directions_for_is_sampled():
    space = SearchSpace([Continuous(f"p{number}", 0, 1) for number in range(21_300)])
    rows = list(itertools.islice(sobol_rows(space, seed=3), 2))
    assert len(rows) == 2
    assert all(len(set(row.values())) > 20_000 and not space.problems(row) for row in rows)

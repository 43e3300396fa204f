"""One value has one identity, however it is written."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.digits import all_in_digits, in_digits
from zosimos.core.identity import canonical_column, canonical_row, canonical_value
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer, levels_of
from zosimos.core.space import SearchSpace, row_key

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(NUMBERS)
def test_fifteen_digits_of_a_number_are_the_number(number: float) -> None:
    written = f"{number:.15g}"  # as a spreadsheet saves it
    if not math.isinf(float(written)):
        assert in_digits(float(written)) == in_digits(number)


@pytest.mark.slow
@given(st.lists(NUMBERS, max_size=40))
def test_a_column_is_shortened_as_its_numbers_are(numbers: list[float]) -> None:
    numbers = [x for x in numbers if not math.isinf(in_digits(x))]
    assert all_in_digits(np.array(numbers)).tolist() == [in_digits(x) for x in numbers]


@pytest.mark.parametrize(("low", "step", "count"), [(0, 0.1, 11), (0.05, 0.05, 40), (-1, 0.3, 9), (1e-9, 1e-9, 300)])
def test_levels_of_a_grid_are_the_decimals_a_person_writes(low: float, step: float, count: int) -> None:
    grid = Continuous("x", low, low + step * (count - 1), step=step)
    assert all(len(f"{level:.15g}".replace("e-", "")) < 9 for level in levels_of(grid))
    assert 0.30000000000000004 not in levels_of(Continuous("x", 0, 1, step=0.1))
    assert all(grid.problem(level) is None for level in levels_of(grid))


def test_a_campaign_of_before_keeps_the_levels_that_it_had() -> None:
    assert levels_of(Continuous("x", 0, 1, step=0.1, decimal=False))[3] == 0.30000000000000004


@pytest.mark.parametrize(
    ("parameter", "given", "meant"),
    [
        (Continuous("x", 0, 1, step=0.1), 0.1 + 0.2, 0.3),
        (Continuous("x", 0, 1, step=0.1), 0.7999999999999999, 0.8),
        (Continuous("x", 0, 1, step=0.1), 0.31, 0.31),  # another value, and no level
        (Continuous("x", 0, 1), 0.1 + 0.2, 0.3),
        (Continuous("x", 0, 2 / 3), 0.666666666666667, 2 / 3),  # the end of the range, in 15 digits
        (Continuous("x", 0, 1), 0.3000000001, 0.3000000001),
        (Discrete("x", (0.1, 0.2, 0.3)), 0.30000000000000004, 0.3),
        (Discrete("x", (1 / 3, 2 / 3)), 0.333333333333333, 1 / 3),
        (Discrete("x", (0.1, 0.2, 0.3)), 0.25, 0.25),
        (Integer("x", 0, 9), 2.9999999999999996, 3),
        (Integer("x", 0, 9), 2.5, 2.5),
        (Categorical("x", ("0.3", "b")), "0.30", "0.30"),  # names are not numbers
    ],
)
def test_the_value_that_is_meant(parameter: object, given: float | str, meant: float | str) -> None:
    found = canonical_value(parameter, given)  # type: ignore[arg-type]  # each is a parameter
    assert found == meant
    assert canonical_value(parameter, found) == found  # type: ignore[arg-type]  # each is a parameter
    if not isinstance(given, str):
        assert canonical_column(parameter, np.array([given])).tolist() == [meant]  # type: ignore[arg-type]  # as above


def test_rows_that_mean_the_same_have_one_key() -> None:
    space = SearchSpace((Continuous("a", 0, 1, step=0.1), Continuous("b", 0, 1)))
    one, other = space.canonical({"a": 0.1 + 0.2, "b": 0.7 + 0.1}), space.canonical({"a": 0.3, "b": 0.8})
    assert row_key(one) == row_key(other) == row_key({"a": 0.3, "b": 0.8})
    before = SearchSpace(space.parameters, exact=False)
    assert before.canonical({"a": 0.1 + 0.2, "b": 0.5})["a"] == 0.1 + 0.2
    assert canonical_row({}, {"note": 0.1 + 0.2}) == {"note": 0.1 + 0.2}


def test_a_pool_row_is_found_by_what_it_means_and_given_as_it_was_written() -> None:
    long = 0.17381889758856783
    rows = [{"x": 0.30000000000000004, "y": long}, {"x": 0.2, "y": 0.5}, {"x": 0.3, "y": float(f"{long:.15g}")}]
    space = SearchSpace((Discrete("x", (0.1, 0.2, 0.3)), Continuous("y", 0, 1)), pool=rows)
    assert [dict(row) for row in space.candidates] == [{"x": 0.3, "y": long}, {"x": 0.2, "y": 0.5}]
    assert space.problems({"x": 0.3, "y": float(f"{long:.15g}")}) == []
    assert space.canonical({"x": 0.1 + 0.2, "y": float(f"{long:.15g}")}) == {"x": 0.3, "y": long}
    assert space.problems({"x": 0.3, "y": 0.1738}) == ["is not a row of the pool"]

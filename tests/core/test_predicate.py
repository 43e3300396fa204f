"""Predicates: functions of columns judge rows as they say, and are refused by name if they are of no use."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.constraints import Predicate
from zosimos.core.errors import SpecError
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.space import SearchSpace

PARAMETERS = (Continuous("x", -1, 1), Continuous("y", -1, 1), Categorical("c", ("u", "v")))


@given(st.floats(-1, 1), st.floats(-1, 1), st.sampled_from("uv"))
def test_a_row_is_allowed_exactly_where_the_function_says_so(x: float, y: float, c: str) -> None:
    circle = Predicate("circle", ("x", "y"), lambda columns: columns["x"] ** 2 + columns["y"] ** 2 <= 1)
    kind = Predicate("kind", ("c", "x"), lambda columns: (columns["c"] == "u") | (columns["x"] > 0))
    problems = SearchSpace(PARAMETERS, (circle, kind)).problems({"x": x, "y": y, "c": c})
    broken = [] if x**2 + y**2 <= 1 else ["breaks circle"]
    assert problems == broken + ([] if c == "u" or x > 0 else ["breaks kind"])


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (lambda columns: columns["x"], r"returns float64 \(1,\)"),
        (lambda columns: True, "returns bool"),
        (lambda columns: bool(columns["x"][0] > 0), "returns bool"),
        (lambda columns: np.array([True, False]), r"returns bool \(2,\) for 1 rows"),
        (lambda columns: np.array([True]), r"returns bool \(1,\) for 3 rows"),
        (lambda columns: (columns["x"] > 0)[:, None], "returns bool"),
        (lambda columns: columns["z"] > 0, "fails with KeyError"),
        (lambda columns: 1 / 0, "fails with ZeroDivisionError"),
    ],
)
def test_a_function_of_no_use_is_refused_by_name_where_the_space_is_made(test: Any, said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        SearchSpace(PARAMETERS, (Predicate("mine", ("x", "y"), test),))
    assert (caught.value.field, caught.value.value) == ("constraints", "mine")


def test_a_predicate_on_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(SpecError, match="unknown parameter 'z'"):
        SearchSpace(PARAMETERS, (Predicate("mine", ("z",), lambda columns: columns["z"] > 0),))


@pytest.mark.parametrize("make", [lambda: Predicate("", ("x",), np.isnan), lambda: Predicate("p", (), np.isnan)])
def test_a_predicate_without_a_name_or_parameters_is_refused(make: Any) -> None:
    with pytest.raises(SpecError, match="needs a name"):
        make()

"""Constraints and the space: a row is a candidate exactly if bounds, constraints and pool allow it."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.constraints import Condition, Constraint, Linear, Simplex
from zosimos.core.errors import SpecError
from zosimos.core.expression import Expression
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer, Values
from zosimos.core.space import SearchSpace, row_key

PARAMETERS = (
    Continuous("x", 0.0, 1.0),
    Integer("n", 0, 5),
    Discrete("d", (1.0, 2.0, 4.0)),
    Categorical("c", ("red", "blue")),
)
CONSTRAINTS: tuple[Constraint, ...] = (
    Linear({"x": 2.0, "n": 1.0}, high=4.0),
    Condition(Expression("c == 'red' or d <= 2")),
)
SPACE = SearchSpace(PARAMETERS, CONSTRAINTS)
NUMBERS = st.floats(-2, 7)
ROWS = st.fixed_dictionaries(
    {
        "x": st.floats(-0.5, 1.5),
        "n": st.integers(-1, 6),
        "d": st.sampled_from([1.0, 2.0, 3.0, 4.0]),
        "c": st.sampled_from(["red", "blue", "green"]),
    }
)


def allowed(row: Any) -> bool:
    """What the space above means, in plain Python."""
    inside = 0 <= row["x"] <= 1 and 0 <= row["n"] <= 5 and row["d"] in (1, 2, 4) and row["c"] in ("red", "blue")
    return inside and 2 * row["x"] + row["n"] <= 4.0 + 1e-8 and (row["c"] == "red" or row["d"] <= 2)


# --- constraints ---


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8), NUMBERS, NUMBERS, NUMBERS, st.floats(0, 5))
def test_linear_constraint_holds_exactly_between_its_bounds(
    rows: list[tuple[float, float]], p: float, q: float, low: float, width: float
) -> None:
    columns = {"a": np.array([a for a, _ in rows]), "b": np.array([b for _, b in rows])}
    holds = Linear({"a": p, "b": q}, low, low + width).holds(columns)
    for (a, b), held in zip(rows, holds, strict=True):
        total, room = math.fsum((p * a, q * b)), 1e-8 * (1 + abs(p * a) + abs(q * b))
        if held:
            assert low - room <= total <= low + width + room
        else:
            assert total < low or total > low + width


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6).filter(lambda parts: sum(parts) > 0.1), st.floats(0.5, 100))
def test_simplex_holds_for_parts_scaled_to_the_total_and_for_no_others(parts: list[float], total: float) -> None:
    names = tuple(f"p{i}" for i in range(len(parts)))
    simplex = Simplex(names, total)
    scaled = [part * total / sum(parts) for part in parts]
    assert simplex.holds({name: np.array([part]) for name, part in zip(names, scaled, strict=True)})[0]
    scaled[0] += 1e-3 * total
    assert not simplex.holds({name: np.array([part]) for name, part in zip(names, scaled, strict=True)})[0]


def test_ten_tenths_make_one() -> None:
    names = tuple("abcdefghij")
    columns = {name: np.array([0.1]) for name in names}
    assert Simplex(names, 1.0, tolerance=0.0).holds(columns)[0]
    assert Linear(dict.fromkeys(names, 1.0), 1.0, 1.0).holds(columns)[0]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Linear({}, high=1.0),
        lambda: Linear({"a": math.nan}, high=1.0),
        lambda: Linear({"a": 1.0}),
        lambda: Linear({"a": 1.0}, 2.0, 1.0),
        lambda: Linear({"a": 1.0}, math.nan, 1.0),
        lambda: Simplex(("a",)),
        lambda: Simplex(("a", "a")),
        lambda: Simplex(("a", "b"), 0.0),
        lambda: Simplex(("a", "b"), math.nan),
        lambda: Simplex(("a", "b"), 1.0, 1.0),
    ],
)
def test_wrong_constraint_is_refused(make: Any) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert caught.value.field == "constraints"
    assert caught.value.value is not None


def test_constraints_read_as_a_person_would_write_them() -> None:
    assert str(Linear({"a": 1.0, "b": 2.0}, high=0.8)) == "1*a + 2*b <= 0.8"
    assert str(Linear({"a": 1.0}, 3.0, 3.0)) == "1*a = 3"
    assert str(Simplex(("a", "b"))) == "a + b = 1"


# --- the space ---


@given(ROWS)
def test_row_has_no_problem_exactly_if_bounds_and_constraints_hold(row: Values) -> None:
    assert (SPACE.problems(row) == []) == allowed(row)


@pytest.mark.slow
@given(st.lists(ROWS, min_size=1, max_size=12))
def test_pool_offers_each_allowed_row_once_in_order(rows: list[Values]) -> None:
    good = [row for row in rows if allowed(row)]
    if not good:
        with pytest.raises(SpecError, match="no row of the pool"):
            SearchSpace(PARAMETERS, CONSTRAINTS, tuple(rows))
        return
    twice = (*rows, *({**row, "n": float(row["n"])} for row in rows))
    space = SearchSpace(PARAMETERS, CONSTRAINTS, twice)
    assert list(space.candidates) == [
        {row_key(row): row for row in reversed(good)}[key] for key in dict.fromkeys(map(row_key, good))
    ]
    assert all(space.problems(row) == [] for row in space.candidates)
    outside = {"x": 0.123456, "n": 0, "d": 1.0, "c": "red"}
    known = {row_key(row) for row in space.candidates}
    assert ("is not a row of the pool" in space.problems(outside)) == (row_key(outside) not in known)


def test_narrowed_bounds_hide_rows_and_widened_ones_bring_them_back() -> None:
    pool: tuple[Values, ...] = tuple({"x": i / 10} for i in range(11))
    for high, count in ((1.0, 11), (0.55, 6), (1.0, 11)):
        assert len(SearchSpace((Continuous("x", 0.0, high),), (), pool).candidates) == count


@pytest.mark.slow
@given(st.lists(ROWS.filter(allowed), max_size=6))
def test_features_have_a_column_for_each_width_in_the_unit_cube(rows: list[Values]) -> None:
    features = SPACE.features(rows)
    assert features.shape == (len(rows), SPACE.width) == (len(rows), 5)
    assert ((features >= 0) & (features <= 1)).all()


@given(ROWS)
def test_row_key_does_not_depend_on_order_or_number_type(row: Any) -> None:
    other = {name: float(value) if isinstance(value, int) else value for name, value in reversed(row.items())}
    assert row_key(row) == row_key(other)
    assert row_key({"a": 0.0}) == row_key({"a": -0.0})


def test_missing_and_unknown_parameters_are_named() -> None:
    problems = SPACE.problems({"x": 0.5, "n": 1, "d": 1.0, "colour": "red"})
    assert problems == ["c: missing", "colour: no such parameter"]


@pytest.mark.parametrize("value", [10**400, math.nan, None, [1.0]])
def test_value_of_any_kind_is_judged_and_not_crashed_on(value: Any) -> None:
    assert SPACE.problems({"x": value, "n": 1, "d": 1.0, "c": "red"})


@pytest.mark.parametrize(
    ("constraint", "said"),
    [
        (Linear({"y": 1.0}, high=1.0), "unknown parameter 'y'"),
        (Condition(Expression("x + y < 1")), "unknown parameter 'y'"),
        (Linear({"c": 1.0}, high=1.0), "has no numbers"),
        (Condition(Expression("c + 1 < 2")), "has no numbers"),
        (Condition(Expression("x < c")), "has no numbers"),
        (Condition(Expression("c == 'green'")), "unknown choice 'green'"),
        (Simplex(("x", "n")), "is not continuous"),
    ],
)
def test_constraint_that_does_not_fit_the_parameters_is_refused(constraint: Constraint, said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        SearchSpace(PARAMETERS, (constraint,))
    assert caught.value.field == "constraints"


def test_space_without_parameters_is_refused() -> None:
    with pytest.raises(SpecError, match="no parameter"):
        SearchSpace(())

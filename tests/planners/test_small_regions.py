"""Small allowed regions are found by search or a solver: ratios, products, balls and curves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.constraints import Condition
from zosimos.core.errors import SpecError
from zosimos.core.expression import ColumnArray, Expression
from zosimos.core.parameters import Continuous, Integer, Parameter
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.candidates.sampling import check_feasible, fresh, sobol_rows
from zosimos.planners.candidates.solved import lacking, solved

ABC = tuple(Continuous(name, 0, 1) for name in "abc")
COUNTS = (Integer("n", 1, 1000), Integer("m", 1, 1000))
FINE = tuple(Continuous(name, 0, 1, step=0.001) for name in "ab")


def space_of(parameters: tuple[Parameter, ...], *texts: str) -> SearchSpace:
    return SearchSpace(parameters, tuple(Condition(Expression(text, tolerant=True)) for text in texts))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parameters", "texts", "least"),
    [
        (ABC[:2], ("a * b == 0.2",), 5),
        (ABC[:2], ("a / b == 2",), 5),
        (ABC, ("a / (b + c) == 0.5", "a + b + c == 1"), 5),
        (ABC, ("(a - 0.3) ** 2 + (b - 0.7) ** 2 + (c - 0.11) ** 2 <= 1e-6",), 5),
        (ABC[:2], ("a ** 2 + b ** 2 == 1", "a > b"), 5),
        (COUNTS, ("n * m == 5040",), 1),
        (FINE, ("a * b == 0.25",), 1),
    ],
)
def test_allowed_rows_are_found_where_chance_finds_none(
    parameters: tuple[Parameter, ...], texts: tuple[str, ...], least: int
) -> None:
    space = space_of(parameters, *texts)
    check_feasible(space)
    rows = fresh(sobol_rows(space, 0), frozenset(), 5)
    assert len(rows) >= least
    assert [space.problems(row) for row in rows] == [[]] * len(rows)
    assert rows == fresh(sobol_rows(space, 0), frozenset(), 5)


@pytest.mark.slow
@pytest.mark.parametrize("texts", [("a * b == 2",), ("a * b == 0.2", "a < 0.1"), ("a ** 2 + b ** 2 == 3",)])
def test_what_is_not_found_is_not_called_a_contradiction(texts: tuple[str, ...]) -> None:
    with pytest.raises(SpecError, match="no allowed row was found: constraint"):
        check_feasible(space_of(ABC[:2], *texts))


@pytest.mark.parametrize(("b", "holds"), [(0.0, False), (1e-320, False), (0.25, True)])
def test_a_ratio_to_nothing_is_no_number(b: float, holds: bool) -> None:
    columns: dict[str, ColumnArray] = {"a": np.array([0.5]), "b": np.array([b])}
    assert bool(Expression("a / b == 2", tolerant=True).holds(columns)[0]) is holds


TEXTS = (
    "a <= b",
    "a + b == 1",
    "a * b < 0.2 or a > 0.9",
    "not (a < b)",
    "a != 0.5 and b >= 0.25",
    "0.1 <= a < b <= 0.8",
)


@pytest.mark.slow
@given(st.floats(0, 1), st.floats(0, 1))
def test_what_holds_lacks_nothing_and_what_fails_lacks_something_or_is_on_the_edge(a: float, b: float) -> None:
    for text in TEXTS:
        space = space_of(ABC[:2], text)
        row = {"a": a, "b": b}
        lack = float(np.abs(lacking(space, [row])).sum())
        if space.feasible([row])[0]:
            assert lack <= 1e-8
        else:
            assert lack > 0 or "<" in text  # a strict comparison fails on its edge and lacks nothing there


def test_a_solver_keeps_levels_and_starts_from_what_lacks_least() -> None:
    space = space_of((Integer("n", 1, 9), Continuous("x", 0, 10)), "n * x == 12")
    rows = [{"n": n, "x": 5.0} for n in (1, 3, 6)]
    found = list(solved(space, rows))
    assert {row["n"]: round(float(row["x"]), 9) for row in found} == {3: 4.0, 6: 2.0}
    assert list(solved(space_of(COUNTS, "n * m == 7"), [{"n": 2, "m": 2}])) == []


def test_every_combination_of_levels_is_looked_at_where_few_are_allowed() -> None:
    sides = tuple(Integer(name, 1, 100) for name in ("n", "m"))
    space = space_of(sides, "n**2 + m**2 == 10000")
    taken: set[str] = set()
    for _ in range(4):
        (row,) = fresh(sobol_rows(space, 1), taken, 1)
        assert row["n"] ** 2 + row["m"] ** 2 == 10000
        taken.add(row_key(row))
    assert not fresh(sobol_rows(space, 1), taken, 1), "there are these four: 28, 60, 80, 96"
    with pytest.raises(SpecError, match="holds at no combination of levels"):
        check_feasible(space_of(sides, "n**2 + m**2 == 10002"))


@pytest.mark.slow
def test_rules_that_meet_at_a_corner_do_not_stop_the_solver() -> None:
    rows = fresh(sobol_rows(space_of(ABC[:2], "a + b == 0.5 or a + b == 1.5"), 0), set(), 3)
    assert len(rows) == 3
    for row in rows:
        assert min(abs(row["a"] + row["b"] - 0.5), abs(row["a"] + row["b"] - 1.5)) < 1e-8

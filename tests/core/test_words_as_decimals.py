"""Rules in words hold for decimals as they do on paper, and say what is linear in them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.constraints import Linear
from zosimos.core.expression import ColumnArray, Expression
from zosimos.core.linear_parts import LinearPart

TABLE: dict[str, ColumnArray] = {
    "a": np.array([0.1, 0.3, 0.2, 0.6, 0.7, 0.1]),
    "b": np.array([0.2, 0.3, 0.1, 0.3, 0.1, 0.1]),
    "c": np.array([0.7, 0.4, 0.7, 0.1, 0.2, 0.8]),
}
RANGES = dict.fromkeys("abc", (0.0, 1.0)) | {"d": (1.0, 2.0), "n": (-3.0, -1.0)}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a + b <= 0.3", [0, 2, 5]),
        ("a + b < 0.3", [5]),  # two sums are 0.3 on paper, whichever way they round
        ("a + b == 0.3", [0, 2]),
        ("a + b != 0.3", [1, 3, 4, 5]),
        ("a + b > 0.3", [1, 3, 4]),
        ("a + b + c == 1", [0, 1, 2, 3, 4, 5]),
        ("c == 1 - a - b", [0, 1, 2, 3, 4, 5]),
        ("1 - a - b - c == 0", [0, 1, 2, 3, 4, 5]),
        ("1 - a - b - c > 0", []),
        ("a <= b / 2", [0]),
        ("3 * a <= 0.3", [0, 5]),
        ("0.1 <= b < 0.3", [0, 2, 4, 5]),
        ("a % 0.1 == 0", [0, 1, 2, 3, 4, 5]),
        ("(a - 0.3) ** 2 + (b - 0.3) ** 2 <= 0.09", [0, 1, 2, 3, 5]),
        ("a + b <= 0.2999999", [5]),  # near is not equal
        ("a + b == 0.30001", []),
        ("not (a + b <= 0.3)", [1, 3, 4]),
    ],
)
def test_rules_hold_for_decimals(text: str, rows: list[int]) -> None:
    assert np.flatnonzero(Expression(text, tolerant=True).holds(TABLE)).tolist() == rows


@pytest.mark.parametrize(
    ("a", "b", "equal"), [(1e-12, 2e-12, False), (1e12, 1e12 + 1e6, False), (1e-300, 0.0, False), (1e15, 1e15, True)]
)
def test_equality_is_judged_by_the_size_of_the_numbers(a: float, b: float, equal: bool) -> None:
    columns: dict[str, ColumnArray] = {"a": np.array([a]), "b": np.array([b])}
    assert bool(Expression("a == b", tolerant=True).holds(columns)[0]) is equal


@given(st.lists(st.integers(0, 40), min_size=3, max_size=3), st.integers(1, 80))
def test_sums_of_decimals_compare_as_whole_hundredths_do(hundredths: list[int], bound: int) -> None:
    columns: dict[str, ColumnArray] = {n: np.array([x / 100]) for n, x in zip("abc", hundredths, strict=True)}
    for sign, right in (
        ("<=", sum(hundredths) <= bound),
        ("<", sum(hundredths) < bound),
        ("==", sum(hundredths) == bound),
    ):
        assert bool(Expression(f"a + b + c {sign} {bound / 100}", tolerant=True).holds(columns)[0]) is right
    assert bool(Linear({"a": 1, "b": 1, "c": 1}, high=bound / 100).holds(columns)[0]) is (sum(hundredths) <= bound)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a + b <= 0.3", [({"a": 1, "b": 1}, -math.inf, 0.3, False)]),
        ("a < b", [({"a": 1, "b": -1}, -math.inf, 0, True)]),
        ("c == 1 - a - b", [({"c": 1, "a": 1, "b": 1}, 1, 1, False)]),
        ("2 * (a - b) / 4 >= 1 - 0.5", [({"a": 0.5, "b": -0.5}, 0.5, math.inf, False)]),
        ("0.1 <= a <= 0.3", [({"a": -1}, -math.inf, -0.1, False), ({"a": 1}, -math.inf, 0.3, False)]),
        ("a / d <= 2", [({"a": 1, "d": -2}, -math.inf, 0, False)]),
        ("a / n <= 2", [({"a": 1, "n": -2}, 0, math.inf, False)]),
        ("abs(a - b) <= 0.1", [({"a": 1, "b": -1}, -math.inf, 0.1, False), ({"a": -1, "b": 1}, -math.inf, 0.1, False)]),
        ("max(a, b) < 0.4", [({"a": 1}, -math.inf, 0.4, True), ({"b": 1}, -math.inf, 0.4, True)]),
        ("a * b <= 0.1 and c < 0.5", [({"c": 1}, -math.inf, 0.5, True)]),
        ("a / b <= 2", []),  # b may be 0
        ("a < 0.1 or b < 0.1", []),
        ("not (a < 0.1)", []),
        ("a != 0.5", []),
        ("min(a, b) < 0.4", []),
        ("a ** 2 < 0.4", []),
    ],
)
def test_linear_parts_are_found(text: str, parts: list[tuple[dict[str, float], float, float, bool]]) -> None:
    found = Expression(text, tolerant=True).linear(RANGES)
    assert [LinearPart(*part) for part in parts] == found


@pytest.mark.slow
@given(st.lists(st.floats(0, 1), min_size=5, max_size=5))
def test_what_holds_in_words_holds_in_its_linear_parts(values: list[float]) -> None:
    row = dict(zip(RANGES, values, strict=True))
    row |= {"d": 1 + row["d"], "n": -1 - row["n"]}
    columns: dict[str, ColumnArray] = {name: np.array([x]) for name, x in row.items()}
    for text in ("a / n <= -0.2", "abs(a - b) < 0.3 and c >= a", "max(a, b, c) <= d - 0.5", "a / d == b", "a < b < c"):
        expression = Expression(text, tolerant=True)
        if expression.holds(columns)[0]:
            for part in expression.linear(RANGES):
                assert Linear(part.coefficients, part.low, part.high).holds(columns)[0]

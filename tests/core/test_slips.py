"""Formulas as people write them: printed signs are read, and slips are answered with how to write it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from zosimos.core.composite import named_in
from zosimos.core.errors import SpecError
from zosimos.core.expression import Expression

A, B = np.array([0.25, 0.5, 1.0]), np.array([0.5, 0.25, 1.0])


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("a ≤ b", "a <= b"),
        ("a ≥ b", "a >= b"),
        ("a ≠ b", "a != b"),
        ("a − b ≥ 0.1", "a - b >= 0.1"),
        ("a – b ≥ 0.1", "a - b >= 0.1"),
        ("a × b = 0.125", "a * b == 0.125"),
        ("a · b ÷ 2 ≤ 0.1", "a * b / 2 <= 0.1"),
        ("a^2 + b^2 <= 1", "a**2 + b**2 <= 1"),
        ("-a^2 <= -0.2", "-(a**2) <= -0.2"),
        ("a+b=0.75", "a + b == 0.75"),
        ("a = b and a >= 0.5", "a == b and a >= 0.5"),
    ],
)
def test_printed_signs_mean_what_they_mean(printed: str, plain: str) -> None:
    columns = {"a": A, "b": B}
    assert Expression(printed).holds(columns).tolist() == Expression(plain).holds(columns).tolist()
    assert Expression(printed).text == printed, "it stays as it was written"


def test_signs_inside_names_and_choices_stay() -> None:
    rule = Expression("s == 'a=b^2' or flow–rate <= 3 or `x·y` <= 1", known=("s", "flow–rate", "x·y"))
    assert rule.names == {"s", "flow–rate", "x·y"}
    assert rule.quoted == {"a=b^2"}
    assert named_in("price ÷ max(power, floor)") == ("price", "power", "floor")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a + b <= 0,5", "0.5, not 0,5"),
        ("2a + b <= 1", "2*a, not 2a"),
        ("2(a + b) <= 1", "2*a, not 2a"),
        ("a(b + 1) <= 3", r"a\*\(b \+ c\)"),
        ("a² <= 1", r"a\*\*2"),
        ("a <= 50%", "0.5, not 50 %"),
        ("a <= 50 % and b <= 1", "0.5, not 50 %"),
        ("a => b", "<= and >="),
        ("a <= 1 AND b <= 2", "small letters"),
        ("a <= 1 && b <= 2", "write and, or"),
        ("a + * b", "use parameter names"),
    ],
)
def test_a_slip_is_answered_with_how_to_write_it(text: str, hint: str) -> None:
    with pytest.raises(SpecError) as refused:
        Expression(text)
    assert refused.value.value == text
    assert re.search(hint, refused.value.hint)


@pytest.mark.parametrize("slip", ["b >= min(a, 0,5)", "b >= min(0,5, a)", "b <= max(a, -1,5)"])
def test_a_decimal_comma_inside_a_call_is_answered_with_what_to_write(slip: str) -> None:
    with pytest.raises(SpecError) as caught:
        Expression(slip, tolerant=True)
    assert re.search(r"write -?\d\.5 if that is one number, and -?\d, 5 with a blank", str(caught.value))
    assert Expression(slip).text == slip, "rules on record from before keep what they meant"


def test_commas_that_stand_between_arguments_and_in_choices_are_read() -> None:
    rule = Expression("b >= min(a, 1, 2) or s == '1,2-diol' or b > max(a,0)", tolerant=True)
    assert rule.names == {"a", "b", "s"}

"""Any name that a parameter may have can be said in a rule or a formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.composite import Composite, MeasuredQuantity, named_in
from zosimos.core.errors import SpecError
from zosimos.core.expression import ColumnArray, Expression, Formula

NAMES = ["lambda", "class", "flow-rate", "flow", "T (°C)", "Ni loading", "µ", "2-MeTHF", "a.b", "if", "b"]
COLUMNS: dict[str, ColumnArray] = {name: np.array([0.5 + place]) for place, name in enumerate(NAMES)}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["{} * b <= 999", "b + {} >= 1", "{} == {}", "0 < {} < 99"])
@pytest.mark.parametrize("quote", ["`", ""])
def test_a_name_can_be_said_in_backticks_and_where_it_is_known_without(name: str, form: str, quote: str) -> None:
    expression = Expression(form.replace("{}", f"{quote}{name}{quote}"), known=tuple(NAMES))
    assert expression.names - {"b"} == {name} - {"b"}
    assert expression.holds(COLUMNS)[0]


@pytest.mark.parametrize(
    "text", ["'T (°C)' * b <= 99", "'T (°C)' == 4.5", "4.5 == 'T (°C)'", 'sqrt("T (°C)") < 3', "-'T (°C)' < b"]
)
def test_a_name_can_be_said_in_quotes_where_a_number_is_wanted(text: str) -> None:
    expression = Expression(text)
    assert "T (°C)" in expression.names
    assert not expression.quoted
    assert expression.holds(COLUMNS)[0]


def test_quotes_beside_a_name_are_choices_as_before() -> None:
    expression = Expression("solvent == 'b' or `my solvent` != 'T (°C)'")
    assert expression.quoted == {"b", "T (°C)"}
    assert expression.names == {"solvent", "my solvent"}


def test_a_difference_is_one_where_there_is_no_parameter_of_that_name() -> None:
    assert Expression("flow-rate * b <= 5", known=("flow", "rate", "b")).names == {"flow", "rate", "b"}
    assert Expression("flow-rate * b <= 5", known=("flow", "rate", "b", "flow-rate")).names == {"flow-rate", "b"}
    assert Expression("flow - rate * b <= 5", known=("flow", "rate", "b", "flow-rate")).names == {"flow", "rate", "b"}
    assert Expression("overflow-rate <= 5", known=("overflow", "rate", "flow-rate")).names == {"overflow", "rate"}


def test_formulas_take_any_name_too() -> None:
    assert Formula("1 + lambda").value({"lambda": 2.0}) == 3.0
    assert Formula("`T (°C)` + 273.15").value({"T (°C)": 25.0}) == pytest.approx(298.15)
    assert Formula("'T (°C)' / 2").names == {"T (°C)"}
    assert named_in("`price (EUR)` / power + lambda") == ("price (EUR)", "power", "lambda")
    cost = Composite("`price (EUR)` / class", (MeasuredQuantity("price (EUR)"),), {"class": 2.0})
    assert cost.measured({"price (EUR)": (3.0, None)}, {}) == (1.5, None)


@pytest.mark.parametrize(
    "text", ["`a` b < 1", "`` < 1", "`a < 1", "lambda: 1 < 2", "a if b else c < 1", "'x' < 'y", "`x`(2) < 1"]
)
def test_what_is_said_wrongly_is_refused_by_name(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        Expression(text, known=tuple(NAMES))
    assert "_0_" not in str(caught.value)


@given(
    st.text(min_size=1, max_size=12).filter(
        lambda name: "`" not in name and name.strip() == name and "\x00" not in name
    )
)
def test_every_name_can_stand_in_backticks(name: str) -> None:
    assert Expression(f"`{name}` + 1 <= 3").names == {name}


def test_known_names_make_no_other_formula() -> None:
    assert Formula("1", known=("flow-rate",)) == Formula("1")

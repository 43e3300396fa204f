"""Formulas recover planted terms, signs and sizes, give nothing where there is nothing, and round honestly."""

import numpy as np
import pytest

from zosimos.surrogates.explanation.design import Design, DesignColumn
from zosimos.surrogates.explanation.formula import chosen_terms, formula
from zosimos.surrogates.explanation.terms import evaluate, library, text

COLUMNS = (
    DesignColumn("a"),
    DesignColumn("b"),
    DesignColumn("c"),
    DesignColumn("solvent", choices=("water", "ethanol", "dmf")),
)


def rows(n=60, seed=0):
    rng = np.random.default_rng(seed)
    parts = [rng.uniform(0, 3, n), rng.uniform(-1, 2, n), rng.uniform(1, 4, n), rng.integers(0, 3, n)]
    return Design(COLUMNS, np.column_stack(parts))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_planted_terms_come_out_with_their_signs_and_sizes(seed):
    design = rows(seed=seed)
    noise = np.random.default_rng(seed + 100).normal(0, 0.1, 60)
    found = formula("y", design, 2 * design.rows[:, 0] - 3 * design.rows[:, 1] ** 2 + noise)
    assert found.given
    weights = dict(found.terms)
    assert set(weights) == {"a", "b^2"}
    assert weights["a"] == pytest.approx(2, abs=0.1)
    assert weights["b^2"] == pytest.approx(-3, abs=0.1)
    assert found.intercept == pytest.approx(0, abs=0.15)
    assert str(found).startswith("y = ")


PLANTED = {
    "a*b": lambda x: 4 * x[:, 0] * x[:, 1],
    "1/c": lambda x: 5 / x[:, 2] + 1,
    "log(c)": lambda x: np.log(x[:, 2]),
    "[solvent is ethanol]": lambda x: 3.0 * (x[:, 3] == 1),
    "[solvent is dmf]*a": lambda x: 2 * x[:, 0] * (x[:, 3] == 2),
}


@pytest.mark.slow
@pytest.mark.parametrize("term", PLANTED)
def test_each_kind_of_term_can_be_found(term):
    design = rows()
    found = formula("y", design, PLANTED[term](design.rows))
    assert [name for name, _ in found.terms] == [term]
    assert found.r2 == pytest.approx(1, abs=1e-4)


def test_an_arrhenius_law_is_found_in_kelvin_though_the_table_is_in_celsius():
    design = Design(
        (DesignColumn("T", "degC"), COLUMNS[2]), np.random.default_rng(0).uniform([20, 1], [120, 4], (40, 2))
    )
    found = formula("k", design, 1e5 * np.exp(-4000 / (design.rows[:, 0] + 273.15)))
    assert str(found) == "k = 100000*exp(-4000/(T + 273.15))"


def test_a_line_in_temperature_stays_a_line():
    design = Design(
        (DesignColumn("T", "degC"), COLUMNS[2]), np.random.default_rng(0).uniform([20, 1], [120, 4], (40, 2))
    )
    noise = np.random.default_rng(1).normal(0, 0.5, 40)
    assert [term for term, _ in formula("y", design, 0.7 * design.rows[:, 0] + noise).terms] == ["T"]


def test_no_formula_is_given_for_noise_and_it_says_so():
    found = formula("y", rows(), np.random.default_rng(7).normal(size=60))
    assert not found.given
    assert str(found).startswith("no simple formula fits")
    assert found.r2_cross < 0.2
    assert found.as_json()["given"] is False


def test_what_no_library_term_describes_is_not_forced_into_a_formula():
    design = rows(seed=3)
    found = formula("y", design, np.sin(5 * design.rows[:, 0]) * np.sin(4 * design.rows[:, 1]))
    assert not found.given


def test_the_check_is_on_rows_the_terms_were_not_chosen_on():
    design = rows(n=12, seed=1)  # so few that some term always fits noise a little
    outcomes = np.random.default_rng(5).normal(size=12)
    found = formula("y", design, outcomes)
    assert found.r2_cross < found.r2 or not found.terms


def test_a_constant_outcome_has_no_formula():
    found = formula("y", rows(), np.full(60, 4.0))
    assert (found.given, found.terms, found.intercept) == (False, (), 4.0)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_the_unit_of_the_outcome_does_not_matter(scale):
    design = rows()
    found = formula("y", design, scale * (2 * design.rows[:, 0] - 3 * design.rows[:, 1] ** 2))
    assert dict(found.terms) == pytest.approx({"a": 2 * scale, "b^2": -3 * scale})


def test_rounding_keeps_more_digits_where_terms_nearly_cancel():
    x = np.linspace(1000, 1010, 30)
    design = Design((DesignColumn("x"),), x[:, None])
    found = formula("y", design, (x - 1004.0) ** 2)
    made = evaluate([t for t in library(design) if text(t) in dict(found.terms)], design.rows)
    y = made @ [weight for _, weight in found.terms] + found.intercept
    assert np.abs(y - (x - 1004.0) ** 2).max() < 3
    assert found.given


def test_coefficients_have_three_digits_where_that_is_enough():
    design = rows()
    found = formula("y", design, 1.23456 * design.rows[:, 0] + 7.654321)
    assert dict(found.terms) == {"a": 1.23}
    assert found.intercept == pytest.approx(7.65, abs=0.02)
    assert str(found) == f"y = 1.23*a + {found.intercept:g}"


def test_negative_first_terms_and_intercepts_are_written_as_people_do():
    design = rows()
    assert str(formula("y", design, -2 * design.rows[:, 0] - 5)) == "y = -2*a - 5"


def test_many_columns_are_searched_by_exchange():
    rng = np.random.default_rng(2)
    design = Design(tuple(DesignColumn(f"x{i}") for i in range(15)), rng.uniform(0, 1, (80, 15)))
    x = design.rows
    found = formula("y", design, 3 * x[:, 2] - 4 * x[:, 9] * x[:, 11] + 2 * x[:, 5] ** 2 + rng.normal(0, 0.02, 80))
    assert set(dict(found.terms)) == {"x2", "x9*x11", "x5^2"}


def test_terms_that_are_the_same_in_the_rows_stand_once():
    x = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    names = [
        text(term)
        for term in library(Design((DesignColumn("x"), DesignColumn("k")), np.column_stack([x, np.full(5, 2.0)])))
    ]
    assert names == ["x"]


def test_the_terms_of_a_resample_come_from_the_library_of_all():
    design = rows()
    y = 2 * design.rows[:, 0] - 3 * design.rows[:, 1] ** 2
    drawn = np.random.default_rng(0).integers(0, 60, 60)
    assert chosen_terms(design.take(drawn), y[drawn], library(design)) == ("a", "b^2")


def test_too_few_outcomes_are_refused():
    with pytest.raises(ValueError, match="5 rows"):
        formula("y", rows(4), np.zeros(4))
    with pytest.raises(ValueError, match="an outcome for each"):
        formula("y", rows(6), np.zeros(5))


def test_the_same_data_give_the_same_formula():
    design = rows(seed=4)
    y = design.rows[:, 0] + np.random.default_rng(0).normal(0, 0.3, 60)
    assert formula("y", design, y, seed=3) == formula("y", design, y, seed=3)

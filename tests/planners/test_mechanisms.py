"""Formulas that outcomes should follow: what they become over a space, and what is refused and how."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.categorical import Categorical
from zosimos.core.errors import SpecError
from zosimos.core.expression import Formula
from zosimos.core.parameters import Continuous, Discrete, Integer
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.mechanisms import Mechanisms

SPACE = SearchSpace(
    (
        Continuous("T", 300, 400),
        Categorical("solvent", ("water", "DMF", "THF")),
        Continuous("c", 0.01, 10, log=True),
        Integer("n", 1, 4),
        Discrete("p", (5.0, 1.0, 2.5)),
    )
)
ROWS = st.fixed_dictionaries(
    {
        "T": st.floats(300, 400),
        "solvent": st.sampled_from(["water", "DMF", "THF"]),
        "c": st.floats(0.01, 10),
        "n": st.integers(1, 4),
        "p": st.sampled_from([1.0, 2.5, 5.0]),
    }
)


@pytest.mark.slow
@given(st.lists(ROWS, min_size=1, max_size=5), st.floats(0.5, 1.5))
def test_a_mechanism_over_model_columns_is_the_formula_of_the_values(rows, factor):
    mechanisms = Mechanisms({"y": Formula("a * T * c ** 0.5 + n / p")}, {"a": (0.5, 1.5)})
    mechanism = mechanisms.of(SPACE, "y")
    assert mechanism is not None
    found = mechanism.values(SPACE.features(rows), np.array([factor - 0.5]))
    assert found == pytest.approx([factor * row["T"] * row["c"] ** 0.5 + row["n"] / row["p"] for row in rows], rel=1e-9)


def test_an_objective_without_a_formula_has_no_mechanism():
    assert Mechanisms({"y": Formula("a * T")}, {"a": (0, 1)}).of(SPACE, "z") is None


def test_constants_over_orders_of_magnitude_are_searched_on_a_logarithmic_scale():
    formulas = {"y": Formula("k * exp(-E / T) + a * n + b")}
    mechanism = Mechanisms(formulas, {"k": (1e3, 1e9), "E": (1e3, 9e3), "a": (0, 1e9), "b": (-2, 4)}).of(SPACE, "y")
    assert mechanism is not None
    assert [(c.name, c.log, c.start) for c in mechanism.coefficients] == [
        ("k", True, pytest.approx(1e6)),
        ("E", False, 5e3),
        ("a", False, 5e8),
        ("b", False, 1.0),
    ]


def test_each_mechanism_has_the_constants_of_its_own_formula():
    mechanisms = Mechanisms({"y": Formula("a * T"), "z": Formula("b * n")}, {"a": (0, 1), "b": (0, 1)})
    found = mechanisms.of(SPACE, "z")
    assert found is not None
    assert found.names == ("b",)


@pytest.mark.parametrize(
    ("formulas", "constants", "field", "said"),
    [
        ({}, {}, "planner.formula", "no formula"),
        ({"y": "a * T"}, {"a": (2.0, 1.0)}, "planner.constants.a", "leave nothing"),
        ({"y": "a * T"}, {"a": (0.0, float("inf"))}, "planner.constants.a", "leave nothing"),
        ({"y": "a * T"}, {"a": (0.0, 1.0), "b": (0.0, 1.0)}, "planner.constants.b", "in no formula"),
        ({"w": "a * T"}, {"a": (0.0, 1.0)}, "planner.formula.w", "not measured"),
        ({"y": "a * q"}, {"a": (0.0, 1.0)}, "planner.formula.y", "'q'"),
        ({"y": "a * solvent"}, {"a": (0.0, 1.0)}, "planner.formula.y", "'solvent'"),
        ({"y": "a * T"}, {"a": (0.0, 1.0), "T": (0.0, 1.0)}, "planner.constants.T", "a parameter and a constant"),
        ({"y": "2 * T"}, {}, "planner.formula.y", "no constant to fit"),
    ],
)
def test_what_cannot_be_fitted_is_refused_by_field(formulas, constants, field, said):
    with pytest.raises(SpecError, match=said) as caught:
        Mechanisms({name: Formula(text) for name, text in formulas.items()}, constants).check(SPACE, ["y", "z"])
    assert caught.value.field == field

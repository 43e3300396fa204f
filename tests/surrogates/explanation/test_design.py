"""Designs refuse what they cannot hold, measure distances as people would, and say which columns move together."""

import numpy as np
import pytest

from zosimos.surrogates.explanation.design import Design, DesignColumn, distances, entangled, r_squared

SOLVENT = DesignColumn("solvent", choices=("water", "ethanol"))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([[1.0]], "2 columns"),
        ([1.0, 2.0], "2 columns"),
        ([[np.nan, 0.0]], "finite"),
        ([[np.inf, 0.0]], "finite"),
        ([[1.0, 2.0]], "none of its 2 choices"),
        ([[1.0, 0.5]], "none of its 2 choices"),
    ],
)
def test_a_design_refuses_values_that_are_none_of_its_columns(rows, words):
    with pytest.raises(ValueError, match=words):
        Design((DesignColumn("a"), SOLVENT), np.array(rows))


def test_an_empty_design_is_one():
    assert len(Design((DesignColumn("a"), SOLVENT), np.empty((0, 2)))) == 0


def test_distances_are_shares_of_ranges_and_a_choice_is_the_same_or_not():
    design = Design((DesignColumn("a"), SOLVENT), np.array([[0.0, 0], [10.0, 0], [10.0, 1], [5.0, 1]]))
    assert distances(design, np.array([0.0, 0.0])) == pytest.approx([0, 0.5, 1, 0.75])


def test_distances_on_a_log_scale_count_decades():
    design = Design((DesignColumn("c", log=True),), np.array([[0.01], [0.1], [100.0]]))
    assert distances(design, np.array([0.01])) == pytest.approx([0, 0.25, 1])


def test_a_value_of_zero_on_a_log_scale_is_measured_on_a_plain_one():
    design = Design((DesignColumn("c", log=True),), np.array([[0.0], [5.0], [10.0]]))
    assert distances(design, np.array([10.0])) == pytest.approx([1, 0.5, 0])


def test_a_row_outside_the_ranges_is_never_more_than_one_away():
    design = Design((DesignColumn("a"),), np.array([[0.0], [1.0]]))
    assert distances(design, np.array([3.0])) == pytest.approx([1, 2 / 3])


def test_a_column_of_one_value_adds_no_distance():
    design = Design((DesignColumn("a"), DesignColumn("b")), np.array([[1.0, 7.0], [2.0, 7.0]]))
    assert distances(design, np.array([1.0, 7.0])) == pytest.approx([0, 0.5])


def test_columns_that_move_together_are_named():
    x = np.linspace(0, 1, 20)
    rows = np.column_stack([x, -3 * x + 0.01 * np.sin(40 * x), np.cos(9 * x)])
    (warning,) = entangled(Design((DesignColumn("a"), DesignColumn("b"), DesignColumn("c")), rows))
    assert "a and b move together (correlation -1.00)" in warning


def test_parts_of_a_mixture_are_named_as_bound():
    parts = np.random.default_rng(0).dirichlet([1, 1, 1], size=60)
    names = (DesignColumn("oil"), DesignColumn("water"), DesignColumn("soap"), DesignColumn("heat"))
    rows = np.column_stack([parts, np.random.default_rng(1).random(60)])
    (warning,) = entangled(Design(names, rows))
    assert warning.startswith("oil, water, soap: ")


def test_independent_columns_choices_and_constants_raise_no_warning():
    rng = np.random.default_rng(2)
    rows = np.column_stack([rng.random(50), rng.random(50), rng.integers(0, 2, 50), np.full(50, 3.0)])
    assert entangled(Design((DesignColumn("a"), DesignColumn("b"), SOLVENT, DesignColumn("k")), rows)) == ()


def test_few_rows_do_not_make_every_column_look_bound():
    rows = np.random.default_rng(3).random((5, 4))
    warnings = entangled(Design(tuple(DesignColumn(name) for name in "abcd"), rows))
    assert not any("fixed by the others" in warning for warning in warnings)


def test_the_share_of_variance_of_a_constant_is_none():
    assert r_squared(np.full(3, 2.0), np.full(3, 2.0)) == 0.0
    assert r_squared(np.array([0.0, 2.0]), np.array([1.0, 1.0])) == 0.0

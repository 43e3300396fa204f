"""Shapley values keep their axioms: they sum up, ignore dummies, treat equals alike, and match closed forms."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.surrogates.explanation.design import Design, DesignColumn
from zosimos.surrogates.explanation.shapley import EXACT, shapley


def design(rows, *names):
    rows = np.asarray(rows, dtype=float)
    return Design(tuple(DesignColumn(name) for name in names or [f"x{i}" for i in range(rows.shape[1])]), rows)


def model(function):
    return lambda rows: (function(rows), np.ones(len(rows)))


def curved(rows):
    return np.sin(rows[:, 0]) * rows[:, 1] + rows.sum(axis=1) ** 2 / (1 + rows[:, -1] ** 2)


@pytest.mark.slow
@given(st.integers(1, 6), st.integers(1, 9), st.integers(0, 2**16))
def test_base_and_shares_sum_to_the_prediction(d, n, seed):
    rng = np.random.default_rng(seed)
    background, row = design(rng.normal(size=(n, d)).repeat(2, axis=1)), rng.normal(size=2 * d)
    found = shapley(model(curved), row, background)
    assert found.base == pytest.approx(curved(background.rows).mean())
    assert found.prediction == pytest.approx(curved(row[None])[0])
    assert found.base + sum(found.shares) == pytest.approx(found.prediction, abs=1e-9)


@given(st.integers(0, 2**16))
def test_a_linear_model_gives_weights_times_differences_from_the_mean(seed):
    rng = np.random.default_rng(seed)
    weights, row, rows = rng.normal(size=4), rng.normal(size=4), rng.normal(size=(12, 4))
    found = shapley(model(lambda x: x @ weights), row, design(rows))
    assert found.shares == pytest.approx(weights * (row - rows.mean(axis=0)))


def test_the_enumeration_equals_the_definition_over_all_orders():
    rng = np.random.default_rng(5)
    rows, row = rng.normal(size=(7, 4)), rng.normal(size=4)

    def value(known):
        mixed = rows.copy()
        mixed[:, list(known)] = row[list(known)]
        return curved(mixed).mean()

    gains = np.zeros(4)
    for order in permutations(range(4)):
        for place, index in enumerate(order):
            gains[index] += value(order[: place + 1]) - value(order[:place])
    assert shapley(model(curved), row, design(rows)).shares == pytest.approx(gains / 24)


def test_a_parameter_without_effect_gets_nothing_and_equals_get_the_same():
    rows = np.random.default_rng(0).random((20, 3))
    rows[:, 1] = rows[:, 0]
    found = shapley(model(lambda x: x[:, 0] * x[:, 1]), np.array([2.0, 2.0, 9.0]), design(rows))
    assert found.shares[2] == pytest.approx(0, abs=1e-12)
    assert found.shares[0] == pytest.approx(found.shares[1])


def test_a_row_that_is_the_background_has_no_shares():
    rows = np.tile([1.0, 2.0, 3.0], (4, 1))
    found = shapley(model(curved), rows[0], design(rows))
    assert found.shares == (0.0, 0.0, 0.0)
    assert found.base == found.prediction


def test_many_parameters_are_sampled_and_still_sum_up():
    rng = np.random.default_rng(3)
    d = EXACT + 4
    weights = np.arange(d, dtype=float)

    def function(x):
        return x @ weights + 5 * x[:, 0] * x[:, 1] * x[:, 2]

    background, row = design(rng.random((25, d))), np.ones(d)
    found = shapley(model(function), row, background, seed=1)
    assert not found.exact
    assert found.base + sum(found.shares) == pytest.approx(found.prediction)
    assert found.shares[3:] == pytest.approx(weights[3:] * (1 - background.rows.mean(axis=0)[3:]))
    assert max(found.errors[3:]) < 1e-9 < min(found.errors[:3])


def test_sampled_shares_lie_within_their_errors_of_the_exact_ones():
    rng = np.random.default_rng(8)
    rows, row = rng.normal(size=(10, EXACT)), rng.normal(size=EXACT)

    def function(x):
        return np.prod(np.cos(x[:, :5]), axis=1) + x[:, 5] * x[:, 6] * x[:, 7]

    exact = np.array(shapley(model(function), row, design(rows)).shares)
    doubled = shapley(  # the same game with a column that only counts as one too many
        model(lambda x: function(x[:, :-1])),
        np.append(row, 1.0),
        design(np.column_stack([rows, np.zeros(10)])),
        pairs=64,
    )
    assert not doubled.exact
    errors = np.array(doubled.errors[:-1])
    assert (np.abs(np.array(doubled.shares[:-1]) - exact) <= 4 * errors + 1e-9).all()


def test_the_seed_decides_the_sampled_orders():
    rng = np.random.default_rng(0)
    background, row = design(rng.random((5, 12))), rng.random(12)
    predict = model(lambda x: np.prod(1 + x, axis=1))
    assert shapley(predict, row, background, seed=1) == shapley(predict, row, background, seed=1)
    assert shapley(predict, row, background, seed=1) != shapley(predict, row, background, seed=2)


def test_parameters_that_move_together_are_warned_of():
    x = np.linspace(0, 1, 30)
    found = shapley(model(lambda r: r[:, 0]), np.array([1.0, 1.0]), design(np.column_stack([x, x]), "time", "dose"))
    assert "time and dose move together" in found.warnings[0]


def test_the_ranking_goes_by_magnitude():
    found = shapley(model(lambda x: x @ [1.0, -5.0, 3.0]), np.ones(3), design(np.zeros((2, 3)), "a", "b", "c"))
    assert found.ranking == ("b", "c", "a")
    assert [item["share"] for item in found.as_json()["shares"]] == [1.0, -5.0, 3.0]


@pytest.mark.parametrize(
    ("row", "rows", "pairs"), [([1.0], np.zeros((2, 2)), 8), ([1.0, 2.0], np.zeros((0, 2)), 8), ([1.0], [[0.0]], 1)]
)
def test_what_cannot_be_explained_is_refused(row, rows, pairs):
    with pytest.raises(ValueError, match="needed"):
        shapley(model(curved), np.array(row), design(rows), pairs=pairs)

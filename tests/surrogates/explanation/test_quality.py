"""The measures of an attribution's quality tell good ones from bad ones."""

import math
from dataclasses import replace

import numpy as np
import pytest

from zosimos.surrogates.explanation.design import Design, DesignColumn
from zosimos.surrogates.explanation.quality import agreement, effective_number, faithfulness, local_change
from zosimos.surrogates.explanation.shapley import shapley

WEIGHTS = np.array([3.0, -2.0, 0.5, 0.0])
BACKGROUND = Design(tuple(DesignColumn(name) for name in "abcd"), np.random.default_rng(0).random((40, 4)))
ROW = np.array([1.0, 0.9, 0.2, 0.5])


def linear(rows):
    return rows @ WEIGHTS, np.ones(len(rows))


def test_shapley_values_of_a_linear_model_are_perfectly_faithful_and_shuffled_ones_are_not():
    found = shapley(linear, ROW, BACKGROUND)
    assert faithfulness(linear, found, BACKGROUND) == pytest.approx(1.0)
    shuffled = replace(found, shares=found.shares[1:] + found.shares[:1])
    assert faithfulness(linear, shuffled, BACKGROUND) < 0.5
    opposite = replace(found, shares=tuple(-share for share in found.shares))
    assert faithfulness(linear, opposite, BACKGROUND) == pytest.approx(-1.0)


def test_faithfulness_with_many_parameters_is_sampled_by_the_seed():
    rng = np.random.default_rng(1)
    background = Design(tuple(DesignColumn(f"x{i}") for i in range(9)), rng.random((20, 9)))

    def curved(rows):
        return np.exp(rows[:, 0] * rows[:, 1]) + rows[:, 2:].sum(axis=1) ** 2, np.ones(len(rows))

    found = shapley(curved, rng.random(9), background)
    first = faithfulness(curved, found, background, seed=1)
    assert first == faithfulness(curved, found, background, seed=1)
    assert 0.8 < first <= 1


def test_where_nothing_drops_faithfulness_says_nothing():
    def flat(rows):
        return np.full(len(rows), 3.0), np.ones(len(rows))

    assert faithfulness(flat, shapley(flat, ROW, BACKGROUND), BACKGROUND) is None


def test_attributions_of_smooth_models_change_less_than_those_of_rough_ones():
    def smooth(rows):
        return np.sin(rows[:, 0]) + rows[:, 1], np.ones(len(rows))

    def rough(rows):
        return np.sin(60 * rows[:, 0]) + rows[:, 1], np.ones(len(rows))

    changes = [
        local_change(lambda row, model=model: shapley(model, row, BACKGROUND), ROW, BACKGROUND)
        for model in (smooth, rough)
    ]
    assert changes[0] < changes[1]


def test_a_model_that_does_not_change_has_attributions_that_do_not():
    def flat(rows):
        return np.full(len(rows), 3.0), np.ones(len(rows))

    assert local_change(lambda row: shapley(flat, row, BACKGROUND), ROW, BACKGROUND) == 0.0

    def step(rows):
        return np.where((rows == ROW).all(axis=1), 0.0, rows[:, 0] * 0 + (rows[:, 0] != ROW[0]) * rows[:, 0]), None

    away = Design(BACKGROUND.columns, np.vstack([ROW, BACKGROUND.rows]))
    still = replace(shapley(flat, ROW, BACKGROUND))
    assert (
        local_change(lambda row: still if (row == ROW).all() else shapley(step, row, BACKGROUND), ROW, away) == math.inf
    )


def test_the_effective_number_counts_parameters_by_weight():
    assert effective_number([5.0, 0.0, 0.0]) == 1.0
    assert effective_number([1.0, 1.0, -1.0, 1.0]) == 4.0
    assert 1 < effective_number([5.0, 1.0]) < 2
    assert effective_number([0.0, 0.0]) == 0.0


def test_an_attribution_of_the_planted_model_agrees_with_the_truth():
    found = shapley(linear, ROW, BACKGROUND)
    truth = dict(zip("abc", WEIGHTS[:3] * (ROW - BACKGROUND.rows.mean(axis=0))[:3], strict=True))
    assert agreement(found, truth) == pytest.approx(agreement(found, truth))
    result = agreement(found, truth)
    assert (result.top, result.signs) == (1.0, 1.0)
    assert result.rank == pytest.approx(1.0)


def test_a_wrong_attribution_disagrees():
    found = shapley(linear, ROW, BACKGROUND)
    wrong = replace(found, shares=tuple(-share for share in reversed(found.shares)))
    result = agreement(wrong, {"a": 1.2})
    assert result.top == 0.0
    assert result.rank is not None
    assert result.rank < 1


def test_a_truth_of_other_parameters_is_refused():
    found = shapley(linear, ROW, BACKGROUND)
    with pytest.raises(ValueError, match="not \\['z'\\]"):
        agreement(found, {"z": 1.0})
    with pytest.raises(ValueError, match="one or more"):
        agreement(found, {"a": 0.0})

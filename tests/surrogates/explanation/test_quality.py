"""The measures of an attribution's quality tell good ones from bad ones."""

from dataclasses import replace

import numpy as np
import pytest

from zosimos.surrogates.explanation.design import Design, DesignColumn
from zosimos.surrogates.explanation.quality import effective_number, faithfulness
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


def test_the_effective_number_counts_parameters_by_weight():
    assert effective_number([5.0, 0.0, 0.0]) == 1.0
    assert effective_number([1.0, 1.0, -1.0, 1.0]) == 4.0
    assert 1 < effective_number([5.0, 1.0]) < 2
    assert effective_number([0.0, 0.0]) == 0.0

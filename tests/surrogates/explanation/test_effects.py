"""Effects find the shares of planted functions, alone and in pairs, and say where predictions are high."""

import numpy as np
import pytest

from zosimos.surrogates.explanation.design import Design, DesignColumn
from zosimos.surrogates.explanation.effects import effects

A, B, C = DesignColumn("a"), DesignColumn("b"), DesignColumn("c")


def grid(*axes):
    return np.array(np.meshgrid(*axes, indexing="ij")).reshape(len(axes), -1).T


def model(function):
    return lambda rows: (function(rows), np.ones(len(rows)))


def test_an_additive_function_has_main_effects_in_proportion_to_their_variances_and_no_pairs():
    rows = Design((A, B, C), grid(np.linspace(0, 1, 7), np.linspace(0, 1, 7), np.linspace(0, 1, 7)))
    found = effects(model(lambda x: 3 * x[:, 0] + 4 * x[:, 1]), rows)
    assert found.main == pytest.approx((9 / 25, 16 / 25, 0.0))
    assert all(share < 1e-12 for _, _, share in found.pairs)
    assert found.rest < 1e-9
    assert found.ranking == ("b", "a", "c")


def test_a_pure_interaction_is_found_as_one():
    rows = Design((A, B), grid(np.linspace(-1, 1, 8), np.linspace(-1, 1, 8)))  # 64 rows: all of them are used
    found = effects(model(lambda x: x[:, 0] * x[:, 1]), rows)
    assert found.main == pytest.approx((0, 0), abs=1e-12)
    assert found.pairs == (("a", "b", pytest.approx(1.0)),)


def test_the_sobol_indices_of_the_ishigami_function_come_out():
    def ishigami(x):  # Ishigami and Homma 1990: first order 0.314, 0.442, 0; a with c 0.244
        return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])

    rows = Design((A, B, C), np.random.default_rng(0).uniform(-np.pi, np.pi, (2000, 3)))
    found = effects(model(ishigami), rows, budget=200_000)
    assert found.main == pytest.approx((0.314, 0.442, 0.0), abs=0.08)
    assert found.pairs[0][:2] == ("a", "c")
    assert found.pairs[0][2] == pytest.approx(0.244, abs=0.1)


def test_a_three_way_effect_is_the_rest():
    rows = Design((A, B, C), grid(*[np.array([-1.0, 1.0])] * 3))
    found = effects(model(lambda x: x.prod(axis=1)), rows)
    assert found.rest == pytest.approx(1.0)


def test_choices_count_as_they_occur_and_the_trend_names_them():
    solvent = DesignColumn("solvent", choices=("water", "dmf", "ethanol"))
    rows = Design((A, solvent), grid(np.linspace(0, 1, 5), np.arange(3.0)))
    found = effects(model(lambda x: 2.0 * (x[:, 1] == 2)), rows)
    assert found.main == pytest.approx((0, 1))
    assert found.curves[1].trend(solvent) == "highest for ethanol, lowest for water"
    assert found.as_json()["main"][1]["curve"][2] == {"value": "ethanol", "mean": 2.0}


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x, "rises from 0 degC to 10 degC"),
        (lambda x: -x, "falls from 0 degC to 10 degC"),
        (lambda x: -((x - 4) ** 2), "highest near 4 degC, lowest near 10 degC"),
        (lambda x: 0 * x + 5, "no effect"),
    ],
)
def test_trends_are_told_in_words(function, words):
    column = DesignColumn("T", "degC")
    rows = Design((column, B), grid(np.arange(11.0), np.arange(3.0)))
    found = effects(model(lambda x: function(x[:, 0]) + x[:, 1]), rows)
    assert found.curves[0].trend(column) == words


def test_a_constant_prediction_has_no_effects():
    found = effects(model(lambda x: np.full(len(x), 1e6)), Design((A, B), grid(np.arange(4.0), np.arange(4.0))))
    assert (found.variance, found.main, found.pairs, found.rest) == (0.0, (0.0, 0.0), (), 0.0)


def test_pairs_are_looked_at_among_the_strongest_only():
    rng = np.random.default_rng(1)
    columns = tuple(DesignColumn(f"x{i}") for i in range(12))
    rows = Design(columns, rng.random((40, 12)))
    weights = np.arange(12.0)
    calls = []

    def predict(x):
        calls.append(len(x))
        return x @ weights, np.ones(len(x))

    found = effects(predict, rows, paired=3, budget=20_000)
    assert {name for a, b, _ in found.pairs for name in (a, b)} == {"x9", "x10", "x11"}
    assert sum(calls) < 40_000
    assert effects(predict, rows, paired=0).pairs == ()


def test_the_same_seed_gives_the_same_effects():
    rows = Design((A, B), np.random.default_rng(0).random((300, 2)))
    predict = model(lambda x: np.exp(x[:, 0] * x[:, 1]))
    assert effects(predict, rows, seed=3) == effects(predict, rows, seed=3)
    assert effects(predict, rows, seed=3) != effects(predict, rows, seed=4)


def test_one_row_shows_no_effect():
    with pytest.raises(ValueError, match="two rows"):
        effects(model(lambda x: x[:, 0]), Design((A,), np.array([[1.0]])))

"""Rule trees tell planted rules in round numbers, stay small where there is no rule, and know how faithful they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.surrogates.explanation.branches import roundest
from zosimos.surrogates.explanation.design import Design, DesignColumn
from zosimos.surrogates.explanation.rules import rule_tree

COLUMNS = (
    DesignColumn("temperature", "degC"),
    DesignColumn("flow", "mL/min"),
    DesignColumn("solvent", choices=("water", "ethanol", "dmf")),
)
EVERY = Design(
    COLUMNS, np.array([(t, f, s) for t in range(20, 105, 5) for f in (1, 2, 3) for s in (0, 1, 2)], dtype=float)
)
NONE = Design(COLUMNS, np.empty((0, 3)))


def planted(rows):
    hot = (rows[:, 0] > 60) & (rows[:, 2] == 1)
    return np.where(hot, 10.0, 1.0) + 0.3 * np.sin(rows[:, 0] / 20) + 0.05 * rows[:, 1]


def some(n, seed=0):
    return EVERY.take(np.random.default_rng(seed).permutation(len(EVERY))[:n])


def test_a_planted_rule_is_told_in_round_numbers():
    measured = some(60)
    found = rule_tree(measured, planted(measured.rows), EVERY, planted(EVERY.rows))
    assert found.rules[0].conditions == ("temperature > 60 degC", "solvent is ethanol") or found.rules[
        0
    ].conditions == ("solvent is ethanol", "temperature > 60 degC")
    assert found.rules[0].value == pytest.approx(10, abs=0.3)
    assert len(found.rules) <= 4
    assert {split.column.name for split in found.splits} == {"temperature", "solvent"}
    assert found.r2_data > 0.95
    assert found.r2_surrogate is not None
    assert found.r2_surrogate > 0.95


def test_the_measurements_alone_are_enough_for_a_tree():
    measured = some(60)
    found = rule_tree(measured, planted(measured.rows), NONE, np.empty(0))
    assert found.r2_surrogate is None
    assert found.rules[0].share is None
    assert "solvent is ethanol" in found.rules[0].conditions


def test_the_rules_cover_every_row_once():
    measured = some(50)
    found = rule_tree(measured, planted(measured.rows), EVERY, planted(EVERY.rows))
    assert sum(rule.measured for rule in found.rules) == 50
    assert sum(rule.share or 0 for rule in found.rules) == pytest.approx(1)
    assert [rule.value for rule in found.rules] == sorted((rule.value for rule in found.rules), reverse=True)


def test_noise_gives_no_rule():
    rng = np.random.default_rng(4)
    found = rule_tree(some(60), rng.normal(size=60), EVERY, rng.normal(size=len(EVERY)))
    assert found.lines == (f"everywhere: about {found.rules[0].value:.3g} (60 measured, 100 % of the space)",)
    assert found.splits == ()
    assert found.r2_data < 0.1


def test_a_constant_outcome_is_one_rule():
    found = rule_tree(some(10), np.full(10, 3.0), EVERY, np.full(len(EVERY), 3.0))
    assert found.lines == ("everywhere: about 3 (10 measured, 100 % of the space)",)
    assert (found.r2_data, found.r2_surrogate) == (0.0, 0.0)


def test_bounds_on_one_parameter_are_told_together():
    def band(rows):
        return 5.0 * ((rows[:, 0] > 40) & (rows[:, 0] <= 70))

    found = rule_tree(some(80), band(some(80).rows), EVERY, band(EVERY.rows))
    assert found.rules[0].conditions == ("40 < temperature <= 70 degC",)
    assert found.as_json()["rules"][0]["text"].startswith("if 40 < temperature <= 70 degC: about 5 (")


def test_where_the_model_is_wrong_the_fidelity_to_the_data_says_so():
    measured = some(60)
    found = rule_tree(measured, planted(measured.rows), EVERY, 5 - planted(EVERY.rows))
    assert found.r2_data < 0.5


def test_a_model_without_trust_does_not_spoil_the_rules_of_the_data():
    measured = some(60)
    found = rule_tree(measured, planted(measured.rows), EVERY, np.zeros(len(EVERY)), trust=0.0)
    assert "solvent is ethanol" in found.rules[0].conditions
    assert found.rules[0].value == pytest.approx(10, abs=0.3)
    assert found.r2_data > 0.9
    assert sum(rule.share or 0 for rule in found.rules) == pytest.approx(1)


def test_values_that_single_precision_cannot_tell_apart_are_split_where_they_are():
    stamps = 1.7e9 + np.arange(40.0)  # seconds; single precision counts in steps of 128 here
    measured = Design((DesignColumn("time", "s"),), stamps[:, None])
    found = rule_tree(measured, (stamps >= 1.7e9 + 20) * 1.0, Design(measured.columns, np.empty((0, 1))), np.empty(0))
    assert [rule.measured for rule in found.rules] == [20, 20]
    assert found.splits[0].threshold == 1.7e9 + 19
    assert found.rules[0].conditions == ("time > 1700000019 s",)


def test_the_same_seed_gives_the_same_tree():
    measured = some(30, seed=5)
    noisy = planted(measured.rows) + np.random.default_rng(1).normal(size=30)
    trees = [rule_tree(measured, noisy, EVERY, planted(EVERY.rows), seed=9).as_json() for _ in range(2)]
    assert trees[0] == trees[1]


def test_too_few_or_unfit_rows_are_refused():
    with pytest.raises(ValueError, match="4 measured rows"):
        rule_tree(some(3), np.zeros(3), NONE, np.empty(0))
    with pytest.raises(ValueError, match="same columns"):
        rule_tree(some(5), np.zeros(5), Design(COLUMNS[:1], np.empty((0, 1))), np.empty(0))
    with pytest.raises(ValueError, match="share"):
        rule_tree(some(5), np.zeros(5), NONE, np.empty(0), trust=1.5)
    with pytest.raises(ValueError, match="a value for each row"):
        rule_tree(some(5), np.zeros(6), NONE, np.empty(0))


numbers = st.floats(-1e6, 1e6, allow_nan=False)


@given(numbers, numbers)
def test_the_roundest_number_parts_the_two_sides(a, b):
    low, high = min(a, b), max(a, b)
    found = roundest(low, high, (low + high) / 2)
    assert low <= found < high or low == high or high - low < 1e-9 * max(abs(low), abs(high))


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [(60, 65, 60), (58.7, 61.2, 60), (0.31, 0.36, 0.33), (-3.2, 4.1, 0), (1, 2, 1), (0.001234, 0.001236, 0.001235)],
)
def test_the_roundest_number_has_the_fewest_digits(low, high, found):
    assert roundest(low, high, (low + high) / 2) == pytest.approx(found, abs=1e-12)


def test_the_few_choices_that_are_left_are_named_rather_than_those_that_are_not():
    column = DesignColumn("ligand", "", ("XPhos", "SPhos", "PPh3"))
    rows = np.repeat([[0.0], [1.0], [2.0]], 8, axis=0)
    outcomes = np.repeat([80.0, 50.0, 10.0], 8)
    tree = rule_tree(Design((column,), rows), outcomes, Design((column,), np.empty((0, 1))), np.empty(0))
    assert [rule.conditions for rule in tree.rules] == [
        ("ligand is XPhos",),
        ("ligand is SPhos",),
        ("ligand is PPh3",),
    ]

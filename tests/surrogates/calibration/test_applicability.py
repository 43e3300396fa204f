"""Rows inside the data are in, rows around it are near, rows elsewhere are out, however few data there are."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.surrogates.calibration.applicability import Domain


def box(n=60, d=3, seed=1):
    return np.random.default_rng(seed).uniform(0, 1, (n, d))


def test_unseen_rows_of_the_same_box_are_mostly_in_and_far_ones_are_out():
    domain = Domain.of(box())
    inside = domain.judge(0.1 + 0.8 * box(200, seed=2)).flags
    assert inside.count("in") > 170
    assert "out" not in inside
    assert set(domain.judge(box(50, seed=3) + 1.5).flags) == {"out"}
    assert domain.judge([[1.15, 0.5, 0.5]]).flags == ("near",)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 9))
def test_training_rows_are_in_but_for_a_few_at_the_edge_and_never_out(n, d, seed):
    X = box(n, d, seed)
    flags = Domain.of(X).judge(X).flags
    assert flags.count("in") >= 0.8 * n - 1
    assert "out" not in flags


@pytest.mark.parametrize("n", [1, 2, 3])
def test_with_a_few_rows_almost_everything_is_an_extrapolation(n):
    X = np.array([[0.5, 0.5], [0.9, 0.9], [0.1, 0.1]])[:n]
    domain = Domain.of(X)
    assert set(domain.judge(X).flags) == {"in"}
    assert domain.judge([[0.5, 0.55]]).flags[0] in ("in", "near")
    assert domain.judge([[0.9, 0.1]]).flags == ("out",)


def test_copies_of_a_row_are_one_row():
    X = box(6)
    once, often = Domain.of(X), Domain.of(np.repeat(X, 20, axis=0))
    assert once.unit == often.unit
    assert Domain.of(np.ones((30, 2))).judge([[1.0, 1.0], [0.0, 0.0]]).flags == ("in", "out")


def test_a_hole_in_the_data_is_found_though_every_column_is_in_range():
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) / 2 + 0.5
    found = Domain.of(ring).judge([[0.5, 0.5]])
    assert found.beyond[0] == 0
    assert found.flags == ("out",)


def test_a_combination_off_the_line_has_leverage_though_every_column_is_in_range():
    t = np.linspace(0, 1, 30)
    line = np.column_stack([t, t + 0.02 * np.random.default_rng(4).normal(size=30)])
    found = Domain.of(line).judge([[0.2, 0.8]])
    assert found.beyond[0] == 0
    assert found.leverage[0] > 1
    assert "leverage" in found.why(0)


def test_a_category_that_was_never_tried_is_not_in():
    one_hot = np.zeros((40, 4))
    one_hot[np.arange(40), np.arange(40) % 3] = 1
    X = np.column_stack([box(40, 1), one_hot])
    found = Domain.of(X).judge([[0.5, 0, 0, 0, 1], [0.5, 1, 0, 0, 0]])
    assert found.flags == ("out", "in")
    assert found.columns[0] == 4


def test_the_verdict_names_the_column_and_how_far_it_is_outside():
    found = Domain.of(box()).judge([[0.5, 2.0, 0.5]])
    assert found.columns[0] == 1
    assert found.beyond[0] == pytest.approx(1, abs=0.1)
    assert found.why(0).startswith("out:")
    assert "column 1" in found.why(0)
    assert json.loads(json.dumps(found.as_json()))["flags"] == ["out"]


def test_errors_out_of_the_domain_are_larger_than_in_it():
    rng = np.random.default_rng(5)
    X = 0.5 * box(40, 2)
    y = np.sin(6 * X).sum(axis=1)
    Z = rng.uniform(0, 1, (400, 2))
    weights = np.exp(-((Z[:, None] - X) ** 2).sum(-1) / 0.005) + 1e-12
    error = np.abs(weights @ y / weights.sum(1) - np.sin(6 * Z).sum(axis=1))
    flags = np.array(Domain.of(X).judge(Z).flags)
    assert error[flags == "out"].mean() > 3 * error[flags == "in"].mean()


@pytest.mark.slow
def test_a_large_pool_is_judged_in_pieces():
    X, pool = box(200, 5), box(30_000, 5, seed=6)
    whole = Domain.of(X).judge(pool)
    assert len(whole.flags) == 30_000
    assert Domain.of(X).judge(pool[20_000:20_010]).distance == pytest.approx(whole.distance[20_000:20_010])


def test_wrong_tables_are_refused():
    with pytest.raises(ValueError, match="at least one row"):
        Domain.of(np.empty((0, 2)))
    with pytest.raises(ValueError, match="finite table"):
        Domain.of([[1.0, float("nan")]])
    with pytest.raises(ValueError, match="3 columns"):
        Domain.of(box()).judge([[1.0]])

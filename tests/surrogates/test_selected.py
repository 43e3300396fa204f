"""A committee that learned from some results answers for all of them."""

import numpy as np
import pytest

from zosimos.surrogates.committee.committee import default_kinds
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.selected import SelectedOutcome
from zosimos.surrogates.committee.view import View
from zosimos.surrogates.outcome import OutcomeModel

N = 60
PLACES = np.arange(1, N, 2)
KINDS = default_kinds(View.plain(2))


def made(y=None, seed=0, places=PLACES):
    rng = np.random.default_rng(seed)
    X = rng.random((N, 2))
    y = np.sin(4.0 * X[:, 0]) + X[:, 1] + 0.05 * rng.normal(size=N) if y is None else y
    return SelectedOutcome(KINDS, X, y, np.full(N, np.nan), 0, places), X, y


def test_it_believes_what_a_committee_of_these_results_believes():
    model, X, y = made()
    alone = CommitteeOutcome(KINDS, X[PLACES], y[PLACES], np.full(len(PLACES), np.nan), 0)
    new = np.random.default_rng(5).random((20, 2))
    np.testing.assert_array_equal(model.predict(new).mean, alone.predict(new).mean)
    assert model.weights == alone.weights
    assert isinstance(model, OutcomeModel)
    assert (model.rows, len(model.measured)) == (N, N)


def test_what_is_known_has_a_place_for_each_result_in_order_then_for_rows_under_way():
    model, X, _ = made()
    model.pending(np.array([[0.5, 0.5]]))
    known = model.known()
    np.testing.assert_array_equal(known.columns, np.vstack([X, [[0.5, 0.5]]]))
    assert known.mean == pytest.approx(model.predict(known.columns).mean, abs=1e-6)
    assert known.parts.shape[1] == known.rivals.shape[1] == N + 1


def test_results_that_taught_nothing_are_predicted_as_well_as_those_that_are_left_out():
    model, _, y = made()
    mean, variance = model.left_out()
    inside = np.abs(y - mean) < 1.96 * np.sqrt(variance)
    assert 0.8 <= inside[0::2].mean() <= 1.0
    assert 0.8 <= inside[1::2].mean() <= 1.0


def test_an_error_is_named_by_its_place_among_all_results():
    _, _, y = made()
    y[31] += 30.0
    model, _, _ = made(y)
    assert model.standard.doubted == (31,)


def test_it_says_that_it_learned_from_some():
    model, _, _ = made()
    assert model.notes[0].startswith("learned from 30 of 60 results")


def test_bounds_from_the_first_results_are_never_too_low():
    model, _, _ = made()
    new = np.random.default_rng(6).random((50, 2))
    assert (model.predict(new, first=N // 4).variances >= model.predict(new).variances - 1e-12).all()

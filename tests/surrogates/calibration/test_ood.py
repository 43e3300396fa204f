"""Extrapolation measures on cases built so that the answer is known."""

import json

import numpy as np
import pytest

from zosimos.surrogates.calibration.ood import density_overlap, extrapolation

MEASURED = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])


def test_a_perfect_model_scores_full_marks():
    found = extrapolation(MEASURED, MEASURED, 8.0)
    assert (found.beyond, found.precision, found.recall, found.top_precision) == (2, 1, 1, 1)
    assert found.overlap == pytest.approx(1)


def test_a_model_that_cannot_exceed_what_it_saw_recalls_nothing():
    found = extrapolation(np.minimum(MEASURED, 8.0), MEASURED, 8.0)
    assert found.recall == 0
    assert found.precision is None
    assert found.top_precision == 1


def test_false_hopes_cost_precision_by_their_weight():
    predicted = MEASURED.copy()
    predicted[0] = 11.0
    found = extrapolation(predicted, MEASURED, 8.0)
    assert found.precision == pytest.approx(2 / 3)
    assert extrapolation(predicted, MEASURED, 8.0, cost=19).precision == pytest.approx(2 / 21)
    assert found.recall == 1
    assert found.top_precision == pytest.approx(2 / 3)


def test_the_wrong_way_round_finds_nothing_of_the_top():
    found = extrapolation(-MEASURED, MEASURED, 20.0)
    assert found.top_precision == 0
    assert found.recall is None
    assert found.overlap < 0.1


def test_densities_overlap_as_their_formula_says():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=4000), rng.normal(size=4000)
    assert density_overlap(a, b) > 0.95
    assert density_overlap(a, b + 2) == pytest.approx(0.3173, abs=0.05)  # 2 Phi(-1)
    assert density_overlap(a, b + 50) < 1e-3
    assert density_overlap(a, b + 2) == pytest.approx(density_overlap(b + 2, a))


def test_samples_without_a_spread_still_compare():
    assert density_overlap([3.0], [3.0]) == pytest.approx(1)
    assert density_overlap([3.0, 3.0], [8.0]) < 1e-3


def test_findings_are_json_and_nonsense_is_refused():
    assert json.loads(json.dumps(extrapolation(MEASURED, MEASURED, 8.0).as_json()))["n"] == 10
    with pytest.raises(ValueError, match="top"):
        extrapolation(MEASURED, MEASURED, 8.0, top=0)
    with pytest.raises(ValueError, match="1 finite numbers"):
        extrapolation([1.0], MEASURED, 8.0)
    with pytest.raises(ValueError, match="value"):
        density_overlap([], [1.0])

"""A change in time is told from where results were measured: a search that moves is no drift, and a drift is found."""

import numpy as np
import pytest

from zosimos.surrogates.calibration.place_and_time import ALONE, FIRM, drift_evidence, noise_evidence


def hill(rows):
    return [3.0 * float(row["x"]) - 2.0 * float(row["z"]) ** 2 for row in rows]


def rows_of(n, seed=0, names=("x", "z")):
    points = np.random.default_rng(seed).random((n, len(names)))
    return [dict(zip(names, map(float, point), strict=True)) for point in points]


def noise(n, seed=1, size=0.1):
    return size * np.random.default_rng(seed).normal(size=n)


def test_a_drift_among_rows_in_any_order_is_firm_and_no_drift_is_not():
    rows = rows_of(40)
    values = np.array(hill(rows)) + noise(40)
    assert drift_evidence(rows, values, 0) < FIRM / 2
    assert drift_evidence(rows, values + 0.8 * np.linspace(0, 1, 40), 0) > ALONE


def test_a_step_is_found_where_it_is_looked_for():
    rows = rows_of(40)
    values = np.array(hill(rows)) + noise(40) + 0.6 * (np.arange(40) >= 30)
    assert drift_evidence(rows, values, 30) > max(FIRM, drift_evidence(rows, values, 0))


def test_a_search_that_climbs_is_no_drift():
    climb = np.linspace(0, 1, 40)
    rows = [{"x": float(x), "z": 0.5} for x in climb]
    assert drift_evidence(rows, np.array(hill(rows)) + noise(40), 20) < FIRM / 2


def test_one_row_measured_again_and_again_shows_a_drift():
    rows = [{"x": 0.5, "solvent": "water"}] * 30
    assert drift_evidence(rows, noise(30), 0) < FIRM / 2
    assert drift_evidence(rows, noise(30) + 0.5 * np.linspace(0, 1, 30), 0) > FIRM


def test_more_noise_is_found_and_the_same_noise_is_not():
    rows = rows_of(40)
    values = np.array(hill(rows)) + noise(40)
    assert noise_evidence(rows, values, 25) < FIRM / 2
    assert noise_evidence(rows, values + np.where(np.arange(40) >= 25, noise(40, 5, 1.5), 0.0), 25) > FIRM


@pytest.mark.parametrize("values", [[], [1.0] * 20, [1.0, 2.0]])
def test_of_few_or_equal_results_nothing_is_said(values):
    rows = rows_of(len(values))
    assert drift_evidence(rows, values, 1) == noise_evidence(rows, values, 1) == 0


def test_names_missing_values_and_numbers_of_any_size_are_compared():
    rows = [{**row, "name": "ab"[i % 2], "wide": 10.0 ** (i % 7), "huge": 10**400} for i, row in enumerate(rows_of(30))]
    rows[3] = {"x": 0.1}
    values = 1e300 * (np.arange(30) % 2 + noise(30))
    assert 0 <= drift_evidence(rows, values, 10) < FIRM


def test_only_the_last_results_are_compared():
    rows = rows_of(160)
    values = np.array(hill(rows)) + noise(160) + 5.0 * (np.arange(160) < 50)
    assert drift_evidence(rows, values, 50) < FIRM


def test_many_columns_share_one_length():
    names = tuple(f"p{i}" for i in range(20))
    rows = rows_of(30, names=names)
    values = noise(30) + 0.9 * np.linspace(0, 1, 30)
    assert drift_evidence(rows, values, 0) > FIRM

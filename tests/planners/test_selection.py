"""Which of many results models learn from: near the best, and all over the space."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.objective import Objective
from zosimos.planners.models.selection import selected_places, worth_of
from zosimos.surrogates.committee.committee import default_kinds
from zosimos.surrogates.committee.view import View

KIND = default_kinds(View.plain(2))[0]


def hill(n=600, seed=0, noise=0.05):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 2))
    return X, -np.sum((X - [0.8, 0.3]) ** 2, axis=1) + noise * rng.normal(size=n)


def test_half_lie_near_the_best_and_the_others_anywhere():
    X, worth = hill()
    places = selected_places(KIND, X, worth, 0, 100)
    apart = np.linalg.norm(X[places] - [0.8, 0.3], axis=1)
    assert len(places) == 100
    assert (apart < 0.3).sum() >= 45
    assert (apart > 0.5).sum() >= 10


def test_those_near_the_best_are_not_the_lucky_ones():
    X, worth = hill(noise=0.3)
    places = selected_places(KIND, X, worth, 0, 100)
    luck = worth + np.sum((X - [0.8, 0.3]) ** 2, axis=1)
    near = places[np.linalg.norm(X[places] - [0.8, 0.3], axis=1) < 0.3]
    assert abs(luck[near].mean()) < 3.0 * 0.3 / np.sqrt(len(near))


def test_gross_errors_above_all_others_draw_nothing_to_them():
    X, worth = hill()
    worth[np.argsort(np.linalg.norm(X - [0.1, 0.9], axis=1))[:3]] = 50.0
    places = selected_places(KIND, X, worth, 0, 100)
    assert (np.linalg.norm(X[places] - [0.8, 0.3], axis=1) < 0.3).sum() >= 40


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(1, 80),
    most=st.integers(4, 60),
    seed=st.integers(0, 5),
    unknown=st.floats(0.0, 1.0),
    constant=st.booleans(),
)
def test_places_are_ascending_all_different_and_no_more_than_are_wanted(n, most, seed, unknown, constant):
    rng = np.random.default_rng(seed)
    worth = np.zeros(n) if constant else rng.normal(size=n)
    worth[rng.random(n) < unknown] = np.nan
    X = rng.random((n, 2))
    places = selected_places(KIND, X, worth, seed, most)
    assert len(places) == min(n, most)
    assert (np.diff(places) > 0).all()
    assert places[0] >= 0
    assert places[-1] < n
    np.testing.assert_array_equal(places, selected_places(KIND, X, worth, seed, most))


def test_what_results_are_worth_goes_by_all_that_is_wanted():
    wanted = (Objective("a", "max"), Objective("b", "min"))
    worth = worth_of(np.array([[1.0, 5.0], [2.0, 1.0], [3.0, 3.0], [2.0, np.nan]]), wanted)
    assert np.argsort(worth[:3])[0] == 0
    assert np.isnan(worth[3])
    tiers = (Objective("a", "max", tier=1, threshold=1.5), Objective("b", "min", tier=2))
    assert worth_of(np.array([[1.0, 0.0], [2.0, 1.0], [3.0, 3.0]]), tiers).argmax() == 1

"""Many columns, few that matter: the sparse prior's slope and what it finds."""

import numpy as np
import pytest

from zosimos.surrogates.committee.committee import default_kinds
from zosimos.surrogates.committee.hyper import Prior
from zosimos.surrogates.committee.member import Kind
from zosimos.surrogates.committee.outcome import Outcome
from zosimos.surrogates.committee.sparsity import SparsePrior
from zosimos.surrogates.committee.view import View

COLUMNS = 30
SPARSE = Kind(View.plain(COLUMNS), "matern-5/2", sparse=True)


def outcome(kinds, n=60, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, COLUMNS))
    return Outcome(kinds, X, surface(X), np.full(n, np.nan), 0)


def surface(X):
    return np.sin(5 * X[:, 3]) + 2.0 * (X[:, 17] - 0.4) ** 2


@pytest.mark.parametrize("prior", [Prior.of(4), SparsePrior.of(4)])
def test_the_penalty_s_slope_is_that_of_its_value(prior):
    theta = np.array([-2.0, 0.3, 1.2, 5.0, -3.0])
    _, slope = prior.penalty(theta)
    for place in range(len(theta)):
        step = np.zeros(len(theta))
        step[place] = 1e-6
        rise = (prior.penalty(theta + step)[0] - prior.penalty(theta - step)[0]) / 2e-6
        assert slope[place] == pytest.approx(rise, rel=1e-5, abs=1e-8)


def test_long_scales_cost_nothing_and_short_ones_ever_less_more():
    prior = SparsePrior.of(1)

    def cost(log_length):
        return prior.penalty(np.array([log_length, -4.0]))[0]

    assert cost(6.0) == pytest.approx(cost(4.0), abs=1e-4)
    assert cost(-1.0) - cost(0.0) > 3.0
    # a power law: each halving of the scale costs the same
    assert cost(-2.0) - cost(-1.0) == pytest.approx(cost(-3.0) - cost(-2.0), rel=1e-3)


def test_the_columns_that_matter_are_found():
    (member,) = outcome([SPARSE]).members
    lengths = np.exp(member.theta[:-1])
    assert set(np.argsort(lengths)[:2]) == {3, 17}
    assert np.sort(lengths)[2] > 2.0 * lengths[[3, 17]].max()


def test_few_columns_are_told_apart_better_than_by_the_usual_prior():
    X = np.random.default_rng(9).random((300, COLUMNS))

    def error(kind):
        return float(np.mean((outcome([kind]).predict(X).mean - surface(X)) ** 2))

    assert error(SPARSE) < error(Kind(View.plain(COLUMNS), "matern-5/2"))


def test_it_takes_its_place_in_a_committee_that_asks_for_it():
    usual = default_kinds(View.plain(COLUMNS))
    assert not any(kind.sparse for kind in usual)
    assert outcome((*usual, SPARSE)).weights["matern-5/2 by range, few columns"] > 0.5


def test_one_outcome_is_enough_to_predict():
    found = Outcome([SPARSE], np.full((1, COLUMNS), 0.5), np.array([2.0]), np.array([np.nan]), 0)
    belief = found.predict(np.random.default_rng(0).random((4, COLUMNS)))
    assert np.isfinite(belief.mean).all()
    assert (belief.variance > 0.0).all()

"""The sparse member: of many columns it finds those that matter, and says how little it knows while results are few."""

import numpy as np
import pytest

from zosimos.surrogates.committee.committee import default_kinds
from zosimos.surrogates.committee.member import Data, Kind, Member
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.sparse import DRAWS, drawn_members
from zosimos.surrogates.committee.view import View


def sparse(d):
    return Kind(View.plain(d), "matern-5/2", quiet=True, sparse=True)


def bump(X):
    return np.exp(-4.0 * (X[:, 3] - 0.6) ** 2) + np.sin(4.0 * X[:, 7])


def rows(n, d, seed=0):
    X = np.random.default_rng(seed).random((n, d))
    return X, (bump(X) - 1.14) / 0.56  # standardised on average


def data(X, y):
    return Data(X, y, np.full(len(y), np.nan), np.ones(len(y)))


def log_density(members, X, y):
    """Return the mean log density of an even mixture of members at new rows, up to a constant."""
    densities = []
    for member in members:
        mean, variance = member.predict(X)
        variance = variance + member.noise
        densities.append(np.exp(-0.5 * (y - mean) ** 2 / variance) / np.sqrt(variance))
    return float(np.log(np.mean(densities, axis=0) + 1e-300).mean())


@pytest.mark.slow
def test_the_same_results_give_the_same_draws_and_another_seed_gives_others():
    X, y = rows(24, 20)
    first, again, other = (np.array([m.theta for m in drawn_members(sparse(20), data(X, y), s)]) for s in (1, 1, 2))
    assert first.shape == (DRAWS, 21)
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


@pytest.mark.slow
def test_what_differs_in_the_last_digits_of_outcomes_makes_no_other_draws():
    X, y = rows(24, 20)
    moved = y * (1.0 + 1e-15 * np.random.default_rng(3).normal(size=len(y)))
    first, second = (np.array([m.theta for m in drawn_members(sparse(20), data(X, z), 1)]) for z in (y, moved))
    np.testing.assert_array_equal(first, second)


@pytest.mark.slow
def test_columns_that_matter_have_the_shortest_length_scales():
    X, y = rows(60, 30)
    lengths = np.median([member.lengths for member in drawn_members(sparse(30), data(X, y), 0)], axis=0)
    assert set(np.argsort(lengths)[:2]) == {3, 7}
    assert np.median(lengths) > 5.0 * lengths[[3, 7]].max()


@pytest.mark.slow
@pytest.mark.parametrize(("n", "seed"), [(24, 0), (24, 1), (40, 0)])
def test_new_rows_surprise_it_less_than_a_member_that_is_fitted(n, seed):
    X, y = rows(n, 40, seed)
    new, truth = rows(300, 40, seed=99)
    drawn = log_density(drawn_members(sparse(40), data(X, y), 0), new, truth)
    likeliest = log_density([Member(default_kinds(View.plain(40))[0], data(X, y), 0)], new, truth)
    assert drawn > likeliest


def test_one_result_teaches_nothing():
    (only,) = drawn_members(sparse(20), data(np.full((1, 20), 0.5), np.zeros(1)), 0)
    assert (only.lengths > 3.0).all()


@pytest.mark.slow
def test_draws_are_made_by_some_of_many_results_and_learn_from_all():
    X, y = rows(150, 20)
    members = drawn_members(sparse(20), data(X, y), 0)
    assert len(members) == DRAWS
    assert members[0].left_out[0].shape == (150,)


def test_a_sparse_kind_has_one_weight_which_its_draws_share():
    X, y = rows(30, 20)
    kinds = (*default_kinds(View.plain(20)), sparse(20))
    outcome = CommitteeOutcome(kinds, X, 5.0 + y, np.full(30, np.nan), 0)
    assert list(outcome.weights) == [kind.name for kind in kinds]
    assert sum(outcome.weights.values()) == pytest.approx(1.0)
    assert outcome.weights["sparse quiet matern-5/2 by range"] > 0.0
    assert len(outcome.members) == 2 + DRAWS
    belief = outcome.predict(X[:4])
    assert belief.mean.shape == (4,)
    assert np.isfinite(belief.variance).all()
    assert "sparse quiet" in "".join(outcome.card().hyperparameters)


@pytest.mark.slow
def test_stated_uncertainties_and_outcomes_that_are_all_alike_do_no_harm():
    X, y = rows(12, 20)
    stated = CommitteeOutcome((sparse(20),), X, y, np.full(12, 0.09), 0)
    assert stated.noise_of_next == pytest.approx(0.09)
    flat = CommitteeOutcome((sparse(20),), X, np.full(12, 2.0), np.full(12, np.nan), 0)
    assert flat.predict(X[:2]).mean == pytest.approx(2.0)

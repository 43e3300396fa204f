"""The committee: exact where it says so, weighed by evidence, calm about bad data."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.surrogates.committee.committee import Committee, default_kinds
from zosimos.surrogates.committee.covariance import COVARIANCES
from zosimos.surrogates.committee.hyper import MarginalLikelihood, Prior
from zosimos.surrogates.committee.member import Data, Kind, Member
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.view import View, blocks
from zosimos.surrogates.testing import check_surrogate

PLAIN = View.plain(2)


def unknown(n):
    return np.full(n, np.nan)


def member(X, y, covariance="matern-5/2", view=None, known=None, level=0.0):
    data = Data(X, y, unknown(len(y)) if known is None else known, np.ones(len(y)))
    return Member(Kind(view or View.plain(X.shape[1]), covariance, level=level), data, 0)


def smooth(X):
    return np.sin(4 * X[:, 0]) + X[:, 1] ** 2


def fitted(X, y, kinds=None, variance=None):
    columns = torch.from_numpy(np.column_stack([y, unknown(len(y)) if variance is None else variance]))
    return Committee(kinds).fit(torch.from_numpy(X), columns[:, :1], columns[:, 1:])


@pytest.mark.slow
def test_the_committee_conforms():
    check_surrogate(Committee)


@pytest.mark.parametrize("name", sorted(COVARIANCES))
@given(seed=st.integers(0, 10_000), level=st.sampled_from([0.0, 1.0]))
@settings(max_examples=15, deadline=None)
def test_the_gradient_of_the_posterior_is_that_of_its_value(name, seed, level):
    rng = np.random.default_rng(seed)
    X, y = rng.random((8, 3)), rng.normal(size=8)
    known = np.where(rng.random(8) < 0.3, 0.05, np.nan)
    view = View("range", ((0,), (1, 2)))
    evidence = MarginalLikelihood(
        view.distances(X), y, COVARIANCES[name], known, np.where(rng.random(8) < 0.2, 50.0, 1.0), level=level
    )
    prior, theta = Prior.of(2), np.array([*rng.normal(0, 0.7, 2), rng.normal(-3, 0.5)])
    _, gradient = evidence.objective(theta, prior)
    for place in range(3):
        step = np.zeros(3)
        step[place] = 1e-5
        rise = evidence.objective(theta + step, prior)[0] - evidence.objective(theta - step, prior)[0]
        assert gradient[place] == pytest.approx(rise / 2e-5, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_leaving_one_out_is_predicting_it_from_the_others(level):
    rng = np.random.default_rng(1)
    X = rng.random((12, 2))
    y = smooth(X) - smooth(X).mean()
    whole = member(X, y, level=level)
    means, variances = whole.left_out
    for i in (0, 5, 11):
        rest = np.delete(np.arange(12), i)
        K = whole._between(X[rest], X[rest]) + (whole.noise + 1e-6) * np.eye(11)
        k = whole._between(X[i : i + 1], X[rest])[0]
        assert means[i] == pytest.approx(k @ np.linalg.solve(K, y[rest]), rel=1e-6)
        expected = 1.0 + level - k @ np.linalg.solve(K, k) + whole.noise + 1e-6
        assert variances[i] == pytest.approx(expected, rel=1e-6)


def test_a_member_that_learns_the_level_does_not_take_it_from_where_results_crowd_together():
    rng = np.random.default_rng(4)
    crowd = 0.5 + 0.03 * rng.normal(size=(30, 2))
    X = np.vstack([crowd, [[0, 0], [0, 1], [1, 0], [1, 1], [0, 0.5], [1, 0.5], [0.5, 0], [0.5, 1]]])
    y = np.exp(-20 * ((X - 0.5) ** 2).sum(axis=1)) + 0.01 * rng.normal(size=len(X))
    y = (y - y.mean()) / y.std()
    far, truth = np.array([[3.0, 3.0]]), y[-8:].mean()
    mean, variance = member(X, y).predict(far)
    learned, unsure = member(X, y, level=1.0).predict(far)
    assert mean[0] == pytest.approx(0.0, abs=0.1)
    assert truth < -1.5
    assert learned[0] == pytest.approx(truth, abs=0.6)
    assert unsure[0] > variance[0]


def test_a_level_that_is_learned_is_a_constant_added_to_the_covariance():
    rng = np.random.default_rng(6)
    X, at = rng.random((10, 2)), rng.random((5, 2))
    y = smooth(X) - smooth(X).mean()
    found = member(X, y, level=2.0)

    def covariance(A):
        return COVARIANCES["matern-5/2"].value((((A[:, None] - X) / found.lengths) ** 2).sum(axis=2)) + 2.0

    K, k = covariance(X) + (found.noise + 1e-6) * np.eye(10), covariance(at)
    mean, variance = found.predict(at)
    np.testing.assert_allclose(mean, k @ np.linalg.solve(K, y), rtol=1e-6)
    np.testing.assert_allclose(variance, 3.0 - np.einsum("ij,ji->i", k, np.linalg.solve(K, k.T)), rtol=1e-5)
    np.testing.assert_allclose(np.diag(found.joint(at)[1]), variance, rtol=1e-6)


def test_rows_under_way_keep_the_mean_and_shrink_the_variance():
    rng = np.random.default_rng(2)
    X, new, far = rng.random((10, 2)), np.array([[0.5, 0.5]]), np.array([[0.52, 0.5]])
    model = member(X, smooth(X) - smooth(X).mean())
    mean, variance = model.predict(far)
    model.await_rows(new)
    later, smaller = model.predict(far)
    assert later == pytest.approx(mean)
    assert smaller[0] < variance[0]
    assert model.believed().shape == (11,)
    assert model.believed()[-1] == pytest.approx(model.predict(new)[0][0])


def test_joint_and_single_predictions_agree():
    rng = np.random.default_rng(3)
    X, at = rng.random((15, 2)), rng.random((6, 2))
    outcome = fitted(X, smooth(X)).outcomes[0]
    mean, covariance = outcome.joint(at)
    belief = outcome.predict(at)
    assert mean == pytest.approx(belief.mean)
    assert np.diag(covariance) == pytest.approx(belief.variance, abs=1e-9)
    assert np.linalg.eigvalsh(covariance).min() > -1e-9


def test_beside_a_row_uncertainty_is_that_of_the_difference_to_it():
    rng = np.random.default_rng(5)
    X, new = rng.random((12, 2)), rng.random((40, 2))
    found = member(X, smooth(X) + 0.3 * rng.normal(size=12))
    _, alone = found.predict(new)
    _, beside = found.predict(new, beside=X[3])
    joint = found.joint(np.vstack([X[3], new]))[1]
    apart = np.diag(joint)[1:] + joint[0, 0] - 2 * joint[0, 1:]
    np.testing.assert_allclose(beside, np.minimum(alone, apart), rtol=1e-7)
    near = X[[3]] + [[1e-4, -1e-4]]
    assert found.predict(near)[1][0] > 1e-3
    assert found.predict(near, beside=X[3])[1][0] < 1e-6


def test_a_quiet_member_takes_close_outcomes_as_they_are_and_gives_way_where_they_scatter():
    rng = np.random.default_rng(6)
    X = rng.random((24, 2)) * 0.3
    kinds = (*default_kinds(View.plain(2)), Kind(View.plain(2), "matern-5/2", quiet=True))
    quiet = kinds[-1].name
    exact = CommitteeOutcome(kinds, X, smooth(X), unknown(24), 0)
    noisy = CommitteeOutcome(kinds, X, smooth(X) + 0.5 * rng.normal(size=24), unknown(24), 0)
    assert quiet == "quiet matern-5/2 by range"
    assert exact.weights[quiet] > 0.8
    assert exact.members[-1].noise < 1e-3
    assert noisy.weights[quiet] < 0.5


def test_evidence_weighs_smooth_and_rough_members():
    rng = np.random.default_rng(4)
    X = rng.random((40, 1))
    steps = np.random.default_rng(5).normal(size=12)
    kinds = (Kind(View.plain(1), "matern-5/2"), Kind(View.plain(1), "exponential"))
    gentle = fitted(X, np.sin(3 * X[:, 0]), kinds).outcomes[0].weights
    jagged = fitted(X, steps[(X[:, 0] * 12).astype(int)], kinds).outcomes[0].weights
    assert gentle["matern-5/2 by range"] > 0.9
    assert jagged["exponential by range"] > 0.5
    assert sum(jagged.values()) == pytest.approx(1.0)


def test_a_second_view_wins_where_it_straightens_the_surface():
    rng = np.random.default_rng(6)
    X = rng.random((30, 1)) ** 6  # crowded near 0
    y = np.sin(6 * X[:, 0] ** (1 / 6))
    place = View("place", ((0,),), lambda x: x ** (1 / 6))
    weights = fitted(X, y, default_kinds(View.plain(1), place)).outcomes[0].weights
    assert weights["matern-5/2 by place"] > 0.8


def test_choices_without_descriptors_are_equally_far_apart():
    codes = np.eye(4)
    view = View("range", blocks([4]))
    distances = view.distances(codes)[0]
    assert distances == pytest.approx(1.0 - np.eye(4))


def test_given_uncertainties_are_the_noise():
    rng = np.random.default_rng(7)
    X = np.repeat(rng.random((8, 1)), 2, axis=0)
    y = np.sin(3 * X[:, 0]) + np.tile([0.3, -0.3], 8)
    sure, unsure = np.tile([1e-4, 1.0], 8), np.tile([1.0, 1e-4], 8)
    first = fitted(X, y, variance=sure).outcomes[0].predict(X).mean
    second = fitted(X, y, variance=unsure).outcomes[0].predict(X).mean
    assert (first - second).mean() == pytest.approx(0.6, abs=0.1)


def test_stated_uncertainties_are_the_noise_that_a_further_measurement_is_expected_to_have():
    rng = np.random.default_rng(9)
    X = rng.random((20, 1))
    stated = np.where(np.arange(20) < 15, 0.09, np.nan)
    all_of_it, most = (
        CommitteeOutcome(default_kinds(View.plain(1)), X, np.sin(3 * X[:, 0]), variance, 0).predict(X[:1]).aleatoric
        for variance in (np.full(20, 0.09), stated)
    )
    assert all_of_it == pytest.approx(0.09)
    assert 0.5 * 0.09 < most < 0.09


@pytest.mark.parametrize("n", [6, 20, 60])
def test_a_gross_error_is_held_in_doubt_and_said(n):
    rng = np.random.default_rng(8)
    X = rng.random((n, 2))
    y = smooth(X) + 0.01 * rng.normal(size=n)
    spoiled = y.copy()
    spoiled[2] = 1e6
    rest = np.delete(np.arange(n), 2)
    clean, robust = fitted(X[rest], y[rest]), fitted(X, spoiled)
    at = rng.random((50, 2))
    apart = robust.outcomes[0].predict(at).mean - clean.outcomes[0].predict(at).mean
    assert np.sqrt(np.mean(apart**2)) < 0.5 * y.std()
    assert "held in doubt" in robust.notes[0]
    assert not clean.notes


def test_outcomes_that_are_mostly_the_same_are_no_reason_for_doubt():
    y = np.zeros(20)
    y[[3, 9]] = 40.0, 80.0  # a screening where most reactions fail
    assert not fitted(np.random.default_rng(9).random((20, 2)), y).notes


def test_a_rare_success_is_in_doubt_until_it_is_measured_again():
    rng = np.random.default_rng(13)
    y = 1.0 + 0.2 * rng.random(30)
    y[4] = 10.0
    X = rng.random((30, 2))
    assert fitted(X, y).outcomes[0].standard.doubted == (4,)
    confirmed = fitted(np.vstack([X, X[4]]), np.append(y, 9.9))
    assert not confirmed.notes
    assert confirmed.outcomes[0].predict(X[4:5]).mean[0] > 9.0
    refuted = fitted(np.vstack([X, X[4]]), np.append(y, 1.1))
    assert refuted.outcomes[0].standard.doubted == (4,)


def test_a_tenth_of_gross_errors_on_both_sides_leaves_the_belief_as_it_was():
    rng = np.random.default_rng(14)
    X = rng.random((40, 2))
    y = smooth(X)
    wrong = [3, 11, 22, 37]
    spoiled = y.copy()
    spoiled[wrong] += np.array([7.0, -6.0, 5.0, -9.0]) * y.std()
    robust = fitted(X, spoiled).outcomes[0]
    assert set(robust.standard.doubted) == set(wrong)
    at = rng.random((50, 2))
    assert np.abs(robust.predict(at).mean - smooth(at)).mean() < 0.1 * y.std()


def test_a_smooth_ascent_is_no_reason_for_doubt():
    x = np.linspace(0.0, 1.0, 12)
    y = np.exp(5.0 * x)  # the last is far from the middle, and just where the others lead
    assert not fitted(x[:, None], y).notes


def test_collinear_and_constant_columns_do_no_harm():
    rng = np.random.default_rng(10)
    x = rng.random(25)
    X = np.column_stack([x, x, 2 * x - 1, np.full(25, 0.3)])
    belief = fitted(X, np.sin(4 * x)).outcomes[0].predict(X)
    assert np.abs(belief.mean - np.sin(4 * x)).max() < 0.1


def test_epistemic_and_aleatoric_parts_are_told_apart():
    rng = np.random.default_rng(11)
    X = rng.random((120, 1))
    belief = fitted(X, np.sin(3 * X[:, 0]) + 0.3 * rng.normal(size=120)).outcomes[0].predict(np.array([[0.5], [3.0]]))
    assert np.sqrt(belief.aleatoric) == pytest.approx(0.3, rel=0.25)
    assert belief.variance[0] < 0.02
    assert belief.variance[1] > 0.1


@pytest.mark.slow
def test_fitting_a_thousand_rows_learns_hyper_parameters_from_some_and_the_surface_from_all():
    rng = np.random.default_rng(12)
    X = rng.random((1000, 3))
    y = np.sin(4 * X[:, 0]) + X[:, 1]
    at = rng.random((200, 3))
    belief = fitted(X, y).outcomes[0].predict(at)
    assert np.abs(belief.mean - np.sin(4 * at[:, 0]) - at[:, 1]).max() < 0.1


def test_bad_shapes_are_refused():
    X = torch.rand(4, 2, dtype=torch.double)
    with pytest.raises(ValueError, match="finite X"):
        Committee().fit(X, torch.rand(3, 1))
    with pytest.raises(ValueError, match="no finite value"):
        Committee().fit(X, torch.full((4, 1), torch.nan))
    with pytest.raises(RuntimeError, match="not fitted"):
        Committee().posterior(X)


def test_an_error_stays_in_doubt_whatever_uncertainties_are_stated():
    rng = np.random.default_rng(15)
    X = rng.random((20, 2))
    y = smooth(X)
    y[6] = 50.0
    for stated in (1e-6, 1e-2, np.nan):
        outcome = fitted(X, y, variance=np.full(20, stated)).outcomes[0]
        assert outcome.standard.doubted == (6,)


def test_outcomes_of_one_choice_bear_each_other_out_under_other_conditions():
    rng = np.random.default_rng(16)
    X = rng.random((12, 2))
    y = np.append(0.1 * smooth(X), [5.0, 5.1])
    X = np.vstack([X, [0.5, 0.2], [0.5, 0.6]])  # the second column is a condition that nobody chose
    variance = np.full(14, np.nan)
    kinds = default_kinds(View.plain(2))
    apart = CommitteeOutcome(kinds, X, y, variance, 0)
    alike = CommitteeOutcome(kinds, X, y, variance, 0, np.array([*range(12), 12, 12]))
    assert set(apart.standard.doubted) == {12, 13}
    assert alike.standard.doubted == ()

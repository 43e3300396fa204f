"""Trends: what a source says helps as far as the outcomes bear it out, and costs little where they do not."""

import numpy as np
import pytest

from zosimos.surrogates.committee.committee import default_kinds
from zosimos.surrogates.committee.covariance import COVARIANCES
from zosimos.surrogates.committee.hyper import Prior
from zosimos.surrogates.committee.member import Data, Kind, Member
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.source import SourceBelief
from zosimos.surrogates.committee.trended import TrendEvidence, TrendMember, _with_own
from zosimos.surrogates.committee.view import View

VIEW = View.plain(2)


def truth(X):
    return np.sin(6 * X[:, 0]) + 2 * X[:, 1] ** 2


def alien(X):
    return np.sin(7 * X[:, 0] * X[:, 1] + 1) * np.cos(9 * X[:, 0])


def outcome(X, y, *more):
    return CommitteeOutcome((*default_kinds(VIEW), *more), X, y, np.full(len(y), np.nan), 0)


def source(function, rows=40, name="earlier"):
    X = np.random.default_rng(7).random((rows, 2))
    return SourceBelief(name, outcome(X, function(X)))


def after(trend):
    return Kind(VIEW, "matern-5/2", trend)


def error(believed, X):
    return float(np.sqrt(np.mean((believed.predict(X).mean - truth(X)) ** 2)))


def tried(seed, n):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 2))
    return X, truth(X), rng.random((400, 2))


def test_one_gross_error_does_not_spoil_what_a_source_is_worth():
    X = np.random.default_rng(7).random((40, 2))
    y = truth(X)
    clean = SourceBelief("earlier", outcome(X, y)).skill
    y[11] = 1e4
    assert SourceBelief("earlier", outcome(X, y)).skill == pytest.approx(clean, abs=0.05)


@pytest.mark.parametrize("related", [lambda X: 3 * truth(X) + 40, lambda X: -truth(X)], ids=["alike", "opposed"])
def test_a_related_source_in_other_units_or_upside_down_cuts_the_error_by_half(related):
    known = source(related)
    pairs = []
    for seed in range(4):
        X, y, new = tried(seed, 7)
        pairs.append((error(outcome(X, y, after(known)), new), error(outcome(X, y), new)))
    with_source, alone = np.mean(pairs, axis=0)
    assert with_source < 0.5 * alone


def test_a_source_that_has_nothing_to_do_with_the_outcome_loses_its_weight_and_does_no_harm():
    known = source(alien)
    pairs, weights = [], []
    for seed in range(4):
        X, y, new = tried(seed, 20)
        found = outcome(X, y, after(known))
        weights.append(found.weights[after(known).name])
        pairs.append((error(found, new), error(outcome(X, y), new)))
    assert np.mean(weights) < 0.1
    assert np.mean(pairs, axis=0)[0] < 1.1 * np.mean(pairs, axis=0)[1]


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 2, 3])
def test_with_few_outcomes_all_sources_together_have_half_the_weight_at_most(n):
    X, y, _ = tried(3, n)
    trends = [after(source(truth, 30, name)) for name in ("a", "b", "c")]
    weights = outcome(X, y, *trends).weights
    assert sum(weights[kind.name] for kind in trends) <= 0.5 + 1e-12
    assert sum(weights.values()) == pytest.approx(1.0)


def test_the_weights_name_the_source():
    assert after(source(truth, 8, "last year")).name == "matern-5/2 by range, after last year"


def test_before_the_outcomes_say_anything_the_source_shows_where_to_look():
    X, y, new = tried(0, 2)
    found = outcome(X, y, after(source(truth)))
    assert np.corrcoef(found.members[-1].predict(new)[0], truth(new))[0, 1] > 0.9


def test_where_the_source_knows_nothing_the_uncertainty_stays():
    X = np.random.default_rng(0).random((30, 2)) * [0.4, 1.0]  # the source saw the left side alone
    known = SourceBelief("left", outcome(X, truth(X)))
    rows, _y, _ = tried(1, 6)
    member = outcome(rows * [0.4, 1.0], truth(rows * [0.4, 1.0]), after(known)).members[-1]
    sides = np.array([[0.2, 0.55], [0.95, 0.55]])
    _, variance = member.predict(sides)
    assert variance[1] > 2 * variance[0]


def test_leaving_one_out_is_predicting_it_from_the_others():
    X, y, _ = tried(5, 9)
    member = outcome(X, y, after(source(truth))).members[-1]
    data = Data(X, outcome(X, y).standard.scaled(y), np.full(9, np.nan), np.ones(9))
    K = member._among_rows() + np.diag(np.full(9, member.noise + 1e-6))
    prior = data.y - (member._data.y)  # what the trend says before the outcomes
    for i in range(9):
        rest = np.delete(np.arange(9), i)
        weights = np.linalg.solve(K[np.ix_(rest, rest)], K[rest, i])
        assert member.left_out[0][i] == pytest.approx(prior[i] + weights @ (data.y - prior)[rest], abs=1e-6)
        assert member.left_out[1][i] == pytest.approx(K[i, i] - weights @ K[rest, i], rel=1e-5)


@pytest.mark.slow
def test_joint_and_cross_covariances_agree_with_the_predictions():
    X, y, new = tried(2, 8)
    for member in outcome(X, y, after(source(truth))).members:
        mean, variance = member.predict(new[:5])
        joint_mean, covariance = member.joint(new[:5])
        np.testing.assert_allclose(joint_mean, mean)
        np.testing.assert_allclose(np.diag(covariance), variance, rtol=1e-6)
        np.testing.assert_allclose(member.cross(new[:5], new[:5]), covariance, atol=1e-8)


def test_the_mixtures_cross_covariance_is_that_of_its_joint_belief():
    X, y, new = tried(4, 3)
    found = outcome(X, y, after(source(truth)))
    np.testing.assert_allclose(found.cross(new[:4], new[:4]), found.joint(new[:4])[1], atol=1e-7)


@pytest.mark.parametrize("name", sorted(COVARIANCES))
def test_the_gradient_of_the_posterior_is_that_of_its_value(name):
    rng = np.random.default_rng(0)
    X, y = rng.random((9, 2)), rng.normal(size=9)
    said = np.outer(y, y) * 0.3 + 0.1
    known = np.where(rng.random(9) < 0.3, 0.05, np.nan)
    evidence = TrendEvidence(VIEW.distances(X), y, COVARIANCES[name], known, np.ones(9), said)
    prior, theta = _with_own(Prior.of(2), np.zeros(2)), np.array([0.2, -0.4, -0.7, -3.0])
    _, gradient = evidence.objective(theta, prior)
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-5
        rise = evidence.objective(theta + step, prior)[0] - evidence.objective(theta - step, prior)[0]
        assert gradient[place] == pytest.approx(rise / 2e-5, rel=1e-3, abs=1e-4)


def test_rows_under_way_shrink_the_uncertainty_and_leave_the_means():
    X, y, new = tried(6, 8)
    member = outcome(X, y, after(source(truth))).members[-1]
    mean, variance = member.predict(new[:3])
    member.await_rows(new[:1])
    later, less = member.predict(new[:3])
    np.testing.assert_allclose(later, mean, atol=1e-9)
    assert less[0] < 0.8 * variance[0]


def test_beside_a_row_uncertainty_is_that_of_the_difference_to_it_with_a_trend_too():
    X, y, new = tried(6, 8)
    member = outcome(X, y, after(source(truth, 9))).members[-1]
    joint = member.joint(np.vstack([X[2], new[:30]]))[1]
    apart = np.diag(joint)[1:] + joint[0, 0] - 2 * joint[0, 1:]
    plain, beside = member.predict(new[:30])[1], member.predict(new[:30], beside=X[2])[1]
    np.testing.assert_allclose(beside, np.minimum(plain, apart), rtol=1e-6, atol=1e-12)


def test_a_measurement_of_the_source_is_worth_less_the_better_the_source_is_known_there():
    X, _y, _ = tried(1, 12)
    known = SourceBelief("left", outcome(X * [0.4, 1.0], truth(X * [0.4, 1.0])))
    rows = np.random.default_rng(8).random((10, 2))
    member = outcome(rows, truth(rows), after(known)).members[-1]
    inside, outside = member.likeness(np.array([[X[0, 0] * 0.4, X[0, 1]], [0.8, 0.1]]), 1e-6)
    assert 0.0 <= inside < outside <= 1.0


def test_two_outcomes_that_a_trend_alone_foresees_leave_the_other_members_half_the_weight():
    class Step:
        name, spread = "step", 0.5

        def scales(self, view):
            return None

        def moments(self, X):
            return (X[:, 0] > 0.50005).astype(float), np.full(len(X), 1e-6)

        def covariance(self, A, B):
            return np.zeros((len(A), len(B)))

    view = View.plain(1)
    kinds = (default_kinds(view)[0], Kind(view, "matern-5/2", Step()))
    X, sure = np.array([[0.5], [0.5001]]), np.full(2, 1e-6)
    outcome = CommitteeOutcome(kinds, X, np.array([0.0, 1.0]), sure, 0)
    assert outcome.weights == pytest.approx({kind.name: 0.5 for kind in kinds})
    assert np.isfinite(outcome.predict(np.array([[0.3]])).mean).all()


def test_outcomes_left_out_know_what_the_source_has_under_way():
    X, y, new = tried(6, 8)
    known = source(truth, 10)
    found = outcome(X, y, after(known))
    member = found.members[-1]
    before = member.left_out[1].copy()
    known.outcome.pending(new[:4])
    known.forget()
    found.renew()
    assert (member.left_out[1] < before).any()
    fresh = 1.0 / np.diag(member._half.T @ member._half)
    np.testing.assert_allclose(member.left_out[1], fresh, rtol=1e-9)


def test_a_kind_without_a_trend_makes_no_trend_member():
    with pytest.raises(ValueError, match="has no trend"):
        TrendMember(Kind(VIEW, "matern-5/2"), Data(np.zeros((2, 2)), np.zeros(2), np.zeros(2), np.ones(2)), 0)
    assert isinstance(
        Member(Kind(VIEW, "matern-5/2"), Data(np.eye(2), np.zeros(2), np.zeros(2), np.ones(2)), 0), Member
    )


def test_what_a_source_says_is_kept_and_forgotten():
    known = source(truth, 10)
    new = np.random.default_rng(0).random((5, 2))
    first = known.moments(new)
    assert known.moments(new.copy())[0] is first[0]
    known.outcome.pending(new)
    known.forget()
    assert (known.moments(new)[1] < first[1]).all()

"""Results of which only a limit is known teach a committee what they say, and no more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import norm

from zosimos.surrogates.committee.committee import default_kinds
from zosimos.surrogates.committee.limits import Limits
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.view import View

Array = NDArray[np.float64]


def limits(X: Array, values: Array, side: int) -> Limits:
    n = len(X)
    return Limits(X, np.broadcast_to(values, n).astype(float), np.full(n, side), np.ones(n, dtype=bool))


def outcome(X: Array, y: Array, known: Limits | None = None, origin: float = 0.0) -> CommitteeOutcome:
    kinds = default_kinds(View.plain(X.shape[1]))
    return CommitteeOutcome(kinds, X, y, np.full(len(y), np.nan), 0, origin=origin, limits=known)


def surface(X: Array) -> Array:
    return np.asarray(np.sin(5 * X[:, 0]) + X[:, 1] ** 2)


def clipped(seed: int, floor: float = 0.3) -> tuple[Array, Array, Array]:
    """Return 15 rows, their outcomes, and which of these lie below a floor."""
    rng = np.random.default_rng(seed)
    X = rng.random((15, 2))
    y = surface(X) + 0.03 * rng.normal(size=15)
    return X, y, y < floor


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(
    mean=st.floats(-5, 5),
    sd=st.floats(0.05, 3),
    noise=st.floats(0.05, 2),
    limit=st.floats(-5, 5),
    side=st.sampled_from([-1, 1]),
)
def test_the_moments_at_a_limit_are_those_of_the_integrals(
    mean: float, sd: float, noise: float, limit: float, side: int
) -> None:
    apart = side * (mean - limit) / np.hypot(sd, noise)
    found = limits(np.zeros((1, 1)), np.array([limit]), side)
    (moved,), (left,) = found.moments(np.array([mean]), np.array([sd**2]), noise**2)
    assert 0 < left <= sd**2
    if apart < -5:  # so unlikely that integrals of it are rounding
        assert side * (moved - mean) > 0
        return

    z = np.linspace(-12, 12, 100_001)
    weight = norm.pdf(z) * norm.cdf(side * (mean + sd * z - limit) / noise)
    total, first, second = (float((weight * z**k).sum()) for k in range(3))
    assert moved == pytest.approx(mean + sd * first / total, abs=1e-5 * sd)
    assert left == pytest.approx(sd**2 * (second / total - (first / total) ** 2), rel=1e-4, abs=1e-7)


def test_a_process_with_limits_believes_what_sampling_says() -> None:
    X, y = np.array([[0.1], [0.5], [0.9]]), np.array([1.0, 0.2, -0.6])
    known = Limits(
        np.array([[0.7], [0.72], [0.3]]), np.array([-0.8, -0.5, 1.5]), np.array([-1, -1, 1]), np.ones(3, bool)
    )
    kinds = default_kinds(View.plain(1))[:1]
    model = CommitteeOutcome(kinds, X, y, np.full(3, np.nan), 0, limits=known)
    (member,), scale = model.members, model.standard
    asked = np.linspace(0, 1, 6)[:, None]
    everywhere = np.concatenate([known.X, asked])
    K, noise = member._between(np.concatenate([X, everywhere]), np.concatenate([X, everywhere])), member.noise
    gain = np.linalg.solve(K[:3, :3] + (noise + 1e-6) * np.eye(3), K[:3, 3:])
    mean, covariance = gain.T @ scale_of(scale, y), K[3:, 3:] - K[:3, 3:].T @ gain
    half = np.linalg.cholesky(covariance + 1e-9 * np.eye(len(mean)))
    draws = mean + np.random.default_rng(1).normal(size=(200_000, len(mean))) @ half.T
    apart = known.sides * (draws[:, :3] - scale_of(scale, known.values)) / np.sqrt(noise)
    weights = norm.cdf(apart).prod(axis=1)
    weights /= weights.sum()
    wanted = weights @ draws[:, 3:]
    spread = np.sqrt(weights @ (draws[:, 3:] - wanted) ** 2)
    belief = model.predict(asked)
    assert scale_of(scale, belief.mean) == pytest.approx(wanted, abs=0.03)
    assert np.sqrt(belief.variance) / scale.spread == pytest.approx(spread, rel=0.05)


def scale_of(scale: object, values: Array) -> Array:
    return np.asarray((values - scale.centre) / scale.spread)  # type: ignore[attr-defined]  # a committee's standard


@pytest.mark.slow
def test_limits_teach_more_than_leaving_them_out_and_than_taking_them_for_values() -> None:
    T = np.random.default_rng(99).random((300, 2))
    truth = surface(T)

    def scores(model: CommitteeOutcome) -> tuple[float, float]:
        """Return the root mean squared error, and minus the log density up to a constant."""
        belief = model.predict(T)
        apart, sd = truth - belief.mean, np.sqrt(belief.variance)
        return float(np.sqrt(np.mean(apart**2))), float(np.mean(0.5 * (apart / sd) ** 2 + np.log(sd)))

    found: dict[str, list[tuple[float, float]]] = {"learned": [], "left out": [], "as values": []}
    for seed in range(6):
        X, y, low = clipped(seed)
        found["learned"].append(scores(outcome(X[~low], y[~low], limits(X[low], np.array([0.3]), -1))))
        found["left out"].append(scores(outcome(X[~low], y[~low])))
        found["as values"].append(scores(outcome(X, np.maximum(y, 0.3))))
    error, surprise = ({name: np.mean([s[k] for s in all_]) for name, all_ in found.items()} for k in (0, 1))
    assert error["learned"] < 0.8 * min(error["left out"], error["as values"])
    assert surprise["learned"] < min(surprise["left out"], surprise["as values"]) - 1


@pytest.mark.parametrize("side", [-1, 1])
def test_a_limit_that_says_nothing_changes_next_to_nothing(side: int) -> None:
    X, y, _ = clipped(0)
    without = outcome(X, y).predict(X)
    model = outcome(X, y, limits(np.array([[0.5, 0.5]]), np.array([-1000.0 * side]), side))
    assert model.predict(X).mean == pytest.approx(without.mean, abs=1e-3)
    assert model.standard.spread == pytest.approx(np.std(y), rel=0.1)


def test_an_offset_changes_nothing_with_limits() -> None:
    X, y, low = clipped(1)
    plain = outcome(X[~low], y[~low], limits(X[low], np.array([0.3]), -1)).predict(X)
    far = outcome(X[~low], y[~low] + 1e6, limits(X[low], np.array([1e6 + 0.3]), -1), origin=1e6).predict(X)
    assert far.mean - 1e6 == pytest.approx(plain.mean, abs=1e-6)
    assert far.variance == pytest.approx(plain.variance, rel=1e-5)


def test_a_limit_beyond_a_sure_value_keeps_to_its_side() -> None:
    X, y = np.array([[0.2], [0.8]]), np.array([1.0, 2.0])
    model = outcome(X, y, limits(np.array([[0.5]] * 3), np.array([5.0]), 1))
    assert float(model.predict(np.array([[0.5]])).mean[0]) > 4.5


def test_limits_are_no_results_and_are_to_be_beaten() -> None:
    X, y, low = clipped(2)
    known = limits(X[low], np.array([0.3]), -1)
    model = outcome(X[~low], y[~low], known)
    model.pending(np.array([[0.5, 0.5]]))
    n, believed = int((~low).sum()), model.known()
    assert len(model.left_out()[0]) == n == model.rows
    assert believed.parts.shape[1] == n + 1 == len(believed.columns)
    assert believed.limited is not None
    columns, parts = believed.limited
    assert columns == pytest.approx(known.X)
    assert parts.shape[1] == int(low.sum())
    assert believed.mean == pytest.approx(model.predict(believed.columns).mean)


def test_the_notes_say_how_many_limits_were_learned_from() -> None:
    X, y, low = clipped(3)
    model = outcome(X[~low], y[~low], limits(X[low], np.array([0.3]), -1))
    assert f"learned from {int(low.sum())} limits too" in model.notes

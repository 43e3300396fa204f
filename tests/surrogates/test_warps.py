"""Warps: monotone, with the inverse and the slopes they say, and members of the committee that use them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from zosimos.surrogates.committee.covariance import COVARIANCES
from zosimos.surrogates.committee.hyper import Prior
from zosimos.surrogates.committee.member import Data, Kind, Member
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.standard import Standard
from zosimos.surrogates.committee.view import View
from zosimos.surrogates.committee.warped import Latent, WarpedEvidence, WarpedMember, WarpedMixture
from zosimos.surrogates.committee.warps import Bend, Warp

SEEN = np.random.default_rng(0).normal(size=12)
WARPS = (Warp("log", low=-3.0), Warp("log", high=4.0), Warp("logit", -3.0, 4.0), Warp("bi-log"), Warp("power"))
NORMAL = np.linspace(-12, 12, 24_001)
LOG_DENSITY = -0.5 * NORMAL**2 - 0.5 * np.log(2 * np.pi) + np.log(NORMAL[1] - NORMAL[0])
PLAIN = View.plain(1)

warps = st.sampled_from(WARPS)
shapes = st.lists(st.floats(-2, 2), min_size=2, max_size=2)


def bend(warp: Warp, shape: list[float]) -> Bend:
    return Bend.of(warp, np.array(shape[: len(warp.shape)]), SEEN)


def unknown(n: int) -> np.ndarray:
    return np.full(n, np.nan)


@pytest.mark.slow
@given(warp=warps, shape=shapes)
@settings(deadline=None, max_examples=60)
def test_a_warp_rises_everywhere_and_its_inverse_gives_outcomes_back(warp: Warp, shape: list[float]) -> None:
    found = bend(warp, shape)
    z = np.linspace(max(warp.low, -6.0), min(warp.high, 7.0), 99)[1:-1]
    u = found.forward(z)
    assert (np.diff(u) > 0).all()
    assert found.back(u) == pytest.approx(z, abs=1e-6)
    step = 1e-6
    slopes = (found.forward(z + step) - found.forward(z - step)) / (2 * step)
    kept = np.abs(z[:, None] - found.ends).min(axis=1) > 2 * step
    assert np.log(slopes[kept]) == pytest.approx(found.log_slope(z)[kept], abs=1e-4)
    assert found.forward(SEEN).mean() == pytest.approx(0.0, abs=1e-9)
    assert found.forward(SEEN).std() == pytest.approx(1.0)


@pytest.mark.parametrize("warp", WARPS, ids=lambda warp: warp.name)
def test_beyond_what_was_seen_a_warp_is_straight_where_nothing_limits_it(warp: Warp) -> None:
    found = bend(warp, [-1.0, -1.0])
    far = found.back(np.array([-30.0, -29.0, -28.0, 28.0, 29.0, 30.0]))
    for side, limit in ((far[:3], warp.low), (far[3:], warp.high)):
        if np.isfinite(limit):
            assert side == pytest.approx(limit, abs=0.3)
        else:
            assert np.diff(side, 2) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("warp", WARPS, ids=lambda warp: warp.name)
def test_with_some_shape_a_warp_is_next_to_straight(warp: Warp) -> None:
    straight = {"log": [4.0], "logit": [4.0], "bi-log": [0.0, 4.0], "power": [0.0]}[warp.name]
    assert bend(warp, straight).forward(SEEN) == pytest.approx((SEEN - SEEN.mean()) / SEEN.std(), abs=0.01)


def test_outcomes_beyond_a_limit_move_it_to_where_they_are() -> None:
    found = Bend.of(Warp("logit", 0.0, 1.0), np.array([-0.6]), np.array([-0.2, 0.5, 1.1]))
    assert (found.warp.low, found.warp.high) == (-0.2, 1.1)
    assert np.isfinite(found.forward(np.array([-0.2, 1.1]))).all()


@pytest.mark.parametrize("warp", WARPS[:3], ids=lambda warp: warp.name)
def test_levels_beyond_where_a_warp_ends_are_surely_passed_or_never(warp: Warp) -> None:
    found = Latent(np.zeros(2), np.ones(2), bend(warp, [-1.0, -1.0]), Standard(0.0, 1.0), 0.0)
    if np.isfinite(warp.low):
        assert np.exp(found.log_chance(-50.0, 1.0)) == pytest.approx(1.0)
        mean = found.bend.moments(found.mean, found.sd**2)[0]
        assert np.exp(found.log_excess(-50.0, 1.0)) == pytest.approx(mean + 50.0, rel=1e-3)
        assert (np.exp(found.log_excess(-50.0, -1.0)) < 1e-100).all()
    if np.isfinite(warp.high):
        assert np.exp(found.log_chance(50.0, 1.0)) == pytest.approx(0.0)
        assert (np.exp(found.log_excess(50.0, 1.0)) < 1e-100).all()


def test_outcomes_that_are_all_alike_are_warped_as_if_straight() -> None:
    found = Bend.of(Warp("log", low=-1.0), np.array([-0.6]), np.zeros(3))
    assert found.forward(np.zeros(3)) == pytest.approx(0.0)
    assert found.log_slope(np.zeros(1)) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("name", "low", "high"), [("log", -np.inf, np.inf), ("logit", 0.0, np.inf), ("power", 0.0, 1.0)]
)
def test_a_warp_with_the_wrong_limits_is_refused(name: str, low: float, high: float) -> None:
    with pytest.raises(ValueError, match=f"{name} takes"):
        Warp(name, low, high)  # type: ignore[arg-type]  # one of the names


@given(warp=warps, shape=shapes, mean=st.floats(-2.5, 2.5), sd=st.floats(0.02, 1.0))
@settings(deadline=None, max_examples=60)
def test_moments_are_those_of_what_is_drawn(warp: Warp, shape: list[float], mean: float, sd: float) -> None:
    found = bend(warp, shape)
    (first,), (second,) = found.moments(np.array([mean]), np.array([sd**2]))
    values, density = found.back(mean + sd * NORMAL), np.exp(LOG_DENSITY)
    true_mean = density @ values
    true_variance = density @ (values - true_mean) ** 2
    assert first == pytest.approx(true_mean, abs=0.03 * np.sqrt(true_variance))
    assert second == pytest.approx(true_variance, rel=0.15)


@pytest.mark.slow
@given(
    warp=warps,
    shape=st.lists(st.floats(-1.5, 1.5), min_size=2, max_size=2),
    mean=st.floats(-5, 5),
    sd=st.floats(0.05, 1.0),
    level=st.floats(-2.5, 2.5),
    side=st.sampled_from([-1.0, 1.0]),
)
@settings(deadline=None, max_examples=100)
def test_the_gain_on_a_warped_scale_is_that_of_what_is_drawn_however_small(
    warp: Warp, shape: list[float], mean: float, sd: float, level: float, side: float
) -> None:
    found = Latent(np.array([mean]), np.array([sd]), bend(warp, shape), Standard(7.0, 2.0), 100.0)
    with np.errstate(divide="ignore"):
        gains = np.log(np.maximum(side * (found.drawn(NORMAL) - (107.0 + 2.0 * level)), 0.0))
    true = float(logsumexp(gains + LOG_DENSITY))
    if true > -60:  # beyond, the draws do not reach
        assert found.log_excess(107.0 + 2.0 * level, side)[0] == pytest.approx(true, abs=0.02)
    chance = np.exp(LOG_DENSITY)[side * (found.drawn(NORMAL) - (107.0 + 2.0 * level)) > 0].sum()
    assert np.exp(found.log_chance(107.0 + 2.0 * level, side)[0]) == pytest.approx(chance, abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("warp", WARPS, ids=lambda warp: warp.name)
@given(seed=st.integers(0, 10_000), level=st.sampled_from([0.0, 1.0]))
@settings(deadline=None, max_examples=10)
def test_the_gradient_of_the_posterior_is_that_of_its_value(warp: Warp, seed: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    view = View.plain(2)
    known = np.where(rng.random(12) < 0.3, 0.05, np.nan)
    doubt = np.where(rng.random(12) < 0.2, 1e6, 1.0)
    covariance = COVARIANCES["matern-5/2"]
    evidence = WarpedEvidence(view.distances(rng.random((12, 2))), SEEN, covariance, known, doubt, warp, level=level)
    count = len(warp.shape)
    prior = Prior(np.array([1.0, 1.0, *warp.shape, -4.0]), np.ones(3 + count))
    theta = np.array([*rng.normal(0, 0.5, 2), *rng.normal(-0.3, 0.5, count), rng.normal(-3, 0.5)])
    _, gradient = evidence.objective(theta, prior)
    for place in range(len(theta)):
        step = np.zeros(len(theta))
        step[place] = 1e-5
        rise = evidence.objective(theta + step, prior)[0] - evidence.objective(theta - step, prior)[0]
        assert gradient[place] == pytest.approx(rise / 2e-5, rel=1e-3, abs=1e-3)


def skewed(n: int = 14) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(3).random((n, 1))
    return X, 0.2 + 40.0 * np.exp(-6.0 * X[:, 0])


def committee(y: np.ndarray, X: np.ndarray, warp: Warp | None, variance: np.ndarray | None = None) -> CommitteeOutcome:
    plain = Kind(PLAIN, "matern-5/2")
    kinds = (plain,) if warp is None else (plain, Kind(PLAIN, "matern-5/2", warp=warp))
    middle = float(np.sort(y)[len(y) // 2])
    return CommitteeOutcome(kinds, X, y, unknown(len(y)) if variance is None else variance, 0, origin=middle)


@pytest.mark.parametrize("warp", [Warp("log", low=0.0), Warp("logit", 0.0, 100.0), Warp("bi-log"), Warp("power")])
def test_an_outcome_over_decades_gives_the_weight_to_the_member_that_warps_it(warp: Warp) -> None:
    X, y = skewed()
    found = committee(y, X, warp)
    assert found.weights[f"matern-5/2 by range, {warp.name}"] > 0.6


def test_an_even_outcome_leaves_the_weight_about_where_it_was() -> None:
    X = np.random.default_rng(5).random((14, 1))
    found = committee(np.sin(6 * X[:, 0]), X, Warp("bi-log"))
    assert found.weights["matern-5/2 by range"] > 0.1


@pytest.mark.slow
def test_densities_of_a_warped_member_are_those_of_the_outcome_itself() -> None:
    X, y = skewed(10)
    z = (y - y.mean()) / y.std()
    data = Data(X, z, unknown(10), np.ones(10))
    member = WarpedMember(Kind(PLAIN, "matern-5/2", warp=Warp("log", low=-y.mean() / y.std())), data, 0)
    mean, variance = Member.left_out.fget(member)  # type: ignore[attr-defined]  # on the warped scale
    grid = np.linspace(member.bend.warp.low + 1e-4, 30.0, 2_000_001)
    for place in (0, 4, 9):
        u = member.bend.forward(grid)
        log_density = member.bend.log_slope(grid) - 0.5 * (u - mean[place]) ** 2 / variance[place]
        log_density -= 0.5 * np.log(2 * np.pi * variance[place])
        assert np.exp(log_density).sum() * (grid[1] - grid[0]) == pytest.approx(1.0, abs=0.03)
        at = np.interp(z[place], grid, log_density + 0.5 * np.log(2 * np.pi))
        assert member.log_scores()[place] == pytest.approx(at, abs=1e-3)


@pytest.mark.parametrize("limits", [(0.0, np.inf), (0.0, 100.0)])
@pytest.mark.parametrize(("offset", "scale"), [(1e6, 1.0), (-3.0, 1.0), (0.0, 1e-3), (5.0, 1e4)])
def test_an_offset_and_another_unit_change_no_weight_and_no_belief(
    offset: float, scale: float, limits: tuple[float, float]
) -> None:
    X, y = skewed()
    plain = committee(y, X, Warp("log" if np.isinf(limits[1]) else "logit", *limits))
    low, high = (offset + scale * limit for limit in limits)
    moved = committee(offset + scale * y, X, Warp("log" if np.isinf(high) else "logit", low, high))
    rows = np.linspace(0, 1, 7)[:, None]
    one, other = plain.predict(rows), moved.predict(rows)
    assert list(moved.weights.values()) == pytest.approx(list(plain.weights.values()), abs=1e-3)
    assert (other.mean - offset) / scale == pytest.approx(one.mean, rel=1e-3, abs=1e-3)
    assert np.sqrt(other.variance) / scale == pytest.approx(np.sqrt(one.variance), rel=1e-2, abs=1e-4)
    assert np.sqrt(moved.noise(rows)) / scale == pytest.approx(np.sqrt(plain.noise(rows)), rel=1e-2, abs=1e-4)


def test_a_belief_keeps_to_the_limits_of_the_member_that_knows_them() -> None:
    X, y = skewed()
    found = committee(y, X, Warp("log", low=0.0))
    belief = found.predict(np.linspace(0, 1, 21)[:, None])
    assert isinstance(belief, WarpedMixture)
    place = next(index for index, latent in enumerate(belief.latents) if latent is not None)
    assert (belief.means[place] > 0).all()
    assert belief.at(np.arange(21) < 3).latents[place].mean.shape == (3,)  # type: ignore[union-attr]  # no None here
    wide = belief.widened(2.0)
    assert wide.latents[place].sd == pytest.approx(2 * belief.latents[place].sd)  # type: ignore[union-attr]  # nor here


def test_the_joint_belief_of_a_warped_member_has_its_variances_and_no_negative_direction() -> None:
    X, y = skewed()
    found = committee(y, X, Warp("log", low=0.0))
    rows = np.linspace(0, 1, 6)[:, None]
    mean, covariance = found.joint(rows)
    belief = found.predict(rows)
    assert mean == pytest.approx(belief.mean, rel=1e-6)
    assert np.diag(covariance) == pytest.approx(belief.variance, rel=1e-4)
    assert np.linalg.eigvalsh(covariance).min() > -1e-9 * covariance.max()
    assert found.cross(rows, rows) == pytest.approx(covariance, rel=0.3, abs=0.05 * covariance.max())


def test_noise_in_proportion_is_predicted_in_proportion() -> None:
    rng = np.random.default_rng(7)
    X = rng.random((40, 1))
    y = 100.0 * np.exp(-5.0 * X[:, 0]) * np.exp(0.2 * rng.normal(size=40))
    found = committee(y, X, Warp("log", low=0.0))
    high, low = np.sqrt(found.noise(np.array([[0.05], [0.9]])))
    assert 8.0 < high < 30.0
    assert low < 2.0


def test_a_gross_error_is_still_held_in_doubt() -> None:
    X = np.linspace(0, 1, 12)[:, None]
    y = 50.0 + 20.0 * np.sin(3 * X[:, 0])
    y[5] = 5.0
    found = committee(y, X, Warp("logit", 0.0, 100.0))
    assert found.standard.doubted == (5,)
    left, _ = found.left_out()
    assert left[5] == pytest.approx(50.0 + 20.0 * np.sin(3 * X[5, 0]), abs=5.0)


def test_a_given_uncertainty_counts_on_the_warped_scale() -> None:
    X, y = skewed()
    sure, unsure = (committee(y, X, Warp("log", low=0.0), np.full(len(y), u**2)) for u in (0.01, 5.0))
    rows = np.array([[0.5]])
    assert sure.predict(rows).variance[0] < unsure.predict(rows).variance[0]


def test_rows_under_way_make_a_warped_member_surer_there() -> None:
    X, y = skewed()
    found = committee(y, X, Warp("log", low=0.0))
    row = np.array([[0.999]])
    before = found.predict(row)
    found.pending(row)
    assert found.predict(row).variance[0] < before.variance[0]
    assert found.predict(row).mean[0] == pytest.approx(before.mean[0], rel=0.2)

"""Targets, trade-offs, knowledge gradients and composites whose outcomes have limits, against draws cut at them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.composite import Composite, MeasuredQuantity
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.acquisition.clipped import believed, kept
from zosimos.planners.acquisition.improvement import log_expected_gain, log_probability_above, utilities
from zosimos.planners.acquisition.knowledge_gradient import Lines, log_knowledge_gradient
from zosimos.planners.acquisition.scalarisation import Scalarisation
from zosimos.planners.context import ProposalContext
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.policy import AcquisitionSettings, Policy
from zosimos.surrogates.outcome import Drawn, Mixture

NORMAL = np.random.default_rng(1).normal(size=400_000)
PURE = Objective("purity", "target", "%", target=98.0, least=0.0, most=100.0)


def gaussian(mean: float, sd: float) -> Mixture:
    return Mixture(np.array([[mean]]), np.array([[sd**2]]), np.ones(1), np.zeros(1))


@settings(deadline=None, max_examples=40)
@given(
    mean=st.floats(70, 115),
    sd=st.floats(0.3, 15),
    reach=st.floats(0.5, 30),
    limits=st.sampled_from([(None, 100.0), (95.0, None), (0.0, 100.0), (96.5, 98.5), (98.0, 100.0)]),
)
def test_the_gain_towards_a_target_is_that_of_draws_cut_at_the_limits(
    mean: float, sd: float, reach: float, limits: tuple[float | None, float | None]
) -> None:
    aim = Objective("purity", "target", "%", target=98.0, least=limits[0], most=limits[1])
    if None not in limits:
        reach = min(reach, max(98.0 - (limits[0] or 0.0), (limits[1] or 0.0) - 98.0))
    found = float(np.exp(log_expected_gain(gaussian(mean, sd), aim, np.array([-reach])))[0])
    gains = np.maximum(utilities(kept(mean + sd * NORMAL, aim), aim) + reach, 0.0)
    assert found == pytest.approx(gains.mean(), abs=5 * gains.std() / 632 + 2e-3 * reach)


def test_no_gain_towards_a_target_is_more_than_the_distance_of_the_farther_limit() -> None:
    near = Objective("purity", "target", target=98.0, least=97.0, most=100.0)
    found = np.exp(log_expected_gain(gaussian(98.0, 0.01), near, np.array([-50.0])))[0]
    assert found == pytest.approx(2.0, abs=0.05)


@settings(deadline=None, max_examples=30)
@given(mean=st.floats(80, 115), sd=st.floats(0.3, 15), reach=st.floats(0.5, 30))
def test_the_chance_of_being_so_near_to_a_target_is_that_of_draws_cut_at_the_limits(
    mean: float, sd: float, reach: float
) -> None:
    found = float(np.exp(log_probability_above(gaussian(mean, sd), PURE, -reach))[0])
    near = utilities(kept(mean + sd * NORMAL, PURE), PURE) > -reach
    assert found == pytest.approx(near.mean(), abs=0.005)


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(
    levels=st.lists(st.floats(85, 105), min_size=3, max_size=3),
    slopes=st.lists(st.floats(-6, 6), min_size=3, max_size=3),
    left=st.floats(0.2, 20),
    goal=st.sampled_from(["max", "min", "target"]),
)
def test_the_knowledge_gradient_is_that_of_draws_cut_at_the_limits(
    levels: list[float], slopes: list[float], left: float, goal: str
) -> None:
    aim = 98.0 if goal == "target" else None
    wanted = Objective("y", goal, target=aim, least=90.0, most=100.0)  # type: ignore[arg-type]  # one of the three
    lines = Lines(np.array([levels]), np.array([slopes]), np.full((1, 3), left))
    found = float(np.exp(log_knowledge_gradient(lines, wanted))[0])
    rest = np.sqrt(left) * np.random.default_rng(2).normal(size=20_000)
    measured = np.linspace(-4, 4, 161)
    weights = np.exp(-0.5 * measured**2)
    weights /= weights.sum()

    def expected(shift: float) -> float:
        """Return the best expected utility after a measurement so many standard deviations above what is expected."""
        return max(
            utilities(kept(level + slope * shift + rest, wanted), wanted).mean()
            for level, slope in zip(levels, slopes, strict=True)
        )

    each = [
        weights @ [utilities(kept(level + slope * z + rest, wanted), wanted).mean() for z in measured]
        for level, slope in zip(levels, slopes, strict=True)
    ]
    rise = weights @ np.array([expected(z) for z in measured]) - max(each)
    assert found == pytest.approx(rise, abs=max(0.08, 0.08 * rise))  # few nodes at a kink


def test_a_knowledge_gradient_beyond_the_limit_is_next_to_nothing_and_tells_rows_apart() -> None:
    wanted = Objective("y", "max", most=100.0)
    lines = Lines(np.array([[150.0, 160.0], [150.0, 155.0]]), np.array([[1.0, 2.0], [1.0, 0.5]]), np.ones((2, 2)))
    found = log_knowledge_gradient(lines, wanted)
    assert np.isfinite(found).all()
    assert (found < np.log(1e-6)).all()
    assert found[0] != found[1]


def test_the_scalar_of_a_trade_off_has_the_ceiling_of_its_objectives() -> None:
    scored = np.array([[60.0, -5.0], [90.0, -8.0], [75.0, -2.0]])
    weighing = Scalarisation((0.5, 0.5))
    top = weighing.ceiling(scored, np.array([100.0, 0.0]))
    assert top == pytest.approx(weighing.of(np.vstack([scored, [[90.0, -2.0]]]))[-1] + 0.05 * (1 / 6 + 1 / 6) + 1 / 6)
    assert weighing.ceiling(scored, np.array([100.0, np.inf])) == np.inf
    assert weighing.ceiling(scored, np.array([80.0, -7.0])) == pytest.approx(weighing.of(scored).max())


def seen(*pairs: tuple[float, dict[str, float]]) -> tuple[Observation, ...]:
    return tuple(
        Observation(f"e{n:04d}", {"x": x}, {name: Measurement(name, value) for name, value in found.items()})
        for n, (x, found) in enumerate(pairs, start=1)
    )


def belief(objectives: tuple[Objective, ...], kind: str, observations: tuple[Observation, ...]) -> Belief:
    goal = Goal(SearchSpace((Continuous("x", 0, 1),)), objectives)
    policy = Policy(start=2, acquisition=AcquisitionSettings(kind))
    return Belief(ProposalContext(goal, History(observations=observations), policy))


RISING = seen(
    *((x, {"yield": y, "cost": c}) for x, y, c in ((0, 40, 4), (0.25, 61, 3), (0.5, 80, 2.2), (0.7, 96, 1.1)))
)
ROWS = [{"x": float(x)} for x in np.linspace(0.72, 1, 6)]


@pytest.mark.parametrize("kind", ["parego", "knowledge-gradient"])
def test_trade_offs_and_knowledge_gradients_credit_less_where_little_is_left_to_gain(kind: str) -> None:
    free = (Objective("yield", "max"), Objective("cost", "min"))
    bound = (Objective("yield", "max", most=97.0), Objective("cost", "min", least=1.0))
    open_, cut = (belief(objectives, kind, RISING).acquisition(ROWS) for objectives in (free, bound))
    assert np.isfinite(cut).all()
    assert (cut < open_).all()


def test_a_range_far_away_changes_no_knowledge_gradient() -> None:
    wanted = (Objective("yield", "max"),)
    far = (Objective("yield", "max", least=-1e6, most=1e6, transform="none"),)
    near, open_ = (belief(objectives, "knowledge-gradient", RISING).acquisition(ROWS) for objectives in (far, wanted))
    assert near == pytest.approx(open_, abs=0.1)


@pytest.mark.parametrize("kind", ["improvement", "probability", "confidence-bound", "thompson", "knowledge-gradient"])
def test_a_composite_with_a_range_is_believed_and_credited_within_it(kind: str) -> None:
    off = Composite("a - b", (MeasuredQuantity("a"), MeasuredQuantity("b")))
    found = seen(*((x, {"a": 10 - 10 * x, "b": 2.0 + x, "off": 8 - 11 * x}) for x in (0.0, 0.25, 0.5, 0.7)))
    free, bound = (belief((Objective("off", "min", of=off, least=least),), kind, found) for least in (None, 0.0))
    rows = [{"x": float(x)} for x in np.linspace(0.75, 1, 5)]
    assert (free.predict(rows)["off"][0] < 0).any()
    assert (bound.predict(rows)["off"][0] >= 0).all()
    assert bound.prediction(rows[-1])["off"].mean >= 0
    assert np.isfinite(bound.acquisition(rows)).all()
    if kind in ("improvement", "confidence-bound"):
        assert bound.acquisition(rows).max() < free.acquisition(rows).max()


def test_draws_are_moved_to_the_limits_each() -> None:
    drawn = Drawn(np.array([[-2.0], [1.0], [4.0], [5.0]]), np.full((4, 1), 1e-12), np.full(4, 0.25), np.zeros(4))
    mean, sd = believed(drawn, Objective("y", "min", least=0.0, most=4.0))
    assert mean == pytest.approx(2.25)
    assert sd == pytest.approx(np.std([0.0, 1.0, 4.0, 4.0]))

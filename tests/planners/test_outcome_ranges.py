"""Outcomes that cannot lie beyond limits: nothing is credited or predicted for what cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.errors import SpecError
from zosimos.core.objective import Goal, Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.acquisition.clipped import clipped
from zosimos.planners.acquisition.improvement import log_expected_gain, log_hypervolume_gain, reference_point
from zosimos.planners.context import ProposalContext
from zosimos.planners.goal import goal as goals
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.policy import AcquisitionSettings, Policy
from zosimos.surrogates.outcome import Mixture

DRAWS = np.random.default_rng(0).normal(size=(2, 400_000))
YIELD, COST = Objective("yield", "max", "%", least=0.0, most=100.0), Objective("cost", "min", least=0.0)


def gaussian(mean: float, sd: float) -> Mixture:
    return Mixture(np.array([[mean]]), np.array([[sd**2]]), np.ones(1), np.zeros(1))


@settings(deadline=None, max_examples=30)
@given(
    mean=st.floats(60, 120),
    sd=st.floats(0.5, 20),
    best=st.floats(50, 99),
)
def test_the_expected_gain_is_that_of_draws_cut_at_the_limit(mean: float, sd: float, best: float) -> None:
    found = float(np.exp(log_expected_gain(gaussian(mean, sd), YIELD, np.array([best])))[0])
    gains = np.maximum(np.minimum(mean + sd * DRAWS[0], 100.0) - best, 0.0)
    assert found == pytest.approx(gains.mean(), abs=5 * gains.std() / 632 + 1e-4)
    assert found <= (100.0 - best) * (1 + 1e-9)
    mirrored = Objective("loss", "min", least=-100.0)
    assert float(np.exp(log_expected_gain(gaussian(-mean, sd), mirrored, np.array([best])))[0]) == pytest.approx(found)


def test_without_a_range_nothing_changes() -> None:
    plain, wide = Objective("y", "max"), Objective("y", "max", most=1e9)
    belief, best = gaussian(95.0, 5.0), np.array([96.0])
    assert log_expected_gain(belief, plain, best) == pytest.approx(log_expected_gain(belief, wide, best), abs=1e-12)


def test_the_hypervolume_gain_is_that_of_draws_cut_at_the_limits() -> None:
    front = np.array([[90.0, -1.0], [97.0, -3.0]])
    found = float(np.exp(log_hypervolume_gain([gaussian(95, 5), gaussian(1, 2)], [YIELD, COST], front))[0])
    low = reference_point([YIELD, COST], front)
    y, c = np.minimum(95 + 5 * DRAWS[0], 100.0), -np.maximum(1 + 2 * DRAWS[1], 0.0)

    def box(top: float, right: float) -> np.ndarray:
        return np.maximum(np.minimum(y, top) - low[0], 0) * np.maximum(np.minimum(c, right) - low[1], 0)

    gained = box(np.inf, np.inf) - box(90, -1) - box(97, -3) + box(90, -3)
    assert found == pytest.approx(gained.mean(), rel=0.01)


def test_a_best_at_the_limit_leaves_next_to_nothing_to_gain_and_rows_apart() -> None:
    near, far = (log_expected_gain(gaussian(mean, 3.0), YIELD, np.array([100.0]))[0] for mean in (99.0, 80.0))
    assert far < near < np.log(1e-4)
    assert np.isfinite(far)


@settings(deadline=None, max_examples=30)
@given(mean=st.floats(-30, 130), sd=st.floats(0.5, 30))
def test_clipped_moments_are_those_of_clipped_draws(mean: float, sd: float) -> None:
    (first,), (spread,) = clipped(np.array([mean]), np.array([sd]), YIELD)
    drawn = np.clip(mean + sd * DRAWS[0], 0.0, 100.0)
    assert first == pytest.approx(drawn.mean(), abs=0.02 * sd)
    assert spread == pytest.approx(drawn.std(), abs=0.02 * sd)
    assert 0.0 <= first <= 100.0


def context(objective: Objective, *found: tuple[float, float], **policy: object) -> ProposalContext:
    seen = tuple(Observation(f"e{n:04d}", {"x": x}, {"y": Measurement("y", y)}) for n, (x, y) in enumerate(found, 1))
    goal = goals.Goal(SearchSpace((Continuous("x", 0, 1),)), (objective,))
    return ProposalContext(goal, History(observations=seen), Policy(start=2, **policy))  # type: ignore[arg-type]  # a test's


RISING = ((0.0, 40.0), (0.2, 60.0), (0.4, 80.0), (0.6, 99.9))


def test_predictions_keep_to_the_range() -> None:
    free, bound = (Belief(context(o, *RISING)) for o in (Objective("y", "max"), Objective("y", "max", most=100.0)))
    rows = [{"x": float(x)} for x in np.linspace(0, 1, 11)]
    assert (free.predict(rows)["y"][0] > 100).any()
    assert (bound.predict(rows)["y"][0] <= 100).all()
    top = {"x": 0.7}
    assert free.prediction(top)["y"].mean > 100 >= bound.prediction(top)["y"].mean
    assert bound.prediction(top)["y"].sd < free.prediction(top)["y"].sd


@pytest.mark.parametrize("kind", ["improvement", "probability", "confidence-bound", "thompson"])
def test_acquisitions_credit_nothing_beyond_the_range(kind: str) -> None:
    settings_ = AcquisitionSettings(kind)
    rows = [{"x": float(x)} for x in np.linspace(0.65, 1, 8)]
    free, bound = (
        Belief(context(o, *RISING, acquisition=settings_)).acquisition(rows)
        for o in (Objective("y", "max"), Objective("y", "max", most=100.0, transform="none"))
    )
    assert np.isfinite(bound).all()
    if kind == "probability":  # of beating what lies within the range
        assert bound == pytest.approx(free)
    else:
        assert bound.max() < free.max()


def test_results_beyond_the_range_are_said_and_count() -> None:
    belief = Belief(context(Objective("y", "max", "%", most=100.0), *RISING, (0.8, 104.0)))
    assert "y: e0005 (104) above 100 %, the most that can be" in belief.notes
    assert belief.best_first()[0] == 4


@pytest.mark.parametrize(
    ("goal", "more", "field"),
    [
        ("max", {"least": 5.0, "most": 5.0}, "range"),
        ("max", {"least": float("nan")}, "range"),
        ("min", {"most": float("inf")}, "range"),
        ("target", {"target": 120.0, "most": 100.0}, "target"),
        ("max", {"threshold": -1.0, "least": 0.0}, "threshold"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused(goal: Goal, more: dict[str, float], field: str) -> None:
    with pytest.raises(SpecError) as refused:
        Objective("y", goal, **more)
    assert refused.value.field == f"objectives.y.{field}"

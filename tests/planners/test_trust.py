"""Trust follows what came of an author's predictions, and what it buys is bounded."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.objective import Objective
from zosimos.core.records import Measurement, Observation, Prediction
from zosimos.planners.trust import UNKNOWN, allowance, tolerance, trust_in

GOAL = (Objective("y", "max"),)
NUMBERS = st.floats(-1e6, 1e6)
SDS = st.floats(1e-6, 1e6)


def outcome(
    value: float, said: float, sd: float, surrogate: tuple[float, float] = (0.0, 1.0), **more: Any
) -> Observation:
    return Observation(
        "e0001",
        {"x": 0.0},
        {"y": Measurement("y", value, **more)},
        predictions={"y": Prediction(*surrogate)},
        author="ann",
        expected={"y": Prediction(said, sd)},
    )


def test_an_author_without_a_record_has_a_small_fixed_weight() -> None:
    assert trust_in("ann", [], GOAL).weight == UNKNOWN
    assert trust_in("bob", [outcome(1.0, 1.0, 0.1)], GOAL).weight == UNKNOWN


def test_weight_approaches_the_share_of_calls_that_are_right() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1, 60)
    right = [
        outcome(float(y), float(y + rng.normal(0, 0.05)) if i % 5 < 3 else 9.0, 0.05) for i, y in enumerate(values)
    ]
    assert trust_in("ann", right, GOAL).weight == pytest.approx(0.6, abs=0.1)


def test_whoever_is_sure_of_what_does_not_happen_loses_the_weight() -> None:
    record = trust_in("ann", [outcome(0.1 * i, 20.0, 0.1) for i in range(12)], GOAL)
    assert record.weight < 0.3 * UNKNOWN
    assert record.inside == 0.0
    assert record.log_score < -100.0


def test_whoever_repeats_the_surrogate_stays_where_they_were() -> None:
    record = trust_in("ann", [outcome(y, 0.0, 1.0) for y in (0.3, -0.2, 1.0)], GOAL)
    assert record.weight == pytest.approx(UNKNOWN, abs=0.005)
    assert record.log_score == pytest.approx(0.0)


def test_predictions_that_rank_upside_down_lose_the_weight_by_rank() -> None:
    seen = [outcome(0.1 * i, -0.1 * i, 1.0) for i in range(8)]
    record = trust_in("ann", seen, GOAL)
    assert record.rank == pytest.approx(-1.0)
    assert record.weight == pytest.approx(0.0, abs=1e-12)


def test_outcomes_that_train_nothing_and_unpredicted_ones_do_not_count() -> None:
    bad = outcome(0.0, 5.0, 0.1, quality="bad")
    bare = Observation("e0002", {"x": 0.0}, {"y": Measurement("y", 0.0)}, author="ann")
    assert trust_in("ann", [bad, bare], GOAL).scored == 0


@given(st.lists(st.tuples(NUMBERS, NUMBERS, SDS, NUMBERS, SDS), max_size=8))
def test_weight_is_a_share_whatever_was_said(calls: list[tuple[float, float, float, float, float]]) -> None:
    record = trust_in("ann", [outcome(y, m, s, (mu, sd)) for y, m, s, mu, sd in calls], GOAL)
    assert 0.0 <= record.weight <= 1.0
    assert np.isfinite(record.log_score)
    assert record.as_json()["weight"] == record.weight


@pytest.mark.parametrize(("said", "sd"), [(1e300, 1.0), (-1e308, 1e308), (0.0, 1e-320), (1e308, 5e-324), (0.0, 1e155)])
def test_an_author_is_judged_whatever_numbers_they_say(said: float, sd: float) -> None:
    record = trust_in("ann", [outcome(0.3, said, sd), outcome(0.1, 0.1, 0.1)], GOAL)
    assert 0.0 <= record.weight < 0.5
    assert np.isfinite(record.log_score)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 200))
def test_more_weight_never_buys_less(low: float, high: float, since: int) -> None:
    low, high = sorted((low, high))
    assert tolerance(low) <= tolerance(high)
    assert 1 <= allowance(low, since) <= allowance(high, since) <= 1 + since

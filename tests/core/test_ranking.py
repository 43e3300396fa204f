"""Which outcomes are the best when several things are wanted: trade-offs, or an order of importance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ranked import pareto

from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.ranking import by_tier, dominates, merit, standing, standings

YIELD = Objective("yield", "max", threshold=80.0, tier=1)
PH = Objective("pH", "target", target=7.0, threshold=7.5, tier=2)
COST = Objective("cost", "min", tier=3)
TIERS = (COST, YIELD, PH)  # the order in which they are written does not matter
LEVELS = st.integers(0, 4).map(float)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=10))
def test_no_outcome_dominates_one_of_the_front_and_each_other_is_dominated(points: list[tuple[int, int]]) -> None:
    objectives = (Objective("a", "max"), Objective("b", "min"))
    rows = [{"a": float(a), "b": float(b)} for a, b in points]
    utilities = [(row["a"], -row["b"]) for row in rows]
    front = set(pareto(objectives, rows))
    for i, mine in enumerate(utilities):
        assert (i in front) == (not any(dominates(other, mine) for other in utilities))


def row(yielded: float, ph: float, cost: float) -> dict[str, float]:
    return {"yield": yielded, "pH": ph, "cost": cost}


def test_a_tier_decides_among_what_meets_those_before_it() -> None:
    assert by_tier(TIERS) == (YIELD, PH, COST)
    worst_first = [row(60, 7, 1), row(79, 9, 9), row(80, 9, 1), row(99, 6.4, 5), row(80, 7.5, 9), row(95, 6.6, 3)]
    found = [standing(by_tier(TIERS), one) for one in worst_first]
    assert found == sorted(found)
    assert [place for place, _ in found] == [0, 0, 1, 1, 2, 2]
    assert pareto(TIERS, worst_first) == [5]
    assert pareto(TIERS, [*worst_first, row(81, 7.4, 3)]) == [5, 6]  # as good: the cost is the same


@given(st.lists(st.tuples(LEVELS, LEVELS), min_size=1, max_size=10), st.floats(-1, 5))
def test_the_best_by_tiers_is_found_as_by_hand(points: list[tuple[float, float]], enough: float) -> None:
    tiers = (Objective("a", "max", threshold=enough, tier=1), Objective("b", "min", tier=2))
    rows = [{"a": a, "b": b} for a, b in points]
    good = [b for a, b in points if a >= enough]
    for i in pareto(tiers, rows):
        a, b = points[i]
        assert (a >= enough and b == min(good)) if good else a == max(a for a, _ in points)
    order = standings(tiers, np.array(points))
    assert sorted(np.flatnonzero(order == order.max()).tolist()) == pareto(tiers, rows)


def test_what_was_not_measured_stands_last() -> None:
    table = np.array([[50.0, math.nan, 2.0], [math.nan, 7.0, 1.0], [90.0, 7.0, math.nan], [90.0, 7.0, 9.0]])
    order = standings((YIELD, PH, COST), table)
    assert order.tolist() == [1.0, 0.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ((YIELD, Objective("cost", "min")), "objectives.cost.tier"),
        ((YIELD, Objective("cost", "min", tier=1)), "objectives.yield.tier"),
        ((Objective("yield", "max", tier=1), COST), "objectives.yield.threshold"),
        ((YIELD, Objective("cost", "min", tier=2, threshold=9.0)), "objectives.cost.threshold"),
    ],
)
def test_tiers_that_make_no_order_are_refused(wrong: Any, field: str) -> None:
    with pytest.raises(SpecError) as caught:
        by_tier(wrong)
    assert caught.value.field == field
    assert caught.value.allowed


def test_a_threshold_that_only_the_target_meets_is_refused() -> None:
    with pytest.raises(SpecError, match="nothing but the target") as caught:
        Objective("pH", "target", target=7.0, threshold=7.0)
    assert caught.value.field == "objectives.pH.threshold"


def test_an_outcome_is_ordered_by_one_objective_or_by_all_tiers() -> None:
    a, b = Objective("a", "max"), Objective("b", "min")
    assert merit(b, (a, b), {"b": 2.0}) == (0, -2.0)
    assert merit(a, (a, b), {"b": 2.0}) is None
    assert merit(COST, TIERS, row(90, 7, 3)) == merit(YIELD, TIERS, row(90, 7, 3)) == (2, -3)
    assert merit(COST, TIERS, {"cost": 3.0}) is None


def test_without_tiers_there_is_no_order() -> None:
    assert by_tier((Objective("a", "max", threshold=1.0), Objective("b", "min"))) == ()

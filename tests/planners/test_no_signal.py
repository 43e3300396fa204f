"""While all outcomes are alike, the search goes on covering the space, and says so."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.prior import Expectation, Near
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

GRID = SearchSpace(tuple(Continuous(name, 0, 11, step=1) for name in "xt"))
TRIED = [{"x": float(x), "t": float(t)} for x, t in ((9, 7), (1, 5), (4, 9), (7, 1))]
Y = Objective("y", "max")


def _seen(place: int, row: dict[str, float], value: float) -> Observation:
    return Observation(f"e{place}", row, {"y": Measurement("y", value)})


def ask(values: list[float], n: int = 1, space: SearchSpace = GRID, **more: object) -> list[Candidate]:
    goal = Goal(space, (Y,), **more)  # type: ignore[arg-type]  # what a test gives besides
    planner = make_planner(goal, Policy(start=4), seed=1, sequence_seed=1)
    planner.tell([_seen(i, r, y) for i, (r, y) in enumerate(zip(TRIED, values, strict=True))])
    return planner.ask(n)


def gaps(rows: list[dict[str, float]]) -> np.ndarray:
    """Return how far each place of the grid is from the nearest row."""
    places = np.array(list(itertools.product(range(12), repeat=2)), dtype=float)
    points = np.array([[row["x"], row["t"]] for row in rows])
    return np.linalg.norm(places[:, None] - points[None], axis=2).min(axis=1)


@pytest.mark.parametrize("value", [0.0, 1.0, -3.5, 1e8, 1e-300, 1e300])
def test_outcomes_that_are_alike_leave_the_search_covering(value: float) -> None:
    found = ask([value] * 4, 6)
    assert all("no signal yet, all 4 results are alike" in candidate.reason for candidate in found)
    assert len({tuple(candidate.values.values()) for candidate in found}) == 6
    rows = [{name: float(x) for name, x in candidate.values.items()} for candidate in found]
    corners = [row for row in rows if {row["x"], row["t"]} <= {0.0, 11.0}]
    assert len(corners) <= 1  # not the rim of the space
    assert gaps([*TRIED, *rows]).mean() < 0.7 * gaps(TRIED).mean()


@pytest.mark.parametrize("values", [[0.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.001], [1e8, 1e8, 1e8, 1e8 + 1e-3]])
def test_one_outcome_that_differs_is_a_signal(values: list[float]) -> None:
    (candidate,) = ask(values)
    assert "no signal" not in candidate.reason


def test_rounding_of_the_last_digit_is_no_signal() -> None:
    (candidate,) = ask([0.1 + 0.2, 0.3, 0.3, 0.3])
    assert "no signal" in candidate.reason


def test_what_a_person_expects_says_where_to_look() -> None:
    expectation = Expectation({"x": Near(3.0, 1.0)})
    (candidate,) = ask([0.0] * 4, expectation=expectation)
    assert "no signal" not in candidate.reason


def test_a_space_that_cannot_be_listed_is_covered_too() -> None:
    space = SearchSpace(tuple(Continuous(name, 0, 11) for name in "xt"))
    found = ask([0.0] * 4, 6, space)
    rows = [{name: float(x) for name, x in candidate.values.items()} for candidate in found]
    assert all("no signal" in candidate.reason for candidate in found)
    assert gaps([*TRIED, *rows]).mean() < 0.7 * gaps(TRIED).mean()


def test_a_policy_of_before_looks_where_the_model_is_least_sure() -> None:
    planner = make_planner(Goal(GRID, (Y,)), Policy(start=4, revision=1), seed=1, sequence_seed=1)
    planner.tell([Observation(f"e{i}", row, {"y": Measurement("y", 0.0)}) for i, row in enumerate(TRIED)])
    assert "no signal" not in planner.ask()[0].reason

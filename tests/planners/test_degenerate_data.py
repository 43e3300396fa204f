"""Degenerate and ordinary outcomes in every path of the planner: no crash, no nonsense, nothing proposed twice."""

from __future__ import annotations

import math

import numpy as np
import pytest

from zosimos.core.composite import Composite, MeasuredQuantity
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.goal.goal import Goal
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import ACQUISITION_NAMES, AcquisitionSettings, Policy

SPACE = SearchSpace((Continuous("a", 0, 1, step=0.1), Continuous("b", 0, 1), Categorical("c", ("u", "v"))))
POOL = SearchSpace(
    SPACE.parameters, pool=[{"a": i / 10, "b": j / 5, "c": "uv"[(i + j) % 2]} for i in range(11) for j in range(6)]
)
ROWS = [{"a": i / 10, "b": ((3 * i) % 6) / 5, "c": "uv"[(i + (3 * i) % 6) % 2]} for i in range(9)]
DATA = {
    "constant": [5.0] * 9,
    "zero": [0.0] * 9,
    "binary": [0, 0, 1, 0, 1, 1, 0, 0, 0],
    "one hit": [0, 0, 0, 0, 0, 1, 0, 0, 0],
    "clipped": [0, 0, 0, 1.5, 0, 0, 4.2, 0, 0],
    "at the ceiling": [100, 100, 99.9, 100, 97, 100, 100, 12, 100],
    "per cent at its limits": [0, 100, 0, 100, 50, 0, 100, 100, 0],
    "integers": [3, 1, 4, 1, 5, 9, 2, 6, 5],
    "heavy-tailed": [1, 3, 0.2, 40, 2, 1e5, 0.01, 7, 0.5],
    "one outlier": [1, 2, 3, 2, 1, 2, 3, 1e12, 2],
    "offset": [1e8 + x for x in (0.1, 0.3, 0.2, 0.5, 0.4, 0.1, 0.2, 0.3, 0.6)],
    "tiny": [x * 1e-100 for x in (1, 3, 2, 5, 4, 1, 2, 3, 6)],
    "huge": [x * 1e100 for x in (1, 3, 2, 5, 4, 1, 2, 3, 6)],
    "smallest": [x * 1e-300 for x in (1, 3, 2, 5, 4, 1, 2, 3, 6)],
    "largest": [x * 1e300 for x in (1, 3, -2, 5, 4, 1, 2, 3, 6)],
    "whole range": [1e-300, 1e300, 1.0, 1e-100, 1e100, 0.0, 1e8, 1e-8, 5.0],
    "denormal": [5e-324, 1e-310, 0.0, 2e-320, 0.0, 1e-315, 0.0, 0.0, 5e-324],
    "negative": [-3, -1, -4, -1, -5, -9, -2, -6, -5],
}


def ask(
    values: list[float], policy: Policy, *, space: SearchSpace = SPACE, goals: tuple[Objective, ...] = (), n: int = 2
) -> list[Candidate]:
    goals = goals or (Objective("y", "max"),)
    planner = make_planner(Goal(space, goals), policy, seed=5, sequence_seed=5)
    planner.tell(
        [
            Observation(f"e{i}", row, {goal.name: Measurement(goal.name, float(value)) for goal in goals})
            for i, (row, value) in enumerate(zip(ROWS, values, strict=True))
        ]
    )
    return planner.ask(n)


def check(found: list[Candidate], space: SearchSpace, n: int = 2) -> None:
    assert len(found) == n
    keys = [row_key(candidate.values) for candidate in found]
    assert len(set(keys) - {row_key(row) for row in ROWS}) == n
    for candidate in found:
        assert space.problems(candidate.values) == []
        assert candidate.fallback is None, candidate.reason  # nothing failed on the way
        for prediction in candidate.predictions.values():
            assert math.isfinite(prediction.mean)
            assert 0 < prediction.sd < math.inf


@pytest.mark.slow
@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("space", [SPACE, POOL], ids=["space", "pool"])
def test_the_default_planner_goes_on_with_any_outcomes(name: str, space: SearchSpace) -> None:
    check(ask(DATA[name], Policy(start=2), space=space), space)


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("kind", ["random", "sobol", "maximin", "evolutionary"])
def test_every_other_proposer_goes_on_with_any_outcomes(name: str, kind: str) -> None:
    check(ask(DATA[name], Policy({kind: 1.0}, start=2), space=POOL), POOL)


@pytest.mark.slow
@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("kind", sorted(set(ACQUISITION_NAMES) - {"improvement", "parego"}))
def test_every_acquisition_goes_on_with_any_outcomes(name: str, kind: str) -> None:
    check(ask(DATA[name], Policy(start=2, acquisition=AcquisitionSettings(kind)), space=POOL), POOL)


@pytest.mark.slow
@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("goal", ["min", "target"])
def test_every_goal_goes_on_with_any_outcomes(name: str, goal: str) -> None:
    aim = float(np.median(DATA[name])) if goal == "target" else None
    objective = Objective("y", goal, target=aim)  # type: ignore[arg-type]  # one of the two
    check(ask(DATA[name], Policy(start=2), space=POOL, goals=(objective,)), POOL)


@pytest.mark.slow
@pytest.mark.parametrize("name", DATA)
def test_two_objectives_go_on_with_any_outcomes(name: str) -> None:
    goals = (Objective("y", "max"), Objective("z", "min"))
    check(ask(DATA[name], Policy(start=2), space=POOL, goals=goals), POOL)


@pytest.mark.parametrize("name", ["smallest", "largest", "whole range", "denormal"])
def test_outcomes_beyond_every_variance_are_said_to_be_so(name: str) -> None:
    for candidate in ask(DATA[name], Policy(start=2), space=POOL):
        assert "their variance is no number" in candidate.reason
        assert not candidate.predictions


def test_parts_beyond_every_variance_are_said_to_be_so_though_the_objective_is_not() -> None:
    parts = tuple(MeasuredQuantity(name) for name in ("p", "q"))
    share = Objective("y", "max", of=Composite("p / (p + q)", parts))
    planner = make_planner(Goal(POOL, (share,)), Policy(start=2), seed=1, sequence_seed=1)
    values = [x * 1e200 for x in (1.0, 3.0, 2.0, 5.0, 4.0)]
    planner.tell(
        [
            Observation(
                f"e{i}", ROWS[i], {n: Measurement(n, v) for n, v in (("p", x), ("q", 1e200), ("y", 0.5 + i / 9))}
            )
            for i, x in enumerate(values)
        ]
    )
    for candidate in planner.ask(2):
        assert "outcomes of p are so large" in candidate.reason
        assert candidate.fallback is None

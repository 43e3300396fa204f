"""Tests of learning: who reads results passes, who is shown shuffled ones does not, and from few nothing is told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Measurement, Observation, Prediction
from zosimos.core.space import SearchSpace
from zosimos.planners.advice import Advice, Explore, Point
from zosimos.planners.learning import LEVEL, Learning, learning

SPACE = SearchSpace((Continuous("x", 0.0, 1.0), Categorical("base", ("KOH", "DBU"))))
GOAL = (Objective("y", "max"),)


def world(seed: int, n: int = 16) -> list[Observation]:
    rng = np.random.default_rng(seed)
    rows = [{"x": float(rng.random()), "base": str(rng.choice(["KOH", "DBU"]))} for _ in range(n)]
    values = [np.sin(6 * row["x"]) + (row["base"] == "DBU") + 0.05 * rng.normal() for row in rows]
    return [
        Observation(f"e{i:04d}", row, {"y": Measurement("y", float(value))})
        for i, (row, value) in enumerate(zip(rows, values, strict=True), 1)
    ]


def advice(seen: Sequence[Observation], seed: int, *, shuffled: bool) -> list[Advice]:
    """After each result two points, whose outcomes are expected to be that of the nearest result shown."""
    rng = np.random.default_rng(seed + 100)
    found = []
    for n in range(4, len(seen)):
        values = np.array([one.measurements["y"].value for one in seen[:n]])
        values = rng.permutation(values) if shuffled else values
        features = SPACE.features([one.values for one in seen[:n]])
        points = []
        for _ in range(2):
            row = {"x": float(rng.random()), "base": str(rng.choice(["KOH", "DBU"]))}
            near = int(((features - SPACE.features([row])) ** 2).sum(axis=1).argmin())
            points.append(Point(row, {"y": Prediction(float(values[near]), 0.3)}))
        found.append(Advice(f"a{n:04d}", tuple(points), "m", "llm", given=n))
    return found


def test_an_author_who_reads_results_passes_and_one_who_is_shown_shuffled_ones_does_not() -> None:
    passed = {False: 0, True: 0}
    for seed in range(20):
        seen = world(seed)
        for shuffled in passed:
            passed[shuffled] += bool(learning("m", advice(seen, seed, shuffled=shuffled), seen, GOAL, SPACE).agrees)
    assert passed[False] == 20
    assert passed[True] <= 4, "as often as chance lets it: one in twenty, give or take"


def test_a_habit_and_chance_change_with_results_no_more_often_than_the_level_says() -> None:
    low = 0
    for seed in range(60):
        seen, rng = world(seed), np.random.default_rng(seed + 1000)
        given = [
            Advice(
                f"a{n:04d}",
                tuple(
                    Point({"x": float(rng.random()), "base": "KOH"}, {"y": Prediction(float(rng.normal()), 1.0)})
                    for _ in range(2)
                ),
                "m",
                "llm",
                given=n,
            )
            for n in range(4, 16)
        ]
        found = learning("m", given, seen, GOAL, SPACE)
        assert found.change is not None
        low += found.change <= LEVEL
    assert low <= 8


def test_the_same_record_gives_the_same_p_value_and_others_advice_counts_for_nothing() -> None:
    seen = world(1)
    own = advice(seen, 1, shuffled=False)
    other = [Advice("a0001", (Point(dict(seen[0].values), {"y": Prediction(99.0, 1.0)}),), "ann", given=5), *own]
    assert learning("m", own, seen, GOAL, SPACE) == learning("m", other, seen, GOAL, SPACE)


@pytest.mark.parametrize(
    "given",
    [
        [],
        [Advice("a0001", (Explore("more"),), "m", given=9)],
        [Advice("a0001", (Point({"x": 0.5, "base": "KOH"}),), "m", given=9)],
        [Advice("a0001", (Point({"x": 0.5, "base": "KOH"}, {"y": Prediction(1.0, 1.0)}),), "m", given=2)],
        [Advice("a0001", (Point({"x": 0.5}, {"y": Prediction(1.0, 1.0)}),), "m", given=9)],
    ],
)
def test_where_there_is_too_little_nothing_is_told(given: list[Advice]) -> None:
    found = learning("m", given, world(1), GOAL, SPACE)
    assert found.agreement is None
    assert not found.agrees
    assert "too few" in str(found)


def test_a_record_that_says_it_in_words_says_which_way() -> None:
    assert "no sign that it learns" in str(Learning("m", 12, 0.4, 0.2))
    assert Learning("m", 12, 0.01, 0.2).as_json()["words"].startswith("what it predicts goes with")
    assert str(Learning("m", 12, 0.01, 0.02)).endswith("and changes with them (p = 0.02)")

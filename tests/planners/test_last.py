"""The last experiments that a budget allows go where most is believed, and say so."""

import math

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.advice import Advice, Explore
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

SPACE = SearchSpace((Continuous("x", 0.0, 1.0), Continuous("z", 0.0, 1.0)))
LAST = "one of the last experiments: what is believed counts for more than what is not known"
UP = Objective("y", "max")


def value(x: float, z: float) -> float:
    return math.exp(-8 * ((x - 0.3) ** 2 + (z - 0.6) ** 2))


def record(seed: int) -> tuple[Observation, ...]:
    """Return results all over a hill, with noise."""
    rng = np.random.default_rng(seed)
    rows = rng.random((14, 2)).tolist()
    values = [value(x, z) + 0.02 * float(rng.normal()) for x, z in rows]
    pairs = enumerate(zip(rows, values, strict=True))
    return tuple(Observation(f"e{i}", {"x": x, "z": z}, {"y": Measurement("y", y)}) for i, ((x, z), y) in pairs)


def asked(
    left: int | None, n: int = 1, *, seed: int = 4, revision: int = 6, advice: tuple[Advice, ...] = ()
) -> list[Candidate]:
    history = History(record(seed), left=left, advice=advice)
    planner = make_planner(Goal(SPACE, (UP,)), Policy(revision=revision), history, seed=1, sequence_seed=1)
    return planner.ask(n)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_the_last_experiment_is_where_models_expect_more_and_are_surer(seed: int) -> None:
    (before,), (last,) = asked(20, seed=seed), asked(1, seed=seed)
    assert LAST in last.reason
    assert LAST not in before.reason
    assert last.predictions["y"].mean >= before.predictions["y"].mean
    assert last.predictions["y"].sd < 1.001 * before.predictions["y"].sd
    assert last.values != before.values


def test_what_it_is_expected_to_gain_is_told_as_it_is_believed() -> None:
    """A campaign may stop by it: it is what there is to gain, not what it is judged by."""
    before, last = (asked(left)[0].acquisition for left in (20, 1))
    assert before is not None
    assert last is not None
    assert before - 3.0 < last <= before + 1e-9


@pytest.mark.slow
def test_those_of_a_batch_that_lie_within_the_last_eighth_are_judged_so() -> None:
    told = [LAST in candidate.reason for candidate in asked(4, 4)]  # of 18 in all two are the last
    assert told == [False, False, True, True]
    assert not any(LAST in candidate.reason for candidate in asked(None, 2))


def test_earlier_revisions_rows_that_can_be_listed_and_advice_on_exploring_leave_it() -> None:
    assert LAST not in asked(1, revision=5)[0].reason
    assert LAST not in asked(1, advice=(Advice("a0001", (Explore("more"),), "Ada"),))[0].reason
    rows = tuple({"x": i / 7, "z": j / 7} for i in range(8) for j in range(8))
    seen = tuple(Observation(f"e{i}", row, {"y": Measurement("y", i % 5)}) for i, row in enumerate(rows[:9]))
    goal = Goal(SearchSpace(SPACE.parameters, pool=rows), (UP,))
    (listed,) = make_planner(goal, Policy(), History(seen, left=1), seed=1, sequence_seed=1).ask()
    assert LAST not in listed.reason

"""A row that was tried is not proposed again, however its values were written."""

from __future__ import annotations

import pytest

from zosimos.core.errors import PlanningError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous, Discrete, Parameter
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

TENTHS = [0.0, 0.1, 0.2, 0.1 + 0.2, 0.4, 0.5, 0.6000000000000001, 0.7000000000000001, 0.8, 0.9, 1.0]


def asked(space: SearchSpace, tried: list[float], n: int = 5) -> list[float]:
    policy = Policy({"sobol": 1.0})
    planner = make_planner(Goal(space, (Objective("y", "max"),)), policy, seed=1, sequence_seed=1)
    seen = [Observation(f"e{i}", {"x": x}, {"y": Measurement("y", x)}) for i, x in enumerate(tried)]
    planner.tell(seen)
    return [float(candidate.values["x"]) for candidate in planner.ask(n)]


@pytest.mark.parametrize(
    "parameter",
    [
        Continuous("x", 0, 1, step=0.1),
        Discrete("x", tuple(round(0.1 * i, 1) for i in range(11))),
    ],
)
def test_a_grid_whose_every_level_was_told_has_nothing_left(parameter: Parameter) -> None:
    with pytest.raises(PlanningError, match="no new row"):
        asked(SearchSpace((parameter,)), TENTHS)
    with pytest.raises(PlanningError, match="no new row"):
        asked(SearchSpace((parameter,)), [round(x, 1) for x in TENTHS])


def test_a_pool_told_in_fifteen_digits_has_nothing_left() -> None:
    rows = [{"x": x / 7} for x in range(1, 7)]
    space = SearchSpace((Continuous("x", 0, 1),), pool=rows)
    with pytest.raises(PlanningError, match="every allowed row was measured"):
        asked(space, [float(f"{row['x']:.15g}") for row in rows])


def test_what_is_left_is_proposed_as_a_person_writes_it() -> None:
    space = SearchSpace((Continuous("x", 0, 1, step=0.1),))
    assert sorted(asked(space, [x for x in TENTHS if x not in (0.1 + 0.2, 0.8)])) == [0.3, 0.8]


def test_proposals_of_a_range_have_fifteen_digits_and_are_new_each_time() -> None:
    space = SearchSpace((Continuous("x", 0, 1),))
    first = asked(space, [])
    assert first == [float(f"{x:.15g}") for x in first]
    assert not set(first) & set(asked(space, first))


def test_a_campaign_of_before_decides_as_it_did() -> None:
    space = SearchSpace((Continuous("x", 0, 1, step=0.1, decimal=False),), exact=False)
    told = [round(x, 1) for x in TENTHS]
    assert sorted(asked(space, told, 3)) == [0.30000000000000004, 0.6000000000000001, 0.7000000000000001]

"""A search that asks for the same again and again and gains nothing looks elsewhere, and says so."""

import numpy as np
import pytest

from zosimos.core.distance import apart
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.predicate import Predicate
from zosimos.core.records import Measurement, Observation
from zosimos.core.revision import EIGHTH, THIRD
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

SPACE = SearchSpace((Continuous("x", 0.0, 1.0), Continuous("z", 0.0, 10.0)))
TOP = {"x": 0.3, "z": 4.0}


def hill(x, z):
    return -((x - 0.3) ** 2) - (z / 10 - 0.4) ** 2


def record(*, beside=8, gains=False, seed=0):
    """Ten rows all over, the best one, and rows beside it."""
    rng = np.random.default_rng(seed)
    rows = [(float(x), float(10 * z)) for x, z in rng.random((10, 2))] + [(0.3, 4.0)]
    rows += [(0.3 + 0.004 * float(a), 4.0 + 0.04 * float(b)) for a, b in rng.uniform(-1, 1, (beside, 2))]
    values = [hill(x, z) + 0.01 * float(rng.normal()) for x, z in rows]
    if gains:
        values[-1] += 0.5
    return tuple(
        Observation(f"e{i:04d}", {"x": x, "z": z}, {"y": Measurement("y", value)})
        for i, ((x, z), value) in enumerate(zip(rows, values, strict=True), start=1)
    )


def next_row(observations, space=SPACE, n=1, left=None, **policy):
    goal = Goal(space, (Objective("y", "max"),))
    policy = {"revision": EIGHTH, **policy}  # later ones look elsewhere by another rule
    return make_planner(goal, Policy(**policy), History(observations, left=left), seed=1, sequence_seed=1).ask(n)


def test_after_eight_results_beside_the_best_that_gained_nothing_the_next_lies_elsewhere():
    (candidate,) = next_row(record())
    assert apart(SPACE.by_name, candidate.values, TOP) > 0.14
    assert candidate.reason.startswith("the last 8 results gained nothing, most of them beside earlier ones")
    assert candidate.acquisition is None


@pytest.mark.parametrize(
    ("observations", "policy"),
    [(record(beside=4), {}), (record(gains=True), {}), (record(), {"revision": THIRD}), (record(), {"left": 2})],
    ids=["few results beside earlier ones", "a gain", "an earlier revision", "the budget ends"],
)
def test_else_the_search_goes_on_as_it_was(observations, policy):
    (candidate,) = next_row(observations, **policy)
    assert "gained nothing" not in candidate.reason


def test_of_a_batch_one_row_lies_elsewhere():
    told = ["gained nothing" in candidate.reason for candidate in next_row(record(), n=3)]
    assert told == [True, False, False]


def test_where_no_other_place_is_allowed_the_search_goes_on():
    near = Predicate("near", ("x", "z"), lambda c: (abs(c["x"] - 0.3) < 0.05) & (abs(c["z"] - 4) < 0.5))
    narrow = SearchSpace(SPACE.parameters, (near,))
    (candidate,) = next_row(record(beside=16)[10:], narrow)
    assert "gained nothing" not in candidate.reason


def test_the_same_record_looks_at_the_same_place_again():
    assert next_row(record())[0] == next_row(record())[0]


def test_a_campaign_whose_only_results_lie_together_is_asked_about_them_as_any_other():
    (candidate,) = next_row(record()[-8:], start=0)
    assert candidate.origin == "bayesian"
    assert "gained nothing" not in candidate.reason

"""A search that has hardly anything to gain measures what tells most of where the best row is, and says so."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from zosimos.core.distance import apart
from zosimos.core.expression import Formula
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.revision import EIGHTH, REVISION
from zosimos.core.space import SearchSpace
from zosimos.planners.advice import Advice, Explore
from zosimos.planners.context import ProposalContext
from zosimos.planners.goal.cost import Costs
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.prior import Expectation, Near
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import AcquisitionSettings, Policy
from zosimos.planners.proposers import bayesian, telling
from zosimos.planners.proposers.gain_left import unlikely
from zosimos.planners.proposers.telling import may_tell

SPACE = SearchSpace((Continuous("x", 0.0, 1.0), Continuous("z", 0.0, 10.0)))
UP = Objective("y", "max")
TOP = {"x": 0.3, "z": 4.0}
TOLD = "hardly anything is expected to be gained by any row: this one tells most of where the best one is"
AWAITED = TOLD.replace("any row", "any row besides those under way")
NOISE = 0.02


def hill(x: float, z: float) -> float:
    return -((x - 0.3) ** 2) - (z / 10 - 0.4) ** 2


def record(beside: int = 24, noise: float = NOISE) -> list[Observation]:
    """Rows all over, the best one, and rows beside it."""
    rng = np.random.default_rng(0)
    rows = [(x / 4, 2.5 * z) for x in range(5) for z in range(5)] + [(0.3, 4.0)]
    rows += [(0.3 + 0.004 * float(a), 4.0 + 0.04 * float(b)) for a, b in rng.uniform(-1, 1, (beside, 2))]
    values = [hill(x, z) + noise * float(rng.normal()) for x, z in rows]
    return [
        Observation(f"e{i:04d}", {"x": x, "z": z}, {"y": Measurement("y", value)})
        for i, ((x, z), value) in enumerate(zip(rows, values, strict=True), start=1)
    ]


def asked(
    seen: list[Observation],
    n: int = 1,
    space: SearchSpace = SPACE,
    left: int | None = None,
    objective: Objective = UP,
    **policy: Any,
) -> list[Candidate]:
    goal, history = Goal(space, (objective,)), History(tuple(seen), left=left)
    return make_planner(goal, Policy(**policy), history, seed=1, sequence_seed=1).ask(n)


def test_where_hardly_anything_is_to_be_gained_the_row_that_tells_most_is_measured() -> None:
    (candidate,) = asked(record())
    assert candidate.reason.startswith(f"{TOLD}; expected rise of the best believed row, now ")
    assert candidate.acquisition is None
    assert candidate.gain_left is not None
    assert -20.0 < candidate.gain_left < math.log(0.2 * NOISE), "what any row is expected to gain, for stopping"
    assert apart(SPACE.by_name, candidate.values, TOP) > 0.04, "beside the best row all is known"
    assert asked(record()) == [candidate]


def test_each_row_of_a_batch_is_one_that_tells_most_after_those_before() -> None:
    batch = asked(record(), n=3)
    assert batch[0].reason.startswith(TOLD)
    assert all(candidate.reason.startswith(AWAITED) for candidate in batch[1:])
    pairs = [(one, other) for place, one in enumerate(batch) for other in batch[:place]]
    assert min(apart(SPACE.by_name, one.values, other.values) for one, other in pairs) > 0.02


FEW = record(beside=0)[::4]
STEEP = [*record(), Observation("e0099", {"x": 0.32, "z": 4.6}, {"y": Measurement("y", 0.5)})]


@pytest.mark.parametrize(
    ("seen", "more"),
    [
        (FEW, {}),
        (STEEP, {"replicates": "none"}),
        (record(), {"revision": EIGHTH}),
        (record(), {"left": 2}),
        (record(), {"acquisition": AcquisitionSettings(kind="probability")}),
        (record(), {"objective": Objective("y", "max", most=0.0)}),
    ],
    ids=["few results", "a gain", "an earlier revision", "the budget ends", "another acquisition", "the best there is"],
)
def test_else_the_search_goes_on_as_it_was(seen: list[Observation], more: dict[str, Any]) -> None:
    (candidate,) = asked(seen, **more)
    assert TOLD not in candidate.reason


BASE = SearchSpace((*SPACE.parameters, Categorical("base", ("K2CO3", "NaOH"))))
EXPLORE = Advice("a0001", (Explore("less"),), "ann")


@pytest.mark.parametrize(
    ("goal", "history"),
    [
        (Goal(BASE, (UP,)), History(())),
        (Goal(SPACE, (UP,), costs=Costs(Formula("1 + x"))), History(())),
        (Goal(SPACE, (UP,), expectation=Expectation({"x": Near(0.3, 0.1)})), History(())),
        (Goal(SPACE, (UP,), errors={"x": 0.01}), History(())),
        (Goal(SPACE, (UP,)), History((), advice=(EXPLORE,))),
        (Goal(SPACE, (UP, Objective("w", "min"))), History(())),
    ],
    ids=["a choice", "costs", "an expectation", "errors of setting", "advice", "two objectives"],
)
def test_it_is_left_where_something_else_chooses_rows_or_nobody_has_measured_it(goal: Goal, history: History) -> None:
    plain = ProposalContext(Goal(SPACE, (UP,)), History(()), Policy())
    assert may_tell(plain)
    assert not may_tell(replace(plain, goal=goal, history=history))


def test_a_replicate_takes_its_place_only_if_it_tells_more() -> None:
    (candidate,) = asked(record(), replicates="when-useful", left=60)
    assert TOLD in candidate.reason


def test_no_row_that_would_rather_fail_is_tried_for_what_it_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    spots = [{"x": x / 4, "z": 7.0 + z} for x in range(5) for z in range(3)]
    fails = [Observation(f"f{i}", row, {}, failed=True) for i, row in enumerate(spots)]
    sound = [one for one in record() if float(one.values["z"]) < 6.0]
    belief = Belief(ProposalContext(Goal(SPACE, (UP,)), History((*sound, *fails))))
    assert unlikely(belief, [{"x": 0.4, "z": 8.0}, {"x": 0.4, "z": 4.0}]).tolist() == [True, False]
    assert TOLD in asked(record())[0].reason
    monkeypatch.setattr(telling, "unlikely", lambda belief, rows: np.ones(len(rows), dtype=bool))
    assert TOLD not in asked(record())[0].reason


def test_every_second_row_is_looked_for_about_the_best_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = [one for one in record() if float(one.values["z"]) < 6.0]
    belief = Belief(ProposalContext(Goal(SPACE, (UP,)), History(tuple(sound))))
    ways = {}
    for near in (True, False):
        row = telling.most_telling(belief, [], 1, near=near)
        assert row is not None
        ways[near] = apart(SPACE.by_name, row, belief.learned.rows[belief.best_first()[0]])
    assert ways[True] < 0.25 < ways[False]
    asked_for = list[bool]()
    real = telling.most_telling

    def heard(*args: Any, near: bool) -> Any:
        asked_for.append(near)
        return real(*args, near=near)

    monkeypatch.setattr(bayesian, "most_telling", heard)
    asked(record(), n=4)
    assert asked_for in ([True, False, True, False], [False, True, False, True])


def test_rows_no_longer_crowd_beside_the_best_one() -> None:
    def crowded(revision: int) -> int:
        seen, found = record(noise=0.0), 0
        for turn in range(8):
            (candidate,) = asked(seen, revision=revision)
            found += any(apart(SPACE.by_name, candidate.values, one.values) < 0.01 for one in seen)
            value = hill(float(candidate.values["x"]), float(candidate.values["z"]))
            seen.append(Observation(f"e{100 + turn}", candidate.values, {"y": Measurement("y", value)}))
        return found

    assert crowded(REVISION) + 2 <= crowded(EIGHTH)

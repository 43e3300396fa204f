"""A search that has hardly anything to gain measures what tells most of where the best row is, and says so."""

import math
from typing import Any

import numpy as np
import pytest

from zosimos.core.distance import apart
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.revision import EIGHTH, REVISION
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import AcquisitionSettings, Policy

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


def test_with_choices_another_rule_says_where_else_to_look() -> None:
    space = SearchSpace((*SPACE.parameters, Categorical("base", ("K2CO3", "NaOH"))))
    seen = [
        Observation(one.experiment, {**one.values, "base": base}, one.measurements)
        for one, base in zip(record(), ["K2CO3", "NaOH"] * 13 + ["K2CO3"] * 24, strict=True)
    ]
    assert not any(TOLD in candidate.reason for candidate in asked(seen, n=3, space=space))


@pytest.mark.parametrize("gross", [1e6, -1e6])
def test_a_gross_error_does_not_make_gains_look_small(gross: float) -> None:
    seen = [*FEW, Observation("e0099", {"x": 0.9, "z": 0.5}, {"y": Measurement("y", gross)})]
    (candidate,) = asked(seen, replicates="none")
    assert "held in doubt" in candidate.reason
    assert TOLD not in candidate.reason


def test_a_row_that_would_rather_fail_is_not_tried_for_what_it_tells() -> None:
    (first,) = asked(record())
    x, z = float(first.values["x"]), float(first.values["z"])
    spots = [(x + 0.01 * a, z + 0.1 * b) for a in range(-2, 3) for b in range(-2, 3)]
    fails = [Observation(f"f{i}", {"x": x, "z": z}, {}, failed=True) for i, (x, z) in enumerate(spots)]
    (other,) = asked([*record(), *fails])
    assert TOLD in other.reason
    assert apart(SPACE.by_name, other.values, first.values) > 0.03


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

"""Bad data: the planner answers sensibly, or says clearly why it cannot."""

import math

import pytest

from zosimos.core.errors import DataError, PlanningError, SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

SQUARE = SearchSpace((Continuous("a", 0.0, 1.0), Continuous("b", 0.0, 1.0)))
UP = Objective("y", "max")
ROWS = [{"a": a, "b": b} for a, b in ((0.1, 0.2), (0.8, 0.3), (0.4, 0.9), (0.6, 0.6), (0.9, 0.8), (0.2, 0.7))]


def told(values, space=SQUARE, rows=ROWS, n=1, settings=None):
    planner = make_planner(Goal(space, (UP,)), settings or Policy(start=2), seed=2, sequence_seed=1)
    planner.tell(
        [
            Observation(f"e{i}", row, {} if value is None else {"y": Measurement("y", value)}, failed=value is None)
            for i, (row, value) in enumerate(zip(rows, values, strict=False))
        ]
    )
    return planner.ask(n)


def test_constant_outcomes_lead_away_from_what_was_measured_and_are_said():
    found = told([3.0] * 6)[0]
    assert "results are alike" in found.reason
    assert min(math.dist(found.values.values(), row.values()) for row in ROWS) > 0.1


def test_one_observation_is_enough_to_go_on():
    found = told([3.0], settings=Policy(start=1))[0]
    assert found.values != ROWS[0]


def test_all_failed_means_filling_the_space_on():
    found = told([None] * 6, n=3)
    assert {c.origin for c in found} == {"sobol"}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_refused_when_it_is_measured(value):
    with pytest.raises(DataError, match="not a finite number"):
        Measurement("y", value)


@pytest.mark.parametrize("gross", [1e6, -1e6])
def test_one_gross_error_does_not_lead_the_search_astray(gross):
    def hill(row):
        return 1.0 - (row["a"] - 0.5) ** 2 - (row["b"] - 0.5) ** 2

    rows = [{"a": i / 4, "b": j / 4} for i in range(5) for j in range(5) if (i + j) % 2]
    values = [hill(row) for row in rows]
    values[0] = gross
    found = told(values, rows=rows, settings=Policy(start=2, replicates="none"))[0]
    assert math.dist((found.values["a"], found.values["b"]), (0.5, 0.5)) < 0.2
    assert "held in doubt" in found.reason


def test_rows_measured_twice_are_averaged_and_not_proposed_again():
    rows = [*ROWS, *ROWS]
    found = told([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1.2, 1.8, 3.2, 3.8, 5.2, 5.8], rows=rows)[0]
    assert found.values not in ROWS


def test_collinear_descriptors_do_no_harm():
    names = ("u", "v", "w", "x")
    table = {name: {"one": float(i), "two": 2.0 * i, "three": 7.0 - i} for i, name in enumerate(names)}
    space = SearchSpace((Categorical("s", names, descriptors=table), Continuous("a", 0.0, 1.0)))
    rows = [{"s": name, "a": a} for name in names[:3] for a in (0.2, 0.8)]
    assert told([1.0, 1.1, 2.0, 2.1, 3.0, 3.1], space, rows)[0].values["s"] in names


def test_a_pool_of_one_row_is_proposed_and_then_exhausted():
    only = {"a": 0.5, "b": 0.5}
    space = SearchSpace(SQUARE.parameters, pool=(only,))
    assert told([], space)[0].values == only
    with pytest.raises(PlanningError):
        told([1.0], space, [only])


def test_a_range_without_width_is_refused_with_the_fix():
    with pytest.raises(SpecError, match="the range is empty"):
        Continuous("a", 1.0, 1.0)


def test_an_outcome_far_from_order_one_changes_nothing():
    values = [1.0, 2.0, 3.0, 2.5, 1.5, 2.2]
    plain, tiny, huge = (told([v * scale for v in values])[0] for scale in (1.0, 1e-9, 1e9))
    assert tiny.values == pytest.approx(plain.values, abs=0.02)
    assert huge.values == pytest.approx(plain.values, abs=0.02)

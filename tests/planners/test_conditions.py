"""Nested parameters, conditions of the day and functions: what is sampled, moved, bred or proposed honours them."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.constraints import Cardinality, Condition, Linear, Nested, Predicate, Simplex
from zosimos.core.errors import SpecError
from zosimos.core.expression import Expression
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.candidates.encoding import Codec
from zosimos.planners.candidates.perturbation import Mover
from zosimos.planners.candidates.polytope import Polytope
from zosimos.planners.candidates.sampling import check_feasible, fresh, random_draw, sobol_rows
from zosimos.planners.goal.conditions import under_latest
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext

PARTS = tuple(Continuous(name, 0, 1) for name in ("a", "b", "c"))
PARAMETERS = (
    Categorical("solvent", ("water", "ethanol", "dmf")),
    Integer("steps", 1, 3),
    Continuous("second", 20.0, 80.0),
    Discrete("soak", (0.0, 5.0, 10.0)),
    *PARTS,
    Continuous("humidity", 20.0, 60.0, role="context"),
    Categorical("who", ("ann", "bob"), role="context"),
)
SECOND = Nested("second", {"steps": (2, 3)}, 20.0)
SOAK = Nested("soak", {"steps": (2, 3), "who": ("ann",)}, 0.0)
NO_C = Nested("c", {"solvent": ("water", "ethanol")}, 0.0)
MORE = (
    Linear({"second": 1.0, "a": 10.0, "humidity": 0.1}, high=70.0),
    Cardinality(("a", "b", "c"), 1, 2, 0.1),
    Condition(Expression("solvent != 'dmf' or second < 60")),
    Predicate("not both", ("a", "soak"), lambda columns: (columns["a"] < 0.8) | (columns["soak"] == 0)),
)


@st.composite
def spaces(draw):
    """Spaces with nested parameters, conditions of the day and a random choice of other constraints."""
    extra = draw(st.lists(st.sampled_from(MORE), unique_by=str))
    now = {"humidity": draw(st.floats(10, 90)), "who": draw(st.sampled_from(["ann", "bob"]))}
    return SearchSpace(PARAMETERS, (SECOND, SOAK, NO_C, Simplex(("a", "b", "c")), *extra), current=now)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(space=spaces(), seed=st.integers(0, 2**31))
def test_every_sampled_or_moved_row_is_allowed_and_under_the_current_conditions(space, seed):
    check_feasible(space)
    rows = fresh(sobol_rows(space, seed), frozenset(), 20)
    rng = np.random.default_rng(seed)
    moved = Mover(space, rows).around(rows[:5], 6, float(rng.random()), rng)
    assert len(rows) == 20
    assert [space.problems(row) for row in (*rows, *moved)] == [[]] * (20 + len(moved))
    assert all(row["humidity"] == space.current["humidity"] for row in (*rows, *moved))
    idle = [row for row in rows if row["steps"] == 1]
    assert all(row["second"] == 20.0 and row["soak"] == 0.0 for row in idle)


@settings(max_examples=20, deadline=None)
@given(space=spaces(), seed=st.integers(0, 2**31))
def test_decoding_what_was_encoded_gives_the_row_again_under_the_current_conditions(space, seed):
    rows = fresh(sobol_rows(space, seed), frozenset(), 8)
    elsewhere = space.at({"humidity": 33.0})
    codec = Codec(elsewhere)
    for row, again in zip(rows, codec.decode(codec.encode(rows)), strict=True):
        assert again["humidity"] == 33.0
        for name in space.names[:7]:
            value = row[name]
            assert again[name] == (value if isinstance(value, str) else pytest.approx(value, abs=1e-9))


@pytest.mark.slow
@pytest.mark.parametrize("proposer", ["random", "sobol", "evolutionary", "bayesian"])
def test_every_proposed_row_honours_nesting_and_conditions(proposer):
    space = SearchSpace(PARAMETERS, (SECOND, SOAK, NO_C, Simplex(("a", "b", "c")), MORE[1]))
    rows = fresh(sobol_rows(space, 1), frozenset(), 5)
    planner = make_planner(
        Goal(space, (Objective("y", "max"),)), Policy({proposer: 1.0}, start=5), seed=1, sequence_seed=1
    )
    planner.tell([Observation(f"e{i}", row, {"y": Measurement("y", float(row["a"]))}) for i, row in enumerate(rows)])
    batch = [candidate.values for candidate in planner.ask(3)]
    assert [space.problems(row) for row in batch] == [[]] * 3
    assert len({row_key(row) for row in (*rows, *batch)}) == 8


def test_a_narrow_slice_is_sampled_where_a_nested_parameter_counts_and_where_not():
    parameters = (*PARAMETERS[1:3], PARTS[0])
    space = SearchSpace(parameters, (SECOND, Linear({"second": 1.0, "a": 20.0}, 30.0, 30.0)))
    rows = fresh(sobol_rows(space, 0), frozenset(), 40)
    assert [space.problems(row) for row in rows] == [[]] * len(rows)
    idle = [row for row in rows if row["steps"] == 1]
    assert idle
    assert all(row["second"] == 20.0 and row["a"] == pytest.approx(0.5) for row in idle)
    assert len({row["second"] for row in rows}) > 10


def test_a_polytope_holds_what_it_is_told_to():
    cards = Cardinality(("a", "b", "c"), 1, 2, 0.1)
    polytope = Polytope.of(SearchSpace(PARTS, (Simplex(("a", "b", "c")), cards)))
    points = polytope.held({"a": 0.0}).sample(20, np.random.default_rng(0))
    assert (points[:, 0] == 0).all()
    points = polytope.held({"a": 0.25}).sample(20, np.random.default_rng(0))
    assert points[:, 0] == pytest.approx(0.25)
    assert ((points[:, 1:] > 0).sum(axis=1) == 1).all()


# --- conditions of the day in planning ---

HUMIDITY = Continuous("humidity", 20.0, 60.0, role="context")
DAY = SearchSpace((Continuous("x", 0, 1), HUMIDITY))
POOL_DAY = SearchSpace((Continuous("x", 0, 1), HUMIDITY), pool=[{"x": i / 10} for i in range(11)])
YIELD = (Objective("y", "max"),)


def seen(x, humidity, y=None):
    measured = {} if y is None else {"y": Measurement("y", y)}
    return Observation(f"e{x}{humidity}", {"x": x, "humidity": humidity}, measured, failed=y is None)


def test_a_row_tried_under_other_conditions_is_taken():
    space = POOL_DAY.at({"humidity": 50.0})
    context = ProposalContext(
        Goal(space, YIELD), History((seen(0.1, 20.0, 1.0), seen(0.2, 50.0)), pending=({"x": 0.3, "humidity": 1.0},))
    )
    assert sorted(row["x"] for row in context.free) == [0.0, *(i / 10 for i in range(4, 11))]
    assert row_key({"x": 0.1, "humidity": 50.0}) in context.taken


def test_the_latest_observation_says_what_the_conditions_are():
    assert under_latest(DAY, []).current == {"humidity": 40.0}
    assert under_latest(DAY, [seen(0.1, 25.0, 1.0), seen(0.2, 55.0)]).current == {"humidity": 55.0}
    plain = SearchSpace((Continuous("x", 0, 1),))
    assert under_latest(plain, [seen(0.1, 25.0, 1.0)]) is plain


@pytest.mark.parametrize("base", [DAY, POOL_DAY])
def test_the_model_proposes_what_is_best_under_the_current_conditions(base):
    known = [
        seen(x, humidity, 1 - (x - (0.2 if humidity < 40 else 0.8)) ** 2 * 4)
        for x, humidity in itertools.product((0.0, 0.3, 0.5, 0.7, 1.0), (25.0, 55.0))
    ]
    proposed = {}
    for humidity in (25.0, 55.0):
        space = base.at({"humidity": humidity})
        planner = make_planner(Goal(space, YIELD), Policy(start=0), seed=2, sequence_seed=2)
        planner.tell(sorted(known, key=lambda seen: seen.values["humidity"] == humidity))  # the latest counts
        (candidate,) = planner.ask()
        assert candidate.values["humidity"] == humidity
        proposed[humidity] = candidate.values["x"]
    assert proposed[25.0] < 0.45 < 0.55 < proposed[55.0]


# --- hard spaces ---

EIGHT = tuple(Continuous(f"x{i}", 0, 1) for i in range(8))


@pytest.mark.slow
def test_a_start_is_found_where_many_conditions_leave_a_trillionth():
    narrow = tuple(Condition(Expression(f"abs(x{i} - 0.3) < 0.02")) for i in range(8))
    space = SearchSpace(EIGHT, narrow)
    check_feasible(space)
    rows = fresh(sobol_rows(space, 0), frozenset(), 30)
    assert len(rows) == 30
    assert [space.problems(row) for row in rows] == [[]] * 30
    assert rows == fresh(sobol_rows(space, 0), frozenset(), 30)


def refused(space: SearchSpace) -> SpecError:
    with pytest.raises(SpecError, match="no allowed row was found") as caught:
        check_feasible(space)
    return caught.value


def in_words(*texts: str) -> tuple[Condition, ...]:
    return tuple(Condition(Expression(text, tolerant=True)) for text in texts)


@pytest.mark.slow
def test_where_nothing_was_found_it_is_told_what_each_constraint_admits_alone():
    error = refused(SearchSpace(EIGHT[:2], in_words("x0 + x1 > 1.5", "x0 * x1 < 0.1")))
    assert error.value == "x0 * x1 < 0.1"
    assert all(share in error.hint for share in ("'x0 + x1 > 1.5' 12 %", "'x0 * x1 < 0.1' 33 %"))
    assert "contradict" not in error.message  # it was looked for, and nothing proven


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        (("x0 > 2",), "x0 > 2"),
        (("x0 + x1 >= 1.5", "x0 <= 0.4", "x1 <= 1"), "x0 <= 0.4"),
        (("x0 / (1 + x1) >= 1.1",), "x0 / (1 + x1) >= 1.1"),
        (("abs(x0 - x1) <= 0.1", "x0 == 0.9", "x1 < 0.7"), "x1 < 0.7"),
    ],
)
def test_a_contradiction_of_linear_words_is_proven(texts, named):
    error = refused(SearchSpace(EIGHT[:2], in_words(*texts)))
    assert "the constraints contradict" in error.message
    assert error.value == named


def test_a_grid_without_an_allowed_level_is_a_contradiction():
    grid = tuple(Continuous(name, 0, 1, step=0.1) for name in "ab")
    assert "the constraints contradict" in refused(SearchSpace(grid, in_words("a * b == 0.11"))).message
    assert SearchSpace(grid, in_words("a * b == 0.12")).listed is not None
    check_feasible(SearchSpace(grid, in_words("a * b == 0.12")))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("texts", "linear"),
    [
        (("x0 < x1", "x1 < x2", "x2 < x3", "x0 + x3 <= 0.2", "x3 - x0 <= 0.08"), None),
        (("x0 + x1 + x2 == 1",), Linear({"x0": 1, "x1": 1, "x2": 1}, 1, 1)),
        (("x2 == 1 - x0 - x1", "x0 <= x1 / 50"), Linear({"x0": 50, "x1": -1}, high=0)),
        (("x0 / (x1 + 1) == 0.5",), Linear({"x0": 1, "x1": -0.5}, 0.5, 0.5)),
        (("abs(x0 - x1) <= 0.0001", "x2 * x3 <= 0.9"), None),
    ],
)
def test_words_that_are_linear_are_solved_as_linear_constraints_are(texts, linear):
    space = SearchSpace(EIGHT[:4], in_words(*texts))
    check_feasible(space)
    rows = fresh(sobol_rows(space, 0), frozenset(), 25)
    assert len(rows) == 25
    assert [space.problems(row) for row in rows] == [[]] * 25
    if linear is not None:
        assert linear.holds(space.columns(rows)).all()


def test_a_predicate_that_never_holds_is_named():
    never = Predicate("never", ("x0",), lambda columns: np.zeros(len(columns["x0"]), dtype=bool))
    with pytest.raises(SpecError) as caught:
        check_feasible(SearchSpace(EIGHT[:1], (never,)))
    assert caught.value.value == "never"


def test_a_start_outside_what_is_allowed_is_not_proposed_from():
    space = SearchSpace(EIGHT[:2], (Condition(Expression("x0 + x1 <= 0.5")),))
    outside = [Observation(f"e{i}", {"x0": 0.9, "x1": 0.9 + i / 100}, {"y": Measurement("y", 1.0)}) for i in range(3)]
    planner = make_planner(Goal(space, YIELD), Policy(start=0), seed=0, sequence_seed=0)
    planner.tell(outside)
    assert [space.problems(candidate.values) for candidate in planner.ask(2)] == [[], []]


def test_current_conditions_that_leave_nothing_are_refused():
    constraints = (Linear({"x": 1.0, "humidity": 1.0}, high=50.0),)
    dry = SearchSpace((Continuous("x", 0, 1), HUMIDITY), constraints)
    check_feasible(dry)
    with pytest.raises(SpecError, match="constraints contradict"):
        check_feasible(dry.at({"humidity": 55.0}))
    assert replace(dry, current={"humidity": 30.0}).current == {"humidity": 30.0}


def test_random_points_of_a_space_with_conditions_cover_what_is_chosen():
    rows = Codec(DAY.at({"humidity": 22.0})).spread(random_draw(2, 0)(200))
    assert {row["humidity"] for row in rows} == {22.0}
    assert np.ptp([row["x"] for row in rows]) > 0.9

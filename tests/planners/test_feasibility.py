"""Whatever the space, every row that is sampled, bred or found by the model is allowed, new and decodable."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.constraints import Condition, Linear, Simplex
from zosimos.core.expression import Expression
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.candidates.encoding import Codec
from zosimos.planners.candidates.sampling import check_feasible, fresh, sobol_rows
from zosimos.planners.goal.goal import Goal
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy


@st.composite
def spaces(draw):
    """Random mixed spaces with a mixture, a linear constraint and a condition that all hold somewhere."""
    step = draw(st.sampled_from([None, 0.05, 0.1]))
    caps = [draw(st.sampled_from([0.5, 0.7, 1.0])) for _ in range(3)]
    floor = draw(st.sampled_from([0.0, 0.1]))
    parts = tuple(Continuous(f"part{i}", floor, cap, step=step if i else None) for i, cap in enumerate(caps))
    others = draw(
        st.lists(
            st.sampled_from(
                [
                    Continuous("x", -2.0, 3.0),
                    Continuous("log", 1e-4, 1.0, log=True),
                    Continuous("stepped", 0.0, 1.0, step=0.3),
                    Integer("k", -2, 5),
                    Discrete("level", (1.0, 5.0, 25.0)),
                    Categorical("name", ("one", "two", "three")),
                ]
            ),
            min_size=1,
            max_size=4,
            unique_by=lambda parameter: parameter.name,
        )
    )
    constraints = [Simplex(tuple(part.name for part in parts))] if draw(st.booleans()) else []
    constraints += [Linear({"part0": 1.0, "part1": 0.5}, high=0.7)] if draw(st.booleans()) else []
    constraints += [Linear({"part0": 1.0, "part2": -1.0}, 0.0, 0.0)] if draw(st.booleans()) and step is None else []
    constraints += [Condition(Expression("part2 ** 2 <= 0.5"))] if draw(st.booleans()) else []
    return SearchSpace((*parts, *others), tuple(constraints))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(space=spaces(), seed=st.integers(0, 2**31))
def test_every_sampled_row_is_allowed(space, seed):
    check_feasible(space)
    rows = fresh(sobol_rows(space, seed), frozenset(), 20)
    assert len(rows) == 20
    assert [space.problems(row) for row in rows] == [[]] * 20


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(space=spaces(), seed=st.integers(0, 2**31))
def test_decoding_what_was_encoded_gives_the_row_again(space, seed):
    rows = fresh(sobol_rows(space, seed), frozenset(), 10)
    codec = Codec(space)
    for row, again in zip(rows, codec.decode(codec.encode(rows)), strict=True):
        for name, value in row.items():
            assert again[name] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-9, abs=1e-9))


def ask_after_five(space, shares, n, seed):
    """Return five measured rows of a start and the next batch."""
    rows = fresh(sobol_rows(space, seed), frozenset(), 5)
    planner = make_planner(
        Goal(space, (Objective("y", "max"),)), Policy(shares, start=5), seed=seed, sequence_seed=seed
    )
    planner.tell([Observation(f"e{i}", row, {"y": Measurement("y", row["part0"])}) for i, row in enumerate(rows)])
    return rows, planner.ask(n)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(space=spaces(), seed=st.integers(0, 2**31))
def test_every_bred_or_random_candidate_is_allowed_and_new(space, seed):
    rows, batch = ask_after_five(space, {"evolutionary": 2, "random": 1}, 3, seed)
    assert [space.problems(c.values) for c in batch] == [[]] * 3
    assert len({row_key(row) for row in (*rows, *(c.values for c in batch))}) == 8
    assert {c.origin for c in batch} == {"evolutionary", "random"}


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(space=spaces(), seed=st.integers(0, 2**31))
def test_every_bayesian_candidate_is_allowed_and_new(space, seed):
    rows, (candidate,) = ask_after_five(space, {"bayesian": 1}, 1, seed)
    assert candidate.origin == "bayesian"
    assert space.problems(candidate.values) == []
    assert row_key(candidate.values) not in {row_key(row) for row in rows}

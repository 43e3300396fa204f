"""What decisions keep between turns: each observation is looked at once, and decisions are those of a fresh start."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.state import State
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Integer
from zosimos.core.records import Candidate, Measurement, Observation, Prediction
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.context import ProposalContext
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.residuals import scored
from zosimos.planners.observed import Kept, Observed
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.tried import same_row, taken_rows
from zosimos.planners.turns import Turns

GRID = SearchSpace((Integer("n", 1, 6), Categorical("c", ("a", "b"))))
OPEN = SearchSpace((Continuous("x", 0, 1), Continuous("t", 0, 1)))
GOAL = (Objective("y", "max"),)


def observations(count: int, seed: int, space: SearchSpace = GRID) -> list[Observation]:
    chance = random.Random(seed)
    found = []
    for i in range(count):
        values: dict[str, Any] = {"n": chance.randint(1, 6), "c": chance.choice("ab")}
        if space is OPEN:
            values = {"x": chance.random(), "t": chance.random()}
        failed = chance.random() < 0.3
        cause: Any = chance.choice(["fault", "unknown"])
        measured = {} if failed else {"y": Measurement("y", chance.gauss(0, 1), 0.1)}
        said = {"y": Prediction(chance.gauss(0, 1), 0.5)} if chance.random() < 0.6 else {}
        found.append(Observation(f"e{i + 1:04d}", values, measured, failed, said, cause if failed else "unknown"))
    return found


def experiment_of(seen: Observation) -> Experiment:
    """Return an experiment that found what was observed."""
    candidate = Candidate(seen.values, "random", predictions=seen.predictions)
    status: Any = "failed" if seen.failed else "measured"
    return Experiment(seen.experiment, candidate, "d0001", 1, status, measurements=seen.measurements, cause=seen.cause)


def taken(seen: Sequence[Observation]) -> set[str]:
    """Return the keys of tried rows by their definition: a row whose only trial a fault ended is free once more."""
    return {
        row_key(one.values)
        for one in seen
        if not (one.failed and one.cause == "fault" and sum(o.values == one.values for o in seen) == 1)
    }


@pytest.mark.slow
@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 10**6), st.data())
def test_what_is_kept_says_of_every_prefix_what_a_fresh_start_says(count: int, seed: int, data: st.DataObject) -> None:
    seen = observations(count, seed)
    kept = Kept(seen)
    for n in data.draw(st.lists(st.integers(0, count), max_size=6)):
        context = ProposalContext(Goal(GRID, GOAL), History(Observed(kept, n)))
        fresh = ProposalContext(Goal(GRID, GOAL), History(tuple(seen[:n])))
        assert set(context.taken) == taken(seen[:n])
        assert context.taken == fresh.taken
        assert context.usable == fresh.usable == sum(not one.failed for one in seen[:n])
        assert [row_key(row) for row in context.free or ()] == [
            row_key(row) for row in GRID.listed or () if row_key(row) not in taken(seen[:n])
        ]
        assert scored(Observed(kept, n), "y") == scored(seen[:n], "y")
        for one in seen[:n]:
            assert list(same_row(Observed(kept, n), one.values)) == [o for o in seen[:n] if o.values == one.values]


def test_a_decision_looks_at_no_observation_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    class Counted(list[Observation]):
        def __getitem__(self, place: Any) -> Any:
            nonlocal looked
            looked += len(range(len(self))[place]) if isinstance(place, slice) else 1
            return super().__getitem__(place)

    def costs(count: int) -> int:
        """Return how many observations ten decisions look at, each with one observation more."""
        nonlocal looked
        seen = Counted(observations(count + 10, 1, OPEN))
        kept = Kept(seen)
        policy = Policy({"random": 1.0})
        for n in range(count, count + 10):
            if n == count + 1:
                looked = 0
            planner = make_planner(Goal(OPEN, GOAL), policy, History(Observed(kept, n)), seed=n, sequence_seed=0)
            planner.ask(1)
        return looked

    assert max(costs(200), costs(2_000)) < 100  # a few at the end are looked at to see whether there is enough to learn


def test_asking_with_what_was_kept_gives_the_same_candidates() -> None:
    for space in (GRID, OPEN):
        seen = observations(9, 5, space)
        kept = Kept(seen)
        for n in (9, 4, 9):
            first: list[Candidate] = []
            for history in (History(Observed(kept, n)), History(tuple(seen[:n]))):
                asked = make_planner(Goal(space, GOAL), Policy({"random": 1.0}), history, seed=3, sequence_seed=1)
                found = [replace(one, reason="") for one in asked.ask(2)]
                first = found if isinstance(history.observations, Observed) else first
                assert found == first


@given(st.dictionaries(st.sampled_from("abc"), st.floats(0.1, 3), min_size=1), st.lists(st.integers(0, 60), max_size=5))
def test_turns_are_the_same_whatever_was_asked_before(shares: dict[str, float], places: list[int]) -> None:
    whole, turns = Turns(shares).slots(0, 70), Turns(shares)
    for place in places:
        assert turns.slots(place, 10) == whole[place : place + 10]


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), max_size=6))
def test_a_state_that_lost_results_keeps_nothing_worked_out_of_them(turns: list[tuple[int, int, int]]) -> None:
    """In each turn a state keeps some of its observations, as a record that is read again, and gains others."""
    state, chance = State("c"), random.Random(0)
    for kept, new, asked in turns:
        again = State("c")
        for one in (*state.observations[:kept], *observations(new, chance.randrange(10**6))):
            again.observe(experiment_of(one))
        state.become(again)
        n = min(asked, len(state.observations))
        assert list(state.observed(n)) == state.observations[:n]
        assert set(taken_rows(state.observed(n), GRID, ())) == taken(state.observations[:n])

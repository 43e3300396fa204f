"""The portfolio gives experiments to the proposers that deliver, and a little to all others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.portfolio import STARTING_SHARES, credits_of, earned_shares, next_turns

GOAL = (Objective("y", "max"),)
EVEN = {"bayesian": 1.0, "random": 1.0}


def history(*results: tuple[str, float]) -> list[Observation]:
    return [
        Observation(f"e{i:04d}", {"x": 0.001 * i}, {"y": Measurement("y", y)}, origin=origin)
        for i, (origin, y) in enumerate(results, start=1)
    ]


def test_shares_start_as_the_file_says_but_for_the_floor() -> None:
    shares = earned_shares({"bayesian": 3.0, "random": 1.0}, [], GOAL)
    assert shares["bayesian"] == pytest.approx(0.75, abs=0.02)
    assert sum(shares.values()) == pytest.approx(1.0)


def test_whoever_improves_the_best_earns_a_greater_share() -> None:
    rising = [("bayesian", 0.0), *(pair for i in range(10) for pair in (("random", float(i)), ("bayesian", -1.0)))]
    shares = earned_shares(EVEN, history(*rising), GOAL)
    assert shares["random"] > 0.7
    assert shares["bayesian"] > 0.02


def test_what_was_earned_long_ago_is_forgotten() -> None:
    early = [("bayesian", 0.0), *(("random", float(i)) for i in range(6))]
    later = [(("random", "bayesian")[i % 2], -1.0) for i in range(80)]
    assert earned_shares(EVEN, history(*early, *later), GOAL)["random"] < 0.6


def test_failures_and_values_that_do_not_train_earn_nothing() -> None:
    seen = history(("random", 0.0), ("random", 1.0))
    failed = Observation("e0009", {"x": 0.5}, failed=True, origin="random")
    assert credits_of([*seen, failed], GOAL) == [0.0, 1.0, 0.0]
    assert credits_of([], GOAL) == []


def test_credit_is_shared_between_objectives() -> None:
    goals = (*GOAL, Objective("z", "min"))
    seen = [
        Observation(f"e{i}", {"x": float(i)}, {"y": Measurement("y", 0.0 + i), "z": Measurement("z", 1.0)})
        for i in (0, 1)
    ]
    assert credits_of(seen, goals) == [0.0, 0.5]


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from([*STARTING_SHARES, "sobol", "person"]), st.floats(-1e3, 1e3)), max_size=30))
def test_shares_add_up_and_nobody_is_left_without(results: list[tuple[str, float]]) -> None:
    shares = earned_shares(STARTING_SHARES, history(*results), GOAL)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert min(shares.values()) >= 0.02


def test_turns_follow_the_shares() -> None:
    turns = next_turns({"bayesian": 0.75, "random": 0.25}, [], 40)
    assert turns.count("random") in (9, 10, 11)


def test_an_earned_portfolio_gives_turns_to_who_delivered() -> None:
    space = SearchSpace((Continuous("x", 0.0, 1.0),))
    settings = Policy({"evolutionary": 1.0, "random": 1.0}, 1, portfolio="earned")
    rising = [("sobol", 0.0), *(pair for i in range(8) for pair in (("random", float(i)), ("evolutionary", -1.0)))]
    planner = make_planner(Goal(space, GOAL), settings, seed=1, sequence_seed=1)
    planner.tell(history(*rising))
    origins = [candidate.origin for candidate in planner.ask(10)]
    assert origins.count("random") >= 6


def test_an_unknown_portfolio_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        Policy(portfolio="won")  # type: ignore[arg-type]  # what a program may say
    assert caught.value.field == "planner.portfolio"

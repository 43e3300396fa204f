"""A design as a campaign's opening: what is due next, whatever was measured, moved, failed or turned down."""

import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.planners.advice import Advice, Exclude
from zosimos.planners.designs.opening import design_in, matched
from zosimos.planners.designs.request import DesignRequest
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

SPACE = SearchSpace((Continuous("a", 0, 10), Continuous("b", 0, 10)))
GOAL = Goal(SPACE, (Objective("y", "max"),))
REQUEST = DesignRequest("full-factorial", centre=2)
DESIGN = design_in(SPACE, REQUEST, derive_seed(5, "sobol"))


def planner(observations=(), avoid=(), shares=None):
    policy = Policy(shares or {"random": 1.0}, design=REQUEST)
    return make_planner(GOAL, policy, History(tuple(observations), avoid=avoid), seed=1, sequence_seed=5)


def run(place):
    return Observation(
        f"e{place:04}", DESIGN.rows[place].values, {"y": Measurement("y", float(place))}, origin="design"
    )


def rows(candidates):
    return [dict(one.values) for one in candidates]


def expected(*places):
    return [dict(DESIGN.rows[place].values) for place in places]


def test_runs_come_in_their_order_and_centre_points_come_twice():
    asked = planner().ask(6)
    assert rows(asked) == expected(*range(6))
    assert [one.origin for one in asked] == ["design"] * 6
    assert sum("centre point" in one.reason for one in asked) == 2


def test_what_was_measured_or_waits_is_not_due():
    pending = [Candidate(DESIGN.rows[1].values, "design")]
    assert rows(planner([run(0)]).ask(6, pending))[:4] == expected(2, 3, 4, 5)


def test_then_the_proposers_of_the_campaign_go_on():
    asked = planner([run(place) for place in range(5)]).ask(3)
    assert [one.origin for one in asked] == ["design", "random", "random"]


def test_a_run_that_a_fault_ended_is_due_again_and_one_that_failed_by_itself_is_not():
    fault = Observation("e0001", DESIGN.rows[0].values, failed=True, cause="fault", origin="design")
    assert rows(planner([fault]).ask(1)) == expected(0)
    failed = Observation("e0001", DESIGN.rows[0].values, failed=True, cause="infeasible", origin="design")
    assert rows(planner([failed]).ask(1)) == expected(1)


def test_a_run_that_was_turned_down_is_passed_over_once():
    assert rows(planner(avoid=(DESIGN.rows[0].values,)).ask(5)) == expected(1, 2, 3, 4, 5)


def test_a_run_done_elsewhere_than_asked_for_is_the_nearest_that_is_open():
    moved = Observation("e0001", {"a": 9.7, "b": 0.2}, {"y": Measurement("y", 1.0)}, origin="design")
    (place,) = matched(DESIGN, [moved], SPACE).values()
    assert DESIGN.rows[place].values == {"a": 10.0, "b": 0.0}
    assert place not in [DESIGN.rows.index(r) for r in DESIGN.rows if dict(r.values) in rows(planner([moved]).ask(5))]


def test_a_row_of_ones_own_counts_where_it_is_a_run_and_not_elsewhere():
    own = Observation("e0001", DESIGN.rows[2].values, {"y": Measurement("y", 1.0)})
    other = Observation("e0002", {"a": 3.0, "b": 4.0}, {"y": Measurement("y", 1.0)})
    assert rows(planner([own, other]).ask(5)) == expected(0, 1, 3, 4, 5)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_asking_in_parts_gives_the_same_runs(n):
    done: list[Observation] = []
    while len(done) < 6:
        for one in planner(done).ask(min(n, 6 - len(done))):
            done.append(Observation(f"e{len(done):04}", one.values, {"y": Measurement("y", 1.0)}, origin=one.origin))
    assert [dict(one.values) for one in done] == expected(*range(6))


def test_runs_that_advice_leaves_alone_are_passed_over_and_the_others_go_on():
    values = DESIGN.rows[0].values
    told = Advice("a0001", (Exclude(f"a == {values['a']} and b == {values['b']}"),), "ann")
    policy = Policy({"random": 1.0}, design=REQUEST)
    asked = make_planner(GOAL, policy, History(advice=(told,)), seed=1, sequence_seed=5).ask(3)
    assert rows(asked) == expected(1, 2, 3)

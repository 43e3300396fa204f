"""Confirmation: what is too good to be believed is measured again, once, and then decides."""

from dataclasses import replace

import numpy as np
import pytest

from zosimos.core.expression import Formula
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.revision import THIRD
from zosimos.core.space import SearchSpace
from zosimos.planners.context import ProposalContext
from zosimos.planners.goal.cost import Costs
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.proposers.confirmation import at_the_end

SPACE = SearchSpace((Continuous("a", 0.0, 1.0), Continuous("b", 0.0, 1.0)))


def slope(row):
    return row["a"] + 0.5 * row["b"]


ROWS = [{"a": float(a), "b": float(b)} for a, b in np.random.default_rng(3).random((18, 2))]
FALLING = sorted(ROWS, key=slope, reverse=True)  # the best came first: nothing better for long


def seen(values, rows=FALLING):
    return [
        Observation(f"e{i}", row, {"y": Measurement("y", value)})
        for i, (row, value) in enumerate(zip(rows, values, strict=True))
    ]


def asked(values, rows=FALLING, goal="max", n=1, pending=(), **policy):
    planner = make_planner(Goal(SPACE, (Objective("y", goal),)), Policy(start=2, **policy), seed=1, sequence_seed=1)
    planner.tell(seen(values, rows))
    return planner.ask(n, pending)


def spoiled(place, by, rows=FALLING):
    values = [slope(row) for row in rows]
    values[place] += by
    return values


@pytest.mark.parametrize(("goal", "by"), [("max", 20.0), ("min", -20.0)])
def test_a_result_too_good_to_fit_is_measured_again_when_the_search_stands_still(goal, by):
    rows = FALLING if goal == "max" else FALLING[::-1]
    first, second = asked(spoiled(4, by, rows), rows, goal=goal, n=2)
    assert first.values == rows[4]
    assert first.repeats == "e4"
    assert "e4 gave y" in first.reason
    assert second.origin == "bayesian"
    assert not second.repeats


def test_a_poor_result_that_does_not_fit_is_left_behind():
    (candidate,) = asked(spoiled(4, -20.0))
    assert not candidate.repeats
    assert "held in doubt" in candidate.reason


def test_it_is_measured_again_once_and_not_while_that_is_under_way():
    values = spoiled(4, 20.0)
    (waiting,) = asked(values, pending=[Candidate(FALLING[4], "bayesian", repeats="e4")])
    assert not waiting.repeats
    (refuted,) = asked([*values, slope(FALLING[4])], [*FALLING, FALLING[4]])
    assert not refuted.repeats
    assert refuted.values["a"] > 0.8  # the search goes on where the other results lead


def test_a_discovery_that_is_confirmed_draws_the_search():
    (candidate,) = asked([*spoiled(4, 20.0), slope(FALLING[4]) + 20.0], [*FALLING, FALLING[4]])
    assert not candidate.repeats
    assert candidate.predictions["y"].mean > 15.0  # the others alone promise less than 2


def test_a_campaign_that_wants_no_replicates_gets_none():
    assert not asked(spoiled(4, 20.0), replicates="none")[0].repeats


def test_while_new_rows_bring_better_results_it_can_wait():
    rows = FALLING[::-1]
    (candidate,) = asked(spoiled(4, 20.0, rows), rows)
    assert not candidate.repeats
    assert candidate.values["a"] > 0.8


def test_a_confirmation_lost_to_a_fault_is_tried_again_but_not_for_ever():
    def after(faults):
        planner = make_planner(Goal(SPACE, (Objective("y", "max"),)), Policy(start=2), seed=1, sequence_seed=1)
        lost = [Observation(f"f{i}", FALLING[4], failed=True, cause="fault") for i in range(faults)]
        planner.tell([*seen(spoiled(4, 20.0)), *lost])
        return planner.ask()[0].repeats

    assert after(1) == "e4"
    assert after(2) == ""


def test_what_cannot_be_afforded_is_not_confirmed_and_a_pool_goes_on_with_the_model():
    cheap = [{"a": a, "b": 0.01} for a in (0.2, 0.5, 0.8)]
    pool = SearchSpace(SPACE.parameters, pool=(*FALLING, *cheap))
    costs = Costs(Formula("b"), budget=sum(row["b"] for row in FALLING) + 0.5 * FALLING[4]["b"])
    planner = make_planner(Goal(pool, (Objective("y", "max"),), costs), Policy(start=2), seed=1, sequence_seed=1)
    planner.tell(seen(spoiled(4, 20.0)))
    (candidate,) = planner.ask()
    assert candidate.origin == "bayesian"
    assert candidate.values in cheap
    assert "in place of" not in candidate.reason


@pytest.mark.parametrize(("place", "again"), [(4, True), (16, False)])
def test_with_tiers_only_what_would_be_the_best_by_all_is_measured_again(place, again):
    """Costs rise with the yield, and one is far too low: of a row that yields enough, and of one that does not."""
    tiers = (Objective("yield", "max", threshold=0.7, tier=1), Objective("cost", "min", tier=2))
    told = [
        Observation(
            f"e{i}",
            row,
            {
                "yield": Measurement("yield", slope(row)),
                "cost": Measurement("cost", slope(row) - (20.0 if i == place else 0.0)),
            },
        )
        for i, row in enumerate(FALLING)
    ]
    told = [*(o for o in told if slope(o.values) >= 0.7)][::-1] + [o for o in told if slope(o.values) < 0.7]
    planner = make_planner(Goal(SPACE, tiers), Policy(start=2), seed=1, sequence_seed=1)
    planner.tell(told)
    (candidate,) = planner.ask()
    assert "held in doubt" in candidate.reason or candidate.repeats
    assert bool(candidate.repeats) == again


# --- when the budget ends


def ended(left, *, stated=0.1, n=1, **policy):
    """Ask with so many experiments left, where three leading rows are within noise of one another."""
    values = [slope(row) for row in FALLING]
    values[:3] = [values[0], values[0] + 0.02, values[0] - 0.02]
    found = [
        Observation(f"e{i}", row, {"y": Measurement("y", value, stated)})
        for i, (row, value) in enumerate(zip(FALLING, values, strict=True))
    ]
    space = SearchSpace(SPACE.parameters, pool=(*ROWS, {"a": 0.1, "b": 0.1}, {"a": 0.2, "b": 0.15}))
    goal = Goal(space, (Objective("y", "max"),))
    return make_planner(goal, Policy(start=2, **policy), History(tuple(found), left=left), seed=1, sequence_seed=1).ask(
        n
    )


def test_the_last_experiments_measure_leading_rows_again_where_noise_leaves_open_which_is_the_best():
    (candidate,) = ended(1)
    assert candidate.repeats in ("e0", "e1", "e2")
    assert "noise leaves open whether it is the best" in candidate.reason


@pytest.mark.parametrize(
    ("left", "more"),
    [(20, {}), (None, {}), (1, {"stated": None}), (1, {"replicates": "none"}), (1, {"revision": THIRD})],
    ids=["budget is left", "nobody knows the budget", "no noise is known", "no replicates", "an earlier revision"],
)
def test_else_the_last_experiments_are_new_rows(left, more):
    (candidate,) = ended(left, **more)
    assert not candidate.repeats


def test_a_row_measured_again_with_another_value_shows_noise():
    values = [slope(row) for row in FALLING]
    twice = [*seen(values), Observation("e99", FALLING[0], {"y": Measurement("y", values[0] + 0.1)})]
    space = SearchSpace(SPACE.parameters, pool=(*ROWS, {"a": 0.1, "b": 0.1}))
    context = ProposalContext(Goal(space, (Objective("y", "max"),)), History(tuple(twice), left=1))
    assert at_the_end(context, 0)
    assert not at_the_end(replace(context, history=History(tuple(seen(values)), left=1)), 0)


def test_what_was_chosen_earlier_in_a_batch_is_left_no_more():
    history = History(left=3)
    assert history.after([ROWS[0], ROWS[1]]).left == 1
    assert history.after(ROWS[:5]).left == 0

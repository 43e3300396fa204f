"""Levels of a method: cheap ones are used as far as the last one bears them out, and only its outcomes count."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from zosimos.core.columns import Numbers, Texts
from zosimos.core.errors import SpecError
from zosimos.core.expression import Formula
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.pool import Pool
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.goal.cost import Costs
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.knowledge import Fidelity
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.multi_fidelity import Ladder, LadderOutcome, describe
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.proposers.opening import opening_rows
from zosimos.planners.protocol import ProposalContext

COSTS = {"quick": 1.0, "full": 10.0}
LEVELS = Fidelity("method", COSTS)
LINE = SearchSpace((Continuous("x", 0.0, 1.0), Categorical("method", ("full", "quick"))))
GRID = SearchSpace(LINE.parameters, pool=tuple({"x": i / 40, "method": m} for i in range(41) for m in COSTS))
DOWN = Objective("y", "min")


def full(x):
    return math.sin(9 * x) + 0.5 * x


def quick(x):
    return 0.8 * math.sin(9 * x) + x


def observed(pairs, functions=None):
    functions = functions or {"quick": quick, "full": full}
    return tuple(
        Observation(f"e{i:04d}", {"x": x, "method": m}, {"y": Measurement("y", functions[m](x))})
        for i, (x, m) in enumerate(pairs, 1)
    )


def goal(space, levels=LEVELS):
    return Goal(space, (DOWN,), fidelity=levels)


def context(pairs, space=LINE, functions=None, **more):
    return ProposalContext(goal(space), History(observed(pairs, functions)), seed=1, **more)


def evenly(n, method):
    return [((i + 0.5) / n, method) for i in range(n)]


MIXED = [*evenly(9, "quick"), (0.1, "full"), (0.35, "full"), (0.62, "full"), (0.9, "full")]


def opened(n, space):
    planner = make_planner(goal(space), seed=1, sequence_seed=1)
    return planner.ask(n)


@pytest.mark.parametrize("space", [LINE, GRID], ids=["continuous", "pool"])
def test_the_start_is_mostly_cheap_and_ends_with_two_at_the_level_that_counts(space):
    assert ProposalContext(goal(space)).start == 5
    found = opened(5, space)
    assert [c.values["method"] for c in found] == ["quick", "quick", "quick", "full", "full"]
    assert len({c.values["x"] for c in found}) == 5


def test_a_start_that_a_person_chose_is_shared_out_too():
    policy = Policy(start=9)
    assert ProposalContext(goal(LINE), policy=policy).opening == {"quick": 7, "full": 2}
    three = Fidelity("method", {"a": 1, "b": 3, "c": 9})
    assert ProposalContext(goal(LINE, three), policy=policy).opening == {"a": 5, "b": 2, "c": 2}


def test_as_long_as_the_last_level_has_no_two_outcomes_it_is_measured():
    pairs = [*evenly(6, "quick"), (0.3, "full")]
    planner = make_planner(goal(LINE), seed=1, sequence_seed=1)
    planner.tell(observed(pairs))
    assert planner.ask()[0].values["method"] == "full"


def test_the_cheap_level_teaches_the_dear_one():
    both, alone = Belief(context(MIXED)), Belief(context([pair for pair in MIXED if pair[1] == "full"]))
    rows = [{"x": x, "method": "full"} for x in np.linspace(0, 1, 21)]
    truth = np.array([full(row["x"]) for row in rows])
    errors = [np.abs(belief.predict(rows)["y"][0] - truth).mean() for belief in (both, alone)]
    assert errors[0] < 0.4 * errors[1]
    assert both.weights["y"]["matern-5/2 by range, after quick"] > 0.5


def test_rows_are_predicted_at_their_own_level():
    belief = Belief(context([*evenly(9, "quick"), *evenly(9, "full")]))
    found = belief.predict([{"x": 0.5, "method": "quick"}, {"x": 0.5, "method": "full"}])["y"][0]
    assert found == pytest.approx([quick(0.5), full(0.5)], abs=0.1)


def test_best_first_starts_with_results_of_the_last_level():
    belief = Belief(context(MIXED))
    order = belief.best_first()
    assert [belief.learned.rows[i]["method"] for i in order[:4]] == ["full"] * 4


def test_a_level_that_the_results_contradict_is_worth_next_to_nothing():
    foreign = {"quick": lambda x: math.cos(40 * x * x), "full": full}
    pairs = [*evenly(10, "quick"), *evenly(12, "full")]
    rows = [{"x": x, "method": "quick"} for x in np.linspace(0, 1, 31)]
    related, contradicted = (
        Belief(context(pairs, functions=functions)).models[0].likeness(LINE.features(rows))
        for functions in ({"quick": quick, "full": full}, foreign)
    )
    assert contradicted.max() < 0.1  # less than its share of the cost: it is not measured
    assert 0.2 < related.max() <= 1.0


def test_the_worth_of_the_last_level_is_its_expected_gain_alone():
    belief = Belief(context(MIXED))
    rows = [{"x": x, "method": "full"} for x in (0.2, 0.5)]
    (model,) = belief.models
    assert model.likeness(LINE.features(rows)) == pytest.approx([1.0, 1.0])
    assert Ladder(LINE, LEVELS).relative_cost(LINE.features([{"x": 0.2, "method": "quick"}])) == pytest.approx([0.1])


def test_lower_levels_spend_no_more_than_the_last_one_lends_them():
    lent = [(x, "quick") for x in np.linspace(0.02, 0.98, 45)]
    spent = Belief(context([*lent, *(pair for pair in MIXED if pair[1] == "full")]))
    thrifty = Belief(context(MIXED))
    row, dear = {"x": 0.5, "method": "quick"}, {"x": 0.5, "method": "full"}
    assert spent.models[0].credit < 0.1 <= thrifty.models[0].credit
    assert spent.acquisition([row])[0] < spent.acquisition([dear])[0] - 100
    assert thrifty.acquisition([row])[0] > thrifty.acquisition([dear])[0] - 10
    before = thrifty.models[0].credit
    thrifty.add_pending([row])
    assert thrifty.models[0].credit == pytest.approx(before - 0.1)


@pytest.mark.slow
def test_a_method_that_tells_nothing_costs_little():
    foreign = {"quick": lambda x: math.cos(40 * x * x), "full": full}
    planner, seen = make_planner(goal(LINE), seed=2, sequence_seed=2), []
    for number in range(24):
        (row,) = planner.ask()
        value = foreign[row.values["method"]](row.values["x"])
        seen.append(row.values["method"])
        planner.tell([Observation(f"e{number:04d}", row.values, {"y": Measurement("y", value)})])
    assert 0.1 * seen.count("quick") <= 0.15 * seen.count("full")


def test_the_chain_of_three_levels_multiplies_what_each_step_tells():
    three = Fidelity("method", {"a": 1.0, "b": 3.0, "c": 9.0})
    space = SearchSpace((Continuous("x", 0.0, 1.0), Categorical("method", ("a", "b", "c"))))
    rows = [{"x": (i + 0.5) / n, "method": m} for m, n in (("a", 9), ("b", 6), ("c", 5)) for i in range(n)]
    y = np.array([{"a": 0.9, "b": 1.0, "c": 1.1}[row["method"]] * full(row["x"]) for row in rows])
    kinds = Belief(context(MIXED)).models[0].top.members[0].kind
    model = LadderOutcome(Ladder(space, three), (kinds,), space.features(rows), y, np.full(len(y), np.nan), 0, 100)
    steps = model.likeness(space.features([{"x": 0.33, "method": m} for m in "abc"]))
    assert 0.0 <= steps[0] <= steps[1] <= steps[2] == 1.0


def test_a_level_with_very_many_outcomes_is_learned_from_some_and_says_so():
    rows = [{"x": x, "method": m} for x, m in [*evenly(60, "quick"), *evenly(8, "full")]]
    y = np.array([{"quick": quick, "full": full}[row["method"]](row["x"]) for row in rows])
    kinds = [member.kind for member in Belief(context(MIXED)).models[0].top.members[:1]]
    unknown = np.full(len(y), np.nan)
    model = LadderOutcome(Ladder(LINE, LEVELS), kinds, LINE.features(rows), y, unknown, 0, 20)
    assert model.notes == ("quick: learned from 20 of 60 outcomes, drawn at random",)
    asked = LINE.features([{"x": x, "method": "full"} for x in (0.2, 0.7)])
    assert model.top.predict(asked[:, model.ladder.others]).mean == pytest.approx([full(0.2), full(0.7)], abs=0.1)


def test_rows_under_way_at_a_cheap_level_leave_less_to_learn_above():
    belief = Belief(context(MIXED))
    rows = [{"x": x, "method": m} for x in (0.21, 0.47) for m in COSTS]
    before = belief.predict(rows)["y"][1]
    likely = belief.models[0].likeness(LINE.features(rows[:1]))[0]
    belief.add_pending(rows[:1])
    after = belief.predict(rows)["y"][1]
    assert after[0] < 0.8 * before[0]
    assert after[1] <= before[1] + 1e-9
    assert belief.models[0].likeness(LINE.features(rows[:1]))[0] < likely


def test_batches_and_repeated_questions_are_reproducible():
    planner = make_planner(goal(GRID), seed=3, sequence_seed=1)
    planner.tell(observed(MIXED))
    first = planner.ask(3, [Candidate({"x": 0.5, "method": "quick"}, "bayesian")])
    assert first == planner.ask(3, [Candidate({"x": 0.5, "method": "quick"}, "bayesian")])
    assert len({(c.values["x"], c.values["method"]) for c in first}) == 3


@pytest.mark.parametrize(
    ("costs", "said"), [({"full": 1.0}, "two or more levels"), ({"quick": 0.0, "full": 1.0}, "not a positive number")]
)
def test_levels_and_costs_are_checked(costs, said):
    with pytest.raises(SpecError, match=said):
        Fidelity("method", costs)


def test_the_price_of_a_level_is_told_only_where_it_is_judged_by():
    belief = Belief(context(MIXED))
    cheap = LINE.features([{"x": 0.5, "method": "quick"}])
    assert describe(belief.models, cheap).endswith("for 0.1 of its cost")
    assert describe(belief.models, cheap, priced=True).endswith("full would say")


@pytest.mark.parametrize(
    ("costs", "here"),
    [
        (Costs(budget=100.0), True),
        (Costs(Formula("1 + x")), True),
        (Costs(choices={"method": {"full": 9.0}}), False),
    ],
    ids=["a budget alone", "of another parameter", "of each choice"],
)
def test_the_price_of_a_level_counts_unless_costs_tell_it(costs, here):
    cheap, plain = {"x": 0.5, "method": "quick"}, Belief(context(MIXED))
    belief = Belief(replace(plain.context, goal=replace(goal(LINE), costs=costs)))
    assert belief.level_told(cheap).endswith("of its cost") is here
    gained = belief.acquisition([cheap]) - belief.adjustment([cheap])
    assert gained == pytest.approx(plain.acquisition([cheap]) - (0.0 if here else math.log(10.0)))


def test_a_start_in_a_large_pool_is_of_new_rows_and_made_without_going_over_them_one_by_one():
    half = 100_000
    x = np.tile(np.linspace(0.0, 1.0, half), 2)
    pool = Pool({"x": Numbers(x), "method": Texts(np.repeat(np.arange(2, dtype=np.int32), half), ("quick", "full"))})
    space = SearchSpace(LINE.parameters, pool=pool)
    first = opening_rows(1, context([], space))
    start = ProposalContext(goal(space), History(pending=tuple(first)), seed=1)
    _ = start.free
    began = time.process_time()
    rows = opening_rows(4, start)
    assert time.process_time() - began < 0.6  # one by one it takes 1.5 s, by columns 0.06 s
    assert len({row_key(row) for row in [*first, *rows]}) == 5

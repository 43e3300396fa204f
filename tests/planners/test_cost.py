"""Costs: gain per cost that cools, changeovers from the row before, and nothing that cannot be afforded."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.constraints import Condition
from zosimos.core.errors import PlanningError, SpecError
from zosimos.core.expression import Expression, Formula
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Integer
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.cost import Costs, Stock
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext

GRID = SearchSpace((Integer("heat", 0, 9), Categorical("solvent", ("water", "dmf", "dmso"))))
BOX = SearchSpace((Continuous("heat", 0, 10), Categorical("solvent", ("water", "dmf", "dmso"))))
YIELD = Objective("yield", "max")
MOVES = Costs(Formula("10 + heat"), changeover={"solvent": 30.0, "heat": 0.5}, unit="min")


def row(heat, solvent):
    return {"heat": heat, "solvent": solvent}


def found(rows):
    return [
        Observation(f"e{i:04d}", r, {"yield": Measurement("yield", 10.0 - (float(r["heat"]) - 6) ** 2)})
        for i, r in enumerate(rows, 1)
    ]


def ask(costs, rows=(), n=1, space=GRID, pending=(), kind="bayesian", start=0, charged=None):
    policy = Policy({kind: 1.0}, start=start)
    planner = make_planner(Goal(space, (YIELD,), costs), policy, History(charged=charged), seed=5, sequence_seed=7)
    planner.tell(found(rows))
    return planner.ask(n, [Candidate(r, "test") for r in pending])


def spend_all(costs, space, kind="bayesian", start=3, most=60):
    rows = []
    for _ in range(most):
        try:
            rows += [c.values for c in ask(costs, rows, space=space, kind=kind, start=start)]
        except PlanningError as error:
            return rows, error
    return rows, None


def test_a_row_costs_its_formula_and_what_changing_over_takes():
    costs = MOVES.of([row(2, "water"), row(2, "dmf"), row(6, "water")], row(2, "water"))
    assert costs.tolist() == [12.0, 42.0, 18.0]
    assert MOVES.of([row(2, "dmf")], None).tolist() == [12.0]


def test_what_a_choice_costs_is_added():
    costs = Costs(Formula("1"), {"solvent": {"dmf": 4.0}})
    assert costs.of([row(0, "water"), row(0, "dmf")], None).tolist() == [1.0, 5.0]


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["water", "dmf", "dmso"])), max_size=8))
def test_an_account_is_the_sum_of_what_each_row_costs_after_the_one_before(cells):
    rows = [row(*cell) for cell in cells]
    total = math.fsum(float(MOVES.of([r], before)[0]) for r, before in zip(rows, [None, *rows], strict=False))
    account = MOVES.account(rows)
    assert account.cost == pytest.approx(total)
    assert (account.count, account.before) == (len(rows), rows[-1] if rows else None)


def test_rows_of_a_pool_cost_what_the_same_rows_as_values_cost():
    pool = GRID.listed
    assert MOVES.of(pool, row(3, "dmf")).tolist() == MOVES.of(list(pool), row(3, "dmf")).tolist()


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        (Costs(Formula("heat - 3")), "not a positive number at heat 0.*-3"),
        (Costs(Formula("1 / heat")), "not a positive number at heat 0.*inf"),
        (Costs(Formula("log(heat - 20)")), "not a positive number.*nan"),
        (Costs(Formula("price")), "unknown parameter 'price'"),
        (Costs(Formula("2 * solvent")), "'solvent', which has no numbers"),
        (Costs(choices={"solvent": {"ether": 1.0}}), "no choice 'ether'"),
        (Costs(choices={"heat": {"3": 1.0}}), "'heat', which has no choices"),
        (Costs(changeover={"flow": 1.0}), "unknown parameter 'flow'"),
        (Costs(stock=(Stock("salt", 1.0, Formula("heat - 3"), "g"),)), "takes of salt is negative at heat 0"),
    ],
)
def test_costs_that_do_not_fit_the_space_are_refused(costs, words):
    with pytest.raises(SpecError, match=words):
        costs.check(GRID)


def test_a_negative_price_or_budget_is_refused():
    with pytest.raises(SpecError, match=r"costs\.changeover\.solvent"):
        Costs(changeover={"solvent": -1.0})
    with pytest.raises(SpecError, match=r"budget\.cost"):
        Costs(budget=math.nan)


def test_judging_by_cost_cools_with_the_budget_and_ends_with_it():
    spent = [Costs(budget=10.0).account([row(0, "dmf")] * n) for n in (0, 5, 10, 12)]
    assert [Costs(budget=10.0).cooling(account) for account in spent] == [1.0, 0.5, 0.0, 0.0]
    assert [Costs(experiments=20).cooling(account) for account in spent] == [1.0, 0.75, 0.5, 0.4]
    assert [Costs().cooling(account) for account in spent] == [1.0] * 4


def test_the_acquisition_is_the_gain_over_the_cost_to_the_power_of_what_is_left():
    rows = [row(1, "water"), row(8, "dmf"), row(4, "water")]
    costs = Costs(MOVES.each, changeover=MOVES.changeover, budget=200.0)
    plain = ProposalContext(Goal(GRID, (YIELD,)), History(tuple(found(rows))))
    costly = ProposalContext(Goal(GRID, (YIELD,), costs=costs), History(tuple(found(rows))))
    rows_left = list(GRID.listed)[:9]
    left = 1.0 - costs.account(rows).cost / 200.0
    expected = Belief(plain).acquisition(rows_left) - left * np.log(costs.of(rows_left, rows[-1]))
    assert np.allclose(Belief(costly).acquisition(rows_left), expected)


def test_rows_under_way_count_as_the_row_before():
    rows = [row(1, "water"), row(8, "dmf"), row(4, "water")]
    context = ProposalContext(Goal(GRID, (YIELD,), costs=MOVES), History(tuple(found(rows)), pending=(row(5, "dmso"),)))
    assert context.account.before == row(5, "dmso")
    assert context.after([row(6, "dmf")]).account.before == row(6, "dmf")


def test_only_rows_that_the_campaign_charges_count():
    rows = [row(1, "water"), row(8, "dmf"), row(4, "water")]
    costs = Costs(budget=2.0)
    assert ask(costs, rows, charged=rows[:1])
    with pytest.raises(PlanningError, match="can be afforded"):
        ask(costs, rows)


def test_dear_changeovers_keep_a_batch_in_one_solvent():
    rows = [row(1, "water"), row(8, "dmf"), row(4, "dmf")]
    stay = Costs(Formula("1"), changeover={"solvent": 1000.0})
    solvents = [c.values["solvent"] for c in ask(stay, rows, n=4)]
    assert solvents == ["dmf"] * 4
    assert len({c.values["solvent"] for c in ask(None, rows, n=4)}) > 1


def test_a_candidate_says_what_it_costs():
    (first,) = ask(MOVES, kind="random", start=0)
    assert first.reason.endswith(f"; for {10 + first.values['heat']:g} min")
    chosen = ask(MOVES, [row(1, "water"), row(8, "dmf"), row(4, "dmf")])[0]
    cost, changing = MOVES.of([chosen.values], row(4, "dmf"))[0], MOVES.changing([chosen.values], row(4, "dmf"))[0]
    assert f"; for {cost:.4g} min, {changing:.4g} of it changeover" in chosen.reason
    assert "for" not in ask(Costs(stock=(Stock("salt", 9.0, Formula("1")),)), kind="random")[0].reason.split(";")[-1]


def test_costs_choose_but_are_no_gain():
    rows = [row(1, "water"), row(8, "dmf"), row(4, "dmf")]
    chosen = ask(MOVES, rows)[0]
    belief = Belief(ProposalContext(Goal(GRID, (YIELD,)), History(tuple(found(rows))), seed=derive_seed(5, "bayesian")))
    assert chosen.acquisition == pytest.approx(float(belief.acquisition([chosen.values])[0]))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "space"),
    [("bayesian", GRID), ("random", GRID), ("evolutionary", GRID), ("sobol", GRID), ("random", BOX), ("sobol", BOX)],
)
def test_no_proposer_spends_more_than_there_is(kind, space):
    costs = Costs(MOVES.each, changeover=MOVES.changeover, unit="min", budget=100.0)
    rows, error = spend_all(costs, space, kind, start=2)
    assert 2 <= len(rows) <= 10
    assert costs.account(rows).cost <= 100.0
    assert "no experiment that is left can be afforded" in str(error)


def test_a_batch_fits_into_the_budget_as_a_whole():
    costs = Costs(MOVES.each, changeover=MOVES.changeover, budget=150.0)
    rows = [row(1, "water"), row(8, "dmf"), row(4, "dmf")]
    batch = [c.values for c in ask(costs, rows, n=10)]
    assert 1 <= len(batch) < 10
    assert costs.account([*rows, *batch]).cost <= 150.0


def test_stock_is_never_overdrawn_and_the_end_says_what_ran_out():
    costs = Costs(stock=(Stock("palladium", 1.0, Formula("0.1 * heat + 0.1"), "g"),))
    rows, error = spend_all(costs, GRID)
    assert costs.account(rows).used["palladium"] <= 1.0 + 1e-9
    assert "of 1 g palladium are left" in str(error)


def test_a_search_keeps_within_what_is_left():
    costs = Costs(MOVES.each, changeover=MOVES.changeover, budget=70.0)
    rows = [row(1.0, "water"), row(2.0, "water"), row(9.0, "water")]
    (chosen,) = ask(costs, rows, space=BOX)
    assert chosen.origin == "bayesian"
    assert costs.account([*rows, chosen.values]).cost <= 70.0


def test_a_pool_that_is_used_up_is_not_called_too_dear():
    tiny = SearchSpace((Integer("heat", 0, 1), Categorical("solvent", ("water", "dmf"))))
    rows, error = spend_all(Costs(budget=1000.0), tiny)
    assert len(rows) == 4
    assert "every allowed" in str(error)


def test_a_cost_that_is_no_number_names_the_row_when_planning():
    with pytest.raises(SpecError, match="heat 0"):
        ask(Costs(Formula("heat"), budget=50.0), kind="random")


def test_past_experiments_without_a_price_under_new_costs_count_as_nothing_and_planning_goes_on():
    cheap = SearchSpace((Integer("heat", 4, 9), Categorical("solvent", ("water", "dmf"))))
    costs = Costs(Formula("heat - 3"), budget=50.0, stock=(Stock("salt", 50.0, Formula("1 / (heat - 2)")),))
    rows = [row(1, "water"), row(2, "dmf"), row(3, "water"), row(6, "dmf")]
    account = costs.account(rows)
    assert account.cost == 3.0
    assert account.used["salt"] == pytest.approx(1.25)
    assert cheap.problems(ask(costs, rows, space=cheap)[0].values) == []
    with pytest.raises(SpecError, match="not a positive number"):
        costs.of([row(1, "water")], None)


def test_no_rows_cost_nothing():
    dear = Costs(MOVES.each, {"solvent": {"dmf": 4.0}}, MOVES.changeover, budget=50.0)
    assert dear.of([], row(1, "dmf")).shape == (0,)
    assert dear.affordable([], dear.account([row(1, "dmf")])).shape == (0,)


def test_a_cost_that_is_positive_only_where_constraints_hold_is_no_error():
    knobs = (Continuous("a", 0.0, 4.0), Continuous("b", 0.0, 4.0))
    space = SearchSpace(knobs, (Condition(Expression("a >= b + 1")),))
    costs = Costs(each=Formula("a - b"), budget=20.0)
    costs.check(space)
    planner = make_planner(Goal(space, (Objective("y", "max"),), costs=costs), Policy(start=3), seed=1, sequence_seed=1)
    rows = [c.values for c in planner.ask(3)]
    assert all(row["a"] - row["b"] >= 1 for row in rows)

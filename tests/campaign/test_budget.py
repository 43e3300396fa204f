"""Costs and stock in campaigns: read from the file, worked out of the record, kept over crashes, a reason to stop."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_lab import Campaign, Crash, ScriptedLab, golden, setup_of

from zosimos.campaign.control.manual_results import Result
from zosimos.campaign.decisions.budget import describe, spending, spent
from zosimos.campaign.decisions.decide import decide
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.definition.build import build_goal, build_space
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.explain import explain_experiment
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.views import status
from zosimos.core.errors import InputError, PlanningError, SpecError
from zosimos.core.records import Measurement
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.prior import Likely, Near

COSTS = {"each": "10 + 10 * x", "changeover": {"x": 20}, "unit": "min"}
RANDOM = {"kind": "random"}


def spec(**more: Any) -> dict[str, Any]:
    return {
        "name": "costly",
        "space": {
            "temperature": {"min": 20, "max": 120, "unit": "degC"},
            "loading": {"min": 0.1, "max": 10, "log": True},
            "solvent": {"choices": ["DMF", "DMSO", "water"]},
        },
        "objectives": {"yield": {"goal": "max"}},
        "budget": {"experiments": 40, "cost": 600},
        "costs": {"each": "10 + 0.2 * (temperature - 20)", "unit": "min"},
        **more,
    }


def cost_by_hand(campaign: Campaign) -> float:
    total, before = 0.0, None
    for experiment in campaign.state.experiments.values():
        if experiment.status == "cancelled":
            continue
        x = float(experiment.values["x"])
        total += 10 + 10 * x + (0 if before is None else 20 * abs(x - before))
        before = x
    return total


def goal_of(written: CampaignSpec) -> Goal:
    return build_goal(written, build_space(written, None))


def test_the_file_says_costs_stock_and_what_is_expected() -> None:
    goal = goal_of(
        parse_spec(
            spec(
                costs={
                    "each": 12,
                    "choices": {"solvent": {"DMF": 3}},
                    "changeover": {"solvent": 30, "temperature": 0.5},
                    "unit": "min",
                },
                stock={"palladium": {"amount": "2000 mg", "uses": "0.01 * loading", "unit": "g"}},
                expect={
                    "temperature": {"at": "353.15 kelvin", "within": "10 kelvin"},
                    "loading": {"at": 1, "within": 0.5},
                    "solvent": {"likely": ["DMF", "DMSO"], "factor": 3},
                },
            )
        )
    )
    assert goal.costs is not None
    assert goal.expectation is not None
    first = {"temperature": 20.0, "loading": 1.0, "solvent": "water"}
    costs = goal.costs.of([first, {**first, "temperature": 30.0, "solvent": "DMF"}], first)
    assert costs.tolist() == [12.0, 50.0]
    assert goal.costs.stock[0].amount == 2.0
    assert (goal.costs.budget, goal.costs.experiments) == (600.0, 40)
    assert goal.expectation.terms == {
        "temperature": Near(80.0, 10.0),
        "loading": Near(1.0, 0.5, log=True),
        "solvent": Likely(("DMF", "DMSO"), 3.0),
    }


def test_a_file_without_costs_plans_as_before() -> None:
    goal = goal_of(parse_spec(spec(budget={"experiments": 5}, costs=None)))
    assert goal.costs is None
    assert goal.expectation is None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"costs": None}, "not what an experiment costs"),
        ({"costs": {"each": "10 +"}}, "does not parse"),
        ({"costs": {"each": True}}, "not yes or no"),
        ({"costs": {"each": 1, "changeover": {"solvent": -3}}}, "costs.changeover.solvent"),
        ({"budget": {"experiments": 3, "cost": 0}}, "budget.cost"),
        ({"stock": {"salt": {"amount": "2 L", "uses": 1, "unit": "g"}}}, "measure different things"),
        ({"expect": {"temperature": {"at": 80}}}, "at and within"),
        ({"expect": {"temperature": {"at": 80, "within": 5, "likely": [80]}}}, "at and within"),
        ({"expect": {"flow": {"at": 80, "within": 5}}}, "expect.flow"),
        ({"expect": {"temperature": {"at": "80 mL", "within": 5}}}, "measure different things"),
        ({"expect": {"solvent": {"likely": ["DMF"], "factor": 1}}}, "factor"),
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        goal_of(parse_spec(spec(**wrong)))


def test_a_campaign_stops_at_its_cost_budget(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab, costs={"each": 10, "unit": "min"}, budget={"experiments": 9, "cost": 30})
    ending = campaign.run()
    assert ending.reason == "the cost budget of 30 min is used up"
    assert len(campaign.state.observations) == 3


@pytest.mark.slow
def test_a_campaign_stops_when_nothing_left_can_be_afforded(ledger: Ledger, lab: ScriptedLab) -> None:
    budget = {"experiments": 20, "cost": 65}
    campaign = Campaign(ledger, lab, costs=COSTS, budget=budget, planner=RANDOM)
    ending = campaign.run(decide=decide)
    assert ending.status == "finished"
    assert "no experiment that is left can be afforded" in ending.reason
    account = spent(campaign.state)
    assert account is not None
    assert account.cost == pytest.approx(cost_by_hand(campaign))
    assert 40 < account.cost <= 65
    assert "for 1" in next(iter(campaign.state.experiments.values())).candidate.reason


@pytest.mark.slow
def test_what_was_spent_survives_a_crash_and_decisions_replay(ledger: Ledger, lab: ScriptedLab) -> None:
    budget = {"experiments": 20, "cost": 65}
    straight = Campaign(ledger, lab, costs=COSTS, budget=budget, planner=RANDOM)
    straight.run(decide=decide)
    lab.repeatable = True
    crashed = Campaign(ledger, lab, costs=COSTS, budget=budget, planner=RANDOM)

    def trouble(moment: str, effect: str) -> None:
        if (moment, effect) == ("before", "e0002/1/1"):
            raise Crash

    lab.trouble = trouble
    with pytest.raises(Crash):
        crashed.run(decide=decide)
    lab.trouble = lambda moment, effect: None
    crashed.run(decide=decide)
    assert spending(crashed.state) == spending(straight.state)
    assert crashed.statuses() == straight.statuses()
    events = ledger.events(crashed.record.campaign)
    assert replay(crashed.record.campaign, events, crashed.setup).divergence is None


@pytest.mark.slow
def test_batches_under_way_are_charged_and_replay(ledger: Ledger, lab: ScriptedLab) -> None:
    budget = {"experiments": 20, "cost": 90}
    campaign = Campaign(ledger, lab, costs=COSTS, budget=budget, planner=RANDOM, batch=2, parallel=4)
    campaign.run(decide=decide)
    account = spent(campaign.state)
    assert account is not None
    assert account.cost <= 90
    events = ledger.events(campaign.record.campaign)
    assert replay(campaign.record.campaign, events, campaign.setup).divergence is None


def test_results_from_elsewhere_cost_nothing_and_use_nothing_up(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None, costs=COSTS, budget={"experiments": 9, "cost": 40}, planner=RANDOM)
    told_by_hand = Result(None, {"x": 0.5}, [Measurement("y", 1.0)])
    campaign.commands.tell(campaign.setup, [told_by_hand])
    assert spending(campaign.state)["cost"]["spent"] == 0.0
    (asked,) = campaign.commands.ask(campaign.setup, 1)
    assert spending(campaign.state)["cost"]["spent"] == 0.0
    campaign.commands.tell(campaign.setup, [Result(asked.id, {}, [Measurement("y", 1.0)])])
    assert spending(campaign.state)["cost"]["spent"] == pytest.approx(10 + 10 * float(asked.values["x"]))


def test_asking_by_hand_is_refused_when_nothing_can_be_afforded(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None, costs=COSTS, budget={"experiments": 9, "cost": 9}, planner=RANDOM)
    with pytest.raises(PlanningError, match="9 of 9 min are left and the cheapest costs 10"):
        campaign.commands.ask(campaign.setup, 1)


def test_a_higher_budget_takes_the_campaign_up_again(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab, costs={"each": 10}, budget={"experiments": 9, "cost": 20})
    campaign.run()
    campaign.commands.steer(campaign.setup, {"budget.cost": 40})
    assert campaign.commands.go_on()
    assert campaign.run().reason == "the cost budget of 40 is used up"
    assert len(campaign.state.observations) == 4


def test_an_approved_experiment_that_a_lower_budget_no_longer_pays_is_not_run(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(
        ledger, lab, costs={"each": 10}, budget={"experiments": 9, "cost": 50}, approval="batch", batch=3
    )
    campaign.run()
    (approval,) = campaign.state.open_approvals()
    campaign.commands.approve(approval.token)
    campaign.commands.steer(campaign.setup, {"budget.cost": 20})
    campaign.run()
    assert list(campaign.statuses().values()) == ["measured", "measured", "cancelled"]
    assert campaign.experiment("e0003").reason == "not affordable any more"


@pytest.mark.slow
def test_stock_is_counted_and_shown(ledger: Ledger, lab: ScriptedLab) -> None:
    stock = {"acid": {"amount": 2.0, "uses": 0.5, "unit": "mL"}}
    campaign = Campaign(ledger, lab, stock=stock, budget={"experiments": 9}, planner=RANDOM)
    ending = campaign.run(decide=decide)
    assert "0 of 2 mL acid are left and an experiment takes 0.5 or more" in ending.reason
    assert status(campaign.state)["stock"] == {"acid": {"used": 2.0, "amount": 2.0, "unit": "mL"}}
    assert describe(campaign.state) == [("acid", "2 of 2 mL used")]


def test_a_campaign_without_costs_shows_none(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab)
    campaign.run(decide=golden)
    assert {"cost", "stock"}.isdisjoint(status(campaign.state))


@pytest.mark.slow
def test_what_waits_for_a_person_is_not_cancelled_when_the_rest_affords_nothing(
    ledger: Ledger, lab: ScriptedLab
) -> None:
    budget = {"experiments": 9, "cost": 15}
    campaign = Campaign(
        ledger, lab, costs={"each": 10}, budget=budget, planner=RANDOM, approval="each", batch=1, parallel=2
    )
    ending = campaign.run(decide=decide)
    assert ending.status == "waiting"
    (approval,) = campaign.state.open_approvals()
    campaign.commands.reject(approval.token)
    assert campaign.run(decide=decide).status == "waiting"  # what was refused is paid back, and another is proposed
    (approval,) = campaign.state.open_approvals()
    campaign.commands.approve(approval.token)
    ending = campaign.run(decide=decide)
    assert ending.status == "finished"
    assert "no experiment that is left can be afforded" in ending.reason
    assert list(campaign.statuses().values()) == ["cancelled", "measured"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"costs.each": "0.7 - x", "space.x.max": 0.6}, "costs.each"),
        ({"stock.acid.uses": "0.7 - x", "space.x.max": 0.6}, "stock.acid.uses"),
    ],
)
def test_costs_that_past_experiments_cannot_have_are_not_steered_to(
    ledger: Ledger, change: dict[str, Any], field: str
) -> None:
    stock = {"acid": {"amount": 20, "uses": 1}}
    campaign = Campaign(ledger, None, costs={"each": 10}, stock=stock, budget={"experiments": 9, "cost": 90})
    (asked,) = campaign.commands.ask(campaign.setup, 1)
    assert float(asked.values["x"]) > 0.7
    with pytest.raises(SpecError, match="an experiment that is charged already does not fit") as caught:
        campaign.commands.steer(campaign.setup, change)
    assert caught.value.field == field
    campaign.commands.steer(campaign.setup, {"space.x.max": 0.6, "costs.each": "1.7 - x"})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"costs": {"each": 1}, "budget": {"experiments": 3, "cost": 0.5}}, "budget.cost"),
        ({"costs": {"each": "1 + x"}, "budget": {"experiments": 3, "cost": 1}}, None),
        ({"stock": {"salt": {"amount": "2 mg", "uses": 1, "unit": "g"}}}, "stock.salt.amount"),
        ({"costs": {"each": 1}, "stop": {"expected_gain": 0.1}}, None),
        ({"costs": {"each": 2}, "stop": {"expected_gain": 0.1}}, "stop.expected_gain"),
        ({"expect": {"x": {"at": 0.5, "within": 0.1}}, "stop": {"expected_gain": 0.1}}, "stop.expected_gain"),
        ({"planner": {"acquisition": "parego"}}, "planner.acquisition"),
        ({"costs": {"each": "10 +"}}, "costs.each"),
        ({"stock": {"salt": {"amount": 2, "uses": "x <"}}}, "stock.salt.uses"),
        ({"claims": [{"if": "x > 0.5", "then": "y > 1"}, {"if": "x >", "then": "y > 1"}]}, "claims[1].if"),
        ({"claims": [{"if": "x > 0.5", "then": "much"}]}, "claims[0].then"),
        ({"claims": [{"if": "z > 0.5", "then": "y > 1"}]}, "claims[0].if"),
        ({"hypotheses": {"formulas": {"one": "x", "two": "x +"}, "noise": 1}}, "hypotheses.formulas.two"),
    ],
)
def test_what_does_not_go_together_is_refused_with_its_field(more: dict[str, Any], field: str | None) -> None:
    setup = setup_of(None, **more)
    if field is None:
        setup.check(setup.spec)
        return
    with pytest.raises(SpecError) as caught:
        setup.check(setup.spec)
    assert caught.value.field == field
    assert caught.value.allowed
    assert field.startswith("claims") or "comparison" not in f"{caught.value.allowed} {caught.value.hint}"


@pytest.mark.slow
def test_a_choice_is_explained_by_rows_that_could_be_paid_for(ledger: Ledger, lab: ScriptedLab) -> None:
    lab.measure = lambda task: [Measurement("y", float(task.values["x"]), 0.01, origin="simulated")]
    costs, budget = {"each": "2 + 20 * x"}, {"experiments": 12, "cost": 60}
    campaign = Campaign(ledger, lab, budget=budget, costs=costs, planner={"start": 3})
    campaign.run(decide=decide)
    events, left, seen = list(ledger.events(campaign.record.campaign)), 60.0, 0
    for name, experiment in campaign.state.experiments.items():
        if experiment.candidate.origin == "bayesian":
            compared = explain_experiment(campaign.record.campaign, events, campaign.setup, name).comparison
            assert all(2 + 20 * other.values["x"] <= left for other in compared.others)
            seen += 1
        left -= 2 + 20 * experiment.values["x"]
    assert seen > 1

"""Advice in a campaign: checked before it is recorded, part of decisions while it holds, replayed without anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from scripted_lab import NOW, Campaign

from zosimos.campaign.control.manual_results import Result
from zosimos.campaign.control.written_advice import written_items
from zosimos.campaign.decisions.advising import ModelCall, Said
from zosimos.campaign.decisions.decide import inputs_now, inputs_recorded
from zosimos.campaign.decisions.followed import advice_view, advice_views, author_records
from zosimos.campaign.decisions.forecast import forecast
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.decisions.stopping import stop_reason
from zosimos.campaign.explain.experiment import explain_experiment
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.advice import GivenAdvice
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.record import Record
from zosimos.core.errors import LedgerError, NotFoundError, PlanningError, SpecError, StateError
from zosimos.core.records import Measurement
from zosimos.planners.advice import Advice, Exclude, Explore, Point, Prior, Replicate
from zosimos.planners.goal.prior import Near
from zosimos.planners.trust import UNKNOWN, allowance

SPACE = {"x": {"min": 0, "max": 1}, "T": {"min": 20, "max": 80, "unit": "degC"}}


MALFORMED = (
    Point({"x": 0.2, "T": 30}, {"y": (1, 2)}),  # type: ignore[dict-item]  # as all of these, what Python lets through
    Point({"x": 0.2, "T": 30}, reason=3),  # type: ignore[arg-type]  # as above
    Point({"x": np.float32(0.2), "T": 30}),  # type: ignore[dict-item]  # as above
    Point([1]),  # type: ignore[arg-type]  # as above
    Prior({"x": (0.2, 0.1)}),  # type: ignore[dict-item]  # as above
    Prior({"x": Near("a", 0.1)}),  # type: ignore[arg-type]  # as above
    Prior({"x": Near(float("nan"), 0.1)}),
    Exclude(3),  # type: ignore[arg-type]  # as above
    Replicate(3),  # type: ignore[arg-type]  # as above
)


@pytest.fixture
def campaign(ledger: Ledger) -> Campaign:
    return Campaign(ledger, None, space=SPACE, budget={"experiments": 30}, planner={"start": 3})


def advise(campaign: Campaign, author: str = "ann", lasting: int | None = None, **written: Any) -> GivenAdvice:
    spec = campaign.state.spec
    items = written_items(campaign.setup.space(spec), campaign.setup.objectives(spec), **written)
    return campaign.commands.advise(campaign.setup, Said(items, author, reason="because", lasting=lasting))


def asked(campaign: Campaign, n: int = 1) -> list[Experiment]:
    return campaign.commands.ask(campaign.setup, n)


def tell(campaign: Campaign, *experiments: Experiment, failed: str = "") -> None:
    def found(item: Experiment) -> Sequence[Measurement]:
        x, warm = float(item.values["x"]), float(item.values["T"])
        return [] if failed else [Measurement("y", -((x - 0.3) ** 2) - ((warm - 50) / 100) ** 2, 0.01)]

    results = [Result(item.id, item.values, found(item), failed) for item in experiments]
    campaign.commands.tell(campaign.setup, results)


def started(campaign: Campaign, n: int = 5) -> None:
    tell(campaign, *asked(campaign, n))


def replayed(campaign: Campaign) -> int:
    state = campaign.state
    found = replay(state.id, campaign.ledger.events(state.id), campaign.setup)
    assert found.divergence is None, found.divergence
    return found.decisions


# --- what is refused ---


@pytest.mark.slow
@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"point": "x=0.2"}, "point.T"),
        ({"point": "x=0.2,T=90"}, "point.T"),
        ({"point": "x=0.2,T=30,colour=red"}, "point.colour"),
        ({"exclude": "colour > 3"}, "exclude"),
        ({"exclude": "x < 2"}, "exclude"),
        ({"replicate": "e0099"}, "replicate"),
        ({"explore": "much"}, "explore"),
        ({"prior": "colour=1±2"}, "prior.colour"),
        ({"point": "x=0.2,T=30", "expect": "z=2±1"}, "expect.z"),
        ({}, "advice"),
        ({"explore": "more", "lasting": 0}, "for"),
        ({"explore": "more", "lasting": True}, "for"),
        ({"explore": "more", "author": "two\nlines"}, "author"),
        ({"explore": "more", "author": " "}, "author"),
        ({"explore": "more", "author": "half a pair: \ud800"}, "author"),
        ({"explore": "more", "author": "\x9b31mred"}, "author"),
        ({"explore": "more", "author": "left\u202eright"}, "author"),
        ({"explore": "more", "author": "ann\u200b"}, "author"),
        ({"explore": "more", "author": " ann"}, "author"),
        ({"prior": "T=60±5 K"}, "prior.T"),
    ],
)
def test_advice_that_does_not_fit_is_refused_by_name_and_nothing_is_written(
    campaign: Campaign, written: dict[str, Any], field: str
) -> None:
    started(campaign)
    before = campaign.kinds()
    with pytest.raises(SpecError) as caught:
        advise(campaign, **written)
    assert caught.value.field == field
    assert caught.value.allowed
    assert campaign.kinds() == before


def test_what_is_no_item_is_refused(campaign: Campaign) -> None:
    with pytest.raises(SpecError, match="no advice"):
        campaign.commands.advise(campaign.setup, Said(("x=0.2",)))  # type: ignore[arg-type]  # what Python lets through


@pytest.mark.slow
@pytest.mark.parametrize("item", MALFORMED, ids=repr)
def test_what_a_program_made_wrongly_is_refused_in_words(campaign: Campaign, item: Any) -> None:
    started(campaign, 2)
    before = campaign.kinds()
    with pytest.raises(SpecError) as caught:
        campaign.commands.advise(campaign.setup, Said((item,), "model", "llm"))
    assert caught.value.field
    assert caught.value.allowed
    assert campaign.kinds() == before


@pytest.mark.parametrize("reason", ["x" * 2001, "half a pair: \ud800", None, 5])
def test_a_reason_that_nobody_could_read_is_refused(campaign: Campaign, reason: Any) -> None:
    given = advise(campaign, explore="more").advice.id
    for command in (
        lambda: campaign.commands.advise(campaign.setup, Said((Explore("more"),), reason=reason)),
        lambda: campaign.commands.withdraw(given, reason),
    ):
        with pytest.raises(SpecError) as caught:
            command()
        assert caught.value.field == "reason"


def test_a_program_takes_no_name_under_which_a_person_advised(campaign: Campaign) -> None:
    advise(campaign, "ann", explore="more")
    with pytest.raises(SpecError, match="ann has advised as person") as caught:
        campaign.commands.advise(campaign.setup, Said((Explore("less"),), "ann", "program"))
    assert caught.value.field == "author"


def test_a_reason_of_any_command_that_no_text_can_hold_is_refused_in_words(campaign: Campaign) -> None:
    before = campaign.kinds()
    with pytest.raises(LedgerError, match="half a character"):
        campaign.commands.pause("\udcff")
    assert campaign.kinds() == before
    campaign.commands.pause("a coffee")


def test_a_point_whose_only_trial_an_instrument_ended_may_be_advised_again(campaign: Campaign) -> None:
    first, second = asked(campaign, 2)
    tell(campaign, first, failed="fault: the pump ran dry")
    tell(campaign, second, failed="infeasible: it gelled")
    assert advise(campaign, point=dict(first.values)).advice.id == "a0001"
    with pytest.raises(SpecError, match="tried already and failed"):
        advise(campaign, point=dict(second.values))


def test_a_point_that_breaks_a_constraint_is_refused_with_the_constraint(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None, space=SPACE, constraints=["x * T <= 30"])
    with pytest.raises(SpecError, match="T <= 30"):
        advise(campaign, point="x=0.9,T=60")


def test_a_point_that_was_tried_is_under_way_or_was_rejected_is_refused(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None, space=SPACE, budget={"experiments": 30}, approval="each")
    measured, waiting, rejected = asked(campaign, 3)
    tell(campaign, measured)
    (token,) = [item.token for item in campaign.state.open_approvals() if rejected.id in item.experiments]
    campaign.commands.reject(token)
    for item, word in ((measured, "measured already"), (waiting, "proposed"), (rejected, "cancelled")):
        with pytest.raises(SpecError, match=word):
            advise(campaign, point=dict(item.values))


def test_exclusions_that_together_leave_nothing_are_refused_and_name_the_others(campaign: Campaign) -> None:
    first = advise(campaign, exclude="x < 0.5")
    with pytest.raises(SpecError, match=f"beside what {first.advice.id} excludes"):
        advise(campaign, exclude="x >= 0.5")


def test_a_point_in_what_is_excluded_is_refused_until_the_exclusion_is_withdrawn(campaign: Campaign) -> None:
    excluding = advise(campaign, exclude="x < 0.5")
    with pytest.raises(SpecError, match="not in the space"):
        advise(campaign, point="x=0.2,T=30")
    campaign.commands.withdraw(excluding.advice.id)
    assert advise(campaign, point="x=0.2,T=30").advice.id == "a0002"


def test_withdrawing_what_is_not_in_force_is_refused(campaign: Campaign) -> None:
    with pytest.raises(NotFoundError, match="a0001"):
        campaign.commands.withdraw("a0001")
    given = advise(campaign, explore="more", lasting=1)
    again = advise(campaign, explore="less")
    campaign.commands.withdraw(again.advice.id, "I was wrong")
    with pytest.raises(StateError, match="withdrawn already"):
        campaign.commands.withdraw(again.advice.id)
    started(campaign, 1)
    with pytest.raises(StateError, match="expired"):
        campaign.commands.withdraw(given.advice.id)


def test_an_aborted_campaign_takes_no_advice(campaign: Campaign) -> None:
    campaign.commands.abort()
    with pytest.raises(StateError, match="aborted"):
        advise(campaign, explore="more")


def test_a_models_advice_keeps_what_was_asked_of_it(campaign: Campaign) -> None:
    call = ModelCall("some-model", "0f3a", 0.02)
    said = Said((Exclude("x > 0.9"),), "some-model", "llm", call=call)
    given = campaign.commands.advise(campaign.setup, said)
    assert (given.model, given.prompt, given.cost, given.by) == ("some-model", "0f3a", 0.02, "tester")
    assert advice_view(campaign.state, given)["model"] == "some-model"


# --- what it does ---


@pytest.mark.slow
def test_an_advised_point_is_tried_scored_and_replayed(campaign: Campaign) -> None:
    started(campaign)
    advise(campaign, point="x=0.31,T=51", expect="y=0±0.02")
    (item,) = asked(campaign)
    assert dict(item.values) == {"x": 0.31, "T": 51.0}
    assert (item.candidate.author, item.candidate.advice, item.advice) == ("ann", "a0001", ("a0001",))
    tell(campaign, item)
    seen = campaign.state.observations[-1]
    assert (seen.origin, seen.author, seen.expected["y"].sd) == ("advice:ann", "ann", 0.02)
    (found,) = author_records(campaign.state)
    assert (found.record.scored, found.experiments) == (1, (item.id,))
    assert found.record.weight > 0.2
    came = advice_view(campaign.state, campaign.state.advice["a0001"])["followed"]
    assert [(one["experiment"], one["best"]) for one in came] == [(item.id, True)]
    asked(campaign)
    assert replayed(campaign) == 3


@pytest.mark.slow
def test_what_came_of_several_pieces_of_advice_is_told_of_each(campaign: Campaign) -> None:
    started(campaign)
    advise(campaign, point="x=0.31,T=51", expect="y=0±0.02")
    (good,) = asked(campaign)
    tell(campaign, good)
    started(campaign, 8)  # advice has a share of what is tried
    advise(campaign, point="x=0.35,T=55", expect="y=0±0.02")
    (bad,) = asked(campaign)
    tell(campaign, bad)
    advise(campaign, explore="more")
    given = list(campaign.state.advice.values())
    views = advice_views(campaign.state, given)
    came = [[(one["experiment"], one["best"]) for one in view["followed"]] for view in views]
    assert came == [[(good.id, True)], [(bad.id, False)], []]
    assert views == [advice_view(campaign.state, one) for one in given]
    assert [found.experiments for found in author_records(campaign.state)] == [(good.id, bad.id)]


def test_an_experiment_that_was_advised_is_explained_as_it_was_predicted(campaign: Campaign) -> None:
    started(campaign)
    advise(campaign, point="x=0.31,T=51")
    (item,) = asked(campaign)
    events = campaign.ledger.events(campaign.state.id)
    explained = explain_experiment(campaign.state.id, events, campaign.setup, item.id)
    assert explained.reproduced is True
    assert (explained.as_json()["author"], explained.as_json()["expected"]) == ("ann", {})


@pytest.mark.slow
def test_an_explanation_says_that_a_prior_leaned_the_choice(campaign: Campaign) -> None:
    started(campaign)
    advise(campaign, prior="x=0.3±0.1")
    (item,) = asked(campaign)
    events = campaign.ledger.events(campaign.state.id)
    comparison = explain_experiment(campaign.state.id, events, campaign.setup, item.id).comparison
    assert comparison is not None
    assert comparison.weighed == ("advice",)


def test_what_is_excluded_is_no_regret(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None, space=SPACE, budget={"experiments": 30}, stop={"regret": 0.001})
    started(campaign)
    inputs = inputs_now(campaign.state, 1)
    far = Advice("a0001", (Exclude("x > 0.05 or T > 22"),), "ann")
    everywhere, left = forecast(campaign.setup, inputs), forecast(campaign.setup, replace(inputs, advice=(far,)))
    assert everywhere is not None
    assert left is not None
    assert (left.regret or 0.0) < (everywhere.regret or 0.0)


def test_decisions_without_advice_say_nothing_of_it_and_keep_their_digest(campaign: Campaign) -> None:
    started(campaign)
    inputs = inputs_now(campaign.state, 1)
    assert "advice" not in inputs.as_json()
    bare = tuple(replace(seen, origin="", author="", expected={}, lineage=()) for seen in inputs.observations)
    assert replace(inputs, observations=bare).digest == inputs.digest
    advised = replace(inputs, advice=(Advice("a0001", (Exclude("x > 0.9"),), "ann"),))
    assert advised.digest != inputs.digest
    assert replace(advised, observations=bare).digest != advised.digest


@pytest.mark.slow
def test_a_decision_is_made_again_with_the_advice_of_its_time(campaign: Campaign) -> None:
    started(campaign)
    given = advise(campaign, exclude="x < 0.6", lasting=2)
    first = asked(campaign)
    assert first[0].values["x"] >= 0.6
    stored = campaign.ledger.events(campaign.state.id)[-1].body["inputs"]
    assert stored["advice"] == [given.advice.id]
    tell(campaign, *first)
    campaign.commands.withdraw(given.advice.id)
    started(campaign, 2)
    assert inputs_recorded(campaign.state, stored).digest == stored["digest"]
    assert inputs_now(campaign.state, 1).advice == ()
    assert replayed(campaign) == 3


def test_advice_expires_after_so_many_results(campaign: Campaign) -> None:
    advise(campaign, exclude="x < 0.6", lasting=2)
    started(campaign, 1)
    assert [advice.id for advice in campaign.state.in_force()] == ["a0001"]
    started(campaign, 1)
    assert campaign.state.in_force() == ()
    assert "advice" not in inputs_now(campaign.state, 1).as_json()


def test_a_replicate_is_measured_again_by_the_name_of_its_experiment(campaign: Campaign) -> None:
    started(campaign)
    advise(campaign, replicate="e0002")
    (item,) = asked(campaign)
    assert (item.values, item.candidate.repeats) == (campaign.state.experiment("e0002").values, "e0002")


@pytest.mark.slow
def test_a_rejected_proposal_is_given_back_and_a_skipped_experiment_stays_spent(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None, space=SPACE, budget={"experiments": 30}, approval="each", planner={"start": 3})
    started(campaign)
    advise(campaign, point="x=0.31,T=51")
    (item,) = asked(campaign)
    assert item.candidate.author == "ann"
    (approval,) = campaign.state.open_approvals()
    campaign.commands.reject(approval.token)
    advise(campaign, point="x=0.33,T=50")
    (other,) = asked(campaign)
    assert other.candidate.author == "ann"  # nothing was spent on the first
    inputs = inputs_now(campaign.state, 1)
    begun = replace(campaign.state.experiment(item.id), started_at=campaign.state.at)
    assert inputs.lost == ()
    assert replace(inputs, avoid=(begun,)).lost == ("ann",)
    assert replayed(campaign) == 3


@pytest.mark.slow
def test_a_stop_for_little_expected_gain_waits_while_advice_leans_the_choice(ledger: Ledger) -> None:
    stop = {"expected_gain": 10.0}
    campaign = Campaign(ledger, None, space=SPACE, budget={"experiments": 30}, planner={"start": 3}, stop=stop)
    started(campaign)
    asked(campaign)

    def reason() -> str:
        found = stop_reason(campaign.state, NOW)
        return "" if found is None else found.words

    assert "expected to gain" in reason()
    leaning = advise(campaign, prior="x=0.3±0.1")
    assert reason() == ""
    campaign.commands.withdraw(leaning.advice.id)
    assert "expected to gain" in reason()
    advise(campaign, explore="less", lasting=1)
    tell(campaign, *campaign.state.active.values())
    assert campaign.state.in_force() == ()
    advise(campaign, explore="more", lasting=1)
    (leaned,) = asked(campaign)
    campaign.commands.withdraw("a0003")
    assert leaned.advice == ("a0003",)
    assert reason() == ""  # what waits was chosen while the advice held


@pytest.mark.slow
def test_fifty_names_spend_no_more_of_a_campaign_than_one(campaign: Campaign) -> None:
    started(campaign)
    for number in range(50):
        row = {"x": 0.25 + 0.002 * number, "T": 50 + 0.1 * number}
        advise(campaign, f"name {number}", point=row, expect="y=5±0.1")
    advised = 0
    for turn in range(15):
        (item,) = asked(campaign)
        advised += bool(item.candidate.author)
        assert advised <= allowance(UNKNOWN, turn)
        tell(campaign, item)
    assert advised >= 1
    assert replayed(campaign) == 16


@pytest.mark.slow
def test_steering_may_leave_advice_without_a_place_and_says_which_to_withdraw(campaign: Campaign) -> None:
    started(campaign)
    given = advise(campaign, exclude="x > 0.5")
    campaign.commands.steer(campaign.setup, {"space.x.min": 0.6})
    with pytest.raises(PlanningError) as caught:
        asked(campaign)
    assert f"withdraw {given.advice.id}" in caught.value.hint


def test_advice_is_seen_by_whoever_opens_the_record_next(campaign: Campaign) -> None:
    advise(campaign, point={"T": 51, "x": 0.31}, expect={"y": (0, 0.02)}, prior={"T": ("323.15 K", "5 K")})
    state = Record(campaign.ledger, campaign.state.id).state
    (given,) = state.advice.values()
    point, prior = given.advice.items
    assert isinstance(point, Point)
    assert list(point.values) == ["x", "T"]
    assert isinstance(prior, Prior)
    assert given.advice.reason == "because"
    assert datetime.fromisoformat(given.at) == NOW

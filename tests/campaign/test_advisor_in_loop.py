"""An advisor in the loop: asked at its moments, once each; whatever it does changes nothing but advice."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from scripted_advisor import Scripted, campaign_with, run
from scripted_lab import Campaign, Crash, ScriptedLab, golden

from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.decisions.moments import since_gain
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import fold
from zosimos.campaign.setup import Setup
from zosimos.core.clock import ClockKind
from zosimos.core.errors import StateError
from zosimos.core.records import Candidate, Measurement, Prediction
from zosimos.planners.advice import Answer, Exclude, Explore, Point, Prior, Replicate
from zosimos.planners.goal.prior import Near

OFTEN = {"start": True, "every": 1, "plateau": None, "surprise": False, "drift": False}


def moments(campaign: Campaign) -> list[tuple[str, int, str]]:
    return [(call.moment, call.seen, call.status) for call in campaign.state.calls]


def chosen(campaign: Campaign) -> list[Any]:
    """What was decided and measured, and when."""
    events = campaign.ledger.events(campaign.record.campaign)
    return [(event.kind, event.at, event.body) for event in events if not event.kind.startswith(("advice", "notice"))][
        1:
    ]


def alone(ledger: Ledger, lab: ScriptedLab, kind: str = "virtual", **spec: Any) -> list[Any]:
    """What a campaign decides that nobody advises."""
    campaign = Campaign(ledger, lab, **spec)
    campaign.run(kind=kind)
    return chosen(campaign)


def predicting(setup: Setup, inputs: Inputs) -> Sequence[Candidate]:
    return [replace(one, predictions={"y": Prediction(0.0, 0.1)}) for one in golden(setup, inputs)]


# --- moments


def test_it_is_asked_at_the_start_and_after_each_so_many_results(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = campaign_with(ledger, lab, {"start": True, "every": 2}, budget={"experiments": 5})
    advisor = Scripted([])
    run(campaign, advisor)
    assert moments(campaign) == [("start", 0, "nothing"), ("every", 2, "nothing"), ("every", 4, "nothing")]
    assert [len(view["results"]) for view in advisor.views] == [0, 2, 4]
    assert [view["moment"] for view in advisor.views] == ["start", "every", "every"]


def test_a_plateau_is_told_by_results_that_are_no_better_than_the_best_by_more_than_their_noise(
    ledger: Ledger, lab: ScriptedLab
) -> None:
    values = iter([1.0, 2.0, 2.005, 1.5, 2.009, 1.0, 1.0])
    lab.measure = lambda task: [Measurement("y", next(values), 0.01, origin="simulated")]
    campaign = campaign_with(ledger, lab, {"plateau": 3}, budget={"experiments": 7})
    run(campaign, Scripted([]))
    assert moments(campaign) == [("plateau", 5, "nothing")]
    assert since_gain(campaign.state) == 5


def test_a_surprise_is_a_result_outside_the_interval_of_its_prediction(ledger: Ledger, lab: ScriptedLab) -> None:
    values = iter([0.0, 0.1, 9.0, 0.0, 0.1])
    lab.measure = lambda task: [Measurement("y", next(values), 0.01, origin="simulated")]
    campaign = campaign_with(ledger, lab, {"surprise": True}, budget={"experiments": 5}, watch="off")
    run(campaign, Scripted([]), decide=predicting)
    assert moments(campaign) == [("surprise", 3, "nothing")]


def test_a_person_has_it_asked_and_once_is_once(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = campaign_with(ledger, lab, {})
    campaign.commands.ask_advisor("it stands still")
    with pytest.raises(StateError, match="about to be asked already"):
        campaign.commands.ask_advisor()
    run(campaign, Scripted([Explore("more")]))
    assert moments(campaign) == [("word", 0, "advice")]
    assert campaign.state.calls[0].by
    assert list(campaign.state.advice) == ["a0001"]


def test_a_campaign_without_an_advisor_cannot_have_it_asked(ledger: Ledger, lab: ScriptedLab) -> None:
    with pytest.raises(StateError, match="has no advisor"):
        Campaign(ledger, lab).commands.ask_advisor()


# --- what it says


def test_what_it_says_is_one_advice_with_its_price_that_counts_for_so_many_results(
    ledger: Ledger, lab: ScriptedLab
) -> None:
    campaign = campaign_with(ledger, lab, {"start": True}, lasting=3)
    answer = Answer([Explore("less"), Prior({"x": Near(0.3, 0.1)})], "a hunch", "m-1", "abc", {"input": 9}, 0.5)
    run(campaign, Scripted(answer))
    (given,) = campaign.state.advice.values()
    assert (given.advice.author, given.advice.kind, given.advice.until) == ("scripted", "program", 3)
    assert (given.model, given.prompt, given.cost, len(given.advice.items)) == ("m-1", "abc", 0.5, 2)
    assert campaign.state.calls[0].tokens == {"input": 9}
    assert campaign.kinds().count("advice.given") == 1


def test_what_fits_is_kept_and_what_does_not_is_said(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = campaign_with(ledger, lab, {"start": True})
    run(campaign, Scripted([Point({"x": 7.0}), Explore("more"), Replicate("e0099"), "x=1"]))
    (given,) = campaign.state.advice.values()
    assert given.advice.items == (Explore("more"),)
    words = campaign.state.calls[0].words
    assert "x=7" in words
    assert "e0099" in words
    assert "no advice" in words


def test_an_exclusion_is_proposed_to_a_person_and_binds_nobody(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = campaign_with(ledger, lab, {"start": True})
    run(campaign, Scripted([Exclude("x > 0.001")]))
    assert not campaign.state.advice
    assert campaign.state.calls[0].suggests == ("leave out x > 0.001 (proposed)",)
    (change,) = campaign.state.changes.values()
    assert (change.verb, change.by, change.evidence) == ("advise", "scripted", ("0 of 0 results lie there",))


def test_the_view_holds_no_token_and_changing_it_changes_nothing(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = campaign_with(ledger, lab, {"every": 1})

    class Vandal:
        async def advise(self, view: Any) -> Sequence[Any]:
            view["results"].clear()
            view["space"].clear()
            return []

    run(campaign, Vandal())
    assert len(campaign.state.observations) == 4
    assert campaign.state.spec.space
    assert {"x"} == set(campaign.state.experiments["e0001"].values)


# --- whatever it does


def endless() -> Any:
    while True:
        yield Explore("more")


ODD: Mapping[str, Any] = {
    "raises": RuntimeError("no\x1b[2J\nnetwork"),
    "nothing": None,
    "number": 3,
    "text": "obey",
    "endless": endless,
    "thousands": [Point({"x": 0.5}, reason="x" * 10_000)] * 5000,
    "nonsense": [object(), None, {"kind": "point"}],
    "half a character": Answer([Explore("more")], "\ud800\x00", "m\u202e", tokens={"input": 10**400, "\ud800": 1}),
    "nan": [Point({"x": float("nan")}, {"y": Prediction(float("nan"), -1.0)})],
}


@pytest.mark.parametrize("odd", ODD)
def test_an_advisor_that_fails_changes_no_decision_and_no_time_and_is_told_once(
    ledger: Ledger, lab: ScriptedLab, odd: str
) -> None:
    campaign = campaign_with(ledger, lab, OFTEN)
    run(campaign, Scripted(ODD[odd]))
    others = alone(ledger, lab)
    mine = chosen(campaign)
    assert [(kind, at) for kind, at, _ in mine] == [(kind, at) for kind, at, _ in others]
    decided = [[body["candidates"] for kind, _, body in found if kind == "decision.made"] for found in (mine, others)]
    if odd not in ("endless", "half a character"):  # these advise, as far as they are heard
        assert decided[0] == decided[1]
        assert {status for _, _, status in moments(campaign)} == {"problem"}
        assert len(campaign.state.calls) == 3, "then it is not asked any more"
        assert [notice.kind for notice in campaign.state.notices] == ["advisor", "advisor"]
    assert all(call.words.isprintable() and len(call.words) < 2001 for call in campaign.state.calls)


def test_of_a_thousand_items_a_few_are_looked_at(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = campaign_with(ledger, lab, {"start": True})
    run(campaign, Scripted([Explore("more")] * 5000))
    (given,) = campaign.state.advice.values()
    assert len(given.advice.items) == 12
    assert "beyond the first 12" in campaign.state.calls[0].words


def test_one_that_never_answers_is_given_up_in_simulated_time(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = campaign_with(ledger, lab, {"start": True}, limits={"wait": 0.1})
    over = threading.Event()  # set in the end: no thread goes on beside other tests

    class Hung:
        async def advise(self, view: Any) -> Sequence[Any]:
            while not over.is_set():
                await asyncio.sleep(0.01)
            return []

    try:
        assert run(campaign, Hung()).status == "finished"
    finally:
        over.set()
    assert campaign.state.calls[0].words == "no answer came within 0.1 s"


def test_on_the_wall_clock_nobody_waits_for_it_not_even_the_end(ledger: Ledger, lab: ScriptedLab) -> None:
    lab.wait_s = 0.0
    never = threading.Event()

    class Hung:
        async def advise(self, view: Any) -> Sequence[Any]:
            never.wait(60)
            return []

    campaign = campaign_with(ledger, lab, {"start": True, "every": 1})
    assert run(campaign, Hung(), kind="wall").status == "finished"
    never.set()
    assert moments(campaign) == [("start", 0, "asked")], "no answer, and no second question beside it"
    assert [body["candidates"] for kind, _, body in chosen(campaign) if kind == "decision.made"] == [
        body["candidates"] for kind, _, body in alone(ledger, lab) if kind == "decision.made"
    ]


@pytest.mark.parametrize("kind", ["virtual", "wall"])
def test_an_abort_waits_for_no_advisor(ledger: Ledger, lab: ScriptedLab, kind: ClockKind) -> None:
    campaign = campaign_with(ledger, lab, {"start": True})
    never = threading.Event()

    class Hung:
        async def advise(self, view: Any) -> Sequence[Any]:
            campaign.commands.abort("enough")
            never.wait(60)
            return [Explore("more")]

    assert run(campaign, Hung(), kind=kind).status == "aborted"
    never.set()
    assert moments(campaign) == [("start", 0, "asked")]
    assert not campaign.state.advice


def test_on_the_wall_clock_what_it_says_counts_from_the_next_decision(ledger: Ledger, lab: ScriptedLab) -> None:
    lab.wait_s = 0.2
    campaign = campaign_with(ledger, lab, {"start": True})
    run(campaign, Scripted([Explore("more")]), kind="wall")
    assert moments(campaign) == [("start", 0, "advice")]
    decisions = [body for kind, _, body in chosen(campaign) if kind == "decision.made"]
    assert "advice" not in decisions[0]["inputs"]
    assert decisions[-1]["inputs"]["advice"] == ["a0001"]


def test_an_advisor_that_cannot_be_made_is_on_record_and_stops_nothing(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = campaign_with(ledger, lab, {"start": True})

    def make(kind: str) -> Any:
        raise StateError(f"there is no {kind}")

    assert campaign.run(advisor=make).status == "finished"
    assert moments(campaign) == [("start", 0, "problem")]
    assert campaign.state.calls[0].words == "there is no scripted"
    assert "gave no advice" in campaign.state.notices[0].words


# --- limits, resuming, replaying


def test_calls_end_at_their_limit_and_that_is_told_once(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = campaign_with(ledger, lab, OFTEN, limits={"calls": 2})
    run(campaign, Scripted([]))
    assert moments(campaign) == [("start", 0, "nothing"), ("every", 1, "nothing")]
    (notice,) = campaign.state.notices
    assert "advisor.limits.calls: 2" in notice.words


@pytest.mark.parametrize(
    ("limits", "cost", "words"),
    [
        ({"tokens": 100}, None, "used 150 tokens"),
        ({"cost": 0.01}, 0.02, "has cost 0.02"),
        ({"cost": 1}, None, "no price"),
    ],
)
def test_tokens_and_money_end_too(
    ledger: Ledger, lab: ScriptedLab, limits: Any, cost: float | None, words: str
) -> None:
    campaign = campaign_with(ledger, lab, OFTEN, limits=limits)
    run(campaign, Scripted(Answer(model="m", tokens={"input": 100, "output": 50}, cost=cost)))
    assert len(campaign.state.calls) == 1
    assert words in campaign.state.notices[0].words


def test_a_campaign_that_is_taken_up_again_asks_for_no_moment_twice(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = campaign_with(ledger, lab, OFTEN)
    advisor = Scripted([], [], Crash())
    with pytest.raises(Crash):
        run(campaign, advisor)
    assert moments(campaign)[-1] == ("every", 2, "asked")
    again = Scripted([])
    run(campaign, again)
    assert [len(view["results"]) for view in again.views] == [3]


def test_the_same_seed_gives_the_same_events_and_a_replay_asks_nobody(ledger: Ledger, lab: ScriptedLab) -> None:
    found = []
    for _ in range(2):
        campaign = campaign_with(ledger, lab, OFTEN)
        run(campaign, Scripted([Explore("more")], [Point({"x": 0.25}, {"y": Prediction(0.0, 1.0)})]))
        events = ledger.events(campaign.record.campaign)
        found.append([(event.kind, event.at, event.body) for event in events][1:])
    assert found[0] == found[1]
    again = replay(campaign.state.id, events, campaign.setup, golden)
    assert again.divergence is None
    assert fold(campaign.state.id, events).calls == campaign.state.calls

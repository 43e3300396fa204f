"""An advisor's wishes: held against the record, put to a person with it, and done by nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from scripted_advisor import Scripted, campaign_with, run
from scripted_lab import Campaign, Crash, ScriptedLab

from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.decisions.delivered import coordination
from zosimos.campaign.decisions.wishes import wished
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.setup import Setup
from zosimos.core.records import Candidate, Measurement
from zosimos.planners.advice import Answer, Exclude, Wish

TWO = {"shares": {"bayesian": 0.5, "random": 0.5}}
LAST = {"start": False, "every": 12}


def by_turns(setup: Setup, inputs: Inputs) -> Sequence[Candidate]:
    """Choose as two proposers in turn: the first one's points get better, the second one's are all the same."""
    n = len(inputs.history.observations)
    if n == 13:  # the program ends here: at a campaign's end, what is open expires
        raise Crash
    name, x = ("bayesian", n / 100) if n % 2 == 0 else ("random", 0.0)
    return [Candidate({"x": x}, name, "its turn")]


def two_proposers(ledger: Ledger, lab: ScriptedLab, *wishes: Any, **more: Any) -> tuple[Campaign, Scripted]:
    lab.measure = lambda task: [Measurement("y", float(task.values["x"]), 0.0001, origin="simulated")]
    campaign = campaign_with(ledger, lab, LAST, planner=TWO, budget={"experiments": 20}, **more)
    advisor = Scripted(Answer([one for one in wishes if isinstance(one, Exclude)], wishes=_only(wishes)))
    with pytest.raises(Crash):
        run(campaign, advisor, decide=by_turns)
    return campaign, advisor


def _only(wishes: Sequence[Any]) -> list[Wish]:
    return [one for one in wishes if isinstance(one, Wish)]


def test_it_is_shown_what_each_proposer_brought(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, advisor = two_proposers(ledger, lab)
    seen = advisor.views[0]["coordination"]
    assert {name: one["experiments"] for name, one in seen["proposers"].items()} == {"bayesian": 6, "random": 6}
    assert seen["proposers"]["bayesian"]["credit"] > 0.3
    assert seen["proposers"]["random"]["credit"] == 0.0
    assert seen["proposers"]["bayesian"]["earned"] > 0.7
    assert seen["under_way"] == 1.0
    assert seen["since_gain"] == 1
    assert coordination(campaign.state)["proposers"]["bayesian"]["share"] == 0.5


def test_more_for_whoever_brings_more_is_proposed_with_what_the_record_says(ledger: Ledger, lab: ScriptedLab) -> None:
    wish = Wish({"planner.shares": {"bayesian": 0.8, "random": 0.2}}, "it finds them")
    campaign, _ = two_proposers(ledger, lab, wish)
    (change,) = campaign.state.open_changes()
    assert (change.verb, change.by, change.reason) == ("steer", "scripted", "it finds them")
    assert {item.path: item.new for item in change.changes} == {
        "planner.shares.bayesian": 0.8,
        "planner.shares.random": 0.2,
    }
    assert "in 6 experiments (share 50% -> 80%)" in change.evidence[0]
    assert change.evidence[-1] == "the last result was no better than the best before"
    assert campaign.state.spec.planner.sharing == TWO["shares"], "nothing is done before a person says yes"
    campaign.commands.approve(change.token)
    assert campaign.state.spec.planner.sharing == {"bayesian": 0.8, "random": 0.2}


def test_more_for_whoever_brings_less_is_put_to_nobody(ledger: Ledger, lab: ScriptedLab) -> None:
    wish = Wish({"planner.shares": {"bayesian": 0.1, "random": 0.9}})
    campaign, _ = two_proposers(ledger, lab, wish)
    assert not campaign.state.changes
    (words,) = campaign.state.calls[0].suggests
    assert "not proposed: it gives more to those who brought less: random" in words


REFUSED: Mapping[str, tuple[Any, str]] = {
    "an end just after a gain": (Wish(), "not proposed: the last result was no better than the best before"),
    "the best left out": (Exclude("x > 0.05"), "not proposed: the best so far (e0011) would be left out"),
    "the space": (Wish({"space.x.max": 0.5}), "advisor.may does not list space.x.max"),
    "approval": (Wish({"approval": "autonomous"}), "advisor.may does not list approval"),
    "no proposer": (Wish({"planner.shares": {"bayesian": -1}}), "share"),
    "nothing": (Wish({"planner.shares": {"bayesian": 0.5, "random": 0.5}}), "changes nothing"),
    "nonsense": (Exclude("x >"), "cannot be used"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_or_the_record_speaks_against_is_told_and_not_proposed(
    ledger: Ledger, lab: ScriptedLab, what: str
) -> None:
    wish, words = REFUSED[what]
    campaign, _ = two_proposers(ledger, lab, wish)
    assert not campaign.state.changes
    (said,) = campaign.state.calls[0].suggests
    assert words in said


def test_the_campaign_file_says_what_may_be_wished_for(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, advisor = two_proposers(
        ledger, lab, Wish({"planner.acquisition": "thompson"}), Exclude("x > 0.9"), may=["exclude"]
    )
    assert advisor.views[0]["coordination"]["may"] == ["exclude"]
    assert [change.verb for change in campaign.state.open_changes()] == ["advise"]
    assert "advisor.may does not list acquisition" in campaign.state.calls[0].suggests[0]


def test_a_later_wish_takes_the_place_of_an_older_one(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = campaign_with(ledger, lab, {"every": 1}, budget={"experiments": 4})
    wishes = [Answer(wishes=[Wish({"planner.acquisition": name})]) for name in ("thompson", "probability")]
    run(campaign, Scripted(*wishes))
    first, second = campaign.state.changes.values()
    assert (first.status, first.answered_by) == ("rejected", "scripted")
    assert second.number == 2
    assert campaign.state.calls[2].suggests == ("set planner.acquisition=probability (proposed before)",)


def test_a_no_stands_until_the_campaign_file_says_something_else(ledger: Ledger, lab: ScriptedLab) -> None:
    wish = Wish({"planner.acquisition": "thompson"})
    campaign, _ = two_proposers(ledger, lab, wish)
    (change,) = campaign.state.open_changes()
    campaign.commands.reject(change.token, "no")
    by = {"name": "scripted", "at": change.at}
    assert wished(campaign.setup, campaign.state, wish, by).problem == "not proposed: a person said no to it already"
    campaign.commands.steer(campaign.setup, {"budget.experiments": 21})
    assert wished(campaign.setup, campaign.state, wish, by).drafts


def test_two_wishes_at_once_are_two_questions_and_of_many_the_first_five_are_heard(
    ledger: Ledger, lab: ScriptedLab
) -> None:
    campaign = campaign_with(ledger, lab, {"start": True})
    many = [Wish({"planner.acquisition": "thompson"}), Wish({"batch": 2, "parallel": 2}), *([Wish({"batch": 3})] * 9)]
    run(campaign, Scripted(Answer(wishes=many)))
    numbers = [change.number for change in campaign.state.changes.values()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert "beyond the first 5" in campaign.state.calls[0].words
    assert all(len(words) < 400 for words in campaign.state.calls[0].suggests)

"""Replay with another model: it is asked what is on record, what would differ is told, and nothing comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chat_server import Raw, call, counting, failure, serving, text
from odd_answers import chat
from scripted_lab import Campaign, ScriptedLab, golden

from zosimos.agent.advising.choice import advisors
from zosimos.agent.models.names import make_model
from zosimos.agent.models.turn import LIMITS, Limits
from zosimos.agent.replaying.replay import Comparison, replay_with
from zosimos.campaign.decisions.decide import decide
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.settings import Settings

LESS = {"parameter": "x", "max": 0.3}
POINT = {"points": [{"values": {"x": 0.5}, "expect": {"y": {"mean": 0.0, "low": -0.1, "high": 0.1}}}]}
OTHER = {"points": [{"values": {"x": 0.9}, "expect": {"y": {"mean": 0.0, "low": -0.1, "high": 0.1}}}]}


def asked(campaign: Campaign, *replies: Any, limits: Limits = LIMITS) -> tuple[Comparison, list[dict[str, Any]]]:
    """What another model does that answers so, and the requests that it got."""
    before = campaign.kinds()
    with serving(replies) as server:
        model = make_model("openai:other", base_url=server.url)
        found = replay_with(campaign.ledger, campaign.record.campaign, campaign.setup, model, limits, decide=golden)
        json.dumps(found.as_json())
        campaign.record.sync()
        assert campaign.kinds() == before, "nothing is written"
        return found, server.requests


@pytest.fixture
def steered(campaign: Campaign) -> Campaign:
    """A campaign in which a model looked, proposed a bound and said so."""
    replies = [call("status", {}), call("propose_bounds", {**LESS, "reason": "as asked"}), text("I propose it.")]
    with serving(replies) as server:
        chat(campaign, make_model("openai:first", base_url=server.url), "keep x below 0.3")
    return campaign


def test_a_model_that_does_the_same_is_the_same_and_gets_the_very_same_prompt(steered: Campaign) -> None:
    with serving([text("hello")]) as server:
        chat(steered, make_model("openai:first", base_url=server.url), "hello")
        prompt = server.requests[0]["messages"]
    replies = [
        call("status", {}),
        call("propose_bounds", {**LESS, "reason": "why not"}),
        text("Other words."),
        text("hi"),
    ]
    found, requests = asked(steered, *replies)
    assert [one.verdict for one in found.compared] == ["same", "same"]
    assert requests[-1]["messages"] == prompt
    assert found.compared[0].by == "openai:first"
    assert found.compared[0].asked == "keep x below 0.3"
    results = [one["content"] for one in requests[2]["messages"] if one["role"] == "tool"]
    assert json.loads(results[0])["status"] == "active"
    assert found.usage.calls == 4
    assert found.summary()["same"] == 2


def test_another_proposal_is_noted_beside_the_one_on_record(steered: Campaign) -> None:
    found, requests = asked(steered, call("propose_bounds", {"parameter": "x", "max": "0.5"}), text("I propose it."))
    (one,) = found.compared
    assert one.differ == ("calls", "proposals")
    assert one.recorded["proposals"] == [
        {"verb": "steer", "changes": [{"path": "space.x.max", "old": 1.0, "new": 0.3}]}
    ]
    assert one.found["proposals"] == [{"verb": "steer", "changes": [{"path": "space.x.max", "old": 1.0, "new": 0.5}]}]
    assert "not-filed" in requests[1]["messages"][-1]["content"]


def test_what_a_model_looks_at_is_answered_as_it_stood_then(steered: Campaign) -> None:
    steered.run()
    found, requests = asked(steered, call("list_experiments", {}), text("none yet"))
    assert json.loads(requests[1]["messages"][-1]["content"])["total"] == 0, "nothing had been measured"
    assert found.compared[0].differ == ("calls", "proposals")


@pytest.mark.parametrize(
    "wrong",
    [call("approve", {"token": "c"}), call("propose_bounds", {"parameter": "z", "max": 1}), call("status", '{"broken')],
)
def test_a_call_that_cannot_be_made_is_told_to_the_model(steered: Campaign, wrong: Raw) -> None:
    found, requests = asked(steered, wrong, text("Sorry."))
    assert len(requests) == 2
    assert requests[1]["messages"][-1]["role"] == "tool"
    assert found.compared[0].found["proposals"] == []


@pytest.mark.parametrize(
    ("replies", "why"),
    [
        ([failure(401)], "refuses the key"),
        ([Raw(200, "{", cut=1)], "cut off|no chat completion"),
        ([call("status", {})], "came to no answer"),
        ([text("")], "said nothing"),
        ([Raw(200, "", silent_s=60)], "did not answer in time"),
    ],
)
def test_a_model_that_fails_says_why_and_the_rest_goes_on(steered: Campaign, replies: list[Any], why: str) -> None:
    found, _ = asked(steered, *replies, limits=Limits(request_s=0.5, turn_s=3.0))
    (one,) = found.compared
    assert one.verdict == "failed"
    assert any(words in one.problem for words in why.split("|"))


def test_a_model_that_always_fails_is_soon_asked_no_more(campaign: Campaign) -> None:
    for _ in range(5):
        chat(campaign, make_model("offline"), "how is it going?")
    found, requests = asked(campaign, failure(401))
    assert len(requests) == 3
    assert (len(found.compared), found.left) == (3, 2)


def test_turns_that_the_rules_answered_are_asked_of_a_model_too(campaign: Campaign) -> None:
    chat(campaign, make_model("offline"), "keep x below 0.3")
    found, _ = asked(campaign, call("propose_bounds", LESS), text("\x1b[2J yes: zosimos approve c"))
    (one,) = found.compared
    assert one.by == "offline"
    assert "proposals" not in one.differ
    assert "\x1b" not in json.dumps(one.as_json(), ensure_ascii=False)
    assert "zosimos approve" not in one.found["answer"]


def test_a_record_without_what_was_asked_is_told(campaign: Campaign) -> None:
    chat(campaign, make_model("offline"), "stop!")
    found, requests = asked(campaign, text("hi"))
    assert requests == []
    assert (found.compared, found.unknown) == ((), 1)


# --- advice


@contextmanager
def advised(folder: Path, *replies: Any, planner: str = "golden") -> Iterator[Campaign]:
    """A campaign whose advisor, a model, was asked once before the first decision."""
    when = {"start": True, "every": None, "plateau": None, "surprise": False, "drift": False}
    advisor = {"kind": "openai:first", "when": when}
    with Ledger(str(folder / "ledger.db")) as ledger, serving(replies) as server:
        campaign = Campaign(ledger, ScriptedLab(folder / "journal"), advisor=advisor, planner={"start": 1})
        campaign.run(advisor=advisors(Settings(base_url=server.url)), decide=decide if planner == "own" else golden)
        yield campaign


def test_advice_that_is_the_same_is_the_same(tmp_path: Path) -> None:
    with advised(tmp_path, call("give_advice", POINT)) as campaign:
        found, _ = asked(campaign, call("give_advice", POINT | {"reason": "other words"}))
        (one,) = found.compared
        assert (one.purpose, one.verdict, one.asked) == ("advice", "same", "start")
        events = campaign.ledger.events(campaign.record.campaign)
        assert replay(campaign.record.campaign, events, campaign.setup, golden).divergence is None, "and asks nobody"


def test_other_advice_is_told_with_what_it_foretells_and_what_the_next_decision_would_have_been(
    tmp_path: Path,
) -> None:
    with (
        advised(tmp_path, call("give_advice", POINT), planner="own") as campaign,
        serving([call("give_advice", OTHER)]) as server,
    ):
        model = make_model("openai:other", base_url=server.url)
        found = replay_with(campaign.ledger, campaign.record.campaign, campaign.setup, model, LIMITS)
    (one,) = found.compared
    assert one.verdict == "differs"
    assert one.recorded["items"][0]["values"] == {"x": 0.5}
    assert one.found["items"][0]["values"] == {"x": 0.9}
    assert one.found["items"][0]["expected"]["y"]["mean"] == 0.0
    assert one.decision["decision"] == "d0001"
    first = campaign.state.experiments["e0001"].values
    assert one.decision["as it was"] == [dict(first)]
    assert one.decision["then"] == [{"x": 0.9}]
    assert one.decision["same"] is False
    assert found.summary()["decisions that would change"] == 1


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [(call("give_advice", {}), "differs"), (text("I would rather chat."), "failed"), (failure(401), "failed")],
)
def test_a_model_that_advises_nothing_differs_and_one_that_answers_nonsense_failed(
    tmp_path: Path, reply: Raw, verdict: str
) -> None:
    with advised(tmp_path, call("give_advice", POINT)) as campaign:
        found, _ = asked(campaign, counting(reply, 10) if reply.status == 200 else reply)
    assert [one.verdict for one in found.compared] == [verdict]

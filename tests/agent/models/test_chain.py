"""A chain of models: the next is asked where one is of no use, and what happened is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chat_server import Raw, Server, call, failure, serving, text
from langchain_core.messages import AIMessage
from scripted_lab import NOW, Campaign, ScriptedLab, golden

from zosimos.agent.chat import Reply, say
from zosimos.agent.models.chain import ModelChain
from zosimos.agent.models.names import make_model
from zosimos.agent.models.turn import LIMITS, Limits, asking
from zosimos.agent.plan import plan
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import ModelError

NOWHERE = "http://127.0.0.1:1/v1"
GOAL = "match the colour (40, 120, 80) in at most 25 experiments"


def chained(*servers: Server) -> ModelChain:
    names = [f"openai:{letter}" for letter in "abc"[: len(servers)]]
    return ModelChain(
        links={name: make_model(name, base_url=one.url) for name, one in zip(names, servers, strict=True)}
    )


@pytest.fixture
def campaign(tmp_path: Path) -> Any:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Campaign(ledger, ScriptedLab(tmp_path / "journal"), budget={"experiments": 8})


def chat(campaign: Campaign, model: Any, words: str = "how is it going?", limits: Limits = LIMITS) -> Reply:
    person = Commands(campaign.record, "tester", NOW)
    options: Any = {"person": person, "proposer": person, "decide": golden, "limits": limits}
    return say(campaign.record, campaign.setup, model, words, **options)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (failure(401), "refuses the key"),
        (text(""), "said nothing"),
        (failure(429, Retry_After="600"), "asks to wait 600 s"),
        (Raw(200, "<html>", {"Content-Type": "text/html"}), "no chat completion"),
        (Raw(200, "", silent_s=60), "did not answer in time"),
    ],
)
def test_the_next_model_answers_where_one_is_of_no_use(reply: Raw, why: str) -> None:
    with serving([reply]) as first, serving([text("yes")]) as second, asking(Limits(request_s=0.5)) as turn:
        assert chained(first, second).invoke("hi").text == "yes"
        asked = turn.so_far()
    assert asked.answered == ("openai:b",)
    assert list(asked.failed) == ["openai:a"]
    assert why in asked.failed["openai:a"]
    (line,) = asked.fallen_back()
    assert line.startswith("openai:a was of no use: ")
    assert line.endswith("; openai:b answered instead")


def test_a_model_that_failed_is_asked_again_only_in_the_next_turn() -> None:
    with serving([failure(401)]) as first, serving([text("yes")]) as second:
        chain = chained(first, second)
        for turns in (1, 2):
            with asking(LIMITS):
                assert [chain.invoke("hi").text for _ in range(3)] == ["yes"] * 3
            assert len(first.requests) == turns


def test_where_no_model_is_of_use_each_is_told() -> None:
    with serving([failure(401)]) as first, serving([text("")]) as second, pytest.raises(ModelError) as caught:
        chained(first, second).invoke("hi")
    assert "openai:a: " in str(caught.value.value)
    assert "openai:b: " in str(caught.value.value)


def test_chat_falls_back_to_the_rules_without_a_server(campaign: Campaign) -> None:
    reply = chat(campaign, make_model("openai:a,openai:b, offline", base_url=NOWHERE))
    assert "0 of 8 experiments used" in reply.text
    assert reply.asked.answered == ("offline",)
    assert list(reply.asked.failed) == ["openai:a", "openai:b"]


def test_a_model_that_fails_in_the_middle_of_a_turn_leaves_what_was_found_to_the_next(campaign: Campaign) -> None:
    with serving([call("propose_bounds", {"parameter": "x", "max": 0.3}), failure(401)]) as server:
        reply = chat(campaign, make_model("openai:a,offline", base_url=server.url), "less x")
    assert len(reply.proposals) == 1
    assert reply.asked.answered == ("openai:a", "offline")
    assert [one["arguments"]["max"] for one in reply.calls] == [0.3], "it is proposed once"


def test_a_plan_is_made_by_the_next_model(campaign: Campaign) -> None:
    found = plan(GOAL, "colour", make_model("openai:a,offline", base_url=NOWHERE), rehearse=None)
    assert found.spec.budget.experiments == 25
    data = json.loads(json.dumps(found.asked.as_json()))
    assert data["models"]["answered"] == ["offline"]
    assert data["models"]["failed"][0]["model"] == "openai:a"
    assert data["usage"] == {"tokens_in": 0, "tokens_out": 0, "cost_usd": 0.0, "calls": 0, "estimated": False}


def test_a_model_without_its_key_counts_as_one_that_cannot_be_asked() -> None:
    with asking(LIMITS) as turn:
        make_model("openai:gpt-4.1,offline").invoke("hi")
    assert turn.so_far().failed == {"openai:gpt-4.1": "OpenAI wants a key"}


def test_the_key_of_a_chain_is_not_in_what_it_shows() -> None:
    chain = make_model("openai:a,openai:b", base_url=NOWHERE, api_key="sk-very-secret")
    assert "very-secret" not in repr(chain) + str(chain)


@pytest.mark.parametrize("name", ["offline,cat", "openai:a,", ",offline", "openai:a,,offline", "offline,offline"])
def test_a_chain_of_models_that_do_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ModelError):
        make_model(name, base_url=NOWHERE)


def test_tools_reach_each_model_of_a_chain() -> None:
    tool = {"type": "function", "function": {"name": "plan", "description": "", "parameters": {"properties": {}}}}
    with serving([failure(401)]) as first, serving([call("plan", {})]) as second:
        said = chained(first, second).bind_tools([tool], tool_choice="plan").invoke("hi")
    assert isinstance(said, AIMessage)
    assert [one["name"] for one in said.tool_calls] == ["plan"]
    for server in (first, second):
        assert server.requests[0]["tool_choice"]["function"]["name"] == "plan"

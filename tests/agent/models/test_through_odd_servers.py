"""Chat and plans through servers as they are: the right tool gets the right arguments, and nothing is invented."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from chat_server import Server, call, calls, failure, serving, stream, text
from odd_answers import ANSWERS, GIVEN, ONE, model, native
from scripted_lab import NOW, Campaign, ScriptedLab, golden

from zosimos.agent.chat import Reply, say
from zosimos.agent.models.turn import LIMITS, Limits
from zosimos.agent.plan import plan
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.ledger.store import Ledger
from zosimos.core import background
from zosimos.core.errors import ModelError, PlanError

GOAL = "match the colour (40, 120, 80) in at most 25 experiments"
GOOD = {"spec": {"lab": {"target": [40, 120, 80]}, "budget": {"experiments": 25}}, "assumptions": []}
CALLED = {"name": "plan", "arguments": GOOD}


@pytest.fixture
def campaign(tmp_path: Path) -> Any:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Campaign(ledger, ScriptedLab(tmp_path / "journal"), budget={"experiments": 8})


def chat(campaign: Campaign, server: Server, words: str = "less x", limits: Limits = LIMITS) -> Reply:
    person = Commands(campaign.record, "tester", NOW)
    options: Any = {"person": person, "proposer": person, "decide": golden, "limits": limits}
    return say(campaign.record, campaign.setup, model(server), words, **options)


@pytest.mark.parametrize("way", ["text", "a stream of calls", "the older function_call"])
def test_chat_proposes_through_an_odd_server(campaign: Campaign, way: str) -> None:
    with serving([ANSWERS[way], text("<think>so</think>I proposed it.")]) as server:
        reply = chat(campaign, server)
    (proposal,) = reply.proposals
    assert proposal["changes"] == [{"path": "space.x.max", "old": 1.0, "new": 0.3}]
    assert reply.text == "I proposed it."
    assert (reply.asked.answered, reply.asked.usage.calls) == (("openai:x",), 2)


def test_chat_works_with_a_server_that_knows_no_tools(campaign: Campaign) -> None:
    replies = [text(f"```json\n{ONE}\n```\nThat narrows x."), text("I proposed it.")]
    with serving(replies, refusing={"tools": failure(400, "tools are not supported")}) as server:
        reply = chat(campaign, server)
    assert [(one["tool"], one["arguments"]["max"]) for one in reply.calls] == [("propose_bounds", 0.3)]
    assert reply.text == "I proposed it."
    told = server.requests[-1]["messages"]
    assert [message["role"] for message in told] == ["system", "user", "assistant", "user"]
    assert '"name": "propose_bounds"' in told[0]["content"]
    assert "<data>" in told[-1]["content"]


def test_a_model_is_told_of_a_call_that_cannot_be_read(campaign: Campaign) -> None:
    with serving([call("propose_bounds", '{"parameter": "x", "max": 0.'), ANSWERS["text"], text("Done.")]) as server:
        reply = chat(campaign, server)
    assert "not JSON" in server.requests[1]["messages"][-1]["content"]
    assert [one["arguments"]["max"] for one in reply.calls] == [0.3]
    with serving([call("propose_bounds", "{")]) as server:
        chat(campaign, server)
    assert len(server.requests) == 6, "and has no more tries than calls of models in a turn"


def test_what_was_proposed_before_a_model_fell_silent_is_told(campaign: Campaign) -> None:
    with serving([call("propose_bounds", GIVEN), text("")]) as server, pytest.raises(ModelError) as caught:
        chat(campaign, server)
    assert f"zosimos approvals {campaign.record.campaign}" in caught.value.hint
    assert len(campaign.state.open_tokens()) == 1


def test_calls_without_end_end(campaign: Campaign) -> None:
    with serving([calls(*[("status", {})] * 4)]) as server:
        reply = chat(campaign, server)
    assert len(server.requests) <= 6
    assert len(reply.calls) <= 12
    assert "came to no answer" in reply.text
    assert reply.ours


@pytest.mark.slow
def test_a_turn_ends_though_a_tool_hangs_and_what_comes_after_does_nothing(campaign: Campaign) -> None:
    released = threading.Event()

    def hanging(*given: Any, **more: Any) -> Any:
        released.wait(60)
        return golden(*given, **more)

    person = Commands(campaign.record, "tester", NOW)
    options: Any = {"person": person, "proposer": person, "decide": hanging, "limits": Limits(turn_s=2.0)}
    with serving([calls(("propose_bounds", GIVEN), ("propose_pause", {})), text("Done.")]) as server:
        with pytest.raises(ModelError, match=r"took longer than 2 s"):
            say(campaign.record, campaign.setup, model(server), "less x", **options)
        released.set()
        while background.left_behind():
            time.sleep(0.01)
    assert [change.verb for change in campaign.state.changes.values()] == ["steer"]


PLANS = {
    "bare, after a thought and words": text(f"<think>{{}}</think>Here it is:\n```json\n{json.dumps(GOOD)}\n```"),
    "a call in text": text(json.dumps(CALLED)),
    "a call in tags": text(f"<tool_call>{json.dumps(CALLED)}</tool_call>"),
    "arguments as an object": native(function={"name": "plan", "arguments": GOOD}),
    "a stream": stream({"content": json.dumps(CALLED)}),
}


@pytest.mark.parametrize(
    ("way", "refused"),
    [*((way, "") for way in PLANS), ("a call in text", "tools"), ("bare, after a thought and words", "tools")],
)
def test_plan_reads_the_plan_from_any_server(way: str, refused: str) -> None:
    with serving([PLANS[way]], refusing={refused: failure(400)}) as server:
        found = plan(GOAL, "colour", model(server), rehearse=None)
    assert (found.spec.budget.experiments, found.repairs) == (25, 0)
    assert found.asked.usage.calls == 1


def test_a_plan_that_is_only_talked_about_is_none() -> None:
    with serving([text("I cannot plan that.")]) as server, pytest.raises(PlanError, match="made no plan"):
        plan(GOAL, "colour", model(server), rehearse=None)

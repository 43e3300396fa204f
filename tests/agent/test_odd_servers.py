"""Servers and models as they are: whatever shape an answer has, the right tool is called, or the error can be read."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chat_server import Raw, call, calls, completion, failure, serving, text
from hypothesis import given
from hypothesis import strategies as st
from scripted_lab import NOW, Campaign, ScriptedLab, golden

from zosimos.agent import chat as chatting
from zosimos.agent import wire
from zosimos.agent.chain import ChainModel
from zosimos.agent.chat import Reply, say
from zosimos.agent.compatible import CompatibleModel
from zosimos.agent.model import make_model
from zosimos.agent.plan import plan
from zosimos.agent.spoken_calls import calls_in, without_thoughts
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import ModelError

BOUND = {"parameter": "x", "max": 0.3}
SPOKEN = json.dumps({"name": "propose_bounds", "arguments": BOUND})
STREAM = "\n\n".join(
    f"data: {json.dumps({'choices': [{'delta': delta}]})}"
    for delta in (
        {"role": "assistant", "content": ""},
        {"tool_calls": [{"index": 0, "function": {"name": "propose_bounds", "arguments": '{"parameter": "x",'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ' "max": 0.3}'}}]},
    )
)


def message(**parts: Any) -> Raw:
    return completion({"content": None, **parts})


def native(**function: Any) -> Raw:
    return message(tool_calls=[{"id": None, "type": "function", "function": {"name": "propose_bounds", **function}}])


@pytest.fixture
def campaign(tmp_path: Path) -> Any:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Campaign(ledger, ScriptedLab(tmp_path / "journal"), budget={"experiments": 8})


@pytest.fixture
def chat(campaign: Campaign) -> Callable[..., Reply]:
    def turn(url: str, **limits: float) -> Reply:
        person, proposer = (Commands(campaign.record, name, NOW) for name in ("ann", "ann through a model"))
        model = CompatibleModel.of("odd", url, "none", **limits)
        options: Any = {"person": person, "proposer": proposer, "decide": golden}
        return say(campaign.record, campaign.setup, model, "less of x please", **options)

    return turn


WAYS: dict[str, Raw] = {
    "native": call("propose_bounds", BOUND),
    "arguments as an object": native(arguments=BOUND),
    "the older function_call": message(function_call={"name": "propose_bounds", "arguments": json.dumps(BOUND)}),
    "JSON alone": text(SPOKEN),
    "JSON in prose": text(f"I will do that.\n{SPOKEN}\nIs that right?"),
    "JSON in fences": text(f"```json\n{SPOKEN}\n```"),
    "JSON after a thought": text(
        f'<think>shall I call {{"name": "propose_abort", "arguments": {{}}}}?</think>{SPOKEN}'
    ),
    "tags": text(f"<tool_call>\n{SPOKEN}\n</tool_call>"),
    "another spelling": text(json.dumps({"tool": "propose_bounds", "args": BOUND})),
    "under function": text(
        json.dumps({"type": "function", "function": {"name": "propose_bounds", "parameters": BOUND}})
    ),
    "under tool_calls": text(json.dumps({"tool_calls": [{"name": "propose_bounds", "arguments": BOUND}]})),
    "arguments as text in text": text(json.dumps({"name": "propose_bounds", "arguments": json.dumps(BOUND)})),
    "content in parts": completion({"content": [{"type": "text", "text": SPOKEN}]}),
    "a stream that nobody asked for": Raw(200, STREAM, {"Content-Type": "text/event-stream"}),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_call_in_any_shape_reaches_its_tool(campaign: Campaign, chat: Callable[..., Reply], way: str) -> None:
    with serving([WAYS[way], text("<think>done</think>Proposed.")]) as server:
        reply = chat(server.url)
    assert [(one["tool"], one["arguments"]["max"]) for one in reply.calls] == [("propose_bounds", 0.3)]
    assert [change.changes[0].new for change in campaign.state.changes.values()] == [0.3]
    assert reply.text == "Proposed."
    assert server.requests[0]["temperature"] == 0


def test_json_that_is_no_call_stays_words(campaign: Campaign, chat: Callable[..., Reply]) -> None:
    for said in ('{"name": "rm", "arguments": {}}', '{"x": 0.3}', 'like {"name": "x"}', "[1, 2]"):
        with serving([text(said)]) as server:
            assert chat(server.url).calls == []
    with serving([call("status", {}), text(f"One would say {SPOKEN}.")]) as server:
        reply = chat(server.url)
    assert [one["tool"] for one in reply.calls] == ["status"], "it makes calls, so that what it quotes is none"
    assert campaign.state.changes == {}


@pytest.mark.parametrize(
    ("refusal", "gone"),
    [
        (failure(400, "this model does not support tools"), {"tools", "tool_choice"}),
        (failure(400, "unsupported parameter: temperature"), {"temperature"}),
        (failure(422, "extra fields not permitted"), {"tools"}),
        (failure(500, "tools param requires --jinja flag"), {"tools"}),
    ],
)
def test_what_a_server_refuses_is_left_out_from_then_on(
    campaign: Campaign, chat: Callable[..., Reply], refusal: Raw, gone: set[str]
) -> None:
    retried = [refusal] * (3 if refusal.status == 500 else 1)
    with serving([*retried, text(SPOKEN), text("Proposed.")]) as server:
        reply = chat(server.url)
    assert [one["tool"] for one in reply.calls] == ["propose_bounds"]
    for request in server.requests[len(retried) :]:
        assert not gone & set(request)
    if "tools" in gone:
        assert "propose_bounds" in server.requests[-1]["messages"][0]["content"], "tools are described in words"
        assert all(one["role"] in ("system", "user", "assistant") for one in server.requests[-1]["messages"])


def test_a_choice_of_a_tool_that_is_refused_is_left_out_when_planning() -> None:
    good = {"spec": {"lab": {"target": [40, 120, 80]}, "budget": {"experiments": 25}}}
    with serving([failure(400, "tool_choice must be auto"), call("plan", good)]) as server:
        found = plan(
            "match (40, 120, 80) in 25 experiments",
            "colour",
            make_model("openai:x", base_url=server.url),
            rehearse=None,
        )
    assert found.spec.budget.experiments == 25
    assert "tool_choice" not in server.requests[-1]


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (text(""), "said nothing"),
        (text("<think>hm</think>"), "said nothing"),
        (Raw(200, "<html>welcome</html>", {"Content-Type": "text/html"}), "no chat completion"),
        (Raw(200, '{"choices": [{"mess', {"Content-Type": "application/json"}), "no chat completion"),
        (Raw(200, "data: {broken", {"Content-Type": "text/event-stream"}), "no chat completion"),
        (failure(404, "no such model"), "knows no model"),
        (Raw(200, '{"choices": [', {"Content-Type": "application/json"}, 0.05), "did not answer in 0.4 s"),
    ],
)
def test_what_is_no_answer_is_an_error_that_can_be_read(chat: Callable[..., Reply], reply: Raw, says: str) -> None:
    with serving([reply]) as server, pytest.raises(ModelError, match=says):
        chat(server.url, total_s=0.4)


def test_an_answer_without_end_is_given_up(chat: Callable[..., Reply], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LARGEST", 2000)
    with serving([text("x" * 3000)]) as server, pytest.raises(ModelError):
        chat(server.url, total_s=5.0)


def test_the_next_model_answers_where_one_cannot_and_that_is_said(campaign: Campaign) -> None:
    person = Commands(campaign.record, "ann", NOW)
    with serving([text("")]) as silent, serving([text("All is well.")]) as good:
        first, second = (CompatibleModel.of(n, one.url, "none") for n, one in (("a", silent), ("b", good)))
        chain = ChainModel(models={"a": first, "b": second})
        options: Any = {"person": person, "proposer": person, "decide": golden}
        reply = say(campaign.record, campaign.setup, chain, "how are things?", **options)
        assert reply.text == "All is well."
        assert reply.failed == {"a": "the model a said nothing"}
        say(campaign.record, campaign.setup, chain, "and now?", **options)
    assert len(silent.requests) == 1, "nobody waits for it a second time"


def test_a_chain_by_name_ends_with_the_rules_that_need_no_server(campaign: Campaign) -> None:
    person = Commands(campaign.record, "ann", NOW)
    chain = make_model("openai:x,offline", base_url="http://127.0.0.1:1/v1")
    reply = say(
        campaign.record, campaign.setup, chain, "how is it going?", person=person, proposer=person, decide=golden
    )
    assert "0 of 8 experiments used" in reply.text
    assert list(reply.failed) == ["openai:x"]
    with pytest.raises(ModelError, match="there is no model"):
        make_model("offline,cat")


def test_a_turn_has_an_end_and_what_comes_after_it_does_nothing(
    campaign: Campaign, chat: Callable[..., Reply], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chatting, "TURN_S", 0.3)
    late = Raw(200, call("propose_bounds", BOUND).body, {"Content-Type": "application/json"}, 0.002)
    with serving([late, text("Proposed.")]) as server:
        with pytest.raises(ModelError, match=r"took longer than 0\.3 s"):
            chat(server.url)
        time.sleep(1.5)  # long enough for the call that was under way to come
    assert campaign.state.changes == {}


def test_what_a_turn_used_is_counted(chat: Callable[..., Reply]) -> None:
    with serving([call("status", {}), text("Fine.")]) as server:
        assert chat(server.url).usage == {"calls": 2, "tokens_in": 2, "tokens_out": 2}


@given(st.text(alphabet='{}[]":,\\ntoolcalnameargums<>`/ \n', max_size=400), st.lists(st.sampled_from(["a", "name"])))
def test_reading_calls_never_fails_and_never_finds_one_that_was_not_offered(said: str, offered: list[str]) -> None:
    found, rest = calls_in(without_thoughts(said), offered)
    assert {one.name for one in found} <= set(offered)
    assert len(rest) <= len(said)


def test_hostile_text_is_read_in_a_moment() -> None:
    for said in ("{" * 200_000, '{"a":' * 50_000, "[" * 200_000, "<think>" * 50_000, '{"name": "a"}' * 30_000):
        assert len(calls_in(without_thoughts(said), ["a"])[0]) <= 8


def test_eight_calls_in_one_answer_are_the_most(campaign: Campaign, chat: Callable[..., Reply]) -> None:
    with serving([text("\n".join([SPOKEN] * 20)), text("ok")]) as server:
        assert len(chat(server.url).calls) <= 8
    with serving([calls(*[("status", {})] * 3), text("ok")]) as server:
        assert len(chat(server.url).calls) == 3

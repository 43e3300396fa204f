"""Exchanges: what was asked and answered, word for word, as data that is read back as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_server import call, failure, serving, text
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from odd_answers import TOOLS, model

from zosimos.agent.models.exchange import heard, told
from zosimos.agent.models.names import make_model
from zosimos.agent.models.turn import LIMITS, asking

ARGUMENTS = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3)
CALL = st.builds(
    lambda args, name: {"id": "c1", "name": name, "args": args}, ARGUMENTS, st.text(min_size=1, max_size=9)
)
MESSAGES = st.one_of(
    st.builds(SystemMessage, st.text()),
    st.builds(HumanMessage, st.text()),
    st.builds(lambda said: ToolMessage(said, tool_call_id="c1", name="status"), st.text()),
    st.builds(lambda said, calls: AIMessage(said, tool_calls=calls), st.text(), st.lists(CALL, max_size=2)),
)


@given(MESSAGES)
def test_a_message_that_is_kept_is_read_back_as_it_was(message: BaseMessage) -> None:
    data = json.loads(json.dumps(told(message)))
    again = heard(data)
    assert told(again) == data
    assert type(again) is type(message)
    assert again.text == message.text


def test_a_call_that_is_no_json_is_kept_as_it_came() -> None:
    with serving([call("status", '{"broken')]) as server, asking(LIMITS) as turn:
        model(server).bind_tools(TOOLS).invoke("hi")
    (kept,) = turn.exchanges
    assert kept.reply["tool_calls"][0]["function"]["arguments"] == '{"broken'
    assert isinstance(again := heard(kept.reply), AIMessage)
    assert again.invalid_tool_calls[0]["args"] == '{"broken'


def test_what_was_sent_is_kept_with_tools_and_with_what_the_server_refused() -> None:
    refusing = {"temperature": failure(400, "temperature is not known here")}
    with serving([text("yes")], refusing) as server, asking(LIMITS) as turn:
        model(server).bind_tools(TOOLS, tool_choice="status").invoke([SystemMessage("be brief"), HumanMessage("hi")])
    (kept,) = turn.exchanges
    assert list(kept.messages) == server.requests[-1]["messages"]
    assert list(kept.tools) == server.requests[-1]["tools"]
    assert kept.choice["function"]["name"] == "status"
    assert list(kept.left_out) == ["temperature"]
    assert kept.model == "openai:x"
    assert len(kept.digest) == 64


def test_a_key_that_a_server_repeats_is_in_nothing_that_is_kept() -> None:
    said: Any = text("your key is sk-very-secret, is it not?")
    with serving([said]) as server, asking(LIMITS) as turn:
        answer = make_model("openai:x", base_url=server.url, api_key="sk-very-secret").invoke("hi")
    assert server.keys == ["Bearer sk-very-secret"]
    assert "very-secret" not in answer.text + json.dumps([one.as_json() for one in turn.exchanges])


@pytest.mark.parametrize("name", ["offline", "openai:x,offline"])
def test_the_rules_keep_their_exchanges_too(name: str) -> None:
    with asking(LIMITS) as turn:
        make_model(name, base_url="http://127.0.0.1:1/v1").bind_tools(TOOLS).invoke("how is it going?")
    (kept,) = turn.exchanges
    assert kept.model == "offline"
    assert [tool["function"]["name"] for tool in kept.tools] == ["propose_bounds", "status"]

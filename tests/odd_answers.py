"""Answers and tools for tests of servers that misbehave, and the real client for them."""

from __future__ import annotations

import json
from typing import Any

from chat_server import Raw, Server, call, completion, stream, text

from zosimos.agent.models.names import make_model

GIVEN = {"parameter": "x", "max": 0.3}
ONE = json.dumps({"name": "propose_bounds", "arguments": GIVEN})
TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "propose_bounds",
            "description": "Propose new bounds.",
            "parameters": {"type": "object", "properties": {"parameter": {}, "min": {}, "max": {}}},
        },
    },
    {
        "type": "function",
        "function": {"name": "status", "description": "Look.", "parameters": {"type": "object", "properties": {}}},
    },
]
HTML = {"Content-Type": "text/html"}
JSON = {"Content-Type": "application/json"}


def model(server: Server | str, key: str | None = None) -> Any:
    return make_model("openai:x", base_url=server if isinstance(server, str) else server.url, api_key=key)


def native(**call: Any) -> Raw:
    return completion({"content": None, "tool_calls": [call]})


ANSWERS = {
    "as the protocol says": call("propose_bounds", GIVEN),
    "arguments as an object": native(function={"name": "propose_bounds", "arguments": GIVEN}),
    "arguments as JSON in JSON": call("propose_bounds", json.dumps(json.dumps(GIVEN))),
    "no id": native(id=None, type="function", function={"name": "propose_bounds", "arguments": json.dumps(GIVEN)}),
    "no function around it": native(name="propose_bounds", arguments=GIVEN),
    "one call, not in a list": completion(
        {"content": "", "tool_calls": {"function": {"name": "propose_bounds", "arguments": GIVEN}}}
    ),
    "the older function_call": completion(
        {"content": None, "function_call": {"name": "propose_bounds", "arguments": json.dumps(GIVEN)}}
    ),
    "text": text(ONE),
    "text in fences after a thought": text(f"<think>status?</think>Fine.\n```json\n{ONE}\n```"),
    "text in parts": completion({"content": [{"type": "text", "text": ONE[:20]}, {"type": "text", "text": ONE[20:]}]}),
    "text as a page": Raw(200, completion({"content": ONE}).body, HTML),
    "a stream of text": stream({"role": "assistant", "content": ""}, {"content": ONE[:9]}, {"content": ONE[9:]}),
    "a stream of calls": stream(
        {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "propose_bounds", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"parameter": "x", '}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '"max": 0.3}'}}]},
    ),
    "a stream of calls without places": stream(
        {"tool_calls": [{"function": {"name": "propose_bounds", "arguments": '{"parameter":'}}]},
        {"tool_calls": [{"function": {"arguments": ' "x", "max": 0.3}'}}]},
    ),
    "a stream of an older call": stream(
        {"function_call": {"name": "propose_bounds", "arguments": '{"parameter":'}},
        {"function_call": {"arguments": ' "x", "max": 0.3}'}},
    ),
}

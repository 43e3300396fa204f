"""Tools in words: messages for a server that knows no tools, with the tools described and the calls written out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from zosimos.agent.data import as_data

_HOW = """

You have the tools below. To call one, answer with JSON and nothing else, in this form:
{"name": "NAME OF THE TOOL", "arguments": {...}}
To call several, answer with a list of such objects. What they return comes with the next message. To say something to
the person, answer in plain words without JSON.
"""


def in_words(messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]], choice: Any) -> list[BaseMessage]:
    """Return messages in which nothing but words is left.

    Args:
        messages: the conversation.
        tools: the tools, as the protocol describes them.
        choice: which tool must be called, as the protocol says it, or None.
    """
    described = [tool.get("function", tool) for tool in tools]
    must = choice.get("function", {}).get("name") if isinstance(choice, Mapping) else None
    how = _HOW + (f"Call the tool {must} now.\n" if must else "") + json.dumps(described, ensure_ascii=False)
    told: list[BaseMessage] = []
    first = messages[0] if messages and isinstance(messages[0], SystemMessage) else None
    told.append(SystemMessage((first.text if first else "") + how))
    results: list[str] = []
    for message in messages[1 if first else 0 :]:
        if isinstance(message, ToolMessage):
            results.append(f"{message.name or 'the tool'} returned: {as_data(message.text)}")
            continue
        if results:
            told.append(HumanMessage("\n".join(results)))
            results = []
        told.append(_written_out(message) if isinstance(message, AIMessage) else message)
    return [*told, HumanMessage("\n".join(results))] if results else told


def _written_out(message: AIMessage) -> AIMessage:
    calls = [{"name": call["name"], "arguments": call["args"]} for call in message.tool_calls]
    broken = [str(call.get("args") or "") for call in message.invalid_tool_calls]
    parts = [message.text, json.dumps(calls[0] if len(calls) == 1 else calls) if calls else "", *broken]
    return AIMessage("\n".join(part for part in parts if part))

"""Exchanges: one request to a model and its answer, as JSON data that a ledger keeps and another model can be asked.

Roles, tool calls and tool results are kept as the protocol has them, so that what is read back is what was sent. The
key of a server stands in none of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zosimos.core.canonical import canonical_json

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage


@dataclass(frozen=True)
class Exchange:
    """One request and its answer.

    Args:
        model: who answered.
        messages: the whole prompt.
        reply: the answer, as the program read it.
        tools: the tools that were offered, as the protocol describes them.
        choice: which tool had to be called, as the protocol says it; None: none.
        left_out: the parts of the request that the server refuses and was not sent, such as ``temperature``.
    """

    model: str
    messages: Sequence[Mapping[str, Any]]
    reply: Mapping[str, Any]
    tools: Sequence[Mapping[str, Any]] = ()
    choice: Any = None
    left_out: Sequence[str] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over the prompt: its messages in order."""
        return hashlib.sha256(canonical_json(list(self.messages)).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        data = {name: list(getattr(self, name)) for name in ("messages", "tools", "left_out")}
        return {"model": self.model, "reply": dict(self.reply), "choice": self.choice, **data}


def exchange(
    model: str,
    messages: Sequence[BaseMessage],
    reply: AIMessage,
    *,
    tools: Sequence[Mapping[str, Any]] = (),
    choice: Any = None,
    left_out: Sequence[str] = (),
) -> Exchange:
    """Return a request and its answer as data."""
    return Exchange(model, [told(one) for one in messages], told(reply), list(tools), choice, sorted(left_out))


def told(message: BaseMessage) -> dict[str, Any]:
    """Return a message as JSON data, whole characters only.

    >>> from langchain_core.messages import HumanMessage
    >>> told(HumanMessage("why?"))
    {'role': 'user', 'content': 'why?'}
    """
    from langchain_core.messages import AIMessage, SystemMessage, ToolMessage

    content = _whole(message.text)
    match message:
        case ToolMessage():
            called = {"tool_call_id": message.tool_call_id, "name": message.name or ""}
            return {"role": "tool", "content": content, **called}
        case AIMessage():
            calls = [_call(one["id"], one["name"], json.dumps(one["args"])) for one in message.tool_calls]
            calls += [_call(one["id"], one["name"], str(one["args"] or "")) for one in message.invalid_tool_calls]
            return {"role": "assistant", "content": content, **({"tool_calls": calls} if calls else {})}
        case SystemMessage():
            return {"role": "system", "content": content}
        case _:
            return {"role": "user", "content": content}


def heard(data: Mapping[str, Any]) -> BaseMessage:
    """Return the message that :func:`told` gave.

    Raises:
        KeyError, TypeError: it is none.

    >>> heard({"role": "assistant", "content": "I look."}).text
    'I look.'
    """
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    content = data["content"]
    match data["role"]:
        case "system":
            return SystemMessage(content)
        case "tool":
            return ToolMessage(content, tool_call_id=data["tool_call_id"], name=data["name"])
        case "assistant":
            calls, broken = [], []
            for call in data.get("tool_calls", ()):
                name, said = call["function"]["name"], call["function"]["arguments"]
                given = arguments(said)
                if given is None:
                    broken.append({"id": call["id"], "name": name, "args": said, "error": None})
                else:
                    calls.append({"id": call["id"], "name": name, "args": given})
            return AIMessage(content, tool_calls=calls, invalid_tool_calls=broken)
        case _:
            return HumanMessage(content)


def arguments(said: str) -> dict[str, Any] | None:
    """Return the arguments of a call; None where they are no JSON by name.

    >>> arguments('{"experiment": "e0007"}'), arguments("e0007")
    ({'experiment': 'e0007'}, None)
    """
    try:
        given = json.loads(said)
    except (ValueError, RecursionError):
        return None
    return given if isinstance(given, dict) else None


def _call(place: str | None, name: str | None, said: str) -> dict[str, Any]:
    return {"id": place or "", "type": "function", "function": {"name": name or "", "arguments": _whole(said)}}


def _whole(text: str) -> str:
    """Return text without halves of characters, which no ledger can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")

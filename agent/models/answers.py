"""Answers of chat servers, brought to the one form that the client reads.

Seen in the wild: a stream of events where none was asked for, content as a list of parts, arguments as an object, as
nothing or as JSON inside JSON, the older ``function_call``, calls without ids or with the same, usage that is no
numbers. What is no chat completion in any of these forms is left as it is, for the client to refuse.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import openai


class CutOffError(openai.OpenAIError):
    """Raised where a stream of events stops without saying that it is complete."""


def as_completion(body: bytes) -> bytes:
    r"""Return the body of an answer as a chat completion.

    Raises:
        CutOffError: it is a stream of events without an end.

    >>> as_completion(b'data: {"choices": [{"delta": {"content": "yes"}}]}\n\ndata: [DONE]\n\n')[:59]
    b'{"choices": [{"index": 0, "finish_reason": "stop", "message'
    """
    text = body.decode("utf-8", "replace").lstrip("\ufeff\r\n\t ")
    try:
        answer = _joined(text) if text.startswith(("data:", "event:", "id:", "retry:", ":")) else json.loads(text)
        if not isinstance(answer, dict):
            return body
        for choice in _dicts(answer.get("choices")):
            if isinstance(choice.get("message"), dict):
                _straighten(choice["message"])
        answer["usage"] = _usage(answer.get("usage"))
        return json.dumps(answer).encode()
    except (ValueError, RecursionError):
        return body


def _dicts(items: Any) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _straighten(message: dict[str, Any]) -> None:
    """Bring one message to the form that the protocol has today."""
    message["role"] = "assistant"
    message["content"] = _text(message.get("content"))
    older = message.pop("function_call", None)
    calls = message.get("tool_calls") or ([{"function": older}] if isinstance(older, dict) else [])
    calls = [calls] if isinstance(calls, dict) else calls
    seen: set[str] = set()
    for place, call in enumerate(_dicts(calls), start=1):
        if not isinstance(call.get("function"), dict):
            call["function"] = {key: call[key] for key in ("name", "arguments") if key in call}
        call["function"]["arguments"] = _arguments(call["function"].get("arguments"))
        name = call.get("id")
        call["id"] = name if isinstance(name, str) and name and name not in seen else f"call_{place}"
        call["type"] = "function"
        seen.add(call["id"])
    message["tool_calls"] = calls or None


def delta_text(event: Any) -> str:
    """Return the text that one event of a stream adds to an answer; empty where it adds none.

    >>> delta_text({"choices": [{"delta": {"content": "yes"}}]}), delta_text({"choices": []}), delta_text(3)
    ('yes', '', '')
    """
    for choice in _dicts(event.get("choices") if isinstance(event, dict) else None)[:1]:
        delta = choice.get("delta") or choice.get("message")
        text = _text(delta.get("content")) if isinstance(delta, dict) else None
        return text if isinstance(text, str) else ""
    return ""


def _text(content: Any) -> Any:
    """Return content as text, where it is a list of parts."""
    if not isinstance(content, list):
        return content
    parts = [part.get("text") if isinstance(part, dict) else part for part in content]
    return "".join(part for part in parts if isinstance(part, str))


def _arguments(given: Any) -> str:
    """Return arguments as JSON in text; what cannot be read as JSON stays, for the model to be told."""
    if given is None or given == "":
        return "{}"
    if not isinstance(given, str):
        return json.dumps(given)
    try:
        inner = json.loads(given, strict=False)
    except (ValueError, RecursionError):
        return given
    return inner if isinstance(inner, str) else json.dumps(inner)


def _usage(found: Any) -> dict[str, Any] | None:
    """Return how many tokens a server counted; None where that is no count."""
    if not isinstance(found, Mapping):
        return None
    names = ("prompt_tokens", "completion_tokens")
    counted = [found.get(name) for name in names]
    if not all(type(count) is int and 0 <= count < 10**9 for count in counted):
        return None
    details = found.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else None
    kept = {"prompt_tokens_details": {"cached_tokens": cached}} if type(cached) is int and cached >= 0 else {}
    return {**dict(zip(names, counted, strict=True)), "total_tokens": sum(counted), **kept}


def _joined(stream: str) -> dict[str, Any]:
    """Return the completion that the events of a stream add up to."""
    said: list[str] = []
    calls: list[dict[str, Any]] = []
    places: dict[Any, dict[str, Any]] = {}
    usage, ending = None, None
    for event in _events(stream):
        if event is None:
            ending = ending or "stop"
            break
        if event.get("error"):
            return event
        usage = event.get("usage") or usage
        said.append(delta_text(event))
        for choice in _dicts(event.get("choices"))[:1]:
            ending = choice.get("finish_reason") or ending
            delta = choice.get("delta") or choice.get("message")
            if isinstance(delta, dict):
                older = delta.get("function_call")
                parts = [{"index": 0, "function": older}] if isinstance(older, dict) else delta.get("tool_calls")
                for part in _dicts(parts):
                    _add(part, calls, places)
    if ending is None:
        raise CutOffError
    message: dict[str, Any] = {"role": "assistant", "content": "".join(said), "tool_calls": calls or None}
    for call in calls:
        call["function"]["arguments"] = "".join(call["function"]["arguments"])
    return {"choices": [{"index": 0, "finish_reason": ending, "message": message}], "usage": usage}


def _events(stream: str) -> Iterable[dict[str, Any] | None]:
    """Yield the events of a stream, and None where it says that it is complete."""
    for line in stream.split("\n"):
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            yield None
            return
        event = json.loads(data)
        if isinstance(event, dict):
            yield event


def _add(part: Mapping[str, Any], calls: list[dict[str, Any]], places: dict[Any, dict[str, Any]]) -> None:
    """Add a part of a call to the call it belongs to: by its place, else to the last unless it begins another."""
    function = part.get("function")
    function = function if isinstance(function, dict) else {}
    place = part.get("index")
    if not isinstance(place, int):
        place = len(calls) if part.get("id") or function.get("name") or not calls else len(calls) - 1
    if place not in places:
        places[place] = {"id": part.get("id"), "type": "function", "function": {"name": "", "arguments": []}}
        calls.append(places[place])
    kept = places[place]["function"]
    name, given = function.get("name"), function.get("arguments")
    kept["name"] += name if isinstance(name, str) and name != kept["name"] else ""
    if given is not None:
        kept["arguments"].append(given if isinstance(given, str) else json.dumps(given))

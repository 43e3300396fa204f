"""The wire: answers of chat servers brought to the one shape that the client reads, and kept from growing without end.

Seen in the wild: arguments as an object, the older ``function_call``, content as a list of parts, and a stream of
events where none was asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

LARGEST = 4_000_000
"""Bytes of an answer that are read."""


class Bounded(httpx.HTTPTransport):
    """A transport that gives an answer up once it is longer than any answer is."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to a request, which ends with an error beyond :data:`LARGEST` bytes."""
        found = super().handle_request(request)
        assert isinstance(found.stream, httpx.SyncByteStream), "this transport is no asynchronous one"
        found.stream = _BoundedStream(found.stream)
        return found


class _BoundedStream(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        total = 0
        for part in self._stream:
            total += len(part)
            if total > LARGEST:
                raise httpx.ReadError(f"the answer is longer than {LARGEST} bytes")
            yield part

    def close(self) -> None:
        self._stream.close()


def completion(answer: Any) -> Any:
    """Return an answer as a chat completion, where it is one in another form; else as it is."""
    if isinstance(answer, str) and answer.lstrip().startswith("data:"):
        answer = _joined(answer)
    elif hasattr(answer, "model_dump"):
        answer = answer.model_dump(warnings=False)
    if isinstance(answer, dict) and isinstance(answer.get("choices"), list):
        for choice in answer["choices"]:
            if isinstance(choice, dict) and isinstance(choice.get("message"), dict):
                _straighten(choice["message"])
    return answer


def _straighten(message: dict[str, Any]) -> None:
    message.setdefault("role", "assistant")
    legacy = message.pop("function_call", None)
    if isinstance(legacy, dict) and not message.get("tool_calls"):
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": legacy}]
    calls = message.get("tool_calls")
    for place, call in enumerate(calls if isinstance(calls, list) else (), start=1):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            call["id"], call["type"] = call.get("id") or f"call_{place}", "function"
            if not isinstance(function.get("arguments"), str):
                function["arguments"] = json.dumps(function.get("arguments") or {})


def _joined(stream: str) -> dict[str, Any]:
    r"""Return the completion that a stream of events adds up to.

    >>> found = _joined('data: {"choices": [{"delta": {"content": "yes"}}]}\n\ndata: [DONE]')
    >>> found["choices"][0]["message"]["content"]
    'yes'
    """
    said: list[str] = []
    calls: dict[int, dict[str, Any]] = {}
    usage: Any = None
    for line in stream.splitlines():
        data = line.removeprefix("data:").strip()
        if not line.startswith("data:") or data == "[DONE]":
            continue
        event = json.loads(data)
        usage = event.get("usage") or usage
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or choice.get("message") or {}
            said.append(delta.get("content") or "")
            for part in delta.get("tool_calls") or ():
                _add(calls.setdefault(int(part.get("index", len(calls))), {"name": "", "arguments": ""}), part)
    made = [{"id": f"call_{place}", "type": "function", "function": call} for place, call in sorted(calls.items())]
    message = {"role": "assistant", "content": "".join(said), **({"tool_calls": made} if made else {})}
    return {"choices": [{"index": 0, "finish_reason": "stop", "message": message}], "usage": usage}


def _add(call: dict[str, Any], part: Mapping[str, Any]) -> None:
    function = part.get("function") or {}
    given = function.get("arguments") or ""
    call["name"] += function.get("name") or ""
    call["arguments"] += given if isinstance(given, str) else json.dumps(given)

"""A server on this machine that speaks OpenAI's chat protocol from a script, for the real client to talk to.

It also misbehaves as servers do: it streams unasked, drips, falls silent, cuts answers off, and refuses parts of
requests.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Raw:
    """An answer as it goes over the wire.

    ``silent_s`` passes before it begins; ``drip_s`` passes between its bytes, those of the headers among them;
    ``cut`` is how many bytes of the body are sent before the connection breaks. Of a body in ``latin`` each character
    is one byte, such as of what is compressed.
    """

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    silent_s: float = 0.0
    drip_s: float = 0.0
    cut: int | None = None
    latin: bool = False


Answering: TypeAlias = Callable[[dict[str, Any]], Raw]
"""Returns an answer to a request."""


def completion(message: Mapping[str, Any]) -> Raw:
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    return Raw(200, json.dumps(body), {"Content-Type": "application/json"})


def counting(reply: Raw, tokens_in: int | None, tokens_out: int = 1) -> Raw:
    """The same answer of a server that counts so many tokens, or (None) says nothing of them."""
    body = json.loads(reply.body)
    body.pop("usage", None)
    if tokens_in is not None:
        total = tokens_in + tokens_out
        body["usage"] = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": total}
    return replace(reply, body=json.dumps(body))


def text(content: str) -> Raw:
    return completion({"content": content})


def call(name: str, arguments: Mapping[str, Any] | str) -> Raw:
    return calls((name, arguments))


def calls(*wanted: tuple[str, Mapping[str, Any] | str]) -> Raw:
    made = [
        {
            "id": f"call_{i}",
            "type": "function",
            "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
        }
        for i, (name, given) in enumerate(wanted)
    ]
    return completion({"content": None, "tool_calls": made})


def failure(status: int, message: str = "no", **headers: str) -> Raw:
    """An error; ``headers`` are named with underscores, and without any the next attempt may follow at once."""
    pause = {name.replace("_", "-"): value for name, value in headers.items()} or {"Retry-After-Ms": "1"}
    body = json.dumps({"error": {"message": message, "type": "scripted"}})
    return Raw(status, body, {"Content-Type": "application/json", **pause})


def stream(*deltas: Mapping[str, Any], ends: bool = True) -> Raw:
    """A stream of events, as a server sends it that always streams; one that is cut off does not say that it ends."""
    events = [json.dumps({"choices": [{"index": 0, "delta": delta}]}) for delta in deltas]
    if ends:
        events += [json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}), "[DONE]"]
    return Raw(200, "".join(f"data: {event}\n\n" for event in events), {"Content-Type": "text/event-stream"})


@dataclass
class Server:
    """The address, the replies still to come (the last is given again and again), and what was asked."""

    url: str
    replies: list[Raw | Answering]
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@contextmanager
def serving(replies: Sequence[Raw | Answering], refusing: Mapping[str, Raw] | None = None) -> Iterator[Server]:
    """Serve replies one after the other; a request that has a part named in ``refusing`` gets that answer instead."""
    lock = threading.Lock()
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            asked = json.loads(self.rfile.read(length))
            with lock:
                found.requests.append(asked)
                found.keys.append(self.headers.get("Authorization", ""))
                refused: list[Raw | Answering] = [one for part, one in (refusing or {}).items() if part in asked]
                replies = refused or found.replies
                given = replies.pop(0) if len(replies) > 1 else replies[0]
            with suppress(OSError):  # who asked may have gone
                self._answer(given if isinstance(given, Raw) else given(asked))

        def _answer(self, reply: Raw) -> None:
            body = reply.body.encode("latin-1" if reply.latin else "utf-8")
            fields = {**reply.headers, "Content-Length": str(len(body))}
            lines = [f"HTTP/1.0 {reply.status} Scripted", *(f"{name}: {value}" for name, value in fields.items())]
            head = ("\r\n".join(lines) + "\r\n\r\n").encode()
            over.wait(reply.silent_s)
            data = head + body[: reply.cut]
            size = 1 if reply.drip_s else max(1, len(data))
            for place in range(0, len(data), size):
                if over.is_set():
                    return
                self.wfile.write(data[place : place + size])
                if reply.drip_s:
                    over.wait(reply.drip_s)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Server(f"http://127.0.0.1:{server.server_port}/v1", list(replies))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()

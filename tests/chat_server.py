"""A server on this machine that speaks OpenAI's chat protocol from a script, for the real client to talk to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Raw:
    """An answer as it goes over the wire."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    pause_s: float = 0.0
    """Between one byte of the body and the next."""


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


def failure(status: int, message: str = "no") -> Raw:
    headers = {"Content-Type": "application/json", "Retry-After": "0", "Retry-After-Ms": "1"}
    return Raw(status, json.dumps({"error": {"message": message, "type": "scripted"}}), headers)


@dataclass
class Server:
    """The address, the replies still to come (the last is given again and again), and what was asked."""

    url: str
    replies: list[Raw | Answering]
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@contextmanager
def serving(replies: Sequence[Raw | Answering]) -> Iterator[Server]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            asked = json.loads(self.rfile.read(length))
            with lock:
                found.requests.append(asked)
                found.keys.append(self.headers.get("Authorization", ""))
                given = found.replies.pop(0) if len(found.replies) > 1 else found.replies[0]
            reply = given if isinstance(given, Raw) else given(asked)
            data = reply.body.encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with suppress(OSError):  # who asked may be gone
                for part in [data[i : i + 1] for i in range(len(data))] if reply.pause_s else [data]:
                    self.wfile.write(part)
                    time.sleep(reply.pause_s)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Server(f"http://127.0.0.1:{server.server_port}/v1", list(replies))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

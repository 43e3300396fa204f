"""Requests with an end: an HTTP client that reads so much of an answer, for so long, and hands on a chat completion.

The time limits of an HTTP client are for one read each, so that a server that sends a byte now and then never meets
them. Each request has a connection of its own, which can be cut from outside.
"""

from __future__ import annotations

import socket
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import openai

from zosimos.agent.models.answers import as_completion
from zosimos.agent.models.streamed import Streamed
from zosimos.agent.models.turn import current

_FRAMING = ("content-encoding", "content-length", "transfer-encoding")
_SHOWN = 4000  # bytes of a refusal
_SHORT = 4  # characters: what stands for no key is a word like any other


class TooLongError(openai.OpenAIError):
    """Raised where an answer is longer than any that could be of use."""


class BoundedClient(openai.DefaultHttpxClient):
    """The HTTP client under openai's own.

    Args:
        key: what the server is sent as a key; it is taken out of answers that repeat it, which are kept and shown.
    """

    def __init__(self, key: str = "") -> None:
        super().__init__()
        self._open: list[Any] = []
        self._key = key.encode() if len(key) > _SHORT else b""

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request and return its answer, read to the end and made a chat completion.

        Raises:
            TooLongError: the answer goes on and on.
            TimeoutError: it is not complete in time.
            CutOffError: it is a stream of events without an end.
        """
        ends = time.monotonic() + request.extensions["timeout"]["read"]
        request.headers["Accept-Encoding"], request.headers["Connection"] = "identity", "close"
        request.extensions = {**request.extensions, "trace": self._note}
        answer = super().send(request, **{**options, "stream": True})
        try:
            body = _read(answer, ends, self._key.decode())
        finally:
            answer.close()
        body = body.replace(self._key, b"***") if self._key else body
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in _FRAMING}
        if not answer.is_error:
            made = as_completion(body)
            headers |= {"content-type": "application/json"} if made is not body else {}
            body = made
        return type(answer)(answer.status_code, headers=headers, content=body, request=request)

    def cut(self) -> None:
        """Break the connections of requests that nobody waits for any more."""
        while self._open:
            with suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def _note(self, event: str, info: Mapping[str, Any]) -> None:
        """Keep the socket of a connection; only the last one matters."""
        if event.endswith("connect_tcp.complete"):
            self._open[:] = [info["return_value"].get_extra_info("socket")]


def _read(answer: Any, ends: float, key: str) -> bytes:
    """Return the body of an answer, told while it comes to who listens; of a refusal, the beginning will do."""
    most, hearing = current().limits.answer_bytes, current().hearing
    told = Streamed(hearing, key) if hearing is not None and not answer.is_error else None
    parts, size = [], 0
    for part in answer.iter_raw():
        parts.append(part)
        size += len(part)
        if told is not None:
            told.take(part)
        if answer.is_error and size > _SHOWN:
            break
        if size > most:
            raise TooLongError
        if time.monotonic() > ends:
            raise TimeoutError
    body = b"".join(parts)
    if answer.headers.get("content-encoding", "identity") not in ("gzip", "deflate"):
        return body
    try:
        plain = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, most + 1)  # either, though not asked for
    except zlib.error:
        return body
    if len(plain) > most:
        raise TooLongError
    return plain

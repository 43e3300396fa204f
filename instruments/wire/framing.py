"""Framing: how a protocol wraps what is said into bytes, and finds exactly one reply in what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from zosimos.core.errors import EnvelopeError
from zosimos.instruments.wire.trace import shown


@dataclass(frozen=True)
class Split:
    """What was found in received bytes.

    Args:
        reply: the first whole reply's content, or None if there is none yet.
        rest: what follows it.
        garbage: bytes before it that belong to no frame.
    """

    reply: bytes | None
    rest: bytes
    garbage: bytes = b""


class Framing(Protocol):
    """A protocol's frames, both ways."""

    def wrap(self, payload: bytes) -> bytes:
        """Return the bytes that carry a request."""
        ...

    def split(self, received: bytes) -> Split:
        """Find the first reply in what was received."""
        ...


def one_frame(payload: bytes, *marks: bytes) -> bytes:
    """Return a payload that holds none of the marks that begin or end a frame.

    Leave is given for a payload; what would make two frames of it must not ride along.

    Raises:
        EnvelopeError: it holds one.
    """
    if any(mark in payload for mark in marks):
        raise EnvelopeError(
            f"{shown(payload[:60])} is more than one frame",
            value=shown(payload[:60]),
            hint="nothing was sent; ask for leave for each command by itself",
        )
    return payload


@dataclass(frozen=True)
class Lines:
    r"""Text lines that end in a terminator, both ways; only printable ASCII is a line.

    >>> Lines().wrap(b"S"), Lines().split(b"S S 1.0 g" + b"\r\n").reply
    (b'S\r\n', b'S S 1.0 g')
    """

    terminator: bytes = b"\r\n"
    longest: int = 4096

    def wrap(self, payload: bytes) -> bytes:
        """Return the line.

        Raises:
            EnvelopeError: it would be two lines: the second would go without leave.
        """
        return one_frame(payload, self.terminator, b"\r", b"\n") + self.terminator

    def split(self, received: bytes) -> Split:
        """Find the first line; a line with other bytes in it, or one too long, is garbage."""
        line, found, rest = received.partition(self.terminator)
        if not found:
            return Split(None, b"", received) if len(received) > self.longest else Split(None, received)
        if len(line) <= self.longest and all(0x20 <= byte < 0x7F for byte in line):
            return Split(line, rest)
        return Split(None, rest, line + found)

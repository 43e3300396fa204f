"""Bytes that nobody asked for, looked through for frames that mean something.

Bytes come in pieces, and a link throws pieces away while it waits for a quiet line. An announcement that was cut in two
must still be heard, so what was thrown away is kept until it makes whole frames.
"""

from __future__ import annotations

from collections.abc import Iterator

from zosimos.instruments.wire.framing import Framing

_KEPT = 4096


class Unasked:
    """What came in unasked.

    Args:
        framing: the device's frames.
    """

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._part = b""

    def frames(self, data: bytes) -> Iterator[bytes]:
        """Yield the whole frames, and what stands between them, in bytes that were thrown away.

        What was thrown away just before counts too.
        """
        rest = self._part + data
        self._part = b""
        while rest:
            found = self._framing.split(rest)
            for one in (found.garbage, found.reply):
                if one:
                    yield one
            if len(found.rest) >= len(rest):
                self._part = rest[-_KEPT:]
                return
            rest = found.rest

    def forget(self) -> None:
        """Begin again: something else came in between."""
        self._part = b""

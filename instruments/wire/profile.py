"""How to talk to a kind of device: its frames, its deadlines, what only asks, and what it says unasked.

A driver declares this once, as data; the link (:mod:`.link`) does the talking.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zosimos.instruments.wire.framing import Framing


@dataclass(frozen=True)
class Sentinel:
    """A query whose reply cannot be mistaken for another's.

    >>> Sentinel(b"VER", lambda line: line.startswith(b"V")).fits(b"V2.0")
    True
    """

    payload: bytes
    fits: Callable[[bytes], bool]


@dataclass(frozen=True)
class Announcement:
    """What a device says of itself, unasked, when it restarted and so forgot what it was set to.

    Args:
        fits: says of what came in unasked (a frame, or garbage) whether it is that. Noise may stand before it, as when
            power comes back.
        query: the query that has the same words for its reply, if there is one; its reply is not unasked. It should
            not be the sentinel, or the one could be taken for the other just when it matters.

    >>> Announcement(lambda line: line.startswith(b"READY")).fits(b"READY 2.0")
    True
    """

    fits: Callable[[bytes], bool]
    query: bytes | None = None


def _never(_: bytes) -> bool:
    return False


@dataclass(frozen=True)
class LinkProfile:
    """How to talk to a kind of device.

    Args:
        framing: its frames.
        sentinel: brings the link back into step. It leaves without a permit, so it must be one of the queries.
        queries: says of a payload whether it only asks (the driver's whitelist).
        within_s: how long a reply may take.
        restarts: what the device says unasked when it restarted, if it says anything.
        silent: says of an effect's payload that the device obeys it without a word. The link then asks the sentinel,
            whose answer shows that the device is there and refused nothing; the driver reads back what was set.
        stop_within_s: how long a stop may take, from the call to the device's confirmation.

    >>> from zosimos.instruments.wire.framing import Lines
    >>> version = Sentinel(b"VER", lambda line: line.startswith(b"V"))
    >>> profile = LinkProfile(Lines(), version, queries={b"VER", b"POS"}.__contains__)
    >>> profile.queries(b"POS"), profile.queries(b"GO 3"), profile.within_s
    (True, False, 1.0)
    """

    framing: Framing
    sentinel: Sentinel
    queries: Callable[[bytes], bool]
    within_s: float = 1.0
    restarts: Announcement | None = None
    silent: Callable[[bytes], bool] = _never
    stop_within_s: float = 1.0

"""Signals of the operating system, heard while a block lasts."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def heard(names: Iterable[str], hear: Callable[[int], None], *, once: bool = False) -> Iterator[None]:
    """Call a function on signals while the block lasts; put the old handlers back afterwards.

    Args:
        names: of the signals, such as ``SIGTERM``; those that this operating system does not have are left out.
        hear: called with a signal's number.
        once: whether only the first signal of each name is heard; a second one does what it always did.

    Raises:
        ValueError: this is not the main thread, where alone signals can be heard.
    """
    before: dict[int, Any] = {}

    def handle(number: int, _: FrameType | None) -> None:
        if once:
            signal.signal(number, before[number])
        hear(number)

    for wanted in (getattr(signal, name) for name in names if hasattr(signal, name)):
        before[wanted] = signal.getsignal(wanted)
        signal.signal(wanted, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Pace: how often something may happen in a minute, counted in memory."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable

_MINUTE = 60.0


class Pace:
    """Counts of the last minute, by name.

    Args:
        clock: gives seconds that only grow.

    >>> pace = Pace(lambda: 0.0)
    >>> [pace.room("claude", 2) for _ in range(3)]
    [True, True, False]
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def room(self, name: str, most: int) -> bool:
        """Say whether it may happen once more, and if so count it."""
        with self._lock:
            now, times = self._clock(), self._times[name]
            while times and times[0] <= now - _MINUTE:
                times.popleft()
            if len(times) >= most:
                return False
            times.append(now)
            return True

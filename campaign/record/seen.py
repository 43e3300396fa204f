"""What was seen: the observations that decisions rest on, with what was worked out of them so far.

It belongs to a state, and begins again when the running digest says that they are not those it was worked out of: a
record that was read again may have lost the last of them.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from zosimos.core.records import Observation
from zosimos.planners.observed import Kept, Observed


class Seen:
    """A campaign's observations when somebody asked last, in a list that threads beside the loop may read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._observations: list[Observation] = []
        self._kept = Kept(self._observations)
        self._digest = ""

    def first(self, n: int, observations: Sequence[Observation], digests: Sequence[str]) -> Observed:
        """Return the first ``n`` of a campaign's observations.

        Args:
            n: at most as many as there are.
            observations: all of them.
            digests: the running digest before the first and after each.
        """
        with self._lock:
            known = len(self._observations)
            if known and (known > len(observations) or digests[known] != self._digest):
                self._begin()
                known = 0
            if known < len(observations):
                self._observations.extend(observations[known:])
                self._digest = digests[len(observations)]
            return Observed(self._kept, n)

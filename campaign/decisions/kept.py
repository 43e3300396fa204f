"""What decisions keep between turns: a campaign's observations with what was worked out of them so far.

It belongs to a state for as long as that lives, and is thrown away when the running digest of the observations says
that they are not those it was worked out of: a record that was read again may have lost the last of them.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass

from zosimos.campaign.record.state import State
from zosimos.core.records import Observation
from zosimos.planners.observed import Kept, Observed


@dataclass
class _Entry:
    """What is kept of one state: its observations when it was asked for last, and their running digest.

    They are in a list of their own, which threads beside the loop may read.
    """

    state: weakref.ref[State]
    observations: list[Observation]
    digest: str

    def __post_init__(self) -> None:
        self.kept = Kept(self.observations)

    def fits(self, state: State) -> bool:
        """Say whether the observations it was worked out of are still the state's first ones."""
        known = len(self.observations)
        return self.state() is state and known <= len(state.observations) and state.digests[known] == self.digest


_LOCK = threading.Lock()
_KEPT: dict[int, _Entry] = {}
"""By the id of a state, which goes when the state does."""


def observed(state: State, n: int | None = None) -> Observed:
    """Return the first ``n`` observations of a campaign (None: all), with what is kept of them.

    Args:
        state: the campaign.
        n: at most as many as there are.
    """
    total = len(state.observations)
    with _LOCK:
        entry = _KEPT.get(id(state))
        if entry is None or not entry.fits(state):
            entry = _KEPT[id(state)] = _Entry(_followed(state), [], state.digests[0])
        if len(entry.observations) < total:
            entry.observations.extend(state.observations[len(entry.observations) :])
            entry.digest = state.digests[total]
        return Observed(entry.kept, total if n is None else n)


def _followed(state: State) -> weakref.ref[State]:
    """Return a reference that takes the entry away with the state, before another can have its id."""
    name = id(state)

    def gone(reference: weakref.ref[State]) -> None:
        entry = _KEPT.get(name)
        if entry is not None and entry.state is reference:
            del _KEPT[name]

    return weakref.ref(state, gone)

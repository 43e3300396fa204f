"""What decisions keep between turns: a campaign's observations with what was worked out of them so far.

It belongs to a state for as long as that lives, and is thrown away when it is not what the state's observations are:
a record that was read again may have lost the last of them, which the running digest says, and a result that was
corrected or retracted counts otherwise, which :attr:`~zosimos.campaign.record.state.State.amended` says.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, field

from zosimos.campaign.record.state import State
from zosimos.core.records import Observation
from zosimos.planners.observed import Kept, Observed


@dataclass
class _Entry:
    """What is kept of one state: its observations that counted when it was asked for last, and their running digest.

    They are in a list of their own, which threads beside the loop may read; ``known`` of the state's were looked at.
    """

    state: weakref.ref[State]
    digest: str
    amended: str
    observations: list[Observation] = field(default_factory=list)
    known: int = 0

    def __post_init__(self) -> None:
        self.kept = Kept(self.observations)

    def fits(self, state: State) -> bool:
        """Say whether the observations it was worked out of are still the state's first ones, and count as they did."""
        if self.state() is not state or self.amended != state.amended or self.known > len(state.observations):
            return False
        return state.digests[self.known] == self.digest


_LOCK = threading.Lock()
_KEPT: dict[int, _Entry] = {}
"""By the id of a state, which goes when the state does."""


def observed(state: State, n: int | None = None) -> Observed:
    """Return those of the first ``n`` observations of a campaign (None: all) that count, with what is kept of them.

    Args:
        state: the campaign.
        n: at most as many as there are; retracted results are counted here, and left out of what is returned.
    """
    total = len(state.observations)
    with _LOCK:
        entry = _KEPT.get(id(state))
        if entry is None or not entry.fits(state):
            entry = _KEPT[id(state)] = _Entry(_followed(state), state.digests[0], state.amended)
        if entry.known < total:
            later = state.observations[entry.known :]
            entry.observations.extend(seen for seen in later if seen.experiment not in state.retracted)
            entry.known, entry.digest = total, state.digests[total]
        first = total if n is None else n
        return Observed(entry.kept, first - sum(one.seen <= first for one in state.retracted.values()))


def _followed(state: State) -> weakref.ref[State]:
    """Return a reference that takes the entry away with the state, before another can have its id."""
    name = id(state)

    def gone(reference: weakref.ref[State]) -> None:
        entry = _KEPT.get(name)
        if entry is not None and entry.state is reference:
            del _KEPT[name]

    return weakref.ref(state, gone)

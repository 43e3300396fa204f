"""What decisions keep between turns: a campaign's observations with what was worked out of them so far.

It belongs to a state for as long as that lives, and is thrown away when the running digest of the observations says
that they are not those it was worked out of: a record that was read again may have lost the last of them.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass

from zosimos.campaign.record.state import State
from zosimos.planners.observed import Kept, Observed


@dataclass
class _Entry:
    """What is kept of one state, which had so many observations, with that digest, when it was asked for last."""

    state: weakref.ref[State]
    kept: Kept
    known: int
    digest: str

    def fits(self, state: State) -> bool:
        """Say whether the observations it was worked out of are still the state's first ones."""
        return (
            self.state() is state and self.known <= len(state.observations) and state.digests[self.known] == self.digest
        )


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
            entry = _Entry(_followed(state), Kept(state.observations), total, state.digests[total])
            _KEPT[id(state)] = entry
        elif entry.known < total:
            entry.known, entry.digest = total, state.digests[total]
        entry.kept.observations = state.observations
    return Observed(entry.kept, total if n is None else n)


def _followed(state: State) -> weakref.ref[State]:
    """Return a reference that takes the entry away with the state, before another can have its id."""
    name = id(state)

    def gone(reference: weakref.ref[State]) -> None:
        entry = _KEPT.get(name)
        if entry is not None and entry.state is reference:
            del _KEPT[name]

    return weakref.ref(state, gone)

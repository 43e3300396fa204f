"""Conditions of the day: a space as it is under the conditions that were found last."""

from __future__ import annotations

from collections.abc import Sequence

from zosimos.core.records import Observation
from zosimos.core.space import SearchSpace


def under_latest(space: SearchSpace, observations: Sequence[Observation]) -> SearchSpace:
    """Return the space under the conditions of the latest observation, failed ones included.

    Before the first, the conditions are as the space has them: in the middle of their ranges unless said otherwise.
    """
    if not space.contextual or not observations:
        return space
    return space.at(observations[-1].values)

"""The design that a campaign begins with: the same for every decision, and which experiment was which of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from zosimos.core.parameters import Values
from zosimos.core.records import Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.advice_items import LeftAlone
from zosimos.planners.designs.design import Design, make_design
from zosimos.planners.designs.request import DesignRequest
from zosimos.planners.goal.cost import lasting as without_purse

DESIGN = "design"
"""The origin of its runs."""


def design_in(space: SearchSpace, request: DesignRequest, sequence_seed: int) -> Design:
    """Return a design in a space, whatever advice or the purse leave out of it for now.

    Raises:
        SpecError: the space and the design do not go together.
    """
    return make_design(lasting(space), request, sequence_seed)


def lasting(space: SearchSpace) -> SearchSpace:
    """Return a space without what advice or the purse leave out of it for now."""
    space = without_purse(space)
    return replace(space, constraints=tuple(c for c in space.constraints if not isinstance(c, LeftAlone)))


def matched(design: Design, observations: Sequence[Observation], space: SearchSpace) -> dict[str, int]:
    """Return which run of the design (its place) each experiment was.

    An experiment is the first run with its values that is open; one of the design that was run elsewhere than asked
    for is the open run that is nearest.
    """
    keys: dict[str, list[int]] = {}
    for place, row in enumerate(design.rows):
        keys.setdefault(key_in(space, row.values), []).append(place)
    found: dict[str, int] = {}
    moved: list[Observation] = []
    for seen in observations:
        places = keys.get(key_in(space, seen.values), [])
        if places:
            found[seen.experiment] = places.pop(0)
        elif seen.origin == DESIGN:
            moved.append(seen)
    open_ = sorted(place for places in keys.values() for place in places)
    for seen in moved:
        if open_:
            rows = [space.pinned(design.rows[place].values) for place in open_]
            away = space.features(rows) - space.features([space.pinned(seen.values)])
            found[seen.experiment] = open_.pop(int(np.argmin((away**2).sum(axis=1))))
    return found


def key_in(space: SearchSpace, values: Values) -> str:
    """Return what says whether two rows are the same, whatever the conditions of the day."""
    return row_key(space.pinned(space.canonical(values)))

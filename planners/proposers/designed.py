"""The design proposer: a campaign's opening by a design of experiments, run after run in the drawn order.

A run counts as done once it was measured, is under way, or was turned down; one that an instrument's fault ended, or
whose result was retracted, is due again. Runs may be alike, as centre points are, so that runs are counted, not rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from zosimos.core.constraints import Predicate
from zosimos.core.errors import PlanningError
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.designs.design import Design, DesignRow, make_design, planned_runs
from zosimos.planners.designs.request import DesignRequest
from zosimos.planners.protocol import ProposalContext

DESIGN = "design"


class DesignProposer:
    """Proposes the next runs of the design that the policy begins with."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` runs.

        Raises:
            PlanningError: no design is asked for, or all of it was proposed.
        """
        request = context.policy.design
        if request is None or not (due := due_runs(context)):
            raise PlanningError("no run of a design is left", hint="planner.start: {design: ...} asks for one")
        design = design_in(context.space, request, context.sequence_seed)
        return [Candidate(context.space.pinned(row.values), DESIGN, design.reason(row)) for row in due[:n]]


def due_runs(context: ProposalContext) -> list[DesignRow]:
    """Return the runs of the campaign's design that are still to be done; none where it begins otherwise."""
    request = context.policy.design
    if request is None:
        return []
    runs = planned_runs(_lasting(context.space), request)
    if sum(seen.origin == DESIGN and not _is_fault(seen) for seen in context.observations) >= runs:
        return []  # known without the design, which may take seconds to find
    return _due(design_in(context.space, request, context.sequence_seed), context)


def design_in(space: SearchSpace, request: DesignRequest, sequence_seed: int) -> Design:
    """Return a design in a space, whatever advice or the purse leave out of it for now.

    Raises:
        SpecError: the space and the design do not go together.
    """
    return make_design(_lasting(space), request, sequence_seed)


def _lasting(space: SearchSpace) -> SearchSpace:
    return replace(space, constraints=tuple(c for c in space.constraints if not isinstance(c, Predicate)))


def _is_fault(seen: Observation) -> bool:
    """Say whether an instrument's fault ended it, so that its run is due again."""
    return seen.failed and seen.cause == "fault"


def _due(design: Design, context: ProposalContext) -> list[DesignRow]:
    """Return the runs that are neither done nor under way nor turned down, and are allowed now."""
    space = context.space
    seen = [one for one in context.observations if not _is_fault(one)]
    done = set(matched(design, seen, space).values())
    for values in (*context.pending, *context.avoid):
        key = _key(space, values)
        place = next((i for i, row in enumerate(design.rows) if i not in done and _key(space, row.values) == key), None)
        done |= {place} if place is not None else set()
    left = [row for place, row in enumerate(design.rows) if place not in done]
    return [row for row in left if not space.problems(space.pinned(row.values))]


def matched(design: Design, observations: Sequence[Observation], space: SearchSpace) -> dict[str, int]:
    """Return which run of the design (its place) each experiment was.

    An experiment is the first run with its values that is open; one of the design that was run elsewhere than asked
    for is the open run that is nearest.
    """
    keys: dict[str, list[int]] = {}
    for place, row in enumerate(design.rows):
        keys.setdefault(_key(space, row.values), []).append(place)
    found: dict[str, int] = {}
    moved: list[Observation] = []
    for seen in observations:
        places = keys.get(_key(space, seen.values), [])
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


def _key(space: SearchSpace, values: Values) -> str:
    return row_key(space.pinned(space.canonical(values)))

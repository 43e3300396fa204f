"""The design proposer: a campaign's opening by a design of experiments, run after run in the drawn order.

A run counts as done once it was measured, is under way, or was turned down; one that an instrument's fault ended, or
whose result was retracted, is due again. Runs may be alike, as centre points are, so that runs are counted, not rows.
"""

from __future__ import annotations

from zosimos.core.errors import PlanningError
from zosimos.core.records import Candidate, Observation
from zosimos.planners.designs.design import Design, DesignRow, planned_runs
from zosimos.planners.designs.opening import DESIGN, design_in, key_in, lasting, matched
from zosimos.planners.protocol import ProposalContext


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
    runs = planned_runs(lasting(context.space), request)
    if sum(seen.origin == DESIGN and not _is_fault(seen) for seen in context.observations) >= runs:
        return []  # known without the design, which may take seconds to find
    return _due(design_in(context.space, request, context.sequence_seed), context)


def _is_fault(seen: Observation) -> bool:
    """Say whether an instrument's fault ended it, so that its run is due again."""
    return seen.failed and seen.cause == "fault"


def _due(design: Design, context: ProposalContext) -> list[DesignRow]:
    """Return the runs that are neither done nor under way nor turned down, and are allowed now."""
    space = context.space
    seen = [one for one in context.observations if not _is_fault(one)]
    done = set(matched(design, seen, space).values())
    keys = [key_in(space, row.values) for row in design.rows]
    for values in (*context.pending, *context.avoid):
        key = key_in(space, values)
        done |= {next((i for i, other in enumerate(keys) if i not in done and other == key), -1)}
    left = [row for place, row in enumerate(design.rows) if place not in done]
    return [row for row in left if not space.problems(space.pinned(row.values))]

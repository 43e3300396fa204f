"""The Sobol proposer: space-filling points, one scrambled sequence through the whole campaign.

Where a person expects the best row somewhere, every second point of the start is drawn by that density instead: half
the start stays even, and the other half can contradict the expectation before any model is asked.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from zosimos.core.parameters import Values
from zosimos.core.records import Candidate
from zosimos.core.seeds import derive_seed
from zosimos.planners.candidates.sampling import fresh, nearest_rows, sobol_points, sobol_rows
from zosimos.planners.proposers.opening import opening_rows
from zosimos.planners.protocol import ProposalContext

_DRAWN_FROM = 512  # even rows, where the space cannot be listed


class SobolProposer:
    """Goes on with the campaign's sequence at the context's position; in a pool, takes the nearest free rows."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates."""
        if context.goal.fidelity is not None:
            return _even(opening_rows(n, context))
        by_prior = _count_by_prior(n, context)
        found = _even(_spread(n - by_prior, context))
        if by_prior:
            rows = _expected(by_prior, context.after([candidate.values for candidate in found]))
            found += [Candidate(row, "sobol", "drawn towards where the best is expected") for row in rows]
        return found


def _even(rows: list[Values]) -> list[Candidate]:
    return [Candidate(row, "sobol", "space filling: the next point of an even spread") for row in rows]


def _spread(n: int, context: ProposalContext) -> list[Values]:
    """Return the next ``n`` rows of the sequence."""
    space, seed, position = context.space, context.sequence_seed, context.position
    if context.free is not None:
        points = sobol_points(space, seed, position + n)[position:]
        return nearest_rows(space, points, context.free)
    rows = fresh(itertools.islice(sobol_rows(space, seed), position, None), context.taken, n)
    if not rows and n and position:  # budget and stock can leave so few that the sequence ends before its place
        return fresh(sobol_rows(space, seed), context.taken, n)
    return rows


def _count_by_prior(n: int, context: ProposalContext) -> int:
    """Return how many of the next ``n`` points are drawn by what is expected: the start's second, fourth and so on."""
    if context.goal.expectation is None or context.contradicted:
        return 0
    end = min(context.position + n, context.start)
    return sum(place % 2 for place in range(context.position, end))


def _expected(n: int, context: ProposalContext) -> list[Values]:
    """Return ``n`` rows drawn by what is expected."""
    expectation, seed = context.goal.expectation, derive_seed(context.sequence_seed, "expected", context.position)
    assert expectation is not None, "asked only where something is expected"
    rows: Sequence[Values] | None = context.free
    if rows is None:
        rows = fresh(sobol_rows(context.space, seed), context.taken, _DRAWN_FROM)
    return [rows[place] for place in expectation.drawn(rows, n, seed)] if len(rows) else []

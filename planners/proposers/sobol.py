"""The Sobol proposer: space-filling points, one scrambled sequence through the whole campaign."""

from __future__ import annotations

import itertools

from zosimos.core.records import Candidate
from zosimos.planners.protocol import ProposalContext
from zosimos.planners.sampling import fresh, nearest_rows, sobol_points, sobol_rows


class SobolProposer:
    """Goes on with the campaign's sequence at the context's position; in a pool, takes the nearest free rows."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates."""
        space, seed, position = context.space, context.sequence_seed, context.position
        if context.free is not None:
            points = sobol_points(space, seed, position + n)[position:]
            rows = nearest_rows(space, points, context.free)
        else:
            rows = fresh(itertools.islice(sobol_rows(space, seed), position, None), context.taken, n)
        return [Candidate(row, "sobol", "space filling: the next point of an even spread") for row in rows]

"""The random proposer: what every other one has to beat."""

from __future__ import annotations

import numpy as np

from zosimos.core.records import Candidate
from zosimos.planners.candidates.sampling import feasible_rows, fresh, random_draw
from zosimos.planners.protocol import ProposalContext


class RandomProposer:
    """Draws independent allowed rows; in a pool, each free row with the same chance."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates."""
        if context.free is not None:
            order = np.random.default_rng(context.seed).permutation(len(context.free))[:n]
            rows = [context.free[index] for index in order]
        else:
            draw = random_draw(len(context.space.parameters), context.seed)
            rows = fresh(feasible_rows(context.space, draw, context.seed), context.not_new, n)
        return [Candidate(row, "random", "drawn at random") for row in rows]

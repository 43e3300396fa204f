"""The maximin proposer: each row as far as can be from all that were tried, for coverage without gaps.

An even spread (``sobol``) is even on average; this one looks at what is there already, whoever chose it.
"""

from __future__ import annotations

from zosimos.core.records import Candidate
from zosimos.planners.candidates.maximin import maximin_rows
from zosimos.planners.protocol import ProposalContext


class MaximinProposer:
    """Takes the allowed row whose nearest tried row is farthest, one after the other."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates."""
        tried = [*(observation.values for observation in context.observations), *context.pending]
        rows = maximin_rows(context.space, n, context.seed, tried, context.avoid)
        return [Candidate(row, "maximin", "coverage: the farthest from everything tried") for row in rows]

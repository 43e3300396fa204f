"""The forest proposer: where a random forest expects to gain most, another opinion than that of the committee.

A forest sees thresholds and combinations of choices where Gaussian processes see slopes (Breiman 2001, Mach. Learn. 45,
5; as a surrogate: Hutter et al. 2011, "Sequential Model-Based Optimization for General Algorithm Configuration"). In a
portfolio it earns experiments by what it delivers, beside the others and beside advice. What is predicted of its rows,
and recorded, is what the campaign's own models believe: intervals are recalibrated by one kind of prediction.
"""

from __future__ import annotations

from dataclasses import replace

from zosimos.core.errors import PlanningError
from zosimos.core.records import Candidate
from zosimos.planners.models.belief import Belief
from zosimos.planners.proposers.bayesian import BayesianProposer
from zosimos.planners.protocol import ProposalContext


class ForestProposer:
    """Proposes by a random forest in place of the models that a campaign has."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates; none before every objective was measured once.

        Raises:
            PlanningError: there are levels of fidelity, of which a forest knows nothing.
        """
        if context.goal.fidelity is not None:
            raise PlanningError("a forest knows nothing of levels of fidelity", hint="planner: { kind: bayesian }")
        policy = replace(context.policy, surrogate="forest", mechanisms=None)
        found = BayesianProposer().propose(n, replace(context, policy=policy))
        own = Belief(context) if found and not context.beyond else None
        return [_told(candidate, own) for candidate in found]


def _told(candidate: Candidate, own: Belief | None) -> Candidate:
    """Return a candidate as the forest's, with what the campaign's own models predict of it."""
    predictions = {} if own is None else own.prediction(candidate.values)
    reason = f"by a random forest: {candidate.reason}"
    return replace(candidate, origin="forest", reason=reason, predictions=predictions, acquisition=None)

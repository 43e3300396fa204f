"""BoTorch as its tutorials use it, as a proposer of a campaign: a default process and qLogNEI on the objective itself.

The campaign does everything else: the space-filling start, the laboratory, rows under way, which BoTorch gets as
pending.
"""

from __future__ import annotations

from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.transforms import Normalize, Standardize
from botorch.optim import optimize_acqf
from gpytorch.mlls import ExactMarginalLogLikelihood
from torch import Tensor, double, ones, stack, tensor, zeros

from zosimos.core.records import Candidate
from zosimos.planners.candidates.encoding import Codec
from zosimos.planners.protocol import ProposalContext

NAME = "botorch"
_RESTARTS, _RAW = 10, 512


class BoTorchProposer:
    """A proposer for one objective over ranges without constraints."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates, chosen together."""
        (objective,) = context.objectives
        codec = Codec(context.space)
        X = tensor(codec.encode([seen.values for seen in context.training]), dtype=double)
        found = [objective.utility(seen.measurements[objective.name].value) for seen in context.training]
        Y = tensor(found, dtype=double)[:, None]
        bounds = stack([zeros(X.shape[1]), ones(X.shape[1])]).double()
        transform = Normalize(X.shape[1], bounds=bounds)
        model = SingleTaskGP(X, Y, input_transform=transform, outcome_transform=Standardize(1))
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        waiting: Tensor | None = None
        if context.pending:
            waiting = tensor(codec.encode(list(context.pending)), dtype=double)
        judge = qLogNoisyExpectedImprovement(model, X_baseline=X, X_pending=waiting)
        points, _ = optimize_acqf(judge, bounds, q=n, num_restarts=_RESTARTS, raw_samples=_RAW)
        return [Candidate(row, NAME, "qLogNEI of a default process") for row in codec.decode(points.numpy())]

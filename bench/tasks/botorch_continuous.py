"""BoTorch as its tutorials use it, on ranges: a default process, LogEI and its own gradient search.

``SingleTaskGP`` has the dimension-scaled prior of Hvarfner et al. 2024 ("Vanilla Bayesian Optimization Performs Great
in High Dimensions", arXiv 2402.02229) by default, so that this is also that paper's planner.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from botorch.acquisition.analytic import LogExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.transforms import Normalize, Standardize
from botorch.optim import optimize_acqf
from gpytorch.mlls import ExactMarginalLogLikelihood

from zosimos.core.objective import Objective
from zosimos.core.records import Candidate, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.encoding import Codec
from zosimos.planners.isolation import isolated

_RESTARTS, _RAW = 10, 512


class BoTorchContinuous:
    """A planner over continuous parameters without constraints, one row at a time, for one objective.

    Args:
        space: ranges only.
        objective: what is wanted.
        seed: of fits and starting points.
    """

    def __init__(self, space: SearchSpace, objective: Objective, *, seed: int) -> None:
        self._codec = Codec(space)
        self._objective = objective
        self._seed = seed
        self._rows: list[list[float]] = []
        self._utilities: list[float] = []

    def tell(self, observations: Sequence[Observation]) -> None:
        """Add observations; failed ones teach nothing."""
        good = [seen for seen in observations if not seen.failed]
        self._rows += self._codec.encode([seen.values for seen in good]).tolist()
        self._utilities += [self._objective.utility(seen.measurements[self._objective.name].value) for seen in good]

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return the row to measure next.

        Raises:
            ValueError: more than one row is asked for, or some are under way.
        """
        if n != 1 or pending:
            raise ValueError("one row at a time")
        with isolated(derive_seed(self._seed, "ask", len(self._rows))):
            X = torch.tensor(self._rows, dtype=torch.double)
            Y = torch.tensor(self._utilities, dtype=torch.double)[:, None]
            bounds = torch.stack([torch.zeros(X.shape[1]), torch.ones(X.shape[1])]).double()
            transform = Normalize(X.shape[1], bounds=bounds)
            model = SingleTaskGP(X, Y, input_transform=transform, outcome_transform=Standardize(1))
            fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
            judge = LogExpectedImprovement(model, best_f=Y.max())
            point, _ = optimize_acqf(judge, bounds, q=1, num_restarts=_RESTARTS, raw_samples=_RAW)
        return [Candidate(self._codec.decode(point.numpy())[0], "botorch")]

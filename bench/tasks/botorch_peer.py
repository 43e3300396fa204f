"""BoTorch as its tutorials use it, over a list of rows: a default process for each outcome, and its own acquisition.

One objective: qLogNoisyExpectedImprovement; several: qLogNoisyExpectedHypervolumeImprovement. Rows of a batch are
chosen one after the other, each with those before as pending (sequential greedy).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import ModelListGP, SingleTaskGP
from botorch.models.transforms import Normalize, Standardize
from botorch.sampling import SobolQMCNormalSampler
from botorch.utils.multi_objective.hypervolume import infer_reference_point
from botorch.utils.multi_objective.pareto import is_non_dominated
from gpytorch.mlls import ExactMarginalLogLikelihood
from torch import Tensor

from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.isolation import isolated

_SAMPLES = 128
_CHUNK = 512  # rows judged together


class BoTorchPeer:
    """A planner over the rows of a pool, or over rows drawn for it where there is none.

    Args:
        space: what may be tried.
        objectives: what is wanted.
        seed: of samples and fits.
        rows: the rows it may choose from; None: the pool's candidates.
    """

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        *,
        seed: int,
        rows: Sequence[Values] | None = None,
    ) -> None:
        self._rows = list(space.candidates if rows is None else rows)
        self._objectives = tuple(objectives)
        self._seed = seed
        self._keys = {row_key(row): index for index, row in enumerate(self._rows)}
        self._X = torch.tensor(space.features(self._rows))
        self._tried: set[int] = set()
        self._seen: list[int] = []
        self._utilities: list[list[float]] = []

    def tell(self, observations: Sequence[Observation]) -> None:
        """Add observations; a failed one only says that its row was tried."""
        for seen in observations:
            place = self._keys[row_key(seen.values)]
            self._tried.add(place)
            if not seen.failed:
                self._seen.append(place)
                self._utilities.append([o.utility(seen.measurements[o.name].value) for o in self._objectives])

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return the rows to measure next."""
        free = np.setdiff1d(np.arange(len(self._rows)), sorted(self._tried))
        with isolated(derive_seed(self._seed, "ask", len(self._tried))):
            chosen = self._chosen(n, free, [self._keys[row_key(c.values)] for c in pending])
        return [Candidate(self._rows[place], "botorch") for place in chosen]

    def _chosen(self, n: int, free: Any, pending: Sequence[int]) -> list[int]:
        train = self._X[self._seen]
        utilities = torch.tensor(self._utilities, dtype=torch.double)
        model = ModelListGP(*(_fitted(train, column[:, None]) for column in utilities.T))
        chosen: list[int] = []
        for _ in range(min(n, len(free))):
            judge = self._acquisition(model, train, utilities, self._X[[*pending, *chosen]])
            left = np.setdiff1d(free, chosen)
            with torch.no_grad():
                values = torch.cat([judge(part[:, None, :]) for part in self._X[left].split(_CHUNK)])
            chosen.append(int(left[int(values.argmax())]))
        return chosen

    def _acquisition(self, model: ModelListGP, train: Tensor, utilities: Tensor, pending: Tensor) -> Any:
        sampler = SobolQMCNormalSampler(torch.Size([_SAMPLES]), seed=self._seed % 2**31)
        waiting = pending if len(pending) else None
        if len(self._objectives) == 1:
            return qLogNoisyExpectedImprovement(
                model.models[0], train, sampler=sampler, X_pending=waiting, prune_baseline=True
            )
        front = utilities[is_non_dominated(utilities)]
        return qLogNoisyExpectedHypervolumeImprovement(
            model, infer_reference_point(front), train, sampler=sampler, X_pending=waiting, prune_baseline=True
        )


def _fitted(X: Tensor, Y: Tensor) -> SingleTaskGP:
    bounds = torch.stack([torch.zeros(X.shape[1]), torch.ones(X.shape[1])]).double()
    transform = Normalize(X.shape[1], bounds=bounds)
    model = SingleTaskGP(X, Y, input_transform=transform, outcome_transform=Standardize(1))
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    return model

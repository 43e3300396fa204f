"""Two baselines that anybody would write in an afternoon: BoTorch's default Gaussian process, and a random forest.

Both score every free row of the pool by expected improvement and take the best. They speak ask and tell.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.objective import Objective
from zosimos.core.records import Candidate, Observation, Prediction
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.isolation import isolated

Array = NDArray[np.float64]


class Baseline(ABC):
    """Keeps the observations and asks a model, fitted again, for the score of each free row."""

    def __init__(self, space: SearchSpace, objective: Objective, seed: int) -> None:
        self._space = space
        self._objective = objective
        self._seed = seed
        self._X = _columns(space)
        self._keys = [row_key(row) for row in space.candidates]
        self._seen: list[int] = []
        self._utilities: list[float] = []

    def tell(self, observations: Sequence[Observation]) -> None:
        """Add observations."""
        for seen in observations:
            self._seen.append(self._keys.index(row_key(seen.values)))
            self._utilities.append(self._objective.utility(seen.measurements[self._objective.name].value))

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return the free row with the highest score, and what the model believed of it."""
        if n != 1 or pending:
            raise ValueError("a baseline gives one row at a time")
        free = np.setdiff1d(np.arange(len(self._keys)), self._seen)
        seed = derive_seed(self._seed, "ask", len(self._seen))
        with isolated(seed):
            scores, means, deviations = self.score(
                self._X[self._seen], np.array(self._utilities), self._X[free], seed % 2**32
            )
        best = int(scores.argmax())
        name = self._objective.name
        sign = -1.0 if self._objective.goal == "min" else 1.0
        beliefs = {
            name if index == 0 else f"{name} with noise": Prediction(sign * float(means[best]), float(sd[best]))
            for index, sd in enumerate(deviations)
        }
        row = self._space.candidates[free[best]]
        return [Candidate(row, "baseline", "highest expected improvement", beliefs, float(scores[best]))]

    @abstractmethod
    def score(self, X: Array, y: Array, free: Array, seed: int) -> tuple[Array, Array, list[Array]]:
        """Return score, mean and standard deviations of ``m x d`` free rows after ``n`` utilities at ``n x d`` rows.

        The first standard deviation leaves noise out; the second, where there is one, has it in.
        """


def _columns(space: SearchSpace) -> Array:
    """Return the pool as ``n x d`` columns: numbers scaled to [0, 1] over the pool, names one-hot."""
    columns = []
    for name in space.names:
        values = [row[name] for row in space.candidates]
        if any(isinstance(value, str) for value in values):
            columns += [[float(value == choice) for value in values] for choice in sorted({str(v) for v in values})]
        else:
            numbers = np.array(values, dtype=float)
            columns.append(list((numbers - numbers.min()) / np.ptp(numbers)))
    return np.array(columns).T


class BoTorchBaseline(Baseline):
    """SingleTaskGP as BoTorch ships it (kernel, priors, transforms) with LogExpectedImprovement."""

    def score(self, X: Array, y: Array, free: Array, seed: int) -> tuple[Array, Array, list[Array]]:
        """Return scores and beliefs."""
        import torch
        from botorch.acquisition import LogExpectedImprovement
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import SingleTaskGP
        from botorch.models.transforms import Normalize, Standardize
        from gpytorch.mlls import ExactMarginalLogLikelihood

        train_X, train_Y = torch.tensor(X), torch.tensor(y)[:, None]
        width = X.shape[1]
        bounds = torch.tensor([[0.0] * width, [1.0] * width], dtype=torch.double)
        model = SingleTaskGP(
            train_X,
            train_Y,
            input_transform=Normalize(width, bounds=bounds),
            outcome_transform=Standardize(1),
        )
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        points = torch.tensor(free)[:, None, :]
        with torch.no_grad():
            scores = LogExpectedImprovement(model, best_f=train_Y.max())(points)
            belief, noisy = model.posterior(points), model.posterior(points, observation_noise=True)
        deviations = [p.variance.sqrt().flatten().numpy() for p in (belief, noisy)]
        return scores.numpy(), belief.mean.flatten().numpy(), deviations


class ForestBaseline(Baseline):
    """A random forest of 100 trees with expected improvement; the spread between trees is the standard deviation."""

    def score(self, X: Array, y: Array, free: Array, seed: int) -> tuple[Array, Array, list[Array]]:
        """Return scores and beliefs."""
        from scipy.stats import norm
        from sklearn.ensemble import RandomForestRegressor

        forest = RandomForestRegressor(100, random_state=seed).fit(X, y)
        trees = np.stack([tree.predict(free) for tree in forest.estimators_])
        mean, sd = trees.mean(axis=0), trees.std(axis=0)
        gain = mean - y.max()
        z = gain / np.maximum(sd, 1e-12)
        return gain * norm.cdf(z) + sd * norm.pdf(z), mean, [sd]


BASELINES = {"botorch": BoTorchBaseline, "forest": ForestBaseline}

"""BoTorch as its tutorials use it: its default process, qLogNoisyExpectedImprovement, a batch one point after another.

Ranges are scaled to the unit cube. Ten restarts from 512 raw samples, 128 quasi-Monte-Carlo samples. With a choice it
is MixedSingleTaskGP and optimize_acqf_mixed, which goes through the choices and, in a batch, point by point, too;
restarts and raw samples are then shared out among the choices.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import MixedSingleTaskGP, SingleTaskGP
from botorch.models.transforms import Standardize
from botorch.optim import optimize_acqf, optimize_acqf_mixed
from botorch.sampling import SobolQMCNormalSampler
from gpytorch.mlls import ExactMarginalLogLikelihood

from surfaces.problems import CHOICE, CHOICES, Problem
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Observation, Prediction
from zosimos.core.seeds import derive_seed
from zosimos.planners.isolation import isolated

_RESTARTS, _RAW, _SAMPLES = 10, 512, 128


class BoTorchWay:
    """A planner for one problem; it says what its process believes of each point, those of a batch as of one alone.

    Args:
        problem: whose space it plans in.
        seed: of fits, samples and starting points.
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        self._problem = problem
        self._seed = seed
        self._sign = -1.0 if problem.goal == "min" else 1.0
        self._points: list[list[float]] = []
        self._utilities: list[float] = []

    def tell(self, observations: Sequence[Observation]) -> None:
        """Add observations."""
        for seen in observations:
            self._points.append(self._point(seen.values))
            self._utilities.append(self._sign * seen.measurements["y"].value)

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return the points to measure next.

        Raises:
            ValueError: some are under way.
        """
        if pending:
            raise ValueError("nothing may be under way")
        with isolated(derive_seed(self._seed, "ask", len(self._points))), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numerical warnings of fits that it tries again
            return self._chosen(n)

    def _chosen(self, n: int) -> list[Candidate]:
        X = torch.tensor(self._points, dtype=torch.double)
        Y = torch.tensor(self._utilities, dtype=torch.double)[:, None]
        choices, width = self._problem.choices, X.shape[1]
        if choices:
            model: SingleTaskGP = MixedSingleTaskGP(X, Y, cat_dims=[width - 1], outcome_transform=Standardize(1))
        else:
            model = SingleTaskGP(X, Y, outcome_transform=Standardize(1))
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        sampler = SobolQMCNormalSampler(torch.Size([_SAMPLES]), seed=self._seed % 2**31)
        judge = qLogNoisyExpectedImprovement(model, X, sampler=sampler, prune_baseline=True)
        bounds = torch.stack([torch.zeros(width), torch.ones(width)]).double()
        if choices:
            bounds[1, -1] = choices - 1
            fixed = [{width - 1: float(k)} for k in range(choices)]
            points, _ = optimize_acqf_mixed(
                judge, bounds, n, -(-_RESTARTS // choices), fixed, raw_samples=_RAW // choices
            )
        else:
            points, _ = optimize_acqf(judge, bounds, n, _RESTARTS, raw_samples=_RAW, sequential=True)
        with torch.no_grad():
            belief = model.posterior(points)
            noisy = model.posterior(points, observation_noise=True)
        means, variances = belief.mean.flatten().tolist(), belief.variance.flatten().tolist()
        noises = (noisy.variance - belief.variance).clamp_min(0.0).sqrt().flatten().tolist()
        told = [
            Prediction(self._sign * m, max(v, 0.0) ** 0.5, s) for m, v, s in zip(means, variances, noises, strict=True)
        ]
        return [
            Candidate(self._row(point), "botorch", predictions={"y": belief})
            for point, belief in zip(points.tolist(), told, strict=True)
        ]

    def _point(self, row: Values) -> list[float]:
        units = [(float(row[f"x{i}"]) - low) / (high - low) for i, (low, high) in enumerate(self._problem.bounds, 1)]
        return [*units, float(CHOICES.index(str(row[CHOICE])))] if self._problem.choices else units

    def _row(self, point: Sequence[float]) -> Values:
        found: dict[str, float | str] = {
            f"x{i}": low + (high - low) * min(max(u, 0.0), 1.0)
            for i, ((low, high), u) in enumerate(zip(self._problem.bounds, point, strict=False), 1)
        }
        if self._problem.choices:
            found[CHOICE] = CHOICES[round(point[-1])]
        return found

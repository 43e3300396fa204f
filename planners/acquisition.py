"""Acquisition: the expected gain of measuring at a point, as BoTorch computes it from samples.

One objective: log noisy expected improvement; several: log noisy expected hypervolume improvement (Ament et al. 2023,
"Unexpected Improvements to Expected Improvement for Bayesian Optimization", arXiv 2310.20708; Daulton et al. 2021,
arXiv 2105.08195). Outcomes are scaled to order 1 first, because the libraries' smoothing constants and numerical
limits are absolute numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from botorch.acquisition.acquisition import AcquisitionFunction
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.acquisition.multi_objective import logei as multi_objective_logei
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.acquisition.multi_objective.objective import GenericMCMultiOutputObjective
from botorch.acquisition.objective import GenericMCObjective
from botorch.models.model import Model
from botorch.posteriors.gpytorch import GPyTorchPosterior
from botorch.sampling.normal import SobolQMCNormalSampler
from botorch.utils.multi_objective.hypervolume import infer_reference_point
from botorch.utils.multi_objective.pareto import is_non_dominated
from torch import Tensor

from zosimos.core.objective import Objective
from zosimos.surrogates.quiet import quiet

_SAMPLES = 128
_SAMPLES_SEVERAL = 64  # hypervolume cells are kept for each sample
_CONSTANT = 1e-9  # of the mean: a spread below this is rounding, not signal
_CHUNK = 1024  # points evaluated at once: bounds the memory of a large pool

# BoTorch compiles a C++ kernel for this machine at first use; results would then depend on whether a compiler was there
multi_objective_logei.__dict__["_load_attempted"] = True


def make_acquisition(
    model: Model, objectives: Sequence[Objective], X: Tensor, scaling: Scaling, pending: Tensor, seed: int
) -> AcquisitionFunction:
    """Return the acquisition function after a fit.

    Args:
        model: of the scaled outcomes.
        objectives: ``m`` of them, in the order of the model's outcomes.
        X: ``n x d`` measured points.
        scaling: of the outcomes.
        pending: ``p x d`` points under way (p may be 0).
        seed: of the samples.
    """
    several = len(objectives) > 1
    sampler = SobolQMCNormalSampler(torch.Size([_SAMPLES_SEVERAL if several else _SAMPLES]), seed=seed)
    waiting = pending if len(pending) else None

    def all_utilities(samples: Tensor, X: Tensor | None = None) -> Tensor:  # noqa: ARG001 - BoTorch's signature
        return scaling.utilities(objectives, samples)

    def single(samples: Tensor, X: Tensor | None = None) -> Tensor:  # noqa: ARG001 - BoTorch's signature
        return all_utilities(samples)[..., 0]

    with quiet():
        if not several:
            return qLogNoisyExpectedImprovement(
                model,
                X,
                sampler=sampler,
                objective=GenericMCObjective(single),
                X_pending=waiting,
            )
        with torch.no_grad():
            posterior = model.posterior(X)
            assert isinstance(posterior, GPyTorchPosterior)
            believed = all_utilities(posterior.mean)
        return qLogNoisyExpectedHypervolumeImprovement(
            model,
            ref_point=infer_reference_point(believed[is_non_dominated(believed)]),
            X_baseline=X,
            sampler=sampler,
            objective=GenericMCMultiOutputObjective(all_utilities),
            X_pending=waiting,
            prune_baseline=True,
        )


@dataclass(frozen=True)
class Scaling:
    """Outcomes to numbers of order 1 and back: ``centre`` and ``spread`` of each, shape ``m``.

    Models below work with absolute limits (GPyTorch takes a variance under 1e-10 for rounding), which a current in
    amperes would fall under.
    """

    centre: Tensor
    spread: Tensor

    @classmethod
    def of(cls, Y: Tensor) -> Scaling:
        """Return the scaling of ``n x m`` outcomes (NaN where there is none): their means and standard deviations."""
        centres, spreads = [], []
        for column in Y.T:
            known = column[column.isfinite()]
            centre, spread = float(known.mean()), float(known.std(correction=0))
            centres.append(centre)
            # without a spread, one of ten percent is as good a guess as any
            spreads.append(spread if spread > _CONSTANT * abs(centre) else 0.1 * abs(centre) or 1.0)
        return cls(torch.tensor(centres, dtype=torch.double), torch.tensor(spreads, dtype=torch.double))

    def utilities(self, objectives: Sequence[Objective], scaled: Tensor) -> Tensor:
        """Return utilities of scaled outcomes (both ``... x m``): the outcome, its negative, or minus the distance."""
        targets = torch.tensor([0.0 if o.target is None else o.target for o in objectives], dtype=torch.double)
        sign = torch.tensor([-1.0 if o.goal == "min" else 1.0 for o in objectives], dtype=torch.double)
        aimed = torch.tensor([o.goal == "target" for o in objectives])
        distance = (scaled - (targets - self.centre) / self.spread).abs()
        return torch.where(aimed, -distance, sign * scaled)


def evaluate(acquisition: AcquisitionFunction, points: Tensor) -> Tensor:
    """Return the acquisition's value at each of ``n x d`` points, shape ``n``; minus infinity where it has none."""
    if not len(points):
        return torch.empty(0, dtype=torch.double)
    with torch.no_grad(), quiet():
        values = torch.cat([acquisition(chunk.unsqueeze(-2)) for chunk in torch.split(points, _CHUNK)])
    return torch.where(values.isfinite(), values, -torch.inf)

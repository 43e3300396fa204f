"""Earlier campaigns teach the present one, as far as they prove to know it.

For each source the target is a Gaussian process linked to it, ``f = a + b f_source + s d`` in standardised units, with
the source's posterior as part of the prior: two-stage co-kriging (Kennedy and O'Hagan 2000, Biometrika 87; Le Gratiet
and Garnier 2014, Int. J. Uncertain. Quantif. 4). The source is fitted once, on its own data. These and the target's own
Gaussian process form an ensemble as in RGPE (Feurer et al. 2018, "Scalable Meta-Learning for Bayesian Optimization",
arXiv 1802.02219), weighed by the evidence of the target's data. The guard against negative transfer is a matter of
ranks, as there: a source with whose help the target's rows, each left out in turn, are ordered clearly worse than
without it has no weight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.model import Model
from botorch.models.transforms.outcome import Standardize
from torch import Tensor

from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.exact import PerOutcome, fit_map, leave_one_out, usable_noise
from zosimos.surrogates.kernels import mixed_kernel
from zosimos.surrogates.mixture import Mixture
from zosimos.surrogates.quiet import quiet
from zosimos.surrogates.source_belief import LinkedKernel, LinkedMean, SourceBelief

TARGET = "target"
_FEW = 3  # rows of the target below which ranks say nothing
_SLACK = 0.5  # times the root of the number of pairs: how much worse an order may look by chance
_CAP = 0.5  # all sources' weight below that
_NEGLIGIBLE = 0.01  # a weight below it is not worth its cost


@dataclass(frozen=True)
class Campaign:
    """An earlier campaign's data, in the columns of the present one.

    Args:
        X: ``n x d`` points.
        Y: ``n x m`` outcomes, NaN where there is none; their unit and scale need not be those of the target.
        Yvar: ``n x m`` squared standard uncertainties, NaN where unknown; None: all unknown.
    """

    X: Tensor
    Y: Tensor
    Yvar: Tensor | None = None

    def __post_init__(self) -> None:
        variances = self.Y if self.Yvar is None else self.Yvar
        if self.X.ndim != 2 or self.Y.ndim != 2 or len(self.X) != len(self.Y) or variances.shape != self.Y.shape:
            raise ValueError(f"X (n x d), Y and Yvar (n x m) needed, not {self.X.shape}, {self.Y.shape}")
        if not self.X.isfinite().all():
            raise ValueError("a source's X is not finite")


class TransferGP(PerOutcome):
    """A Gaussian process that learns from earlier campaigns (a :class:`~zosimos.surrogates.protocol.Surrogate`).

    Learning costs O(n_s^3) for a source once, then O(n^3 + n_s^2 n) for each source and n rows of the target; a
    prediction O(n_s^2) more than without sources.

    Args:
        sources: earlier campaigns by name, with at least as many outcomes as the target.
        kinds: of the columns; None: all numeric.
    """

    def __init__(self, sources: Mapping[str, Campaign], kinds: ColumnKinds | None = None) -> None:
        super().__init__()
        if TARGET in sources:
            raise ValueError(f"a source cannot be called {TARGET!r}")
        self._sources = dict(sources)
        self._kinds = kinds
        self._beliefs: dict[tuple[str, int], SourceBelief] = {}
        self._weights: list[dict[str, float]] = []

    def weights(self, outcome: int = 0) -> Mapping[str, float]:
        """Return how far each source and the target's own model are believed in an outcome; they add up to 1."""
        return self._weights[outcome]

    def _begin(self, X: Tensor) -> None:
        for name, source in self._sources.items():
            if source.X.shape[1] != X.shape[1]:
                raise ValueError(f"source {name!r} has {source.X.shape[1]} columns, the target {X.shape[1]}")
        self._kinds = self._kinds or ColumnKinds.all_numeric(X.shape[1])
        if self._kinds.width != X.shape[1]:
            raise ValueError(f"{self._kinds.width} columns needed, not {X.shape[1]}")
        self._weights = []

    def _fit_outcome(self, X: Tensor, Y: Tensor, Yvar: Tensor) -> tuple[Model, str]:
        own, note = self._fitted(X, Y, Yvar)
        models = {TARGET: own}
        for name in self._sources:
            belief = self._belief(name, len(self._weights))
            if belief is not None:
                models[name] = self._fitted(X, Y, Yvar, belief)[0]
        weights = _weighed(models)
        self._weights.append({TARGET: weights[TARGET], **{name: weights.get(name, 0.0) for name in self._sources}})
        used = {name: weight for name, weight in weights.items() if weight > 0.0}
        model = own if used.keys() == {TARGET} else Mixture([models[name] for name in used], list(used.values()))
        return model, note

    def _fitted(
        self, X: Tensor, Y: Tensor, Yvar: Tensor, belief: SourceBelief | None = None
    ) -> tuple[SingleTaskGP, str]:
        """Return the model of one outcome with or without a source behind it, and a note or ""."""
        assert self._kinds is not None
        kinds, noise = self._kinds, usable_noise(Y, Yvar)

        def make() -> SingleTaskGP:
            kernel = mixed_kernel(kinds) if belief is None else LinkedKernel(belief)
            mean = None if belief is None else LinkedMean(belief)
            return SingleTaskGP(X, Y, noise, covar_module=kernel, mean_module=mean, outcome_transform=Standardize(m=1))

        return fit_map(make, Y)

    def _belief(self, name: str, outcome: int) -> SourceBelief | None:
        """Return what a source believes of an outcome; None if it never measured it."""
        if (name, outcome) not in self._beliefs:
            source = self._sources[name]
            if source.Y.shape[1] <= outcome:
                raise ValueError(f"source {name!r} has {source.Y.shape[1]} outcomes, the target more")
            known = source.Y[:, outcome].isfinite()
            if not known.any():
                return None
            Y = source.Y[known, outcome, None].double()
            Yvar = torch.full_like(Y, torch.nan) if source.Yvar is None else source.Yvar[known, outcome, None].double()
            self._beliefs[name, outcome] = SourceBelief(self._fitted(source.X[known].double(), Y, Yvar)[0])
        return self._beliefs[name, outcome]


def _weighed(models: Mapping[str, SingleTaskGP]) -> dict[str, float]:
    """Return the weight of each model that keeps one: its evidence, the sources sharing as much prior as the target."""
    rows = len(models[TARGET].train_targets)
    limit = _misranked(models[TARGET]) + _SLACK * math.sqrt(rows * (rows - 1) / 2)
    kept = {n: m for n, m in models.items() if n == TARGET or rows < _FEW or _misranked(m) <= limit}
    prior = {name: 1.0 if name == TARGET else 1.0 / max(len(models) - 1, 1) for name in kept}
    scores = torch.tensor([_log_evidence(model) for model in kept.values()], dtype=torch.double)
    shares = torch.softmax(scores + torch.tensor(list(prior.values()), dtype=torch.double).log(), dim=0)
    weights = {name: float(share) for name, share in zip(kept, shares, strict=True) if share >= _NEGLIGIBLE}
    weights.setdefault(TARGET, 0.0)
    total = sum(weights.values())
    weights = {name: weight / total for name, weight in weights.items()}
    lent = 1.0 - weights[TARGET]
    if rows < _FEW and lent > _CAP:
        weights = {name: weight * _CAP / lent for name, weight in weights.items()}
        weights[TARGET] = 1.0 - _CAP
    return weights


def _misranked(model: SingleTaskGP) -> float:
    """Return how many pairs of rows are put in the wrong order, one of the two predicted from all other rows."""
    mean, _ = leave_one_out(model)
    seen = model.train_targets
    wrong = (mean[:, None] < seen[None, :]) != (seen[:, None] < seen[None, :])
    wrong.fill_diagonal_(False)
    return float(wrong.sum()) / 2


def _log_evidence(model: SingleTaskGP) -> float:
    """Return the log marginal likelihood of the training rows at the fitted hyper-parameters."""
    with quiet(), torch.no_grad():
        prior = model.likelihood(model.forward(*model.train_inputs), model.train_inputs)
        return float(prior.log_prob(model.train_targets))

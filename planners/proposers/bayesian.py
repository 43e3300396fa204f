"""The Bayesian proposer: a Gaussian process for each objective, and the row where measuring is expected to gain most.

A batch is chosen greedily, each point as if the earlier ones were under way. In a pool or small grid every free row is
evaluated; elsewhere a search goes over allowed rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from botorch.acquisition.acquisition import AcquisitionFunction
from numpy.typing import NDArray
from torch import Tensor

from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Observation, Prediction
from zosimos.core.seeds import derive_seed
from zosimos.core.space import row_key
from zosimos.planners.acquisition import Scaling, evaluate, make_acquisition
from zosimos.planners.protocol import ProposalContext
from zosimos.planners.search import Score, maximise
from zosimos.surrogates.gp import GaussianProcess

_HINTS = 4  # best measured rows that the search also starts from


class BayesianProposer:
    """Proposes where the expected gain is greatest."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates; none before every objective was measured once."""
        if context.usable < 1:
            return []
        data = _Data.of(context)
        surrogate = GaussianProcess().fit(data.X, data.Y, data.Yvar)
        pending = _features(context, context.pending)
        chosen: list[Candidate] = []
        for index in range(n):
            samples = derive_seed(context.seed, "samples", index) % 2**31
            acquisition = make_acquisition(surrogate.model, context.objectives, data.X, data.scaling, pending, samples)

            def score(rows: Sequence[Values], acquisition: AcquisitionFunction = acquisition) -> NDArray[np.float64]:
                return np.asarray(evaluate(acquisition, _features(context, rows)).numpy(), dtype=np.float64)

            found = _best(score, context, [c.values for c in chosen], data, derive_seed(context.seed, "search", index))
            if found is None:
                break
            chosen.append(_candidate(*found, context, surrogate, data))
            pending = torch.cat([pending, _features(context, [found[0]])])
        return chosen


@dataclass(frozen=True)
class _Data:
    """What models learn from: ``n x d`` points, ``n x m`` scaled outcomes (NaN: none), variances (NaN: unknown)."""

    X: Tensor
    Y: Tensor
    Yvar: Tensor
    rows: tuple[Values, ...]
    scaling: Scaling

    @classmethod
    def of(cls, context: ProposalContext) -> _Data:
        """Return the training data of a context."""
        seen = context.training
        pairs = [[_outcome(observation, objective) for objective in context.objectives] for observation in seen]
        table = torch.tensor(pairs, dtype=torch.double)
        rows = tuple(observation.values for observation in seen)
        scaling = Scaling.of(table[..., 0])
        Y = (table[..., 0] - scaling.centre) / scaling.spread
        return cls(_features(context, rows), Y, table[..., 1] / scaling.spread**2, rows, scaling)

    def best_first(self, objectives: Sequence[Objective]) -> list[int]:
        """Return the rows' indices, the highest sum of utilities first."""
        gains = self.scaling.utilities(objectives, self.Y).nan_to_num(nan=-10.0).sum(dim=-1)
        return [int(i) for i in torch.argsort(gains, descending=True, stable=True)]


def _outcome(observation: Observation, objective: Objective) -> tuple[float, float]:
    """Return an outcome and its variance, each NaN where there is none that trains."""
    found = observation.measurements.get(objective.name)
    if found is None or not found.trains:
        return math.nan, math.nan
    return found.value, math.nan if found.uncertainty is None else found.uncertainty**2


def _features(context: ProposalContext, rows: Sequence[Values]) -> Tensor:
    columns = context.space.features(rows)
    return torch.as_tensor(columns if context.scale is None else context.scale(columns), dtype=torch.double)


def _best(
    score: Score, context: ProposalContext, chosen: Sequence[Values], data: _Data, seed: int
) -> tuple[Values, float] | None:
    """Return the free row with the highest score, and the score."""
    taken = context.taken.union(row_key(row) for row in chosen)
    if context.free is None:
        good = [data.rows[i] for i in data.best_first(context.objectives) if not context.space.problems(data.rows[i])]
        return maximise(score, context.space, good[:_HINTS], taken, seed)
    rows = [row for row in context.free if row_key(row) not in taken] if chosen else list(context.free)
    if not rows:
        return None
    scores = score(rows)
    best = int(scores.argmax())
    return rows[best], float(scores[best])


def _candidate(
    row: Values, gain: float, context: ProposalContext, surrogate: GaussianProcess, data: _Data
) -> Candidate:
    with torch.no_grad():
        belief = surrogate.posterior(_features(context, [row]))
        means = data.scaling.centre + data.scaling.spread * belief.mean[0]
        sds = data.scaling.spread * belief.variance[0].clamp_min(0.0).sqrt()
    predictions = {
        objective.name: Prediction(float(mean), float(sd))
        for objective, mean, sd in zip(context.objectives, means, sds, strict=True)
    }
    reason = _reason(context.objectives, predictions, data)
    if surrogate.notes:
        reason += f" (model: {'; '.join(surrogate.notes)})"
    return Candidate(row, "bayesian", reason, predictions, gain if math.isfinite(gain) else None)


def _reason(objectives: Sequence[Objective], predictions: dict[str, Prediction], data: _Data) -> str:
    """Return the reason in words: what is to be beaten and what is predicted."""
    told = [f"{_number(p.mean)} ± {p.sd:.2g} {o.unit}".rstrip() for o, p in _paired(objectives, predictions)]
    if len(objectives) > 1:
        named = (f"{o.name} {text}" for o, text in zip(objectives, told, strict=True))
        return f"expected gain over the best trade-offs so far: predicted {', '.join(named)}"
    only = objectives[0]
    best = float(data.scaling.centre[0] + data.scaling.spread[0] * data.Y[data.best_first(objectives)[0], 0])
    aim = "" if only.target is None else f" towards {_number(only.target)} {only.unit}".rstrip()
    return f"expected improvement over {_number(best)} {only.unit}".rstrip() + f"{aim}: predicted {told[0]}"


def _paired(objectives: Sequence[Objective], predictions: dict[str, Prediction]) -> list[tuple[Objective, Prediction]]:
    return [(objective, predictions[objective.name]) for objective in objectives]


def _number(x: float) -> str:
    return f"{x:.3g}" if abs(x) < 100 or abs(x) >= 1e6 else f"{x:.0f}"

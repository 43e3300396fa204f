"""Belief: what the models make of everything seen so far, and what it says about rows that were not tried.

A belief is a pure function of the context of a decision, so that a recorded decision can be looked into again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.records import Observation, Prediction
from zosimos.core.seeds import derive_seed
from zosimos.planners.acquisitions import ACQUISITIONS, Question, hindered
from zosimos.planners.gain import utilities
from zosimos.planners.pool_scale import PoolScale
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.calibration.recalibrate import Recalibrator
from zosimos.surrogates.committee.committee import default_kinds
from zosimos.surrogates.committee.foreign import ForeignOutcome
from zosimos.surrogates.committee.outcome import Outcome
from zosimos.surrogates.committee.view import View, blocks
from zosimos.surrogates.fault_runs import Outcome as Ended
from zosimos.surrogates.feasibility import FeasibilityModel
from zosimos.surrogates.registry import load_surrogate

Array = NDArray[np.float64]

MOST_EXACT = 2_000
"""Rows beyond which a sparse Gaussian process takes over: exact ones cost the cube of their number."""

_CHUNK_CELLS = 2_000_000  # rows times observations looked at together: bounds the memory of a large pool


@dataclass(frozen=True)
class Outcomes:
    """What models learn from: rows, and ``n x o`` outcomes and variances by objective (NaN: none, unknown)."""

    rows: tuple[Values, ...]
    values: Array
    variances: Array

    @classmethod
    def of(cls, context: ProposalContext) -> Outcomes:
        """Return what a context's observations teach."""
        seen = context.training
        pairs = [[_outcome(observation, objective) for objective in context.objectives] for observation in seen]
        table = np.array(pairs, dtype=float).reshape(len(seen), len(context.objectives), 2)
        return cls(tuple(observation.values for observation in seen), table[..., 0], table[..., 1])


class Belief:
    """What is believed after all observations, with rows under way taken into account.

    Args:
        context: of the decision; at least one observation must train each objective.
    """

    def __init__(self, context: ProposalContext) -> None:
        self.context = context
        self.learned = Outcomes.of(context)
        features = context.space.features(self.learned.rows)
        self.models = tuple(
            _model(context, features, values, variances)
            for values, variances in zip(self.learned.values.T, self.learned.variances.T, strict=True)
        )
        if context.pending:
            self.add_pending(context.pending)

    @property
    def weights(self) -> Mapping[str, Mapping[str, float]]:
        """The weight of each kind of model, by objective."""
        names = (objective.name for objective in self.context.objectives)
        return {name: model.weights for name, model in zip(names, self.models, strict=True)}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the fit, in words, with the objectives' names."""
        pairs = zip(self.context.objectives, self.models, strict=True)
        return tuple(f"{objective.name}: {note}" for objective, model in pairs for note in model.notes)

    def add_pending(self, rows: Sequence[Values]) -> None:
        """Take further rows as under way."""
        features = self.context.space.features(rows)
        for model in self.models:
            model.pending(features)
        self.__dict__.pop("question", None)

    def predict(self, rows: Sequence[Values]) -> dict[str, tuple[Array, Array]]:
        """Return, by objective, the means and the standard deviations (noise left out) at ``m`` rows."""
        features = self.context.space.features(rows)
        beliefs = [model.predict(features) for model in self.models]
        return {
            objective.name: (belief.mean, np.sqrt(belief.variance))
            for objective, belief in zip(self.context.objectives, beliefs, strict=True)
        }

    def prediction(self, row: Values) -> dict[str, Prediction]:
        """Return the prediction for one row, by objective, the noise of a measurement apart."""
        features = self.context.space.features([row])
        found = {}
        for objective, model in zip(self.context.objectives, self.models, strict=True):
            belief = model.predict(features)
            sd, noise = math.sqrt(float(belief.variance[0])), math.sqrt(belief.aleatoric)
            scale = self.recalibrators[objective.name].scale
            found[objective.name] = Prediction(float(belief.mean[0]), sd, noise, scale)
        return found

    @cached_property
    def recalibrators(self) -> Mapping[str, Recalibrator]:
        """How far earlier predictions were off, by objective: what intervals need to hold what they promise."""
        return {
            objective.name: recalibrated(self.context.observations, objective.name)
            for objective in self.context.objectives
        }

    @cached_property
    def question(self) -> Question:
        """What the acquisition needs besides the beliefs at the rows it judges."""
        objectives = self.context.objectives
        fitted = [model.believed() for model in self.models]
        best = tuple(utilities(f, o).max(axis=1) for f, o in zip(fitted, objectives, strict=True))
        means = [model.expected(f) for model, f in zip(self.models, fitted, strict=True)]
        seed = derive_seed(self.context.seed, "acquisition")
        return Question(objectives, best, _front(means, objectives), self.context.settings.acquisition, seed)

    def acquisition(self, rows: Sequence[Values]) -> Array:
        """Return the acquisition value at ``m`` rows, chunk by chunk; higher is better."""
        judge = ACQUISITIONS[self.context.settings.acquisition.kind]
        size = max(256, _CHUNK_CELLS // (len(self.learned.rows) + 1))
        values = [np.empty(0)]
        for start in range(0, len(rows), size):
            features = self.context.space.features(rows[start : start + size])
            beliefs = [model.predict(features) for model in self.models]
            chances = self.feasibility.probability(torch.from_numpy(features)).numpy()
            values.append(hindered(judge(beliefs, self.question), chances, self.context.settings.acquisition.kind))
        found = np.concatenate(values)
        return np.where(np.isnan(found), -np.inf, found)

    @cached_property
    def feasibility(self) -> FeasibilityModel:
        """Where experiments give a usable result, learned from all that ended; free while none failed."""
        seen = self.context.observations
        outcomes: list[Ended] = [o.cause if o.failed else "ok" for o in seen]
        features = self.context.space.features([o.values for o in seen])
        return FeasibilityModel().fit(torch.from_numpy(features), outcomes)

    def best_first(self) -> list[int]:
        """Return the learned rows' indices, the highest sum of scaled utilities first."""
        total = np.zeros(len(self.learned.rows))
        for column, objective, model in zip(self.learned.values.T, self.context.objectives, self.models, strict=True):
            gains = utilities(column, objective) / model.standard.spread
            total += np.where(np.isnan(gains), np.nanmin(gains), gains)
        return [int(i) for i in np.argsort(-total, kind="stable")]


def recalibrated(observations: Sequence[Observation], quantity: str) -> Recalibrator:
    """Return what past predictions of a quantity and their outcomes teach about its intervals."""
    rows, known = 0, Recalibrator(rows=1)
    for seen in observations:
        measured = seen.measurements.get(quantity)
        if seen.failed or measured is None or not measured.trains:
            continue
        rows += 1
        said = seen.predictions.get(quantity)
        if said is None or said.total <= 0.0:
            known = replace(known, rows=rows)
        else:
            known = known.update((measured.value - said.mean) / said.total, rows)
    return known


def _model(context: ProposalContext, features: Array, values: Array, variances: Array) -> Outcome | ForeignOutcome:
    """Return the model of one objective; beyond what exact processes can take, the sparse one."""
    known = np.isfinite(values)
    data = features[known], values[known], variances[known]
    name = context.settings.surrogate
    if name == "committee" and len(data[0]) <= MOST_EXACT:
        return Outcome(default_kinds(*_views(context)), *data, derive_seed(context.seed, "committee"))
    name = "sparse-gp" if name == "committee" else name
    return ForeignOutcome(name, lambda: load_surrogate(name), *data)


def _views(context: ProposalContext) -> tuple[View, ...]:
    """Return how models see rows: by the declared ranges and, in a pool, by the place among its candidates.

    Neither serves all pools: ranges lead to the corners, where some optima lie, places into the dense regions, where
    others do.
    """
    groups = blocks([parameter.width for parameter in context.space.parameters])
    by_range = View("range", groups)
    if context.space.pool is None:
        return (by_range,)
    return (by_range, View("place", groups, PoolScale.of(context.space)))


def _outcome(observation: Observation, objective: Objective) -> tuple[float, float]:
    """Return an outcome and its variance, each NaN where there is none that trains."""
    found = observation.measurements.get(objective.name)
    if found is None or not found.trains:
        return math.nan, math.nan
    return found.value, math.nan if found.uncertainty is None else found.uncertainty**2


def _front(means: Sequence[Array], objectives: Sequence[Objective]) -> Array:
    """Return the believed utilities that no other measured row's dominate, ``p x o``."""
    if len({len(m) for m in means}) > 1 or len(means) < 2:  # quantities measured at different rows have no common front
        return np.empty((0, len(means)))
    table = np.column_stack([utilities(m, o) for m, o in zip(means, objectives, strict=True)])
    no_worse: NDArray[np.bool_] = np.all(table[None] >= table[:, None], axis=2)
    beaten = no_worse & np.any(table[None] > table[:, None], axis=2)
    return np.asarray(np.unique(table[~np.any(beaten, axis=1)], axis=0))

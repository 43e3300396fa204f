"""Ax (Olson et al. 2025, "Ax: a platform for adaptive experimentation") as a planner.

Ax's default generator throughout (modular BoTorch: a Gaussian process, qLogNEI), refitted at each step on an experiment
that is kept. Ax has no list of candidates: its acquisition function is evaluated on every free row and the best is
taken, one after another in a batch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from zosimos.core.constraints import Linear, Simplex
from zosimos.core.parameters import Parameter, Value, Values, levels_of, range_of, value_at
from zosimos.core.records import Candidate, Prediction
from zosimos.planners.adapters.peer import PeerPlanner, takes_every_whole

_METRIC = "outcome"


class AxPlanner(PeerPlanner):
    """Plans with an Ax experiment; parameters go by short names, which Ax's constraints can spell."""

    package: ClassVar[str] = "ax"
    title: ClassVar[str] = "Ax"

    def _set_up(self) -> None:
        from ax.core.experiment import Experiment
        from ax.core.metric import Metric
        from ax.core.objective import Objective
        from ax.core.optimization_config import OptimizationConfig
        from ax.core.search_space import SearchSpace

        self._names = {name: f"x{index}" for index, name in enumerate(self._space.names)}
        parameters = [self._parameter(p) for p in self._space.parameters]
        constraints = self._constraints() if self._rows is None else []
        goal = Objective(metric=Metric(_METRIC), minimize=self._minimise)
        self._experiment = Experiment(
            SearchSpace(parameters, constraints), "zosimos", optimization_config=OptimizationConfig(goal)
        )
        self._features = [self._feature(row) for row in self._rows or ()]

    def _parameter(self, p: Parameter) -> Any:
        from ax.core.parameter import ChoiceParameter, ParameterType, RangeParameter

        name = self._names[p.name]
        if p.kind == "text":
            return ChoiceParameter(name, ParameterType.STRING, levels_of(p), is_ordered=False, sort_values=False)
        if takes_every_whole(p):
            low, high = range_of(p)
            return RangeParameter(name, ParameterType.INT, int(low), int(high))
        if p.count and self._rows is None:
            levels = [float(level) for level in levels_of(p)]
            return ChoiceParameter(name, ParameterType.FLOAT, levels, is_ordered=True, sort_values=True)
        low, high = float(value_at(p, 0.0)), float(value_at(p, 1.0))
        return RangeParameter(name, ParameterType.FLOAT, low, high, log_scale=p.scale == "log")

    def _constraints(self) -> list[Any]:
        from ax.core.parameter_constraint import ParameterConstraint

        found: list[Any] = []
        for constraint in self._space.constraints:
            if not isinstance(constraint, Linear | Simplex):
                raise self._cannot(f"the constraint {constraint}", "constraints")
            if isinstance(constraint, Simplex):
                constraint = Linear(dict.fromkeys(constraint.parts, 1.0), constraint.total, constraint.total)
            for name in constraint.names:
                p = self._space.by_name[name]
                if not takes_every_whole(p) and (p.count or p.scale == "log"):
                    raise self._cannot(f"the constraint {constraint} on levels or a log scale", "constraints")
            total = " + ".join(f"{factor!r} * {self._names[name]}" for name, factor in constraint.coefficients.items())
            if constraint.low == constraint.high:
                found.append(ParameterConstraint(equality=f"{total} == {constraint.low!r}"))
                continue
            for sign, bound in ((">=", constraint.low), ("<=", constraint.high)):
                if math.isfinite(bound):
                    found.append(ParameterConstraint(inequality=f"{total} {sign} {bound!r}"))
        return found

    def _values(self, row: Values) -> dict[str, Value]:
        """Return a row by Ax's names and types."""
        return {
            self._names[p.name]: str(row[p.name])
            if p.kind == "text"
            else int(row[p.name])
            if takes_every_whole(p)
            else float(row[p.name])
            for p in self._space.parameters
        }

    def _feature(self, row: Values) -> Any:
        from ax.core.observation import ObservationFeatures

        return ObservationFeatures(parameters=self._values(row))

    def _learn(self, rows: Sequence[Values], outcomes: Sequence[float]) -> None:
        import pandas as pd
        from ax.core.arm import Arm
        from ax.core.data import Data

        for row, outcome in zip(rows, outcomes, strict=True):
            trial = self._experiment.new_trial()
            trial.add_arm(Arm(parameters=self._values(row)))
            trial.mark_running(no_runner_required=True)
            found = {
                "trial_index": trial.index,
                "arm_name": trial.arm.name,
                "metric_name": _METRIC,
                "metric_signature": _METRIC,
                "mean": outcome,
                "sem": math.nan,  # unknown: Ax infers the noise
            }
            self._experiment.attach_data(Data(df=pd.DataFrame([found])))
            trial.mark_completed()

    def _fitted(self) -> Any:
        from ax.adapter.registry import Generators

        return Generators.BOTORCH_MODULAR(experiment=self._experiment, data=self._experiment.lookup_data())

    def _predicted(self, adapter: Any, features: Sequence[Any]) -> list[Mapping[str, Prediction]]:
        if not self._predicts:
            return [{} for _ in features]
        means, covariances = adapter.predict(list(features))
        variances = covariances[_METRIC][_METRIC]
        return [
            {self._objective.name: Prediction(float(mean), math.sqrt(max(0.0, float(variance))))}
            for mean, variance in zip(means[_METRIC], variances, strict=True)
        ]

    def _from_list(self, n: int, pending: Sequence[Values], free: Sequence[int]) -> list[Candidate]:
        adapter = self._fitted()
        rows = self._rows or ()
        busy, left = [self._feature(row) for row in pending], list(free)
        chosen: list[Candidate] = []
        while len(chosen) < n:
            scores = adapter.evaluate_acquisition_function(
                [self._features[index] for index in left], pending_observations={_METRIC: busy} if busy else None
            )
            best = max(range(len(left)), key=lambda place: scores[place])
            index = left.pop(best)
            busy.append(self._features[index])
            predictions = self._predicted(adapter, [self._features[index]])[0]
            score = float(scores[best])
            chosen.append(Candidate(rows[index], self.package, "best by Ax's acquisition", predictions, score))
        return chosen

    def _from_ranges(self, n: int, pending: Sequence[Values]) -> list[Candidate]:
        adapter = self._fitted()
        busy = [self._feature(row) for row in pending]
        made = adapter.gen(n, pending_observations={_METRIC: busy} if busy else None)
        rows = [{name: arm.parameters[short] for name, short in self._names.items()} for arm in made.arms]
        predictions = self._predicted(adapter, [self._feature(row) for row in rows])
        return [
            Candidate(row, self.package, "Ax's suggestion", prediction)
            for row, prediction in zip(rows, predictions, strict=True)
        ]


proposer = AxPlanner.proposer

"""BoFire (Dürholt et al. 2024, arXiv 2408.05040) as a planner.

BoFire's default single-objective strategy throughout (a Gaussian process, qLogNEI). BoFire has no list of candidates:
the strategy's acquisition function is evaluated on every free row and the best is taken, one after another in a batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from zosimos.core.constraints import Linear, Simplex
from zosimos.core.parameters import Parameter, Values, levels_of, value_at
from zosimos.core.records import Candidate, Prediction
from zosimos.planners.adapters.peer import PeerPlanner, from_plain, plain, telling
from zosimos.planners.candidates.encoding import is_fluid

_OUTPUT = "outcome"


class BoFirePlanner(PeerPlanner):
    """Plans with a BoFire strategy; parameters go by short names."""

    package: ClassVar[str] = "bofire"
    title: ClassVar[str] = "BoFire"

    def _set_up(self) -> None:
        import bofire.strategies.api as strategies
        from bofire.data_models.domain.api import Constraints, Domain, Inputs, Outputs
        from bofire.data_models.features.api import ContinuousOutput
        from bofire.data_models.objectives.api import MaximizeObjective, MinimizeObjective
        from bofire.data_models.strategies.api import SoboStrategy

        self._names = {name: f"x{index}" for index, name in enumerate(self._space.names)}
        goal = MinimizeObjective(w=1.0) if self._minimise else MaximizeObjective(w=1.0)
        domain = Domain(
            inputs=Inputs(features=[self._input(p) for p in self._space.parameters]),
            outputs=Outputs(features=[ContinuousOutput(key=_OUTPUT, objective=goal)]),
            constraints=Constraints(constraints=self._constraints() if self._rows is None else []),
        )
        self._strategy = strategies.map(SoboStrategy(domain=domain, seed=self._seed % 2**32))

    def _input(self, p: Parameter) -> Any:
        from bofire.data_models.features.api import (
            CategoricalDescriptorInput,
            CategoricalInput,
            ContinuousInput,
            DiscreteInput,
        )

        key = self._names[p.name]
        if p.kind == "text":
            choices, described = levels_of(p), telling(p)
            names = list(next(iter(described.values()), ()))
            if len(names) < 2:  # BoFire 0.5 fails on a single descriptor
                return CategoricalInput(key=key, categories=choices)
            values = [[float(number) for number in described[str(choice)].values()] for choice in choices]
            return CategoricalDescriptorInput(key=key, categories=choices, descriptors=names, values=values)
        if self._rows is None and p.count:
            return DiscreteInput(key=key, values=[float(plain(p, level)) for level in levels_of(p)])
        low, high = (float(plain(p, value_at(p, u))) for u in (0.0, 1.0))
        return ContinuousInput(key=key, bounds=(low, high))

    def _constraints(self) -> list[Any]:
        from bofire.data_models.constraints.api import LinearEqualityConstraint, LinearInequalityConstraint

        found: list[Any] = []
        for constraint in self._space.constraints:
            if isinstance(constraint, Simplex):
                linear = Linear(dict.fromkeys(constraint.parts, 1.0), constraint.total, constraint.total)
            elif isinstance(constraint, Linear) and len(constraint.names) > 1:
                linear = constraint
            else:
                raise self._cannot(f"the constraint {constraint}", "constraints")
            for name in linear.names:
                p = self._space.by_name[name]
                if not is_fluid(p) or p.scale == "log":
                    raise self._cannot(f"the constraint {constraint} on levels or a log scale", "constraints")
            keys = [self._names[name] for name in linear.coefficients]
            factors = list(linear.coefficients.values())
            if linear.low == linear.high:
                found.append(LinearEqualityConstraint(features=keys, coefficients=factors, rhs=linear.low))
                continue
            for sign, bound in ((-1.0, linear.low), (1.0, linear.high)):  # BoFire's are all "at most"
                if math.isfinite(bound):
                    signed = [sign * factor for factor in factors]
                    found.append(LinearInequalityConstraint(features=keys, coefficients=signed, rhs=sign * bound))
        return found

    def _frame(self, rows: Sequence[Values]) -> Any:
        """Return rows as BoFire's table."""
        import pandas as pd

        return pd.DataFrame({self._names[p.name]: [plain(p, r[p.name]) for r in rows] for p in self._space.parameters})

    def _learn(self, rows: Sequence[Values], outcomes: Sequence[float]) -> None:
        frame = self._frame(rows)
        frame[_OUTPUT] = list(outcomes)
        frame[f"valid_{_OUTPUT}"] = 1
        self._strategy.tell(frame)

    def _predicted(self, frame: Any) -> list[dict[str, Prediction]]:
        """Return the model's beliefs, noise left out, which BoFire's own ``predict`` has in."""
        if not self._predicts:
            return [{} for _ in range(len(frame))]
        import torch

        inputs = self._strategy.domain.inputs.transform(frame, self._strategy.input_preprocessing_specs)
        with torch.no_grad():
            belief = self._strategy.model.posterior(torch.tensor(inputs.to_numpy(dtype=float)))
        means, deviations = belief.mean.flatten().tolist(), belief.variance.sqrt().flatten().tolist()
        return [{self._objective.name: Prediction(mean, sd)} for mean, sd in zip(means, deviations, strict=True)]

    def _pending(self, rows: Sequence[Values]) -> None:
        self._strategy.reset_candidates()
        if rows:
            self._strategy.set_candidates(self._frame(rows))

    def _from_list(self, n: int, pending: Sequence[Values], free: Sequence[int]) -> list[Candidate]:
        rows = self._rows or ()
        busy, left = list(pending), list(free)
        chosen: list[Candidate] = []
        while len(chosen) < n:
            self._pending(busy)
            scores = self._strategy.calc_acquisition(self._frame([rows[index] for index in left]))
            best = int(scores.argmax())
            score = float(scores[best])
            row = rows[left.pop(best)]
            busy.append(row)
            beliefs = self._predicted(self._frame([row]))[0]
            chosen.append(Candidate(row, self.package, "best by BoFire's acquisition", beliefs, score))
        self._pending([])
        return chosen

    def _from_ranges(self, n: int, pending: Sequence[Values]) -> list[Candidate]:
        self._pending(pending)
        frame = self._strategy.ask(n, raise_validation_error=False)
        self._pending([])
        inputs = frame[list(self._names.values())]
        rows = [
            {p.name: from_plain(p, row[self._names[p.name]]) for p in self._space.parameters}
            for row in inputs.to_dict("records")
        ]
        return [
            Candidate(row, self.package, "BoFire's suggestion", beliefs)
            for row, beliefs in zip(rows, self._predicted(inputs), strict=True)
        ]


proposer = BoFirePlanner.proposer

"""BayBE (Fitzner et al. 2025, "BayBE: a Bayesian Back End for experimental planning") as a planner.

BayBE's own defaults throughout: a campaign with the two-phase recommender, a Gaussian process and qLogEI; categorical
parameters one-hot, or by their descriptors where they have some.
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

_MOST_LEVELS = 20_000  # combinations of levels: BayBE writes all of them out


class BayBEPlanner(PeerPlanner):
    """Plans with a BayBE campaign; candidates of a list are BayBE's own discrete space."""

    package: ClassVar[str] = "baybe"
    title: ClassVar[str] = "BayBE"

    def _set_up(self) -> None:
        from baybe import Campaign
        from baybe.recommenders import BotorchRecommender, TwoPhaseMetaRecommender
        from baybe.surrogates import GaussianProcessSurrogate
        from baybe.targets import NumericalTarget

        self._parameters = [p for p in self._space.parameters if self._rows is None or self._varies(p)]
        if self._rows is not None and not self._parameters:
            raise self._cannot("a list with one row")
        self._surrogate = GaussianProcessSurrogate().replicate()  # the default, held to ask it for predictions
        self._campaign = Campaign(
            self._listed_space() if self._rows is not None else self._ranged_space(),
            NumericalTarget(self._objective.name, minimize=self._minimise).to_objective(),
            TwoPhaseMetaRecommender(recommender=BotorchRecommender(surrogate_model=self._surrogate)),
            # on ranges nothing is excluded by BayBE: the planner drops what was tried
            **(
                {
                    "allow_recommending_already_measured": False,
                    "allow_recommending_already_recommended": True,  # asking changes nothing
                    "allow_recommending_pending_experiments": False,
                }
                if self._rows is not None
                else {}
            ),
        )

    def _varies(self, parameter: Parameter) -> bool:
        return len({row[parameter.name] for row in self._rows or ()}) > 1

    def _frame(self, rows: Sequence[Values]) -> Any:
        """Return rows as BayBE's table."""
        import pandas as pd

        return pd.DataFrame({p.name: [plain(p, row[p.name]) for row in rows] for p in self._parameters})

    def _discrete(self, parameter: Parameter, levels: Sequence[Any]) -> Any:
        from baybe.parameters import CategoricalParameter, CustomDiscreteParameter, NumericalDiscreteParameter

        if parameter.kind != "text":
            return NumericalDiscreteParameter(parameter.name, sorted(set(levels)))
        described = telling(parameter)
        if described:
            import pandas as pd

            return CustomDiscreteParameter(parameter.name, pd.DataFrame.from_dict(described, "index"))
        return CategoricalParameter(parameter.name, tuple(map(str, levels_of(parameter))), encoding="OHE")

    def _listed_space(self) -> Any:
        from baybe.searchspace import SearchSpace

        frame = self._frame(self._rows or ())
        return SearchSpace.from_dataframe(frame, [self._discrete(p, list(frame[p.name])) for p in self._parameters])

    def _ranged_space(self) -> Any:
        from baybe.parameters import NumericalContinuousParameter
        from baybe.searchspace import SearchSpace

        parameters: list[Any] = []
        for p in self._parameters:
            if is_fluid(p):
                low, high = plain(p, value_at(p, 0.0)), plain(p, value_at(p, 1.0))
                parameters.append(NumericalContinuousParameter(p.name, (low, high)))
            else:
                parameters.append(self._discrete(p, [plain(p, level) for level in levels_of(p)]))
        if math.prod(max(1, p.count) for p in self._parameters) > _MOST_LEVELS:
            raise self._cannot(f"more than {_MOST_LEVELS} combinations of levels")
        return SearchSpace.from_product(parameters, self._constraints())

    def _constraints(self) -> list[Any]:
        from baybe.constraints import ContinuousLinearConstraint

        found = []
        for constraint in self._space.constraints:
            if not isinstance(constraint, Linear | Simplex):
                raise self._cannot(f"the constraint {constraint}", "constraints")
            for name in constraint.names:
                parameter = self._space.by_name[name]
                if not is_fluid(parameter) or parameter.scale == "log":
                    raise self._cannot(f"the constraint {constraint} on levels or a log scale", "constraints")
            if isinstance(constraint, Simplex):
                ones = [1.0] * len(constraint.parts)
                found.append(ContinuousLinearConstraint(constraint.parts, "=", ones, constraint.total))
                continue
            names, factors = list(constraint.coefficients), list(constraint.coefficients.values())
            if constraint.low == constraint.high:
                found.append(ContinuousLinearConstraint(names, "=", factors, constraint.low))
                continue
            for sign, bound in ((">=", constraint.low), ("<=", constraint.high)):
                if math.isfinite(bound):
                    found.append(ContinuousLinearConstraint(names, sign, factors, bound))
        return found

    def _learn(self, rows: Sequence[Values], outcomes: Sequence[float]) -> None:
        frame = self._frame(rows)
        frame[self._objective.name] = list(outcomes)
        self._campaign.add_measurements(frame, numerical_measurements_must_be_within_tolerance=False)

    def _leave_out(self, rows: Sequence[Values]) -> None:
        if self._rows is not None and rows:
            self._campaign.toggle_discrete_candidates(self._frame(rows), exclude=True)

    def _recommended(self, n: int, pending: Sequence[Values]) -> Any:
        return self._campaign.recommend(n, self._frame(pending) if pending else None)

    def _predicted(self, frame: Any) -> list[dict[str, Prediction]]:
        if not self._predicts:
            return [{} for _ in range(len(frame))]
        stats = self._surrogate.posterior_stats(frame)
        return [{self._objective.name: Prediction(float(mean), float(sd))} for mean, sd in stats.to_numpy()]

    def _from_list(self, n: int, pending: Sequence[Values], free: Sequence[int]) -> list[Candidate]:
        del free  # BayBE keeps its own list of what is left
        frame = self._recommended(n, pending)
        rows = self._rows or ()
        return [
            Candidate(rows[int(index)], self.package, "BayBE's recommendation", predictions)
            for index, predictions in zip(frame.index, self._predicted(frame), strict=True)
        ]

    def _from_ranges(self, n: int, pending: Sequence[Values]) -> list[Candidate]:
        frame = self._recommended(n, pending)
        rows = [{p.name: from_plain(p, row[p.name]) for p in self._parameters} for row in frame.to_dict("records")]
        return [
            Candidate(row, self.package, "BayBE's recommendation", predictions)
            for row, predictions in zip(rows, self._predicted(frame), strict=True)
        ]


proposer = BayBEPlanner.proposer

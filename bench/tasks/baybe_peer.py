"""BayBE with several objectives: its ParetoObjective, whose recommender is qLogNoisyExpectedHypervolumeImprovement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from baybe import Campaign
from baybe.objectives import ParetoObjective
from baybe.parameters import CategoricalParameter, NumericalContinuousParameter, NumericalDiscreteParameter
from baybe.recommenders import BotorchRecommender, TwoPhaseMetaRecommender
from baybe.searchspace import SearchSpace as Space
from baybe.targets import NumericalTarget

from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Parameter, Value, Values
from zosimos.core.records import Candidate, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.planners.isolation import isolated


class BayBEPareto:
    """A planner over the rows of a pool, or over the ranges of continuous parameters.

    Args:
        space: what may be tried.
        objectives: what is wanted.
        seed: of random choices.
    """

    def __init__(self, space: SearchSpace, objectives: Sequence[Objective], *, seed: int) -> None:
        self._rows = space.candidates
        self._names = space.names
        self._objectives = tuple(objectives)
        self._seed = seed
        self._told = 0
        targets = [NumericalTarget(o.name, minimize=o.goal == "min") for o in objectives]
        listed = space.pool is not None
        self._campaign = Campaign(
            self._listed(space) if listed else self._ranged(space),
            ParetoObjective(targets),
            TwoPhaseMetaRecommender(recommender=BotorchRecommender()),
            **({"allow_recommending_already_measured": False} if listed else {}),
        )

    def _frame(self, rows: Sequence[Values]) -> Any:
        return pd.DataFrame({name: [_label(row[name]) for row in rows] for name in self._names})

    def _listed(self, space: SearchSpace) -> Space:
        frame = self._frame(space.candidates)
        return Space.from_dataframe(frame, [_discrete(p, list(frame[p.name])) for p in space.parameters])

    def _ranged(self, space: SearchSpace) -> Space:
        bounds = {p.name: (float(p.from_unit(0.0)), float(p.from_unit(1.0))) for p in space.parameters}
        return Space.from_product([NumericalContinuousParameter(name, pair) for name, pair in bounds.items()])

    def tell(self, observations: Sequence[Observation]) -> None:
        """Add observations."""
        with isolated(derive_seed(self._seed, "tell", self._told)):
            frame = self._frame([seen.values for seen in observations])
            for objective in self._objectives:
                frame[objective.name] = [seen.measurements[objective.name].value for seen in observations]
            self._campaign.add_measurements(frame, numerical_measurements_must_be_within_tolerance=False)
        self._told += len(observations)

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return BayBE's recommendation."""
        with isolated(derive_seed(self._seed, "ask", self._told)):
            waiting = self._frame([candidate.values for candidate in pending]) if pending else None
            frame = self._campaign.recommend(n, waiting)
        if len(self._rows):
            return [Candidate(self._rows[int(index)], "baybe") for index in frame.index]
        rows = [{name: float(row[name]) for name in self._names} for row in frame.to_dict("records")]
        return [Candidate(row, "baybe") for row in rows]


def _label(value: Value) -> Value:
    """Return a value that BayBE takes: no choice may be without a name there."""
    return value if value != "" else "(none)"


def _discrete(parameter: Parameter, levels: Sequence[Any]) -> Any:
    if isinstance(parameter, Categorical):
        return CategoricalParameter(parameter.name, tuple(map(_label, parameter.choices)), encoding="OHE")
    return NumericalDiscreteParameter(parameter.name, sorted(set(levels)))
